use std::time::Instant;

use domain::ports::{PortErrorKind, Source as _};

use super::*;

const CAT: &str = "cat \"$2/object.yaml\"";

fn rendering() -> World {
    let world = World::repository();
    world.config_map("overlay/object.yaml", "old");
    world.write("overlay/kustomization.yaml", "resources: [object.yaml]\n");
    world
}

#[tokio::test]
async fn kustomize_renders_before_kubectl_does() {
    let world = rendering();
    let source = world.kustomize("overlay");
    let error = source.read(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.detail.contains("install one of them"));
    world.program(
        "kubectl",
        &format!("[ $# = 2 ] && [ \"$1\" = kustomize ] && {CAT}"),
    );
    let read = source.read(None).await.unwrap();
    assert_eq!(names(&read), ["old"]);
    assert_eq!(read.objects[0].place.file, "kubectl kustomize overlay");
    world.program(
        "kustomize",
        &format!("[ $# = 2 ] && [ \"$1\" = build ] && {CAT}"),
    );
    let read = source.read(None).await.unwrap();
    assert_eq!(read.objects[0].place.file, "kustomize build overlay");
}

#[tokio::test]
async fn a_revision_is_rendered_from_a_copy() {
    let world = rendering();
    world.program("kustomize", CAT);
    let old = world.commit(1000);
    world.config_map("overlay/object.yaml", "new");
    world.git(&["add", "--all"], 0);
    world.config_map("overlay/object.yaml", "dirty");
    let before = world.git(&["status", "--porcelain"], 0);
    let source = world.kustomize("overlay");
    let read = source.read(Some("HEAD")).await.unwrap();
    assert_eq!(
        (names(&read), &read.revision),
        (vec!["old"], &Some(old.clone()))
    );
    let read = source.read(None).await.unwrap();
    assert_eq!((names(&read), &read.revision), (vec!["dirty"], &None));
    assert_eq!(world.git(&["status", "--porcelain"], 0), before);
    world.git(&["reset", "--quiet", "--hard"], 0);
    let read = source.read(None).await.unwrap();
    assert_eq!((names(&read), &read.revision), (vec!["old"], &Some(old)));
    // From a root that is not the top.
    let source = Kustomize {
        root: world.root().join("overlay"),
        ..world.kustomize(".")
    };
    let read = source.read(Some("HEAD")).await.unwrap();
    assert_eq!(read.objects[0].place.file, "kustomize build .");
}

#[tokio::test]
async fn a_program_that_fails_says_why_without_secrets_and_places_that_are_gone() {
    let world = rendering();
    world.commit(1000);
    world.program(
        "kustomize",
        "for i in 1 2 3 4 5 6; do echo \"line $i\" >&2; done; echo \"password=hunter2hunter2 in $2/x.yaml\" >&2; echo partial; exit 3",
    );
    let error = world
        .kustomize("overlay")
        .read(Some("HEAD"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.op),
        (PortErrorKind::Invalid, "kustomize build")
    );
    assert!(
        error.detail.contains("line 6") && !error.detail.contains("line 1"),
        "{error}"
    );
    assert!(error.detail.contains(" in overlay/x.yaml"), "{error}");
    assert!(!error.detail.contains("hunter2"), "{error}");
    world.program("kustomize", "exit 4");
    let error = world.kustomize("overlay").read(None).await.unwrap_err();
    assert!(error.detail.contains("exit status: 4"), "{error}");
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_ended_with_what_it_started() {
    let mut world = rendering();
    world.tools.time = Duration::from_millis(300);
    world.program(
        "kustomize",
        "echo $$ > pid\nsleep 50 &\necho $! > child\nsleep 50",
    );
    // Not a repository: git may take longer than that here.
    fs::remove_dir_all(world.root().join(".git")).unwrap();
    let begun = Instant::now();
    let error = world.kustomize("overlay").read(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Timeout);
    assert!(begun.elapsed() < Duration::from_secs(10));
    for file in ["pid", "child"] {
        let pid = fs::read_to_string(world.root().join(file)).unwrap();
        let stat = format!("/proc/{}/stat", pid.trim());
        let gone = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            // One that nobody waits for stays as a zombie.
            fs::read_to_string(&stat).map_or(true, |it| it.contains(") Z "))
        });
        assert!(gone, "{file}");
    }
}

#[tokio::test]
async fn a_program_that_prints_without_end_is_ended() {
    let world = rendering();
    world.program(
        "kustomize",
        "while :; do echo '# xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'; done",
    );
    let error = world.kustomize("overlay").read(None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::TooLarge);
    assert!(error.detail.contains("more than 1 MiB"));
}

#[tokio::test]
async fn a_program_that_complains_much_and_does_not_read_is_run_to_its_end() {
    let world = rendering();
    world.program(
        "kustomize",
        &format!("i=0; while [ $i -lt 3000 ]; do echo 'warning: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' >&2; i=$((i+1)); done; {CAT}"),
    );
    let read = world.kustomize("overlay").read(None).await.unwrap();
    assert_eq!(names(&read), ["old"]);
}

fn chart() -> World {
    let world = World::new();
    world.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\n");
    world.write("a.yaml", "x: 1\n");
    world.write("b,c.yaml", "x: 1\n");
    world
}

#[tokio::test]
async fn helm_gets_release_chart_namespace_and_values() {
    let world = chart();
    let error = world.helm().read(None).await.unwrap_err();
    assert!(error.detail.contains("helm is not on the PATH"));
    world.program(
        "helm",
        "for it in \"$@\"; do echo \"$it\" >> args; done\necho 'apiVersion: v1\nkind: A\nmetadata: {name: a}'",
    );
    let read = world.helm().read(None).await.unwrap();
    assert_eq!(read.objects[0].place.file, "helm template chart");
    let root = fs::canonicalize(world.root()).unwrap();
    let root = root.display();
    let args = fs::read_to_string(world.root().join("args")).unwrap();
    assert_eq!(
        args,
        format!(
            "template\nshop\n{root}/chart\n--namespace=backend\n--values={root}/a.yaml\n--values=\"{root}/b,c.yaml\"\n"
        )
    );
    for release in ["", "--debug"] {
        let source = Helm {
            release: release.to_owned(),
            ..world.helm()
        };
        assert_eq!(
            source.read(None).await.unwrap_err().kind,
            PortErrorKind::Invalid
        );
    }
    fs::remove_file(world.root().join("a.yaml")).unwrap();
    assert_eq!(
        world.helm().read(None).await.unwrap_err().kind,
        PortErrorKind::NotFound
    );
}

#[tokio::test]
async fn hooks_of_helm_are_no_part_of_the_release() {
    let world = chart();
    world.write(
        "rendered.yaml",
        "---\n# Source: chart/templates/a.yaml\napiVersion: v1\nkind: A\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: test, annotations: {helm.sh/hook: test}}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate, annotations: {'helm.sh/hook': 'pre-install,pre-upgrade'}}\n---\napiVersion: v1\nkind: A\nmetadata: {name: b, annotations: {helm.sh/resource-policy: keep}}\n---\n\n",
    );
    world.program("helm", "cat rendered.yaml");
    let read = world.helm().read(None).await.unwrap();
    assert_eq!(names(&read), ["a", "b"]);
    assert!(read.unreadable.is_empty());
}
