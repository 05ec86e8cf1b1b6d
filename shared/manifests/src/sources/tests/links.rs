use domain::ports::Source as _;

use super::*;

/// Links of every kind, committed.
fn linked() -> World {
    let world = World::repository();
    world.config_map("shared/one.yaml", "one");
    world.config_map("k8s/sub/two.yaml", "two");
    fs::write(world.home.path().join("outside.yaml"), "hunter2").unwrap();
    for (to, link) in [
        ("../shared/one.yaml", "inside.yaml"),
        ("../../outside.yaml", "outside.yaml"),
        ("nowhere.yaml", "dangling.yaml"),
        ("loop.yaml", "loop.yaml"),
        ("sub", "directory"),
        ("sub", "directory.yaml"),
        ("..", "up"),
    ] {
        symlink(to, world.root().join("k8s").join(link)).unwrap();
    }
    world.commit(1000);
    world
}

#[tokio::test]
async fn links_to_files_of_the_repository_are_followed_and_no_others() {
    let world = linked();
    for revision in [None, Some("HEAD")] {
        let read = world.directory("k8s").read(revision).await.unwrap();
        assert_eq!(names(&read), ["one", "two"], "{revision:?}");
        let problems = problems(&read);
        let files: Vec<_> = problems.iter().map(|it| it.0).collect();
        assert_eq!(
            files,
            [
                "k8s/dangling.yaml",
                "k8s/directory.yaml",
                "k8s/loop.yaml",
                "k8s/outside.yaml"
            ],
            "{revision:?}"
        );
        assert!(
            problems[1].1.contains("link to a directory"),
            "{problems:?}"
        );
        assert!(
            problems[3].1.contains("leaves the repository"),
            "{problems:?}"
        );
        assert!(!format!("{read:?}").contains("hunter2"));
        assert!(read.revision.is_some());
    }
}

#[tokio::test]
async fn outside_of_a_repository_links_stay_in_the_root() {
    let world = World::new();
    world.config_map("shared/one.yaml", "one");
    fs::create_dir(world.root().join("k8s")).unwrap();
    symlink("../shared/one.yaml", world.root().join("k8s/a.yaml")).unwrap();
    symlink("../../bin/sh", world.root().join("k8s/b.yaml")).unwrap();
    let read = world.directory("k8s").read(None).await.unwrap();
    assert_eq!(names(&read), ["one"]);
    assert_eq!(problems(&read).len(), 1);
}

#[tokio::test]
async fn a_directory_that_is_a_link_itself_is_followed() {
    let world = World::repository();
    world.config_map("real/one.yaml", "one");
    symlink("real", world.root().join("k8s")).unwrap();
    let read = world.directory("k8s").read(None).await.unwrap();
    assert_eq!(names(&read), ["one"]);
}
