//! Scans of a pretend cluster over HTTP: what each state of it, each refusal and each fault gives.

mod answers;
mod argocd;
mod broken;
mod drift;
mod life;
mod secrets;
mod transport;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use sandbox_cluster::{Hand, Object, Options, Patch, SandboxCluster, Way};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::{Scan, Workshop, text};

/// The name of the cluster: the context of the kubeconfig.
const CLUSTER: &str = "east";

/// Where no server listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A running cluster, a workshop whose config watches it, and the manifests.
struct World {
    cluster: Arc<SandboxCluster>,
    workshop: Workshop,
    /// Dropped, it lets the cluster's runtime end.
    _runs: oneshot::Sender<()>,
}

impl World {
    /// A cluster with nothing of ours on it, and no manifest.
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
                started
                    .send(Arc::new(cluster.expect("a loopback port")))
                    .expect("the test waits for it");
                // An error is the sender's end, which is what is waited for.
                let _ = ends.await;
            });
        });
        let cluster: Arc<SandboxCluster> = cluster.recv().expect("the cluster");
        let world = Self {
            workshop: Workshop::new(NOWHERE),
            cluster,
            _runs: runs,
        };
        world.enter("");
        fs::create_dir(world.workshop.path("k8s")).expect("the directory of manifests");
        world.watch(&target(&json!({})));
        world
    }

    /// A cluster on which the manifests of a small shop were applied.
    fn shop() -> Self {
        let world = Self::new();
        world.apply(&shop());
        world.write_all(&shop());
        world
    }

    /// Writes the kubeconfig: the way in with this token.
    fn enter(&self, token: &str) {
        let text = self.cluster.kubeconfig(CLUSTER, token);
        fs::write(self.workshop.path("kubeconfig"), text).expect("the kubeconfig");
    }

    /// Writes a kubeconfig that leads nowhere.
    fn lose(&self) {
        let text = self.cluster.kubeconfig(CLUSTER, "");
        let text = text.replace(&self.cluster.endpoint(), NOWHERE);
        fs::write(self.workshop.path("kubeconfig"), text).expect("the kubeconfig");
    }

    /// Watches this one target.
    fn watch(&self, target: &Value) {
        self.workshop
            .configure(&config(std::slice::from_ref(target)));
    }

    /// Puts manifests onto the cluster, as `kubectl apply --server-side` does.
    fn apply(&self, manifests: &[Value]) {
        let way = Way::ServerSide("kubectl".to_owned());
        self.cluster.apply(&way, None, manifests).expect("applied");
    }

    fn write(&self, file: &str, text: &str) {
        write(&self.workshop.path("k8s").join(file), text);
    }

    /// Writes manifests, a file each.
    fn write_all(&self, manifests: &[Value]) {
        for manifest in manifests {
            self.write(&file_of(manifest), &manifest.to_string());
        }
    }

    /// Changes an object by the hand of somebody who edits.
    fn edit(&self, object: &Object, patch: &Value) {
        let hand = Hand::new("kubectl-edit").at(edited());
        self.cluster
            .patch(&hand, object, Patch::Merge, patch)
            .expect("edited");
    }

    /// The replicas of the shop's workload from 2 to 5, by hand.
    fn scale_by_hand(&self) {
        self.edit(&web(), &json!({"spec": {"replicas": 5}}));
    }

    fn scan(&self) -> Scan {
        self.workshop.scan(&[])
    }
}

/// When everything that is edited by hand was.
fn edited() -> jiff::Timestamp {
    "2026-11-24T02:10:00Z".parse().expect("a time")
}

fn write(path: &Path, text: &str) {
    let folder = path.parent().expect("a folder");
    fs::create_dir_all(folder).expect("the folder");
    fs::write(path, text).expect("a manifest");
}

fn file_of(manifest: &Value) -> String {
    let kind = text(&manifest["kind"]).to_lowercase();
    format!("{kind}-{}.json", text(&manifest["metadata"]["name"]))
}

