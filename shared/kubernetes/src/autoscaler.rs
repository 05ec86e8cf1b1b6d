//! Who scales what, by target reference: a scale may leave no entry in managed fields.
//!
//! HorizontalPodAutoscalers and KEDA's ScaledObjects own the replicas of their
//! targets. A VerticalPodAutoscaler owns nothing here: it changes pods as they
//! are made, never the object that makes them, so other requests in a Deployment
//! than Git's were put there by somebody.

use std::collections::HashMap;

use serde_json::Value;

/// An object as a target reference names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The API group; empty for the core.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// The autoscalers of a cluster, by what they scale.
#[derive(Clone, Debug, Default)]
pub struct Autoscalers {
    by_target: HashMap<Target, String>,
    /// Whether some could not be read, so that nobody knows who scales what is not here.
    pub incomplete: bool,
}

/// The kinds that are read, as group and kind.
pub(crate) const KINDS: [(&str, &str); 2] = [
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("keda.sh", "ScaledObject"),
];

impl Autoscalers {
    /// Takes note of an autoscaler; of any other object nothing. `namespace` is
    /// where it is if it does not say so itself.
    pub fn add(&mut self, object: &Value, namespace: &str) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let (group, _) = split(text("/apiVersion").unwrap_or_default());
        let kind = text("/kind").unwrap_or_default();
        if !KINDS.contains(&(group, kind)) {
            return;
        }
        let Some(name) = text("/spec/scaleTargetRef/name") else {
            return;
        };
        // Both kinds let the kind of what they scale default to a Deployment (KEDA) or demand it.
        let version = text("/spec/scaleTargetRef/apiVersion").unwrap_or("apps/v1");
        let target = Target {
            group: split(version).0.to_owned(),
            kind: text("/spec/scaleTargetRef/kind")
                .unwrap_or("Deployment")
                .to_owned(),
            namespace: text("/metadata/namespace").unwrap_or(namespace).to_owned(),
            name: name.to_owned(),
        };
        let own = text("/metadata/name").unwrap_or_default();
        let whose = format!("{kind} {own}");
        // KEDA scales through an HPA of its own; what the person wrote is the ScaledObject.
        let slot = self.by_target.entry(target).or_default();
        if slot.is_empty() || kind == "ScaledObject" {
            *slot = whose;
        }
    }

    /// What scales an object: `HorizontalPodAutoscaler shop`.
    #[must_use]
    pub fn of(&self, target: &Target) -> Option<&str> {
        self.by_target.get(target).map(String::as_str)
    }
}

/// Group and version of an `apiVersion`.
pub(crate) fn split(api_version: &str) -> (&str, &str) {
    api_version.rsplit_once('/').unwrap_or(("", api_version))
}
