//! `plumbline diff` over a pretend cluster, as a script would call it in the place of `kubectl diff`.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;
use std::thread;

use sandbox_cluster::{Hand, Object, Options, Patch, SandboxCluster, Way};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::{Ran, Workshop};

/// Values that no output may hold.
const SECRETS: [&str; 4] = [
    "first-password",
    "Zmlyc3QtcGFzc3dvcmQ=",
    "other-password",
    "b3RoZXItcGFzc3dvcmQ=",
];

/// A running cluster and a directory without a configuration.
struct World {
    cluster: Arc<SandboxCluster>,
    workshop: Workshop,
    /// Dropped, it lets the cluster's runtime end.
    _runs: oneshot::Sender<()>,
}

impl World {
    /// A cluster on which `kubectl apply` put the manifests of `shop.yaml`.
    fn new() -> Self {
        let (started, cluster) = std::sync::mpsc::channel();
        let (runs, ends) = oneshot::channel::<()>();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let cluster = SandboxCluster::start(Options::default()).await;
                let cluster = Arc::new(cluster.expect("a loopback port"));
                started.send(cluster).expect("the test waits for it");
                // An error is the sender's end, which is what is waited for.
                let _ = ends.await;
            });
        });
        let cluster = cluster.recv().expect("the cluster");
        let world = Self {
            workshop: Workshop::new("http://127.0.0.1:9").with("KUBECONFIG", "kubeconfig"),
            cluster,
            _runs: runs,
        };
        world.write("kubeconfig", &world.cluster.kubeconfig("east", ""));
        world.write("shop.yaml", &documents(&shop()));
        let applied = world.cluster.apply(&Way::ClientSide, None, &shop());
        applied.expect("applied");
        world
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.workshop.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        fs::write(path, text).expect("written");
    }

    /// Changes an object by the hand of somebody who edits.
    fn edit(&self, (api_version, kind, name): (&str, &str, &str), patch: &Value) {
        let object = Object::new(api_version, kind, "shop", name);
        let hand = Hand::new("kubectl-edit").at("2026-11-24T05:12:09Z".parse().expect("a time"));
        let edited = self.cluster.patch(&hand, &object, Patch::Merge, patch);
        edited.expect("edited");
    }

    #[track_caller]
    fn diff(&self, arguments: &[&str]) -> Ran {
        let ran = self.workshop.run(&[&["diff"], arguments].concat());
        for secret in SECRETS {
            let out = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!out.contains(secret), "{secret} in {out}");
        }
        ran
    }
}

fn documents(objects: &[Value]) -> String {
    objects.iter().map(|it| format!("---\n{it}\n")).collect()
}

fn shop() -> Vec<Value> {
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"},
            "stringData": {"password": "first-password"}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]}}}}),
    ]
}

const WEB: (&str, &str, &str) = ("apps/v1", "Deployment", "web");

