//! Manifests on the cluster, the way different tools put them there.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::cluster::SandboxCluster;
use crate::hands::{Hand, Object, Patch, Refusal};
use crate::lock;
use crate::patch::{difference, strategic};
use crate::schema::{ListRule, Node, View};

pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// How manifests get onto a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By server-side apply, by force, in this manager's name: `kubectl`, `kustomize-controller`.
    ServerSide(String),
    /// By `kubectl apply` as it is without options: a patch that it works out itself,
    /// and an annotation with what it applied.
    ClientSide,
    /// By an Argo CD Application of this name, without `ServerSideApply`.
    ArgoCd(String),
    /// By an Argo CD Application of this name, with `ServerSideApply`.
    ArgoCdServerSide(String),
    /// By a Helm release of this name.
    Helm(String),
    /// Made by `kubectl create`, then adopted by kubectl's server-side apply.
    CreatedThenServerSide,
    /// On the cluster since before there were field managers, then adopted by kubectl's server-side apply.
    UntrackedThenServerSide,
}

/// What the releases of Helm hold, by release and object.
pub(crate) type Releases = BTreeMap<(String, Object), Value>;

impl SandboxCluster {
    /// Puts manifests onto the cluster, namespaces and definitions first. A second
    /// time brings what is there up to date, as the same tool would. `at` is the
    /// time of the writes; `None` is the clock's.
    ///
    /// # Errors
    /// The first refusal; what came before it stays.
    pub fn apply(
        &self,
        way: &Way,
        at: Option<Timestamp>,
        manifests: &[Value],
    ) -> Result<(), Refusal> {
        let mut sorted: Vec<&Value> = manifests.iter().collect();
        sorted.sort_by_key(|manifest| match manifest["kind"].as_str() {
            Some("Namespace") => 0,
            Some("CustomResourceDefinition") => 1,
            _ => 2,
        });
        for manifest in sorted {
            self.apply_one(way, at, manifest)?;
        }
        match (way, manifests.first()) {
            (Way::Helm(release), Some(first)) => self.keep_release(release, at, first),
            _ => Ok(()),
        }
    }

    fn apply_one(&self, way: &Way, at: Option<Timestamp>, manifest: &Value) -> Result<(), Refusal> {
        let hand = |manager: &str| Hand {
            manager: manager.to_owned(),
            at,
        };
        match way {
            Way::ServerSide(manager) => self.server_side(&hand(manager), manifest),
            Way::ClientSide => self.client_side(&hand("kubectl-client-side-apply"), manifest),
            Way::ArgoCdServerSide(application) => {
                let tracked = tracked(application, manifest);
                self.server_side(&hand("argocd-controller"), &tracked)
            }
            Way::ArgoCd(application) => {
                let tracked = tracked(application, manifest);
                let by = hand("argocd-controller");
                if manifest["apiVersion"] != "rbac.authorization.k8s.io/v1" {
                    return self.client_side(&by, &tracked);
                }
                // Rights are reconciled first, in another name, and only then marked as applied.
                self.update_to(&hand("argocd-application-controller"), manifest, &tracked)?;
                self.client_side(&by, &tracked)
            }
            Way::Helm(release) => self.helm(release, &hand("helm"), manifest),
            Way::CreatedThenServerSide => {
                if self.object(&Object::of(manifest)).is_none() {
                    self.create(&hand("kubectl-create"), manifest)?;
                }
                self.server_side(&hand("kubectl"), manifest)
            }
            Way::UntrackedThenServerSide => {
                let object = Object::of(manifest);
                if self.object(&object).is_none() {
                    self.create(&hand("kubectl-create"), manifest)?;
                    let none = json!({"metadata": {"managedFields": [{}]}});
                    self.patch(&hand("kubectl"), &object, Patch::Merge, &none)?;
                }
                self.server_side(&hand("kubectl"), manifest)
            }
        }
    }

    fn server_side(&self, hand: &Hand, manifest: &Value) -> Result<(), Refusal> {
        let object = Object::of(manifest);
        self.patch(hand, &object, Patch::ApplyByForce, manifest)
            .map(|_| ())
    }

    fn client_side(&self, hand: &Hand, manifest: &Value) -> Result<(), Refusal> {
        let mut applied = manifest.clone();
        // kubectl writes the annotations down even where there are none.
        let notes = &mut applied["metadata"]["annotations"];
        if !notes.is_object() {
            *notes = json!({});
        }
        // Go writes these characters so in JSON.
        let text = format!("{applied}\n")
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026");
        applied["metadata"]["annotations"][LAST_APPLIED] = text.into();
        let live = self.object(&Object::of(manifest));
        let last = live.map(|live| {
            let last = live["metadata"]["annotations"][LAST_APPLIED].as_str();
            last.and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default()
        });
        self.update_to(hand, &last.unwrap_or_default(), &applied)
    }

