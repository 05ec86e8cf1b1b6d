//! Repositories as sources of manifests.

use domain::ports::Source as _;
use manifests::Tools;

use super::archives::{Piece, file, packed};
use super::*;
use crate::{GithubSource, Limits, What};

const OBJECT: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n";

/// A repository whose every branch is at one commit.
fn holding(pieces: &[Piece]) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    let packed = packed(pieces);
    move |request| match request.path.as_str() {
        path if path.starts_with("/repos/org/shop/commits/") => Reply::new(200, COMMIT),
        path if path.starts_with("/repos/org/shop/tarball/") => Reply::new(200, packed.clone()),
        _ => Reply::new(404, ""),
    }
}

fn source(world: &World, reference: Option<&str>, what: What) -> GithubSource {
    let repository = Arc::new(world.repository());
    GithubSource::new(
        repository,
        reference.map(str::to_owned),
        what,
        Tools::default(),
    )
    .unwrap()
}

#[tokio::test]
async fn a_directory_is_read_at_the_commit_that_a_branch_is_at() {
    let pieces = [
        file("k8s/settings.yaml", OBJECT),
        file("k8s/broken.yaml", "a: [\n"),
        file("k8s/notes.txt", "no manifest"),
        Piece::Link("k8s/gone.yaml", "../../outside.yaml"),
        file("other/b.yaml", "kind: Other\n"),
    ];
    let world = World::new(holding(&pieces)).await;
    let source = source(
        &world,
        Some("release/1.0"),
        What::Directory("./k8s/".to_owned()),
    );
    for _ in 0..2 {
        let read = source.read(None).await.unwrap();
        assert_eq!(read.revision.as_deref(), Some(COMMIT));
        let places: Vec<String> = read.objects.iter().map(|it| it.place.to_string()).collect();
        assert_eq!(places, ["k8s/settings.yaml:1 (document 1)"]);
        let problems: Vec<&str> = read
            .unreadable
            .iter()
            .map(|it| it.place.file.as_str())
            .collect();
        assert_eq!(problems, ["k8s/broken.yaml", "k8s/gone.yaml"]);
    }
    // The same commit is not downloaded twice.
    let expected = [
        "/repos/org/shop/commits/release%2F1.0".to_owned(),
        format!("/repos/org/shop/tarball/{COMMIT}"),
        "/repos/org/shop/commits/release%2F1.0".to_owned(),
    ];
    assert_eq!(world.server.paths(), expected);
}

#[tokio::test]
async fn a_revision_that_is_a_commit_is_not_asked_for_first() {
    let world = World::new(holding(&[file("a.yaml", OBJECT)])).await;
    let source = source(&world, None, What::Directory(String::new()));
    let other = "2".repeat(40);
    let read = source.read(Some(&other)).await.unwrap();
    assert_eq!(read.revision.as_deref(), Some(other.as_str()));
    assert_eq!(
        world.server.paths(),
        [format!("/repos/org/shop/tarball/{other}")]
    );
}

#[tokio::test]
async fn a_file_that_is_named_itself_is_read_whatever_its_name() {
    let world = World::new(holding(&[file("settings", OBJECT)])).await;
    let source = source(&world, None, What::Directory("settings".to_owned()));
    assert_eq!(source.read(None).await.unwrap().objects.len(), 1);
}

#[tokio::test]
async fn a_path_that_is_not_there_is_an_error_and_no_empty_source() {
    let world = World::new(holding(&[file("k8s/a.yaml", OBJECT)])).await;
    let missing = source(&world, None, What::Directory("k8z".to_owned()));
    let error = missing.read(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);
    assert!(error.detail.contains("org/shop at 1111"), "{error}");
    assert!(error.detail.contains("has no `k8z`"), "{error}");
}

#[tokio::test]
async fn an_archive_above_the_limit_is_not_downloaded() {
    let options = Options {
        limits: Limits {
            packed: 100,
            ..Limits::default()
        },
        ..Options::default()
    };
    let pieces = [file("a.yaml", OBJECT)];
    let world = World::with(Some("hidden"), options, holding(&pieces)).await;
    let source = source(&world, None, What::Directory(String::new()));
    let error = source.read(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::TooLarge);
    assert_eq!(world.server.paths().len(), 2);
}

/// A program that stands for the one that renders.
fn program(name: &str, script: &str) -> (tempfile::TempDir, Tools) {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let tools = Tools {
        path: Some(directory.path().as_os_str().to_owned()),
        ..Tools::default()
    };
    (directory, tools)
}

fn rendering(world: &World, what: What, tools: Tools) -> GithubSource {
    GithubSource::new(Arc::new(world.repository()), None, what, tools).unwrap()
}

#[tokio::test]
async fn what_is_rendered_is_rendered_in_a_copy_of_the_commit() {
    let pieces = [
        file("overlay/kustomization.yaml", ""),
        file("base/a.yaml", OBJECT),
    ];
    let world = World::new(holding(&pieces)).await;
    let (_program, tools) = program("kustomize", "cat \"$2/../base/a.yaml\"");
    let kustomize = rendering(&world, What::Kustomize("overlay".to_owned()), tools);
    let read = kustomize.read(None).await.unwrap();
    assert_eq!(read.objects.len(), 1);
    assert_eq!(read.objects[0].place.file, "kustomize build overlay");
    assert_eq!(read.revision.as_deref(), Some(COMMIT));

    let (_program, tools) = program("helm", "test \"$2\" = web && cat \"$3/a.yaml\"");
    let helm = What::Helm {
        chart: "base".to_owned(),
        values: Vec::new(),
        release: "web".to_owned(),
        namespace: "shop".to_owned(),
    };
    let read = rendering(&world, helm, tools).read(None).await.unwrap();
    assert_eq!(read.objects.len(), 1);
}

#[tokio::test]
async fn an_error_of_what_renders_names_the_commit_and_no_temporary_directory() {
    let world = World::new(holding(&[file("a.yaml", OBJECT)])).await;
    let (_program, tools) = program("kustomize", "echo \"$2: broken\" >&2; exit 1");
    let broken = rendering(&world, What::Kustomize(String::new()), tools.clone());
    let missing = rendering(&world, What::Kustomize("missing".to_owned()), tools);
    for source in [broken, missing] {
        let error = source.read(None).await.unwrap_err();
        assert!(error.detail.contains("org/shop at 1111"), "{error}");
        assert!(!error.detail.contains("/tmp"), "{error}");
    }
}
