//! The cluster from outside, over HTTP.

mod applying;
mod client;
mod scaling;
mod serving;
mod telling;
mod tools;

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{Options, SandboxCluster};
use client::Client;

/// A clock that stands until it is moved.
#[derive(Clone)]
struct Stopwatch(Arc<Mutex<Timestamp>>);

impl Stopwatch {
    fn pass(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now += SignedDuration::from_secs(seconds);
    }
}

/// A cluster with a clock that stands, and an administrator's client.
async fn start() -> (SandboxCluster, Client, Stopwatch) {
    let start: Timestamp = "2026-11-24T06:00:00Z".parse().unwrap();
    let watch = Stopwatch(Arc::new(Mutex::new(start)));
    let clock = watch.clone();
    let options = Options {
        clock: Some(Arc::new(move || *clock.0.lock().unwrap())),
        ..Options::default()
    };
    let cluster = SandboxCluster::start(options).await.unwrap();
    let client = Client::new(&cluster.endpoint());
    (cluster, client, watch)
}

/// A Deployment as somebody writes it.
fn web() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{
                    "name": "app", "image": "shop/web:1.0",
                    "ports": [{"containerPort": 8080}],
                    "env": [{"name": "A", "value": "1"}],
                    "resources": {"limits": {"cpu": "1000m", "memory": "512Mi"}},
                }]},
            },
        },
    })
}

const WEB: &str = "/apis/apps/v1/namespaces/default/deployments/web";

/// The entry of a manager in `managedFields`, by its name and operation.
fn entry<'a>(object: &'a Value, manager: &str, operation: &str) -> &'a Value {
    let entries = object["metadata"]["managedFields"].as_array();
    let mut entries = entries.into_iter().flatten();
    let found = entries.find(|it| it["manager"] == manager && it["operation"] == operation);
    found.unwrap_or(&Value::Null)
}
