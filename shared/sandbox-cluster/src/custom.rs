//! Definitions of well-known custom resources, as far as drifts are told in them.

use serde_json::{Value, json};

/// The definitions that a cluster has from the start.
pub(crate) fn definitions() -> Vec<Value> {
    let open = || json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    vec![
        definition(
            "argoproj.io",
            "v1alpha1",
            ("Application", "applications"),
            application(),
        ),
        definition(
            "configuration.konghq.com",
            "v1",
            ("KongPlugin", "kongplugins"),
            kong_plugin(),
        ),
        definition(
            "configuration.konghq.com",
            "v1",
            ("KongConsumer", "kongconsumers"),
            kong_consumer(),
        ),
        definition(
            "monitoring.coreos.com",
            "v1",
            ("ServiceMonitor", "servicemonitors"),
            of_spec(service_monitor()),
        ),
        definition("keda.sh", "v1alpha1", ("ScaledObject", "scaledobjects"), {
            let mut schema = of_spec(scaled_object());
            schema["properties"]["status"] = open();
            schema
        }),
    ]
}

fn definition(group: &str, version: &str, (kind, plural): (&str, &str), schema: Value) -> Value {
    // Argo CD writes its whole Application at once; the others have a status of their own.
    let subresources = match schema["properties"]["status"].is_object() && group != "argoproj.io" {
        true => json!({"status": {}}),
        false => json!({}),
    };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {"group": group, "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural},
            "versions": [{"name": version, "served": true, "storage": true,
                "schema": {"openAPIV3Schema": schema}, "subresources": subresources}]},
    })
}

fn of_spec(spec: Value) -> Value {
    json!({"type": "object", "required": ["spec"], "properties": {"spec": spec}})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn texts() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

fn text_map() -> Value {
    json!({"type": "object", "additionalProperties": {"type": "string"}})
}

fn application() -> Value {
    let source = json!({"type": "object", "required": ["repoURL"], "properties": {
        "repoURL": text(), "path": text(), "targetRevision": text(), "chart": text(), "ref": text(),
        "directory": {"type": "object", "properties": {"recurse": {"type": "boolean"}, "include": text(), "exclude": text()}},
        "kustomize": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "helm": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    }});
    let spec = json!({"type": "object", "required": ["destination", "project"], "properties": {
        "project": text(),
        "source": source,
        "sources": {"type": "array", "items": source},
        "destination": {"type": "object", "properties": {"server": text(), "namespace": text(), "name": text()}},
        "syncPolicy": {"type": "object", "properties": {
            "automated": {"type": "object", "properties": {"prune": {"type": "boolean"}, "selfHeal": {"type": "boolean"}, "allowEmpty": {"type": "boolean"}}},
            "syncOptions": texts(),
            "retry": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}},
        "ignoreDifferences": {"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
        "revisionHistoryLimit": {"type": "integer", "format": "int64"},
    }});
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({"type": "object", "required": ["metadata", "spec"],
        "properties": {"spec": spec, "status": open, "operation": open}})
}

fn kong_plugin() -> Value {
    json!({"type": "object", "required": ["plugin"], "properties": {
        "plugin": text(), "instance_name": text(), "disabled": {"type": "boolean"}, "run_on": text(),
        "config": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "configFrom": {"type": "object", "properties": {"secretKeyRef":
            {"type": "object", "required": ["key", "name"], "properties": {"key": text(), "name": text()}}}},
        "protocols": {"type": "array", "x-kubernetes-list-type": "set", "items": text()},
        "ordering": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    }})
}

fn kong_consumer() -> Value {
    json!({"type": "object", "properties": {
        "username": text(), "custom_id": text(),
        "credentials": {"type": "array", "x-kubernetes-list-type": "set", "items": text()},
        "consumerGroups": {"type": "array", "x-kubernetes-list-type": "set", "items": text()},
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    }})
}

fn service_monitor() -> Value {
    let port = json!({"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": true});
    let selector = json!({"type": "object", "x-kubernetes-map-type": "atomic", "properties": {
        "matchLabels": text_map(),
        "matchExpressions": {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "object",
            "required": ["key", "operator"], "properties": {"key": text(), "operator": text(),
            "values": {"type": "array", "x-kubernetes-list-type": "atomic", "items": text()}}}}}});
    let endpoint = json!({"type": "object", "properties": {
        "port": text(), "targetPort": port, "path": text(),
        "scheme": {"type": "string", "enum": ["http", "https"]},
        "interval": text(), "scrapeTimeout": text(), "honorLabels": {"type": "boolean"},
        "relabelings": {"type": "array", "items": {"type": "object", "properties": {
            "action": {"type": "string", "default": "replace"}, "sourceLabels": texts(), "targetLabel": text(),
            "regex": text(), "replacement": text(), "separator": text()}}}}});
    json!({"type": "object", "required": ["endpoints", "selector"], "properties": {
        "endpoints": {"type": "array", "items": endpoint},
        "selector": selector,
        "jobLabel": text(), "targetLabels": texts(), "podTargetLabels": texts(),
        "namespaceSelector": {"type": "object", "properties": {"any": {"type": "boolean"}, "matchNames": texts()}},
        "sampleLimit": {"type": "integer", "format": "int64"},
    }})
}

fn scaled_object() -> Value {
    json!({"type": "object", "required": ["scaleTargetRef", "triggers"], "properties": {
        "scaleTargetRef": {"type": "object", "required": ["name"], "properties": {
            "name": text(), "apiVersion": text(), "kind": text(), "envSourceContainerName": text()}},
        "minReplicaCount": {"type": "integer", "format": "int32"},
        "maxReplicaCount": {"type": "integer", "format": "int32"},
        "pollingInterval": {"type": "integer", "format": "int32"},
        "cooldownPeriod": {"type": "integer", "format": "int32"},
        "triggers": {"type": "array", "items": {"type": "object", "required": ["metadata", "type"], "properties": {
            "type": text(), "name": text(), "metadata": text_map(), "useCachedMetrics": {"type": "boolean"},
            "authenticationRef": {"type": "object", "required": ["name"], "properties": {"name": text(), "kind": text()}}}}},
        "fallback": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "advanced": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    }})
}