#[test]
fn what_is_in_sync_prints_nothing_and_records_nothing() {
    let world = World::new();
    let ran = world.diff(&["-f", "shop.yaml"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (0, "", ""),
        "{ran:?}"
    );
    assert!(!world.workshop.path(".plumbline").exists());
    // Every write is a dry run.
    assert_eq!(
        world.cluster.count("put:") + world.cluster.count("delete:"),
        0
    );
}

#[test]
fn a_hunk_says_what_kubectl_says_and_who_and_when() {
    let world = World::new();
    world.edit(WEB, &json!({"spec": {"replicas": 5, "paused": true}}));
    let ran = world.diff(&["-f", "shop.yaml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let begin = "diff -u -N LIVE/apps.v1.Deployment.shop.web MERGED/apps.v1.Deployment.shop.web\n\
                 --- LIVE/apps.v1.Deployment.shop.web\n+++ MERGED/apps.v1.Deployment.shop.web\n\
                 # /spec/paused: kubectl-edit (Update) 2026-11-24T05:12:09Z\n\
                 # /spec/replicas: kubectl-edit (Update) 2026-11-24T05:12:09Z\n@@ -";
    assert!(ran.stdout.starts_with(begin), "{}", ran.stdout);
    let changed: Vec<&str> = ran
        .stdout
        .lines()
        .skip(5)
        .filter(|it| it.starts_with(['-', '+']))
        .collect();
    assert_eq!(
        changed,
        ["-  paused: true", "-  replicas: 5", "+  replicas: 2"]
    );
    for kept_by_the_server in [
        "uid",
        "resourceVersion",
        "managedFields",
        "status",
        "last-applied",
    ] {
        assert!(!ran.stdout.contains(kept_by_the_server), "{}", ran.stdout);
    }
}

#[test]
fn a_secret_shows_that_it_changed_and_not_to_what() {
    let world = World::new();
    world.edit(
        ("v1", "Secret", "db"),
        &json!({"data": {"password": "b3RoZXItcGFzc3dvcmQ="}}),
    );
    let ran = world.diff(&["-f", "shop.yaml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let side = |sign: &str| {
        let start = format!("{sign}  password: (hidden v1:");
        let line = ran.stdout.lines().find(|it| it.starts_with(&start));
        line.unwrap_or_else(|| panic!("{}", ran.stdout))[1..].to_owned()
    };
    assert_ne!(side("-"), side("+"));
}

#[test]
fn objects_that_one_side_has_not_are_shown_whole() {
    let world = World::new();
    let deleted = world
        .cluster
        .delete(&Object::new("v1", "Secret", "shop", "db"));
    deleted.expect("deleted");
    let stray = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"},
        "metadata": {"name": "stray", "namespace": "shop", "labels": {"app": "x"}}});
    let made = world.cluster.create(&Hand::new("kubectl-create"), &stray);
    made.expect("made");
    let ran = world.diff(&["-f", "shop.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout
            .contains("# the cluster does not have it\n@@ -0,0 +1,"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("stray"));
    let ran = world.diff(&["-f", "shop.yaml", "--unmanaged", "shop"]);
    assert!(
        ran.stdout
            .contains("# the manifests do not have it: kubectl-create (Update) "),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("-  a: b\n") && ran.stdout.contains("v1.ConfigMap.shop.stray"));
    // Of objects without the labels, on either side, nothing is said.
    let ran = world.diff(&["-f", "shop.yaml", "--unmanaged", "shop", "-l", "app=web"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn a_namespace_that_the_context_names_is_that_of_objects_without_one() {
    let world = World::new();
    let mut web = shop().remove(2);
    web["metadata"]
        .as_object_mut()
        .expect("a map")
        .remove("namespace");
    world.write("web.yaml", &web.to_string());
    assert_eq!(world.diff(&["-f", "web.yaml", "-n", "shop"]).code, 0);
    let elsewhere = world.diff(&["-f", "web.yaml"]);
    assert!(
        elsewhere
            .stdout
            .contains("MERGED/apps.v1.Deployment.default.web"),
        "{elsewhere:?}"
    );
    let config = world.cluster.kubeconfig("east", "");
    let config = config.replace(r#""user":"east"}"#, r#""user":"east","namespace":"shop"}"#);
    world.write("kubeconfig", &config);
    assert_eq!(world.diff(&["-f", "web.yaml"]).code, 0);
    let other = world.diff(&["-f", "shop.yaml", "-n", "other"]);
    assert!(
        other.code == 2 && other.stderr.contains("namespace shop"),
        "{other:?}"
    );
}

#[test]
fn what_could_not_be_compared_is_an_error_whatever_else_there_is() {
    let world = World::new();
    world.edit(WEB, &json!({"spec": {"replicas": 5}}));
    let odd = "apiVersion: example.com/v1\nkind: Odd\nmetadata: {name: a}\n---\na: [\n";
    world.write("odd.yaml", odd);
    let ran = world.diff(&["-f", "shop.yaml", "-f", "odd.yaml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stdout.contains("+  replicas: 2"));
    assert!(
        ran.stderr.contains("no-such-kind") && ran.stderr.contains("odd.yaml:"),
        "{}",
        ran.stderr
    );
    world.write("empty.yaml", "# nothing\n");
    assert_eq!(world.diff(&["-f", "empty.yaml"]).code, 2);
    assert_eq!(
        world.diff(&["-f", "shop.yaml", "--context", "west"]).code,
        2
    );
}

#[test]
fn what_is_not_drift_is_counted_and_named_when_asked() {
    let world = World::new();
    let scaler = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"minReplicas": 1, "maxReplicas": 9, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}});
    let made = world.cluster.create(&Hand::new("kubectl-create"), &scaler);
    made.expect("made");
    world.cluster.autoscale("shop", "web", 4).expect("scaled");
    let ran = world.diff(&["-f", "shop.yaml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(
        ran.stderr
            .contains("1 difference is not drift (owned-by-autoscaler 1); --show-ignored"),
        "{}",
        ran.stderr
    );
    let ran = world.diff(&["-f", "shop.yaml", "--show-ignored"]);
    assert!(
        ran.stderr
            .contains("apps/v1/Deployment shop/web /spec/replicas is not drift"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_configuration_that_is_there_gives_its_rules_and_whom_it_trusts() {
    let world = World::new();
    world.edit(WEB, &json!({"spec": {"replicas": 5, "paused": true}}));
    world.workshop.configure(
        "apiVersion: plumbline/v1\nenvironment: test\n\
         targets:\n- name: shop\n  kubernetes:\n    cluster: {kubeconfig: {context: east}}\n    manifests: {directory: k8s}\n\
         ignore:\n- {when: 'difference.path == \"/spec/replicas\"', reason: r, owner: o, expires: 2999-12-31}\n",
    );
    let ran = world.diff(&["-f", "shop.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(
        !ran.stdout.contains("+  replicas: 2") && ran.stdout.contains("-  paused: true"),
        "{}",
        ran.stdout
    );
    assert!(ran.stderr.contains("ignore[0] 1"), "{}", ran.stderr);
    world
        .workshop
        .configure("apiVersion: plumbline/v1\nenvironment: [\n");
    assert_eq!(world.diff(&["-f", "shop.yaml"]).code, 2);
}

#[test]
fn the_report_and_the_ids_are_those_of_a_scan() {
    let world = World::new();
    world.edit(WEB, &json!({"spec": {"replicas": 5}}));
    let ran = world.diff(&["-f", "shop.yaml", "-o", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
    assert_eq!((ran.code, &report["kind"]), (1, &json!("ScanReport")));
    assert_eq!(report["summary"]["resources"], 3);
    let difference = &report["findings"][0]["differences"][0];
    assert_eq!(
        (&difference["expected"], &difference["actual"]),
        (&json!(2), &json!(5))
    );
    let names = world.diff(&["-f", "shop.yaml", "-o", "name"]);
    assert_eq!(
        Some(names.stdout.trim()),
        report["findings"][0]["id"].as_str()
    );
}

#[test]
fn another_program_shows_the_differences_where_one_is_named() {
    let mut world = World::new();
    world.edit(WEB, &json!({"spec": {"replicas": 5}}));
    world.edit(
        ("v1", "Secret", "db"),
        &json!({"data": {"password": "b3RoZXItcGFzc3dvcmQ="}}),
    );
    let mut with = |program: &str| {
        let workshop = std::mem::replace(&mut world.workshop, Workshop::new(""));
        world.workshop = workshop.with("KUBECTL_EXTERNAL_DIFF", program);
        world.diff(&["-f", "shop.yaml"])
    };
    let ran = with("diff -u -N");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stdout.contains("\n+  replicas: 2\n") && ran.stdout.contains("/LIVE-"),
        "{}",
        ran.stdout
    );
    assert_eq!(with("true").code, 0);
    let missing = with("no-such-program");
    assert!(
        missing.code == 2 && missing.stderr.contains("no-such-program"),
        "{missing:?}"
    );
    assert_eq!(with("diff --no-such-option").code, 2);
}

#[test]
fn standard_input_is_read_like_a_file() {
    let world = World::new();
    world.edit(WEB, &json!({"spec": {"replicas": 5}}));
    let mut command = world.workshop.command(&["diff", "-f", "-"]);
    let mut running = command.stdin(Stdio::piped()).spawn().expect("started");
    let mut input = running.stdin.take().expect("a pipe");
    let written = input.write_all(documents(&shop()).as_bytes());
    written.expect("written");
    drop(input);
    let ran = running.wait_with_output().expect("ended");
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    assert!(String::from_utf8_lossy(&ran.stdout).contains("+  replicas: 2"));
}
