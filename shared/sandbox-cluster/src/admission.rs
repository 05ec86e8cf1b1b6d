//! What webhooks and policies say before an object is kept.

use serde_json::{Value, json};

use crate::access::User;
use crate::answer::Failure;
use crate::call::Call;
use crate::kinds::Kind;
use crate::object::meta;

/// Webhooks that are as if installed on the cluster. They act on dry runs, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// Kinds whose objects are refused, `apps/v1/Deployment`, with what the webhook says.
    pub refuse: Vec<(String, String)>,
    /// Pods and pod templates with the annotation get this container.
    pub inject: Option<Sidecar>,
}

/// A container that a mutating webhook adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// The annotation that asks for it; its value must be `true` or `enabled`.
    pub annotation: String,
    /// The container's name.
    pub name: String,
    /// The container's image.
    pub image: String,
}

impl Sidecar {
    fn inject(&self, template: &mut Value) {
        let asks = template["metadata"]["annotations"][&self.annotation].as_str();
        if !matches!(asks, Some("true" | "enabled")) {
            return;
        }
        let containers = template["spec"].get_mut("containers");
        let Some(containers) = containers.and_then(Value::as_array_mut) else {
            return;
        };
        if containers.iter().any(|it| it["name"] == self.name.as_str()) {
            return;
        }
        containers.push(json!({
            "name": self.name, "image": self.image, "imagePullPolicy": "IfNotPresent", "resources": {},
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        }));
    }
}

impl Admission {
    /// Lets the webhooks change an object and decide on it.
    pub(crate) fn admit(&self, kind: &Kind, object: &mut Value) -> Result<(), Failure> {
        let name = format!("{}/{}", kind.api_version(), kind.name);
        if let Some((_, why)) = self.refuse.iter().find(|(refused, _)| *refused == name) {
            let message = format!(
                "admission webhook \"refusing.webhooks.example.com\" denied the request: {why}"
            );
            return Err(Failure::new(403, "Forbidden", message));
        }
        if let Some(sidecar) = &self.inject {
            match kind.name.as_str() {
                "Pod" => sidecar.inject(object),
                "CronJob" => sidecar.inject(&mut object["spec"]["jobTemplate"]["spec"]["template"]),
                "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => {
                    sidecar.inject(&mut object["spec"]["template"]);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Refuses to keep what a user may only try.
pub(crate) fn only_tried(
    user: &User,
    call: &Call,
    (kind, name): (&Kind, &str),
) -> Result<(), Failure> {
    if !user.rights.only_dry_run() || call.is_dry_run() {
        return Ok(());
    }
    let why = "ValidatingAdmissionPolicy 'dry-run-only' with binding 'dry-run-only' denied request: this identity may only write as a dry run";
    Err(Failure::forbidden(kind, name, why))
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// Nobody hands out rights that he has not.
pub(crate) fn escalation(
    user: &User,
    kind: &Kind,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Failure> {
    if kind.group != RBAC {
        return Ok(());
    }
    let role = matches!(kind.name.as_str(), "Role" | "ClusterRole");
    let same = |name: &str| old.is_some_and(|old| old[name] == new[name]);
    let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    let lacking = match role {
        true if same("rules") && same("aggregationRule") => return Ok(()),
        true => user.rights.lacks(&new["rules"]),
        false if same("roleRef") && same("subjects") => return Ok(()),
        // What the role that is bound allows is not looked up: whoever may not escalate may not bind.
        false => user.rights.lacks(&all),
    };
    if lacking.is_empty() {
        return Ok(());
    }
    let rules: Vec<String> = lacking.iter().map(|rule| in_go(rule)).collect();
    let why = format!(
        "user {:?} (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{}",
        user.name,
        rules.join("\n")
    );
    Err(Failure::forbidden(kind, meta(new, "name"), &why))
}

fn in_go(rule: &Value) -> String {
    let names = [
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("ResourceNames", "resourceNames"),
        ("NonResourceURLs", "nonResourceURLs"),
        ("Verbs", "verbs"),
    ];
    let parts = names.iter().filter(|(_, name)| rule[*name].is_array());
    let parts = parts.map(|(title, name)| format!("{title}:{}", rule[*name]));
    format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
}
