//! What cannot be changed once an object is there.

use serde_json::{Value, json};

use super::{forbidden, invalid};
use crate::answer::Cause;
use crate::kinds::Kind;

const IMMUTABLE: &str = "field is immutable";

pub(super) fn check(kind: &Kind, old: &Value, new: &Value) -> Vec<Cause> {
    let fields: &[&str] = match (kind.group.as_str(), kind.name.as_str()) {
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => &["spec.selector"],
        ("apps", "StatefulSet") => return stateful_set(old, new),
        ("batch", "Job") => &["spec.selector", "spec.completions", "spec.template"],
        ("", "Service") => return service(old, new),
        ("", "ConfigMap" | "Secret") => return content(old, new),
        ("", "Pod") => return pod(old, new),
        ("", "PersistentVolumeClaim") => return claim(old, new),
        ("discovery.k8s.io", _) => &["addressType"],
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            if old["roleRef"] != new["roleRef"] {
                let role = &new["roleRef"];
                let shown = json!({"APIGroup": role["apiGroup"], "Kind": role["kind"], "Name": role["name"]});
                return vec![invalid("roleRef", &shown, "cannot change roleRef")];
            }
            return Vec::new();
        }
        ("apiextensions.k8s.io", _) => &[
            "spec.group",
            "spec.scope",
            "spec.names.plural",
            "spec.names.kind",
        ],
        _ => &[],
    };
    let changed = fields.iter().filter(|path| at(old, path) != at(new, path));
    changed
        .map(|path| invalid(path, at(new, path), IMMUTABLE))
        .collect()
}

fn at<'a>(object: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(object, |value, name| &value[name])
}

fn stateful_set(old: &Value, new: &Value) -> Vec<Cause> {
    let free = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let rest = |object: &Value| {
        let mut spec = object["spec"].clone();
        if let Some(spec) = spec.as_object_mut() {
            spec.retain(|name, _| !free.contains(&name.as_str()));
        }
        spec
    };
    if rest(old) == rest(new) {
        return Vec::new();
    }
    let why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
    vec![forbidden("spec", why)]
}

fn service(old: &Value, new: &Value) -> Vec<Cause> {
    let (before, after) = (&old["spec"], &new["spec"]);
    let outside = |spec: &Value| spec["type"] == "ExternalName";
    if outside(before) || outside(after) || before["clusterIP"].is_null() {
        return Vec::new();
    }
    let mut causes = Vec::new();
    if before["clusterIP"] != after["clusterIP"] {
        let why = "may not change once set";
        causes.push(invalid(
            "spec.clusterIPs[0]",
            &json!([after["clusterIP"]]),
            why,
        ));
    }
    causes
}

/// A ConfigMap or Secret that says it is immutable; a Secret's type always is.
fn content(old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if old["type"] != new["type"] {
        causes.push(invalid("type", &new["type"], IMMUTABLE));
    }
    if old["immutable"] == true {
        let why = "field is immutable when `immutable` is set";
        for name in ["immutable", "data", "binaryData"] {
            if old[name] != new[name] {
                causes.push(forbidden(name, why));
            }
        }
    }
    causes
}

fn pod(old: &Value, new: &Value) -> Vec<Cause> {
    let fixed = |pod: &Value| {
        let mut spec = pod["spec"].clone();
        for list in ["containers", "initContainers"] {
            let containers = spec.get_mut(list).and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten() {
                container["image"] = Value::Null;
            }
        }
        if let Some(spec) = spec.as_object_mut() {
            for name in [
                "activeDeadlineSeconds",
                "tolerations",
                "terminationGracePeriodSeconds",
                "initContainers",
            ] {
                if spec
                    .get(name)
                    .is_some_and(|it| !it.is_array() || name == "tolerations")
                {
                    spec.remove(name);
                }
            }
        }
        spec
    };
    if fixed(old) == fixed(new) {
        return Vec::new();
    }
    let why = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
    vec![forbidden("spec", why)]
}

fn claim(old: &Value, new: &Value) -> Vec<Cause> {
    let fixed = |claim: &Value| {
        let mut spec = claim["spec"].clone();
        spec["resources"]["requests"] = Value::Null;
        spec["volumeAttributesClassName"] = Value::Null;
        spec
    };
    if fixed(old) == fixed(new) {
        return Vec::new();
    }
    let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    vec![forbidden("spec", why)]
}
