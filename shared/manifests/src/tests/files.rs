use proptest::prelude::*;

use super::*;
use crate::{LARGEST_FILE, read_rendered};

#[test]
fn files_are_read_by_their_ending_and_in_the_order_of_a_walk() {
    let read = several(&[
        ("b.yml", &config_map("four")),
        ("a.yaml", &config_map("three")),
        (
            "a/z.json",
            "{\"apiVersion\": \"v1\", \"kind\": \"A\", \"metadata\": {\"name\": \"two\"}}",
        ),
        ("a/b/c.yaml", &config_map("one")),
        ("README.md", "x"),
        ("b.YAML", "x: ["),
        ("yaml", "x: ["),
        ("values.yaml.gotmpl", "{{"),
    ]);
    assert_eq!(names(&read), ["one", "two", "three", "four"]);
    assert!(read.unreadable.is_empty() && read.revision.is_none());
}

#[test]
fn a_place_is_file_document_and_line() {
    let text = format!(
        "# c\n---\n{}---\n{}---\nx: 1\n",
        config_map("one"),
        config_map("two")
    );
    let read = several(&[("dir/a.yaml", &text)]);
    let places: Vec<_> = read.objects.iter().map(|it| it.place.to_string()).collect();
    assert_eq!(
        places,
        ["dir/a.yaml:3 (document 1)", "dir/a.yaml:7 (document 2)"]
    );
    assert_eq!(
        read.unreadable[0].place.to_string(),
        "dir/a.yaml:11 (document 3)"
    );
}

#[test]
fn names_are_shown_without_what_a_terminal_obeys() {
    let read = several(&[("a\u{1b}[2J\u{202e}\n.yaml", "x: 1")]);
    assert_eq!(
        read.unreadable[0].place.file,
        "a\\u{1b}[2J\\u{202e}\\n.yaml"
    );
}

#[test]
fn a_kustomization_and_a_chart_are_read_by_what_renders_them() {
    let read = several(&[
        ("a/kustomization.yaml", "resources: [b.yaml]\n"),
        ("a/b.yaml", &config_map("base")),
        ("a/c/d.yaml", "patch: 1"),
        ("a/c/kustomization.yml", "x: 1"),
        ("aa.yaml", &config_map("aa")),
        ("chart/Chart.yaml", "apiVersion: v2\nname: chart\n"),
        ("chart/templates/a.yaml", "{{ if }}"),
        ("k/Kustomization", "resources: []"),
        ("k/a.yaml", &config_map("k")),
        ("z.yaml", &config_map("z")),
    ]);
    assert_eq!(names(&read), ["aa", "z"]);
    let problems = problems(&read);
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(
        problems[0].starts_with("a/kustomization.yaml:1 ") && problems[0].contains("`kustomize:`")
    );
    assert!(problems[1].starts_with("chart/Chart.yaml:1 ") && problems[1].contains("`helm:`"));
    assert!(problems[2].starts_with("k/Kustomization:1 "));
    let read = several(&[
        ("kustomization.yaml", "x: 1"),
        ("a/b.yaml", &config_map("b")),
    ]);
    assert!(read.objects.is_empty() && read.unreadable.len() == 1);
}

#[test]
fn an_object_may_be_in_a_file_called_kustomization() {
    let text =
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: flux}\n";
    let read = several(&[
        ("a/kustomization.yaml", text),
        ("a/b.yaml", &config_map("b")),
    ]);
    assert_eq!(names(&read), ["b", "flux"]);
    assert!(read.unreadable.is_empty());
}

#[test]
fn byte_order_marks_are_understood_and_other_encodings_refused() {
    let text = config_map("ä");
    let mut utf8 = vec![0xEF, 0xBB, 0xBF];
    utf8.extend(text.as_bytes());
    let mut little = vec![0xFF, 0xFE];
    little.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let mut big = vec![0xFE, 0xFF];
    big.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    for bytes in [utf8, little.clone(), big] {
        let read = read_files([("a.yaml".to_owned(), bytes)]);
        assert_eq!(names(&read), ["ä"], "{read:?}");
    }
    little.pop();
    for bytes in [
        little,
        b"a: 1\nb: \xE4\n".to_vec(),
        vec![0xFF, 0xFE, 0x00, 0xD8],
    ] {
        let read = read_files([("a.yaml".to_owned(), bytes)]);
        assert!(problems(&read)[0].contains("UTF-8"), "{read:?}");
    }
    let latin = read_files([("a.yaml".to_owned(), b"a: 1\nb: \xE4\n".to_vec())]);
    assert_eq!(latin.unreadable[0].place.line, 2);
}

#[test]
fn a_file_is_read_up_to_its_limit() {
    let large = |bytes: usize| format!("{}data: {{a: {}}}\n", config_map("a"), "x".repeat(bytes));
    let read = one(&large(20 << 20));
    assert_eq!(names(&read), ["a"]);
    let read = several(&[
        ("a.yaml", &large(LARGEST_FILE)),
        ("b.yaml", &config_map("b")),
    ]);
    assert_eq!(names(&read), ["b"]);
    assert!(problems(&read)[0].contains("larger than 32 MiB"));
}

#[test]
fn a_source_is_read_up_to_its_limits() {
    let large = format!("{}# {}\n", config_map("a"), "x".repeat(30 << 20));
    let read = several(&[
        ("a.yaml", &large),
        ("b.yaml", &large),
        ("c.yaml", &large),
        ("d.yaml", &large),
    ]);
    assert_eq!(read.unreadable.len(), 1);
    assert!(problems(&read)[0].starts_with("c.yaml:1 ") && problems(&read)[0].contains("64 MiB"));
    let many = (0..=crate::MOST_FILES).map(|it| (format!("{it:06}.yaml"), Vec::new()));
    let read = read_files(many);
    assert_eq!(read.unreadable.len(), 1);
    assert!(
        problems(&read)[0].starts_with("050000.yaml:1 ")
            && problems(&read)[0].contains("50000 files")
    );
}

#[test]
fn many_nodes_are_refused_before_they_fill_the_memory() {
    let text = format!("{}x: [{}]\n", config_map("a"), "a,".repeat(11 << 17));
    assert!(problems(&one(&text))[0].contains("nodes"));
    let json = format!("{{\"x\": [{}1]}}", "1,".repeat(11 << 17));
    assert!(problems(&one(&json))[0].contains("nodes"));
}

#[test]
fn what_was_rendered_is_read_as_one_file() {
    let read = read_rendered(
        "helm template chart",
        format!("{}---\nx: 1\n", config_map("a")).into_bytes(),
    );
    assert_eq!(
        read.objects[0].place.to_string(),
        "helm template chart:1 (document 1)"
    );
    assert_eq!(
        read.unreadable[0].place.to_string(),
        "helm template chart:5 (document 2)"
    );
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in "[-{}\\[\\]\":,a1e.\n#&*!|<~\u{feff}\r]{0,150}",
        name in "(a|kustomization|Chart)\\.(yaml|json)",
    ) {
        let _read = read_files([(name.clone(), bytes)]);
        let _read = read_files([(name, text.into_bytes())]);
    }
}
