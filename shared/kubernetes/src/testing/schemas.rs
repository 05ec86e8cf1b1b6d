//! What a cluster in memory serves: a few kinds, with the parts of their
//! documents that the comparison reads.

use domain::ports::Kind;
use serde_json::{Value, json};

fn kind(group: &str, name: &str, plural: &str, namespaced: bool) -> Kind {
    Kind {
        group: group.to_owned(),
        version: "v1".to_owned(),
        name: name.to_owned(),
        plural: plural.to_owned(),
        namespaced,
        verbs: ["create", "get", "list", "patch"]
            .map(str::to_owned)
            .to_vec(),
        preferred: true,
    }
}

/// The kinds.
pub(super) fn kinds() -> Vec<Kind> {
    const RBAC: &str = "rbac.authorization.k8s.io";
    let scaler = Kind {
        version: "v2".to_owned(),
        ..kind(
            "autoscaling",
            "HorizontalPodAutoscaler",
            "horizontalpodautoscalers",
            true,
        )
    };
    vec![
        kind("", "ConfigMap", "configmaps", true),
        kind("", "Namespace", "namespaces", false),
        kind("", "Secret", "secrets", true),
        kind("", "Service", "services", true),
        kind("", "ServiceAccount", "serviceaccounts", true),
        kind("apps", "Deployment", "deployments", true),
        scaler,
        kind(RBAC, "ClusterRole", "clusterroles", false),
        kind(RBAC, "Role", "roles", true),
        kind("example.org", "Widget", "widgets", true),
    ]
}

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

fn reference(name: &str) -> Value {
    json!({"allOf": [{"$ref": format!("#/components/schemas/{name}")}], "default": {}})
}

fn of_kind(group: &str, version: &str, kind: &str, mut properties: Value) -> Value {
    properties["metadata"] = reference(META);
    json!({"type": "object", "properties": properties,
           "x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": kind}]})
}

fn keyed(keys: &[&str], items: Value) -> Value {
    json!({"type": "array", "x-kubernetes-list-type": "map",
           "x-kubernetes-list-map-keys": keys, "items": items})
}

fn texts(format: Option<&str>) -> Value {
    let mut text = json!({"type": "string"});
    if let Some(format) = format {
        text["format"] = json!(format);
    }
    json!({"type": "object", "additionalProperties": text})
}

fn quantities() -> Value {
    let quantity = reference("io.k8s.apimachinery.pkg.api.resource.Quantity");
    json!({"type": "object", "additionalProperties": quantity})
}

