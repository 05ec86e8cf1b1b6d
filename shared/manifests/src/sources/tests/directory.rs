use domain::ports::{PortErrorKind, Source as _};

use super::*;
use crate::LARGEST_FILE;

#[tokio::test]
async fn a_directory_is_read_with_all_below_it() {
    let world = World::new();
    world.config_map("k8s/b.yaml", "two");
    world.config_map("k8s/a/x.yml", "one");
    world.config_map("k8s/.hidden/x.yaml", "hidden");
    world.config_map("k8s/.git/x.yaml", "git");
    world.config_map("other.yaml", "other");
    world.write("k8s/README.md", "x");
    let read = world.directory("k8s").read(None).await.unwrap();
    assert_eq!(names(&read), ["hidden", "one", "two"]);
    assert_eq!(read.objects[1].place.file, "k8s/a/x.yml");
    assert_eq!(read.revision, None);
    assert!(read.unreadable.is_empty());
    let read = world.directory(".").read(None).await.unwrap();
    assert_eq!(names(&read), ["hidden", "one", "two", "other"]);
}

#[tokio::test]
async fn a_file_that_is_named_itself_is_read_whatever_its_ending() {
    let world = World::new();
    world.config_map("k8s/all.txt", "one");
    let read = world.directory("k8s/all.txt").read(None).await.unwrap();
    assert_eq!(names(&read), ["one"]);
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_an_error_and_an_empty_one_is_not() {
    let world = World::new();
    let error = world.directory("k8s").read(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);
    assert!(error.detail.starts_with("k8s in "), "{error}");
    fs::create_dir(world.root().join("k8s")).unwrap();
    let read = world.directory("k8s").read(None).await.unwrap();
    assert!(read.objects.is_empty() && read.unreadable.is_empty());
}

#[tokio::test]
async fn what_is_too_large_or_no_file_is_said_and_the_rest_read() {
    let world = World::new();
    world.config_map("a.yaml", "one");
    let large = fs::File::create(world.root().join("large.yaml")).unwrap();
    large.set_len(LARGEST_FILE as u64 + 1).unwrap();
    let pipe = world.root().join("pipe.yaml");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let read = world.directory(".").read(None).await.unwrap();
    assert_eq!(names(&read), ["one"]);
    let problems = problems(&read);
    assert!(
        problems[0].0 == "large.yaml" && problems[0].1.contains("32 MiB"),
        "{problems:?}"
    );
    assert_eq!(problems[1], ("pipe.yaml", "is no regular file"));
}

#[tokio::test]
async fn the_revision_is_that_of_a_clean_directory() {
    let world = World::repository();
    world.config_map("k8s/a.yaml", "one");
    world.write(".gitignore", "secret.yaml\nlog.txt\n");
    let head = world.commit(1000);
    let revision = async || world.directory("k8s").read(None).await.unwrap().revision;
    assert_eq!(revision().await, Some(head.clone()));
    // Neither what lies elsewhere nor what is ignored and not read makes it another one.
    world.write("elsewhere.yaml", "x");
    world.write("k8s/log.txt", "x");
    assert_eq!(revision().await, Some(head.clone()));
    world.write("k8s/secret.yaml", "# ignored, and read");
    assert_eq!(revision().await, None);
    fs::remove_file(world.root().join("k8s/secret.yaml")).unwrap();
    world.write("k8s/new.yaml", "# untracked");
    assert_eq!(revision().await, None);
    fs::remove_file(world.root().join("k8s/new.yaml")).unwrap();
    assert_eq!(revision().await, Some(head));
    world.write("k8s/a.yaml", "# changed");
    assert_eq!(revision().await, None);
}

#[tokio::test]
async fn a_directory_is_read_without_git_and_before_the_first_commit() {
    let world = World::repository();
    world.config_map("a.yaml", "one");
    let read = world.directory(".").read(None).await.unwrap();
    assert_eq!((names(&read), &read.revision), (vec!["one"], &None));
    fs::remove_file(world.home.path().join("bin/git")).unwrap();
    let read = world.directory(".").read(None).await.unwrap();
    assert_eq!((names(&read), &read.revision), (vec!["one"], &None));
    let error = world.directory(".").read(Some("HEAD")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.detail.contains("git is not on the PATH"));
}
