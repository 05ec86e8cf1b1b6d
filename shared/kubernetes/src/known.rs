//! What is known of the server's own types: whose a field is, and where order
//! means nothing or something.
//!
//! Everything here is about what the cluster, its controllers and the deployers
//! write as a matter of course. Each has its rule in [`crate::rules`].

use serde_json::Value;

use crate::appliers::Trust;
use crate::autoscaler::Autoscalers;
use crate::normal::{LAST_APPLIED, metadata};
use crate::path::{Path, Segment};

/// What is known of one place of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Not drift: counted under this rule.
    Same(&'static str),
    /// Somebody else's to change: listed under this rule, with whose it is.
    NotOurs(&'static str, String),
}

/// The object that is asked about, and what is known around it.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    /// Its type as reports name it.
    pub(crate) kind: &'a str,
    /// What Git says it is.
    pub(crate) desired: &'a Value,
    /// Its group, kind, namespace and name, as a target reference names it.
    pub(crate) target: &'a crate::autoscaler::Target,
    /// Who scales what.
    pub(crate) autoscalers: &'a Autoscalers,
    /// Whom the user trusts, and which application deploys.
    pub(crate) trust: &'a Trust,
}

/// The metadata of objects and of pod templates.
fn in_metadata<'p>(path: &'p Path, name: &str) -> Option<&'p Segment> {
    let at = path.0.len().checked_sub(3)?;
    let is = |segment: &Segment, key: &str| matches!(segment, Segment::Key(it) if it == key);
    (is(&path.0[at], "metadata") && is(&path.0[at + 1], name)).then(|| &path.0[at + 2])
}

/// What is known of a difference at a place that Git speaks of.
pub(crate) fn of_difference(
    around: &Around<'_>,
    path: &Path,
    expected: Option<&Value>,
    actual: Option<&Value>,
) -> Option<Known> {
    if path.is(&["spec", "replicas"])
        && let Some(scaler) = around.autoscalers.of(around.target)
    {
        return Some(Known::NotOurs("owned-by-autoscaler", scaler.to_owned()));
    }
    if around.kind.ends_with("/ClusterRole")
        && path.starts_with(&["rules"])
        && around
            .desired
            .get("aggregationRule")
            .is_some_and(|it| !it.is_null())
    {
        let whose = "the controller that aggregates ClusterRoles";
        return Some(Known::NotOurs("aggregated-cluster-role", whose.to_owned()));
    }
    if is_bundle(around.kind, path)
        && actual.is_some()
        && (expected.is_none_or(is_placeholder) || injector(around.desired).is_some())
    {
        let whose = injector(around.desired).unwrap_or("what fills in certificate authorities");
        return Some(Known::NotOurs("injected-ca-bundle", whose.to_owned()));
    }
    let instance = path.is(&["metadata", "labels", "app.kubernetes.io/instance"]);
    let application = around.trust.application.as_deref();
    if instance && application.is_some() && actual.and_then(Value::as_str) == application {
        return Some(Known::Same("deployer-mark"));
    }
    None
}

/// What is known of something that is there and that Git does not speak of.
pub(crate) fn of_extra(around: &Around<'_>, path: &Path, actual: &Value) -> Option<Known> {
    if let Some(known) = of_difference(around, path, None, Some(actual)) {
        return Some(known);
    }
    if let Some(Segment::Key(name)) = in_metadata(path, "annotations") {
        let is_workload = path.0.len() > 3;
        return match name.as_str() {
            "kubectl.kubernetes.io/restartedAt" => Some(Known::Same("restarted-at")),
            name if MARKS.contains(&name) => Some(Known::Same("deployer-mark")),
            name if !is_workload && is_of_controller(name) => Some(Known::Same("controller-mark")),
            _ => None,
        };
    }
    if let Some(Segment::Key(name)) = in_metadata(path, "labels") {
        let mark = match name.as_str() {
            "app.kubernetes.io/managed-by" => actual == "Helm",
            "kubernetes.io/metadata.name" => around.kind == "v1/Namespace",
            name => LABEL_MARKS.contains(&name),
        };
        return mark.then_some(Known::Same("deployer-mark"));
    }
    if path.is(&["metadata", "finalizers", "*"])
        && let Some(Segment::Member(Value::String(name))) = path.0.last()
        && is_finalizer_of_controller(name)
    {
        return Some(Known::Same("controller-mark"));
    }
    is_allocated(around.kind, path).then_some(Known::Same("server-allocated"))
}

/// Annotations that deployers write to know what they deployed.
const MARKS: [&str; 5] = [
    LAST_APPLIED,
    "argocd.argoproj.io/tracking-id",
    "argocd.argoproj.io/installation-id",
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
];

/// Labels that deployers write to know what they deployed.
const LABEL_MARKS: [&str; 4] = [
    "kustomize.toolkit.fluxcd.io/name",
    "kustomize.toolkit.fluxcd.io/namespace",
    "helm.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/namespace",
];

