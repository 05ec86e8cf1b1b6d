//! Archives as GitHub packs them, and as nobody should.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::Limits;
use crate::archive::Archive;

/// What an archive holds.
pub(super) enum Piece {
    File(&'static str, Vec<u8>),
    Link(&'static str, &'static str),
    /// A file under a name that no tool would write.
    Raw(&'static str),
}

pub(super) fn file(name: &'static str, content: impl Into<Vec<u8>>) -> Piece {
    Piece::File(name, content.into())
}

pub(super) fn packed(pieces: &[Piece]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut global = tar::Header::new_ustar();
    let comment = b"52 comment=1111111111111111111111111111111111111111\n";
    global.set_entry_type(tar::EntryType::XGlobalHeader);
    global.set_size(52);
    global.set_cksum();
    tar.append_data(&mut global, "pax_global_header", &comment[..])
        .unwrap();
    let header = |kind, size: usize| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(u64::try_from(size).unwrap());
        header.set_mode(0o644);
        header
    };
    for piece in pieces {
        match piece {
            Piece::File(name, content) => {
                let mut header = header(tar::EntryType::Regular, content.len());
                let name = format!("org-shop-1111111/{name}");
                tar.append_data(&mut header, name, content.as_slice())
                    .unwrap();
            }
            Piece::Link(name, to) => {
                let mut header = header(tar::EntryType::Symlink, 0);
                tar.append_link(&mut header, format!("org-shop-1111111/{name}"), to)
                    .unwrap();
            }
            Piece::Raw(name) => {
                let mut header = header(tar::EntryType::Regular, 3);
                header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
                header.set_cksum();
                tar.append(&header, &b"x: "[..]).unwrap();
            }
        }
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn archive(packed: impl Into<bytes::Bytes>, limits: Limits) -> Archive {
    Archive {
        name: "org/shop at 1".to_owned(),
        packed: packed.into(),
        limits,
    }
}

fn of(pieces: &[Piece]) -> Archive {
    archive(packed(pieces), Limits::default())
}

fn all(_: &str) -> bool {
    true
}

fn names(archive: &Archive, path: &str) -> Vec<String> {
    let found = archive.files(path, all).unwrap();
    found.files.into_keys().collect()
}

#[test]
fn files_are_found_below_a_path_under_their_names_in_the_repository() {
    let long = "k8s/a-directory-with-quite-a-long-name/another-directory-with-a-long-name/and-a-file-with-a-long-name.yaml";
    let archive = of(&[
        file("README.md", "x"),
        file("k8s/a.yaml", "a"),
        file("k8s-other/b.yaml", "b"),
        file(long, "c"),
    ]);
    assert_eq!(names(&archive, "k8s"), [long, "k8s/a.yaml"]);
    assert_eq!(names(&archive, "").len(), 4);
    assert_eq!(names(&archive, "README.md"), ["README.md"]);
    let none = archive.files("k8", all).unwrap();
    assert!(none.files.is_empty() && !none.is_there);
    let none = archive.files("k8s", |_| false).unwrap();
    assert!(none.files.is_empty() && none.is_there);
}

#[test]
fn a_link_to_a_file_of_the_archive_is_followed_and_no_other() {
    let archive = of(&[
        Piece::Link("k8s/near.yaml", "a.yaml"),
        Piece::Link("k8s/far.yaml", "../base/b.yaml"),
        Piece::Link("k8s/chain.yaml", "far.yaml"),
        Piece::Link("k8s/out.yaml", "../../etc/passwd"),
        Piece::Link("k8s/absolute.yaml", "/etc/passwd"),
        Piece::Link("k8s/circle.yaml", "circle.yaml"),
        Piece::Link("k8s/nowhere.yaml", "missing.yaml"),
        file("k8s/a.yaml", "a"),
        file("base/b.yaml", "b"),
    ]);
    let found = archive.files("k8s", all).unwrap();
    let content = |name: &str| found.files.get(name).map(Vec::as_slice);
    assert_eq!(content("k8s/near.yaml"), Some(&b"a"[..]));
    assert_eq!(content("k8s/far.yaml"), Some(&b"b"[..]));
    assert_eq!(content("k8s/chain.yaml"), Some(&b"b"[..]));
    let dangling: Vec<&str> = found.dangling.keys().map(String::as_str).collect();
    let expected = [
        "k8s/absolute.yaml",
        "k8s/circle.yaml",
        "k8s/nowhere.yaml",
        "k8s/out.yaml",
    ];
    assert_eq!(dangling, expected);
}

#[test]
fn nothing_is_written_outside_or_through_a_link() {
    let around = tempfile::tempdir().unwrap();
    let root = around.path().join("copy");
    std::fs::create_dir(&root).unwrap();
    of(&[
        Piece::Raw("../evil.yaml"),
        Piece::Raw("org-shop-1111111/../../evil.yaml"),
        Piece::Raw("/tmp/plumbline-evil.yaml"),
        Piece::Link("up", "../.."),
        Piece::Link("absolute", "/etc"),
        Piece::Link("inside/passwd", "/etc/passwd"),
        Piece::Link("later", "first"),
        Piece::Link("first", "base"),
        file("base/b.yaml", "b"),
    ])
    .unpack(&root)
    .unwrap();
    let listed = |path: &std::path::Path| {
        let entries = std::fs::read_dir(path).unwrap();
        let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(listed(around.path()), ["copy"]);
    assert_eq!(listed(&root), ["base", "first", "later"]);
    assert!(!std::path::Path::new("/tmp/plumbline-evil.yaml").exists());
    assert_eq!(std::fs::read(root.join("later/b.yaml")).unwrap(), b"b");

    let through = of(&[Piece::Link("out", ".."), file("out/evil.yaml", "x")]);
    through.unpack(&root).unwrap();
    assert_eq!(listed(around.path()), ["copy"]);
    assert_eq!(listed(&root.join("out")), ["evil.yaml"]);
}

#[test]
fn an_archive_that_is_damaged_or_cut_off_is_no_answer() {
    let whole = packed(&[
        file("k8s/a.yaml", vec![b'a'; 5000]),
        file("k8s/b.yaml", "b"),
    ]);
    let mut wrong = whole.clone();
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    let mut cases = vec![wrong, Vec::new(), b"<html>".to_vec()];
    cases.extend((1..whole.len()).step_by(7).map(|at| whole[..at].to_vec()));
    for packed in cases {
        let length = packed.len();
        let archive = archive(packed, Limits::default());
        let error = archive.files("k8s", all).unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Unavailable, "{length}: {error}");
        let copy = tempfile::tempdir().unwrap();
        assert!(archive.unpack(copy.path()).is_err(), "{length}");
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let limits = Limits {
        unpacked: 1 << 20,
        files: 50,
        held: 256 << 10,
        ..Limits::default()
    };
    let too_large = |packed: Vec<u8>, path: &str| {
        let archive = archive(packed, limits);
        let error = archive.files(path, all).unwrap_err();
        assert_eq!(error.kind, PortErrorKind::TooLarge, "{error}");
        error.detail
    };
    let zeros = packed(&[file("a.bin", vec![0; 2 << 20])]);
    assert!(zeros.len() < 20_000);
    assert!(too_large(zeros.clone(), "k8s").contains("more than 1 MiB"));
    let copy = tempfile::tempdir().unwrap();
    let error = archive(zeros, limits).unpack(copy.path()).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::TooLarge);

    let many: Vec<Piece> = (0..60).map(|_| file("k8s/a.yaml", "")).collect();
    assert!(too_large(packed(&many), "").contains("more than 50 files"));
    let much: Vec<Piece> = (0..3)
        .map(|it| file(["a", "b", "c"][it], vec![b'a'; 100 << 10]))
        .collect();
    assert!(too_large(packed(&much), "").contains("a smaller directory"));
    // What is passed over is not held.
    assert!(archive(packed(&much), limits).files("a", all).is_ok());
}

#[test]
fn a_name_that_is_a_bomb_is_not_held() {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut first = tar::Header::new_gnu();
    first.set_size(1);
    tar.append_data(&mut first, "r/a", &b"a"[..]).unwrap();
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(2 << 20);
    header.set_cksum();
    tar.append(&header, std::io::repeat(b'a').take(2 << 20))
        .unwrap();
    let packed = tar.into_inner().unwrap().finish().unwrap();
    let error = archive(packed, Limits::default())
        .files("", all)
        .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::TooLarge, "{error}");
}

#[test]
fn what_follows_the_last_file_counts_too() {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    tar.append_data(&mut header, "r/a", &b"a"[..]).unwrap();
    gz.write_all(&tar.into_inner().unwrap()).unwrap();
    gz.write_all(&vec![0; 2 << 20]).unwrap();
    let limits = Limits {
        unpacked: 1 << 20,
        ..Limits::default()
    };
    let error = archive(gz.finish().unwrap(), limits)
        .files("", all)
        .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::TooLarge);
}