fn shared() -> Value {
    let string = json!({"type": "string"});
    json!({
        META: {"type": "object", "properties": {
            "annotations": texts(None), "labels": texts(None),
            "finalizers": {"type": "array", "x-kubernetes-list-type": "set", "items": string}}},
        "io.k8s.apimachinery.pkg.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    })
}

fn with(mut schemas: Value) -> Value {
    let all = shared();
    if let (Some(schemas), Value::Object(shared)) = (schemas.as_object_mut(), all) {
        schemas.extend(shared);
    }
    json!({"openapi": "3.0.0", "components": {"schemas": schemas}})
}

/// The document of a group and version; `None` where there is none.
pub(super) fn document(api_version: &str) -> Option<Value> {
    Some(match api_version {
        "v1" => with(core()),
        "apps/v1" => with(apps()),
        "autoscaling/v2" => with(json!({
            "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler":
                of_kind("autoscaling", "v2", "HorizontalPodAutoscaler", json!({}))})),
        "rbac.authorization.k8s.io/v1" => {
            let rules = json!({"rules": {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "object"}}});
            let group = "rbac.authorization.k8s.io";
            with(json!({
                "io.k8s.api.rbac.v1.Role": of_kind(group, "v1", "Role", rules.clone()),
                "io.k8s.api.rbac.v1.ClusterRole": of_kind(group, "v1", "ClusterRole", rules)}))
        }
        "example.org/v1" => {
            with(json!({"org.example.v1.Widget": of_kind("example.org", "v1", "Widget", widget())}))
        }
        _ => return None,
    })
}

fn core() -> Value {
    let port = json!({"type": "object", "properties": {
        "port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}, "name": {"type": "string"},
        "targetPort": {"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"}}});
    json!({
        "io.k8s.api.core.v1.ConfigMap": of_kind("", "v1", "ConfigMap", json!({"data": texts(None), "binaryData": texts(Some("byte"))})),
        "io.k8s.api.core.v1.Secret": of_kind("", "v1", "Secret", json!({"data": texts(Some("byte")), "type": {"type": "string"}})),
        "io.k8s.api.core.v1.Namespace": of_kind("", "v1", "Namespace", json!({})),
        "io.k8s.api.core.v1.ServiceAccount": of_kind("", "v1", "ServiceAccount", json!({})),
        "io.k8s.api.core.v1.Service": of_kind("", "v1", "Service", json!({"spec": {"type": "object", "properties": {
            "ports": keyed(&["port", "protocol"], port),
            "selector": {"type": "object", "additionalProperties": {"type": "string"}, "x-kubernetes-map-type": "atomic"},
            "type": {"type": "string", "default": "ClusterIP"}}}})),
    })
}

fn apps() -> Value {
    json!({
        "io.k8s.api.apps.v1.Deployment": of_kind("apps", "v1", "Deployment", json!({"spec": reference("io.k8s.api.apps.v1.DeploymentSpec")})),
        "io.k8s.api.apps.v1.DeploymentSpec": {"type": "object", "properties": {
            "replicas": {"type": "integer"}, "paused": {"type": "boolean"},
            "template": {"type": "object", "properties": {
                "metadata": reference(META), "spec": reference("io.k8s.api.core.v1.PodSpec")}}}},
        "io.k8s.api.core.v1.PodSpec": {"type": "object", "properties": {
            "terminationGracePeriodSeconds": {"type": "integer"}, "dnsPolicy": {"type": "string"},
            "containers": keyed(&["name"], reference("io.k8s.api.core.v1.Container")),
            "initContainers": keyed(&["name"], reference("io.k8s.api.core.v1.Container")),
            "tolerations": {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "object"}}}},
        "io.k8s.api.core.v1.Container": {"type": "object", "properties": {
            "name": {"type": "string"}, "image": {"type": "string"},
            "args": {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "string"}},
            "env": keyed(&["name"], reference("io.k8s.api.core.v1.EnvVar")),
            "livenessProbe": {"$ref": "#/components/schemas/io.k8s.api.core.v1.Probe"},
            "resources": {"type": "object", "default": {}, "properties": {"limits": quantities(), "requests": quantities()}}}},
        "io.k8s.api.core.v1.EnvVar": {"type": "object", "properties": {"name": {"type": "string"}, "value": {"type": "string"}}},
        "io.k8s.api.core.v1.Probe": {"type": "object", "properties": {
            "periodSeconds": {"type": "integer"}, "failureThreshold": {"type": "integer"}}},
    })
}

/// A custom resource with one field of each sort.
fn widget() -> Value {
    json!({"spec": {"type": "object", "properties": {
        "size": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}],
                 "pattern": "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$(KMGTPE]i|numkMGTPE)"},
        "color": {"type": "string", "default": "red"},
        "until": {"type": "string", "format": "date-time"},
        "every": {"type": "string", "format": "duration"},
        "note": {"type": "string", "nullable": true},
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "parts": keyed(&["id", "side"], json!({"type": "object", "properties": {
            "id": {"type": "integer"}, "side": {"type": "string", "default": "left"}, "weight": {"type": "number"}}})),
        "steps": {"type": "array", "items": {"type": "object", "properties": {
            "run": {"type": "string"}, "retries": {"type": "integer", "default": 3}}}},
        "selector": {"type": "object", "properties": {"matchLabels": texts(None)}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    }}})
}
