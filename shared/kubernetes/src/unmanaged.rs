//! Objects that are there and that Git does not know.

use domain::attribution::Attribution;
use domain::ports::Kind;
use serde_json::Value;

use crate::appliers::{Role, Trust};
use crate::fields::{Writer, writers};
use crate::furniture::is_furniture;
use crate::normal::metadata;

/// The kinds that count besides those that Git holds, as group and kind.
pub(crate) const KINDS: [(&str, &str); 12] = [
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "CronJob"),
    ("", "Service"),
    ("networking.k8s.io", "Ingress"),
    ("", "ConfigMap"),
    ("", "Secret"),
    ("", "ServiceAccount"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("networking.k8s.io", "NetworkPolicy"),
];

/// Whether a kind counts. `only` is the user's own list, of kinds (`Deployment`) or types
/// (`apps/v1/Deployment`, `apps/Deployment`); `in_git` is whether Git holds an object of it.
#[must_use]
pub(crate) fn counts(kind: &Kind, only: Option<&[String]>, in_git: bool) -> bool {
    if !kind.namespaced {
        return false;
    }
    let Some(only) = only else {
        return in_git || KINDS.contains(&(kind.group.as_str(), kind.name.as_str()));
    };
    let short = format!("{}/{}", kind.group, kind.name);
    only.iter()
        .any(|it| *it == kind.name || *it == kind.type_name() || *it == short)
}

/// Whether an object that Git does not know is drift, and who made it.
#[must_use]
pub(crate) fn judge(kind: &Kind, object: &Value, trust: &Trust) -> Option<Option<Attribution>> {
    let owners = metadata(object, "ownerReferences").as_array();
    let has_owner = owners.is_some_and(|it| !it.is_empty());
    let goes = !metadata(object, "deletionTimestamp").is_null();
    let is_elsewhere = is_of_another_application(kind, object, trust);
    if has_owner || goes || is_elsewhere || is_furniture(&kind.type_name(), object) {
        return None;
    }
    let all = writers(metadata(object, "managedFields"), trust, false);
    // The claims of a StatefulSet's pods have no owner, and are its controller's all the same.
    let is_controllers = !all.is_empty() && all.iter().all(|it| it.role == Role::Controller);
    (!is_controllers).then(|| maker(object, &all))
}

/// Whether Argo CD says that another Application deployed just this object: its Git has it.
fn is_of_another_application(kind: &Kind, object: &Value, trust: &Trust) -> bool {
    let id = &metadata(object, "annotations")["argocd.argoproj.io/tracking-id"];
    let Some((application, of)) = id.as_str().and_then(|it| it.split_once(':')) else {
        return false;
    };
    let text = |name: &str| metadata(object, name).as_str().unwrap_or_default();
    let (namespace, name) = (text("namespace"), text("name"));
    // The mark may have been copied along with an object; then it names that one.
    let own = format!("{}/{}:{namespace}/{name}", kind.group, kind.name);
    of == own && trust.application.as_deref() != Some(application)
}

/// Who made an object: the one entry of its managed fields, or the one that is as old as it is.
fn maker(object: &Value, all: &[Writer]) -> Option<Attribution> {
    let own: Vec<_> = all.iter().filter(|it| it.subresource.is_empty()).collect();
    let made = metadata(object, "creationTimestamp").as_str();
    let made = made.and_then(|it| it.parse().ok());
    match own.as_slice() {
        [only] => Some(only.attribution()),
        several => several
            .iter()
            .find(|it| it.time.is_some() && it.time == made)
            .map(|it| it.attribution()),
    }
}