    /// Makes an object, or patches it by what changed since it was last applied.
    fn update_to(&self, hand: &Hand, last: &Value, wanted: &Value) -> Result<(), Refusal> {
        let object = Object::of(wanted);
        let Some(live) = self.object(&object) else {
            return self.create(hand, wanted).map(|_| ());
        };
        let kind = lock(&self.shared.state)
            .kinds
            .of(&object.api_version, &object.kind);
        let node = kind.as_ref().map_or(&Node::Any, |kind| kind.node());
        let changed = three_way(node, last, wanted, &live);
        match difference(&live, &changed) {
            Some(patch) => self.patch(hand, &object, Patch::Merge, &patch).map(|_| ()),
            None => Ok(()),
        }
    }

    fn helm(&self, release: &str, hand: &Hand, manifest: &Value) -> Result<(), Refusal> {
        let object = Object::of(manifest);
        let namespace = if object.namespace.is_empty() {
            "default"
        } else {
            &object.namespace
        };
        let mut wanted = manifest.clone();
        let meta = &mut wanted["metadata"];
        meta["labels"]["app.kubernetes.io/managed-by"] = "Helm".into();
        meta["annotations"]["meta.helm.sh/release-name"] = release.into();
        meta["annotations"]["meta.helm.sh/release-namespace"] = namespace.into();
        let key = (release.to_owned(), object);
        let last = lock(&self.shared.releases).get(&key).cloned();
        self.update_to(hand, &last.unwrap_or_default(), &wanted)?;
        lock(&self.shared.releases).insert(key, wanted);
        Ok(())
    }

    /// A release is written down in a Secret without an owner, one a version.
    fn keep_release(
        &self,
        release: &str,
        at: Option<Timestamp>,
        first: &Value,
    ) -> Result<(), Refusal> {
        let namespace = match Object::of(first).namespace.as_str() {
            "" => "default".to_owned(),
            namespace => namespace.to_owned(),
        };
        let name = |version: u32| format!("sh.helm.release.v1.{release}.v{version}");
        let there = |version: u32| {
            let secret = Object::new("v1", "Secret", &namespace, &name(version));
            self.object(&secret).is_some()
        };
        let mut version = 1;
        while there(version) {
            version += 1;
        }
        let labels = json!({"name": release, "owner": "helm", "status": "deployed", "version": version.to_string()});
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
            "metadata": {"name": name(version), "namespace": namespace, "labels": labels},
            "stringData": {"release": format!("{release} {version}")}});
        let hand = Hand {
            manager: "helm".to_owned(),
            at,
        };
        self.create(&hand, &secret).map(|_| ())
    }
}

/// A manifest with the mark of the Application that it belongs to.
fn tracked(application: &str, manifest: &Value) -> Value {
    let object = Object::of(manifest);
    let group = object
        .api_version
        .split_once('/')
        .map_or("", |(group, _)| group);
    let (kind, namespace, name) = (&object.kind, &object.namespace, &object.name);
    let id = format!("{application}:{group}/{kind}:{namespace}/{name}");
    let mut tracked = manifest.clone();
    tracked["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = id.into();
    tracked
}

/// The live object, without what was applied last and is not wanted any more, and with what is wanted.
fn three_way(node: &Node, last: &Value, wanted: &Value, live: &Value) -> Value {
    let mut pruned = live.clone();
    prune(node, last, wanted, &mut pruned);
    strategic(node, &pruned, wanted)
}

fn prune(node: &Node, last: &Value, wanted: &Value, live: &mut Value) {
    let empty = Map::new();
    let gone = last.as_object().unwrap_or(&empty);
    let Some(fields) = live.as_object_mut() else {
        return;
    };
    for name in gone.keys().filter(|name| wanted.get(*name).is_none()) {
        fields.remove(name);
    }
    for (name, value) in fields.iter_mut() {
        let Some(wanted) = wanted.get(name) else {
            continue;
        };
        let inner = node.child(name).unwrap_or(&Node::Any);
        let last = gone.get(name).unwrap_or(&Value::Null);
        if retains(node, name) && strategic(inner, value, wanted) != *value {
            keep_only(value, wanted);
        }
        match inner.view() {
            View::List(list) if list.rule != ListRule::Atomic => {
                if let Some(key) = &list.merge {
                    prune_items(&list.node, key, (last, wanted), value);
                }
            }
            View::List(_) => {}
            _ => prune(inner, last, wanted, value),
        }
    }
}

fn retains(node: &Node, name: &str) -> bool {
    matches!(node.view(), View::Struct(own) if own.fields.get(name).is_some_and(|field| field.retain && !matches!(field.node, Node::List(_))))
}

/// Of a union only the fields that are wanted stay.
fn keep_only(value: &mut Value, wanted: &Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| wanted.get(name).is_some());
    }
}

fn prune_items(node: &Node, key: &str, (last, wanted): (&Value, &Value), live: &mut Value) {
    let find = |list: &Value, item: &Value| {
        let mut items = list.as_array().cloned().unwrap_or_default().into_iter();
        items.find(|it| match key {
            "" => it == item,
            key => it[key] == item[key],
        })
    };
    let Some(items) = live.as_array_mut() else {
        return;
    };
    items.retain(|item| find(last, item).is_none() || find(wanted, item).is_some());
    for item in items {
        if let Some(wanted) = find(wanted, item) {
            let last = find(last, item).unwrap_or_default();
            prune(node, &last, &wanted, item);
        }
    }
}
