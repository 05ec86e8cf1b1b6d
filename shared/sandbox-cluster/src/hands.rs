//! Writes without HTTP: the same way through the server, by the hand of a named manager at a chosen time.

use jiff::Timestamp;
use serde_json::Value;

use crate::access::Users;
use crate::call::Call;
use crate::cluster::SandboxCluster;
use crate::lock;
use crate::object::meta;

/// Who writes, and when. What is written is owned in this name from this time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hand {
    pub(crate) manager: String,
    pub(crate) at: Option<Timestamp>,
}

impl Hand {
    /// A field manager, `kubectl-edit`, that writes at the time of the cluster's clock.
    #[must_use]
    pub fn new(manager: &str) -> Self {
        Self {
            manager: manager.to_owned(),
            at: None,
        }
    }

    /// The same at this time.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.at = Some(time);
        self
    }
}

/// An object's address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// `v1`, `apps/v1`.
    pub api_version: String,
    /// `Deployment`.
    pub kind: String,
    /// The namespace; empty where the kind has none.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Object {
    /// An address; an empty namespace is none.
    #[must_use]
    pub fn new(api_version: &str, kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The address of a manifest.
    #[must_use]
    pub fn of(manifest: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            api_version: text(&manifest["apiVersion"]),
            kind: text(&manifest["kind"]),
            namespace: meta(manifest, "namespace").to_owned(),
            name: meta(manifest, "name").to_owned(),
        }
    }
}

/// How an object is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patch {
    /// A JSON patch.
    Json,
    /// A JSON merge patch.
    Merge,
    /// A strategic merge patch, as `kubectl edit` and `kubectl set` send.
    Strategic,
    /// A server-side apply, which stops at conflicts.
    Apply,
    /// A server-side apply by force.
    ApplyByForce,
}

impl Patch {
    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json-patch+json",
            Self::Merge => "application/merge-patch+json",
            Self::Strategic => "application/strategic-merge-patch+json",
            Self::Apply | Self::ApplyByForce => "application/apply-patch+yaml",
        }
    }
}

/// The server refused it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{object}: {status} {message}")]
pub struct Refusal {
    /// The object, `Deployment shop/web`.
    pub object: String,
    /// The HTTP status that a client would have got.
    pub status: u16,
    /// What the server said.
    pub message: String,
}

impl SandboxCluster {
    /// Makes an object, and gives it back as the server keeps it.
    ///
    /// # Errors
    /// Where the server refuses it.
    pub fn create(&self, hand: &Hand, manifest: &Value) -> Result<Value, Refusal> {
        let object = Object::of(manifest);
        let mut call = self.call(
            "POST",
            &Object {
                name: String::new(),
                ..object.clone()
            },
            "",
            hand,
        )?;
        call.body = manifest.to_string().into_bytes();
        self.by_hand(&call, hand, &object)
    }

    /// Changes an object, and gives it back as the server keeps it.
    ///
    /// # Errors
    /// Where the server refuses it.
    pub fn patch(
        &self,
        hand: &Hand,
        object: &Object,
        how: Patch,
        patch: &Value,
    ) -> Result<Value, Refusal> {
        self.patch_part(hand, (object, ""), how, patch)
    }

    /// Changes an object's status.
    ///
    /// # Errors
    /// Where the server refuses it.
    pub fn set_status(
        &self,
        hand: &Hand,
        object: &Object,
        status: &Value,
    ) -> Result<Value, Refusal> {
        let patch = serde_json::json!({"status": status});
        self.patch_part(hand, (object, "status"), Patch::Merge, &patch)
    }

    /// Sets the replicas of a workload by its scale, as `kubectl scale` and autoscalers do.
    ///
    /// # Errors
    /// Where the server refuses it.
    pub fn scale(&self, hand: &Hand, object: &Object, replicas: u32) -> Result<Value, Refusal> {
        let patch = serde_json::json!({"spec": {"replicas": replicas}});
        self.patch_part(hand, (object, "scale"), Patch::Merge, &patch)
    }

    /// Sets a Deployment's replicas as a HorizontalPodAutoscaler does.
    ///
    /// # Errors
    /// Where the server refuses it.
    pub fn autoscale(&self, namespace: &str, name: &str, replicas: u32) -> Result<(), Refusal> {
        let object = Object::new("apps/v1", "Deployment", namespace, name);
        let hand = Hand::new("kube-controller-manager");
        self.scale(&hand, &object, replicas).map(|_| ())
    }

    /// An object in place of the one that is there.
    ///
    /// # Errors
    /// Where the server refuses it.
    pub fn replace(&self, hand: &Hand, manifest: &Value) -> Result<Value, Refusal> {
        let object = Object::of(manifest);
        let mut call = self.call("PUT", &object, "", hand)?;
        call.body = manifest.to_string().into_bytes();
        self.by_hand(&call, hand, &object)
    }

    /// Takes an object away, with what it owns.
    ///
    /// # Errors
    /// Where the server refuses it.
    pub fn delete(&self, object: &Object) -> Result<(), Refusal> {
        let hand = Hand::new("kubectl-delete");
        let call = self.call("DELETE", object, "", &hand)?;
        self.by_hand(&call, &hand, object).map(|_| ())
    }

    /// An object as the server keeps it; `None` where it is not there.
    #[must_use]
    pub fn object(&self, object: &Object) -> Option<Value> {
        let hand = Hand::new("");
        let call = self.call("GET", object, "", &hand).ok()?;
        self.by_hand(&call, &hand, object).ok()
    }

    pub(crate) fn patch_part(
        &self,
        hand: &Hand,
        (object, part): (&Object, &str),
        how: Patch,
        patch: &Value,
    ) -> Result<Value, Refusal> {
        let mut call = self.call("PATCH", object, part, hand)?;
        if how == Patch::ApplyByForce {
            call.add_query("force", "true");
        }
        how.content_type().clone_into(&mut call.content_type);
        call.body = patch.to_string().into_bytes();
        self.by_hand(&call, hand, object)
    }

    fn call(
        &self,
        method: &str,
        object: &Object,
        part: &str,
        hand: &Hand,
    ) -> Result<Call, Refusal> {
        let kind = lock(&self.shared.state)
            .kinds
            .of(&object.api_version, &object.kind);
        let Some(kind) = kind else {
            return Err(Refusal {
                object: named(object),
                status: 404,
                message: format!(
                    "no matches for kind {:?} in version {:?}",
                    object.kind, object.api_version
                ),
            });
        };
        let mut call = Call::to(method, &kind, (&object.namespace, &object.name, part));
        call.add_query("fieldManager", &hand.manager);
        Ok(call)
    }

    fn by_hand(&self, call: &Call, hand: &Hand, object: &Object) -> Result<Value, Refusal> {
        let now = hand.at.unwrap_or_else(|| self.shared.now());
        let answer = self.shared.answer(call, &Users::administrator(), now);
        let answer = answer.map_err(|failure| Refusal {
            object: named(object),
            status: failure.status,
            message: failure.message,
        })?;
        Ok(serde_json::from_str(&answer.body).unwrap_or_default())
    }
}

fn named(object: &Object) -> String {
    match object.namespace.as_str() {
        "" => format!("{} {}", object.kind, object.name),
        namespace => format!("{} {namespace}/{}", object.kind, object.name),
    }
}