/// Annotations by which the cluster's own controllers keep their books.
fn is_of_controller(name: &str) -> bool {
    const PREFIXES: [&str; 8] = [
        "autoscaling.alpha.kubernetes.io/",
        "batch.kubernetes.io/",
        "control-plane.alpha.kubernetes.io/",
        "deployment.kubernetes.io/",
        "deprecated.daemonset.template.",
        "endpoints.kubernetes.io/",
        "pv.kubernetes.io/",
        "volume.beta.kubernetes.io/storage-provisioner",
    ];
    const NAMES: [&str; 3] = [
        "volume.kubernetes.io/storage-provisioner",
        "volume.kubernetes.io/selected-node",
        "rbac.authorization.kubernetes.io/autoupdate",
    ];
    PREFIXES.iter().any(|it| name.starts_with(it)) || NAMES.contains(&name)
}

/// Finalizers of the cluster's own controllers and of AWS's.
fn is_finalizer_of_controller(name: &str) -> bool {
    let domain = name.split('/').next().unwrap_or_default();
    matches!(name, "foregroundDeletion" | "orphan" | "kubernetes")
        || domain == "kubernetes.io"
        || [".kubernetes.io", ".k8s.io", ".k8s.aws"]
            .iter()
            .any(|it| domain.ends_with(it))
}

/// What the server allots, by type.
fn is_allocated(kind: &str, path: &Path) -> bool {
    let patterns: &[&[&str]] = match kind {
        "v1/Service" => &[
            &["spec", "clusterIP"],
            &["spec", "clusterIPs"],
            &["spec", "ipFamilies"],
            &["spec", "healthCheckNodePort"],
            &["spec", "ports", "*", "nodePort"],
        ],
        "v1/PersistentVolumeClaim" => &[&["spec", "volumeName"]],
        "v1/PersistentVolume" => &[&["spec", "claimRef"]],
        "v1/ServiceAccount" => &[&["secrets"]],
        "v1/Namespace" => &[&["spec", "finalizers"], &["spec"]],
        "v1/Pod" => &[&["spec", "nodeName"]],
        "batch/v1/Job" => &[
            &["spec", "selector"],
            &["spec", "template", "metadata", "labels"],
        ],
        _ => &[],
    };
    let is_alias = path.starts_with(&["spec"])
        && matches!(path.0.last(), Some(Segment::Key(key)) if key == "serviceAccount")
        && POD_SPECS.iter().any(|it| path.starts_with(it));
    is_alias || patterns.iter().any(|it| path.is(it))
}

/// Where pod specs are, so that `serviceAccount`, an alias, is known for one.
const POD_SPECS: [&[&str]; 2] = [
    &["spec", "template", "spec", "serviceAccount"],
    &[
        "spec",
        "jobTemplate",
        "spec",
        "template",
        "spec",
        "serviceAccount",
    ],
];

/// Where certificate authorities are injected.
fn is_bundle(kind: &str, path: &Path) -> bool {
    let hook = &["webhooks", "*", "clientConfig", "caBundle"];
    let conversion = &["spec", "conversion", "webhook", "clientConfig", "caBundle"];
    match kind.rsplit('/').next().unwrap_or_default() {
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => path.is(hook),
        "CustomResourceDefinition" => path.is(conversion),
        "APIService" => path.is(&["spec", "caBundle"]),
        _ => false,
    }
}

/// A bundle that is there only because something has to be: nothing, or a line break.
fn is_placeholder(value: &Value) -> bool {
    matches!(value.as_str(), Some("" | "Cg==" | "Cgo="))
}

/// What the object asks to have its certificate authority filled in by.
fn injector(desired: &Value) -> Option<&'static str> {
    let annotations = metadata(desired, "annotations").as_object()?;
    let has = |prefix: &str| annotations.keys().any(|it| it.starts_with(prefix));
    if has("cert-manager.io/inject-") {
        return Some("cert-manager");
    }
    has("service.beta.openshift.io/inject-cabundle").then_some("the service CA operator")
}

/// Whether the order of an atomic list says nothing.
pub(crate) fn is_unordered(kind: &str, path: &Path) -> bool {
    kind.ends_with("/HorizontalPodAutoscaler") && path.is(&["spec", "metrics"])
}

/// Whether the order of a keyed list's items says something: init containers run in theirs.
pub(crate) fn is_ordered(path: &Path) -> bool {
    matches!(path.0.last(), Some(Segment::Key(key)) if key == "initContainers")
}

/// Whether a collection belongs to many, so that each entry stands for itself
/// even where one side has no collection at all: who applied the object decides
/// whether there is one.
pub(crate) fn is_shared(kind: &str, path: &Path) -> bool {
    let Some([parent, Segment::Key(name)]) = path.0.last_chunk() else {
        let content = matches!(kind, "v1/ConfigMap" | "v1/Secret");
        return content && (path.is(&["data"]) || path.is(&["binaryData"]));
    };
    matches!(parent, Segment::Key(it) if it == "metadata")
        && matches!(
            name.as_str(),
            "annotations" | "labels" | "finalizers" | "ownerReferences"
        )
}
