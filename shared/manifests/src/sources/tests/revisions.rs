use domain::ports::{PortErrorKind, Source as _};
use jiff::Timestamp;

use super::*;

fn at(second: i64) -> Option<Timestamp> {
    Some(Timestamp::from_second(second).unwrap())
}

#[tokio::test]
async fn a_revision_is_read_from_the_repository_and_not_from_the_files() {
    let world = World::repository();
    world.config_map("config/k8s/a.yaml", "old");
    world.config_map("config/k8s/gone.json", "gone");
    world.config_map("config/k8s/dir with space/ä.yaml", "strange");
    world.write("config/k8s/README.md", "x");
    world.config_map("config/k8s2/a.yaml", "other");
    let old = world.commit(1000);
    world.git(&["tag", "v1"], 0);
    world.config_map("config/k8s/a.yaml", "new");
    fs::remove_file(world.root().join("config/k8s/gone.json")).unwrap();
    let new = world.commit(2000);
    world.config_map("config/k8s/a.yaml", "dirty");
    let source = Directory {
        root: world.root().join("config"),
        ..world.directory("k8s")
    };
    for name in [old.as_str(), &old[..10], "v1", "HEAD~1", "main~1"] {
        let read = source.read(Some(name)).await.unwrap();
        assert_eq!(names(&read), ["old", "strange", "gone"], "{name}");
        assert_eq!(read.revision.as_ref(), Some(&old));
        assert_eq!(read.objects[0].place.file, "k8s/a.yaml");
    }
    let read = source.read(Some(&new)).await.unwrap();
    assert_eq!(names(&read), ["new", "strange"]);
    let file = Directory {
        path: "k8s/a.yaml".into(),
        ..source.clone()
    };
    assert_eq!(names(&file.read(Some("v1")).await.unwrap()), ["old"]);
    // What was removed since is still read from when it was there.
    fs::remove_dir_all(world.root().join("config/k8s")).unwrap();
    assert_eq!(source.read(Some("v1")).await.unwrap().objects.len(), 3);
    assert_eq!(
        world
            .git(&["status", "--porcelain", "-uno"], 0)
            .lines()
            .count(),
        3
    );
}

#[tokio::test]
async fn what_is_no_revision_is_an_error_and_never_an_option() {
    let world = World::repository();
    world.config_map("a.yaml", "one");
    world.commit(1000);
    let source = world.directory(".");
    for revision in [
        "",
        "--help",
        "-q",
        "--output=x",
        "nowhere",
        "0000000000000000000000000000000000000000",
        "HEAD..HEAD",
        "^HEAD",
        "HEAD:a.yaml",
        "x\ny",
    ] {
        let error = source.read(Some(revision)).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::NotFound, "{revision}: {error}");
        // git was not even asked.
        assert_eq!(
            !error.detail.contains("fetch"),
            revision.is_empty() || revision.starts_with('-')
        );
        assert!(source.ahead_since(revision).await.is_err());
    }
    assert_eq!(fs::read_dir(world.root()).unwrap().count(), 2);
    let error = world.directory("k8s").read(Some("HEAD")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);
    assert!(error.detail.contains("k8s"));
    let error = world
        .directory("../x")
        .read(Some("HEAD"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
}

#[tokio::test]
async fn outside_of_a_repository_there_are_no_revisions() {
    let world = World::new();
    let error = world.directory(".").read(Some("HEAD")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
    assert!(error.detail.contains("in no Git repository"));
}

#[tokio::test]
async fn git_is_ahead_since_the_first_change_of_the_path() {
    let world = World::repository();
    world.config_map("k8s/a.yaml", "one");
    let deployed = world.commit(1000);
    let since = async |path: &str| world.directory(path).ahead_since(&deployed).await.unwrap();
    assert_eq!(since("k8s").await, None);
    world.write("README.md", "x");
    world.commit(2000);
    assert_eq!(since("k8s").await, None);
    world.config_map("k8s/a.yaml", "two");
    world.commit(3000);
    world.config_map("k8s/a.yaml", "three");
    world.commit(4000);
    assert_eq!(since("k8s").await, at(3000));
    assert_eq!(since(".").await, at(2000));
    // What was taken back is nothing that Git says any more.
    world.config_map("k8s/a.yaml", "one");
    world.commit(5000);
    assert_eq!(since("k8s").await, None);
}

#[tokio::test]
async fn what_was_merged_counts_from_its_merge() {
    let world = World::repository();
    world.config_map("k8s/a.yaml", "one");
    let deployed = world.commit(1000);
    world.git(&["checkout", "--quiet", "-b", "feature"], 0);
    world.config_map("k8s/a.yaml", "two");
    world.commit(2000);
    world.git(&["checkout", "--quiet", "main"], 0);
    world.git(&["merge", "--quiet", "--no-ff", "-m", "x", "feature"], 9000);
    let since = world.directory("k8s").ahead_since(&deployed).await.unwrap();
    assert_eq!(since, at(9000));
}

#[tokio::test]
async fn what_is_rendered_is_ahead_by_its_own_change_or_else_by_any() {
    let world = World::repository();
    world.write("overlay/kustomization.yaml", "x");
    world.write("base/a.yaml", "x");
    let deployed = world.commit(1000);
    world.write("base/a.yaml", "y");
    world.commit(2000);
    let since = async || {
        world
            .kustomize("overlay")
            .ahead_since(&deployed)
            .await
            .unwrap()
    };
    assert_eq!(since().await, at(2000));
    world.write("overlay/kustomization.yaml", "y");
    world.commit(3000);
    assert_eq!(since().await, at(3000));
    let since = world.helm().ahead_since(&deployed).await.unwrap();
    assert_eq!(since, at(2000));
}

#[tokio::test]
async fn a_revision_may_be_larger_than_what_a_program_may_print() {
    let world = World::repository();
    let large = format!("# {}\n", "x".repeat(world.tools.output));
    world.write("a.yaml", &large);
    world.write("b.yaml", &large);
    world.config_map("c.yaml", "c");
    world.commit(1000);
    let read = world.directory(".").read(Some("HEAD")).await.unwrap();
    assert_eq!(names(&read), ["c"]);
}