fn config(targets: &[Value]) -> String {
    json!({"apiVersion": "plumbline/v1", "environment": "test", "targets": targets}).to_string()
}

/// The target `shop` over the manifests in `k8s`, with more keys of its section, or others.
fn target(more: &Value) -> Value {
    let mut section = json!({
        "cluster": {"kubeconfig": {"path": "kubeconfig", "context": CLUSTER}},
        "manifests": {"directory": "k8s"},
        "namespaces": ["shop"],
    });
    for (key, value) in more.as_object().expect("keys") {
        section[key] = value.clone();
    }
    json!({"name": "shop", "kubernetes": section})
}

/// What Git says: a namespace, a workload, a Service, a ConfigMap and a Secret.
fn shop() -> Vec<Value> {
    let labels = json!({"app": "web"});
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"replicas": 2, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [
                    {"name": "app", "image": "registry.example.com/web:1.4.2", "ports": [{"containerPort": 8080}],
                        "resources": {"requests": {"cpu": "0.5"}}}]}}}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "settings", "namespace": "shop", "labels": {"team": "shop"}},
            "data": {"mode": "fast", "greeting": "hello"}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "access", "namespace": "shop"},
            // Not as `stringData`, of which whoever applied it stays the owner when the data changes.
            "data": {"login": "d2lsbG93LWluLWdpdA=="}}),
    ]
}

fn namespaced(api_version: &str, kind: &str, name: &str) -> Object {
    Object::new(api_version, kind, "shop", name)
}

fn web() -> Object {
    namespaced("apps/v1", "Deployment", "web")
}

fn settings() -> Object {
    namespaced("v1", "ConfigMap", "settings")
}

fn access() -> Object {
    namespaced("v1", "Secret", "access")
}

/// A finding in one line: layer, type, id, change, then each path with its kind, `?` where it is only potential.
fn told(finding: &Value) -> String {
    let resource = &finding["resource"];
    let mut words = vec![
        text(&finding["layer"]),
        text(&resource["type"]),
        text(&resource["id"]),
        text(&finding["change"]),
    ];
    for it in finding["differences"].as_array().expect("differences") {
        let potential = if it["potential"] == true { "?" } else { "" };
        let kind = text(&it["kind"]);
        words.push(format!("{}:{kind}{potential}", text(&it["path"])));
    }
    words.join(" ")
}

/// Any other entry in one line: reason or rule, type, id, path.
fn said(entry: &Value) -> String {
    let or_dash = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        value => text(value),
    };
    let resource = &entry["resource"];
    let reason = entry.get("reason").or_else(|| entry.get("rule"));
    let path = entry.get("path").map_or_else(|| "-".to_owned(), &or_dash);
    [
        reason.map_or_else(|| "-".to_owned(), &or_dash),
        or_dash(&resource["type"]),
        or_dash(&resource["id"]),
        path,
    ]
    .join(" ")
}

/// The replicas of the shop's workload, as its finding reads.
const REPLICAS: &str = "kubernetes apps/v1/Deployment shop/web modified /spec/replicas:changed";

/// That a scan ended with this code, saw exactly these findings, and knows nothing of exactly these.
#[track_caller]
fn assert_scan(scan: &Scan, code: i32, findings: &[&str], unknown: &[&str]) {
    let lines = |list: &str, line: fn(&Value) -> String| {
        let mut lines: Vec<String> = scan.list(list).iter().map(line).collect();
        lines.sort();
        lines
    };
    assert_eq!(
        (scan.code, lines("findings", told), lines("unknown", said)),
        (code, sorted(findings), sorted(unknown)),
        "{:#}\n{}",
        scan.report,
        scan.ran.stderr
    );
}

fn sorted(lines: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().map(|it| (*it).to_owned()).collect();
    lines.sort();
    lines
}

/// The detail of the only unknown.
#[track_caller]
fn detail(scan: &Scan) -> String {
    let unknown = scan.list("unknown");
    assert_eq!(unknown.len(), 1, "{:#}", scan.report["unknown"]);
    text(&unknown[0]["detail"])
}
