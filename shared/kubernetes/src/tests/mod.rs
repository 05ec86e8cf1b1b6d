//! Tests of the comparison and of whole looks, over a cluster in memory.

mod answers;
mod application;
mod appliers;
mod looks;
mod meanings;
mod paths;
mod planted;
mod rules;
mod shapes;
mod steps;
mod trials;
mod unmanaged;

use std::future::Future;

use domain::difference::RawDifference;
use domain::look::Verdict;
use domain::ports::{Manifest, Place};
use serde_json::{Value, json};

use crate::look::{Options, Request, Seen, look};
use crate::testing::Memory;

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn manifests(objects: &[Value]) -> Vec<Manifest> {
    let place = |document| Place {
        file: "all.yaml".to_owned(),
        document,
        line: 1,
    };
    objects
        .iter()
        .enumerate()
        .map(|(at, object)| Manifest {
            object: object.clone(),
            place: place(at + 1),
        })
        .collect()
}

fn look_with(cluster: &Memory, git: &[Value], options: &Options) -> Vec<Seen> {
    let manifests = manifests(git);
    let request = Request {
        cluster: "shop",
        manifests: &manifests,
        head: None,
        options,
    };
    wait(look(cluster, &request)).unwrap()
}

fn look_at(cluster: &Memory, git: &[Value]) -> Vec<Seen> {
    look_with(cluster, git, &Options::default())
}

/// Every difference, of all objects.
fn differences(seen: &[Seen]) -> Vec<&RawDifference> {
    seen.iter()
        .filter_map(|it| match &it.observed.verdict {
            Verdict::Modified(modified) => Some(&modified.differences),
            _ => None,
        })
        .flatten()
        .collect()
}

/// Every difference as `PATH KIND WHO`, with `-` where nobody is named.
fn told(seen: &[Seen]) -> Vec<String> {
    differences(seen)
        .into_iter()
        .map(|it| {
            let who = it.attribution.as_ref().map_or("-", |it| it.who.as_str());
            format!("{} {} {who}", it.path, it.kind)
        })
        .collect()
}

fn is_in_sync(seen: &[Seen]) -> bool {
    seen.iter()
        .all(|it| matches!(it.observed.verdict, Verdict::InSync))
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"replicas": 2, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [
                {"name": "app", "image": "web:1", "args": ["a", "b"],
                 "env": [{"name": "A", "value": "1"}, {"name": "NONE", "value": ""}],
                 "resources": {"requests": {"cpu": "1000m", "memory": "1Gi"}}},
                {"name": "log", "image": "log:1"}]}}}})
}

fn config() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap",
           "metadata": {"name": "settings", "namespace": "shop", "labels": {"app": "web"}},
           "data": {"a": "1", "b": "2"}})
}

/// The ways in which what Git says comes to a cluster: manager and operation.
const WAYS: [(&str, &str); 4] = [
    ("kubectl", "Apply"),
    ("kubectl-client-side-apply", "Update"),
    ("argocd-controller", "Update"),
    ("helm", "Update"),
];

const THEN: &str = "2026-11-20T00:00:00Z";
