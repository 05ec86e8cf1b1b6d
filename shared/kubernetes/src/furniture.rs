//! The cluster's own furniture: objects in a namespace that nobody wrote and nobody misses in Git.

use serde_json::Value;

use crate::normal::metadata;

/// Whether an object of a type (`v1/ConfigMap`) is the cluster's own, or was
/// made by a controller or a deployer for its own books.
#[must_use]
pub(crate) fn is_furniture(kind: &str, object: &Value) -> bool {
    let name = metadata(object, "name").as_str().unwrap_or_default();
    let annotated = |key: &str| !metadata(object, "annotations")[key].is_null();
    match kind {
        "v1/ConfigMap" => {
            matches!(
                name,
                "kube-root-ca.crt" | "istio-ca-root-cert" | "openshift-service-ca.crt"
            ) || annotated("control-plane.alpha.kubernetes.io/leader")
        }
        "v1/ServiceAccount" => name == "default",
        "v1/Service" => {
            name == "kubernetes" && metadata(object, "namespace").as_str() == Some("default")
        }
        "v1/Secret" => is_of_the_cluster(object),
        "v1/Endpoints"
        | "v1/Event"
        | "events.k8s.io/v1/Event"
        | "coordination.k8s.io/v1/Lease"
        | "metrics.k8s.io/v1beta1/PodMetrics" => true,
        kind => kind.ends_with("/EndpointSlice") && kind.starts_with("discovery.k8s.io/"),
    }
}

/// Tokens of service accounts, tokens to join with, and what Helm keeps of its releases.
fn is_of_the_cluster(secret: &Value) -> bool {
    matches!(
        secret.get("type").and_then(Value::as_str),
        Some(
            "kubernetes.io/service-account-token"
                | "bootstrap.kubernetes.io/token"
                | "helm.sh/release.v1"
        )
    )
}
