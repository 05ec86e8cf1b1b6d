//! Defaults that depend on other fields, by type.

use serde_json::{Map, Value, json};

type Fields = Map<String, Value>;

const RBAC: &str = "rbac.authorization.k8s.io";

fn is_bare(fields: &Fields, name: &str) -> bool {
    fields
        .get(name)
        .is_none_or(|value| value.is_null() || *value == "" || *value == 0)
}

fn give(fields: &mut Fields, name: &str, value: impl Into<Value>) {
    if is_bare(fields, name) {
        fields.insert(name.to_owned(), value.into());
    }
}

fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn has_items(fields: &Fields, name: &str) -> bool {
    let items = fields.get(name).and_then(Value::as_array);
    items.is_some_and(|items| !items.is_empty())
}

/// The part of a type's full name after its group: `apps.v1.Deployment`.
fn short(name: &str) -> &str {
    name.strip_prefix("io.k8s.api.").unwrap_or(name)
}

/// What has to be there before the defaults of the fields inside are filled in.
pub(super) fn before(name: &str, fields: &mut Fields) {
    match short(name) {
        "apps.v1.DeploymentStrategy"
        | "apps.v1.StatefulSetUpdateStrategy"
        | "apps.v1.DaemonSetUpdateStrategy" => {
            if matches!(text(fields, "type"), "" | "RollingUpdate") {
                give(fields, "rollingUpdate", json!({}));
            }
        }
        "core.v1.Volume" if fields.len() == 1 => give(fields, "emptyDir", json!({})),
        "core.v1.ServiceSpec" => service(fields),
        "core.v1.PodSpec" => pod(fields),
        "autoscaling.v2.HorizontalPodAutoscalerSpec" if !has_items(fields, "metrics") => {
            let target = json!({"type": "Utilization", "averageUtilization": 80});
            let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
            fields.insert("metrics".to_owned(), json!([metric]));
        }
        "autoscaling.v2.HorizontalPodAutoscalerBehavior" => behavior(fields),
        _ => {}
    }
}

/// What follows from the fields and their defaults.
pub(super) fn after(name: &str, fields: &mut Fields) {
    match short(name) {
        "core.v1.Container" | "core.v1.EphemeralContainer" => {
            let policy = pull_policy(text(fields, "image"));
            give(fields, "imagePullPolicy", policy);
        }
        "core.v1.ServicePort" => {
            if let Some(port) = fields.get("port").cloned() {
                give(fields, "targetPort", port);
            }
        }
        "networking.v1.NetworkPolicySpec" if !has_items(fields, "policyTypes") => {
            let mut types = vec!["Ingress"];
            if has_items(fields, "egress") {
                types.push("Egress");
            }
            fields.insert("policyTypes".to_owned(), json!(types));
        }
        "rbac.v1.Subject" => {
            if matches!(text(fields, "kind"), "User" | "Group") {
                give(fields, "apiGroup", RBAC);
            }
        }
        "batch.v1.Job" => job(fields),
        "core.v1.Namespace" => namespace(fields),
        "core.v1.Pod" => host_ports(fields),
        "core.v1.LimitRangeItem" => limits(fields),
        "core.v1.PersistentVolumeClaim" => {
            if let Some(status) = fields.get_mut("status").and_then(Value::as_object_mut) {
                give(status, "phase", "Pending");
            }
        }
        "apps.v1.StatefulSetSpec" => {
            let claims = fields.get_mut("volumeClaimTemplates");
            for claim in claims.and_then(Value::as_array_mut).into_iter().flatten() {
                claim["apiVersion"] = "v1".into();
                claim["kind"] = "PersistentVolumeClaim".into();
            }
        }
        _ if name.ends_with(".CustomResourceDefinitionSpec") => definition(fields),
        _ => {}
    }
}

/// An image without a tag, or with the moving one, is pulled again.
fn pull_policy(image: &str) -> &'static str {
    let last = image.rsplit('/').next().unwrap_or(image);
    if image.contains('@') {
        return "IfNotPresent";
    }
    match last.split_once(':') {
        None | Some((_, "latest")) => "Always",
        Some(_) => "IfNotPresent",
    }
}

fn service(fields: &mut Fields) {
    let kind = match text(fields, "type") {
        "" => "ClusterIP",
        kind => kind,
    };
    let kind = kind.to_owned();
    if kind == "ClusterIP" && !has_items(fields, "externalIPs") {
        // Nothing comes from outside, so how it is spread means nothing.
        fields.remove("externalTrafficPolicy");
    }
    if text(fields, "sessionAffinity") != "ClientIP" {
        fields.remove("sessionAffinityConfig");
    } else {
        give(fields, "sessionAffinityConfig", json!({}));
        if let Some(config) = fields.get_mut("sessionAffinityConfig")
            && let Some(config) = config.as_object_mut()
        {
            give(config, "clientIP", json!({}));
        }
    }
    if kind != "ExternalName" {
        give(fields, "internalTrafficPolicy", "Cluster");
    }
    let from_outside = has_items(fields, "externalIPs") && kind == "ClusterIP";
    if from_outside || kind == "NodePort" || kind == "LoadBalancer" {
        give(fields, "externalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" && !fields.contains_key("allocateLoadBalancerNodePorts") {
        fields.insert("allocateLoadBalancerNodePorts".to_owned(), true.into());
    }
}

fn pod(fields: &mut Fields) {
    // The old name of the field goes with the new one.
    let account = match text(fields, "serviceAccountName") {
        "" => text(fields, "serviceAccount"),
        account => account,
    };
    let account = account.to_owned();
    if !account.is_empty() {
        fields.insert("serviceAccountName".to_owned(), account.clone().into());
        fields.insert("serviceAccount".to_owned(), account.into());
    }
}

/// On the host's network a pod's ports are the host's; templates are left alone.
fn host_ports(fields: &mut Fields) {
    let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    if spec.get("hostNetwork") != Some(&Value::Bool(true)) {
        return;
    }
    for list in ["containers", "initContainers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let ports = container.get_mut("ports").and_then(Value::as_array_mut);
            for port in ports.into_iter().flatten() {
                let own = port["containerPort"].clone();
                if let Some(port) = port.as_object_mut() {
                    give(port, "hostPort", own);
                }
            }
        }
    }
}

/// The label with the name is a default, so who makes the namespace owns it.
fn namespace(fields: &mut Fields) {
    let Some(meta) = fields.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    let name = text(meta, "name").to_owned();
    if !name.is_empty() {
        let labels = meta.entry("labels").or_insert_with(|| json!({}));
        labels["kubernetes.io/metadata.name"] = name.into();
    }
}

/// Only jobs have these defaults, not the templates of jobs.
fn job(fields: &mut Fields) {
    let labels = fields
        .get("spec")
        .map(|spec| &spec["template"]["metadata"]["labels"]);
    if let Some(labels) = labels.filter(|labels| labels.is_object()).cloned()
        && let Some(meta) = fields.get_mut("metadata").and_then(Value::as_object_mut)
    {
        give(meta, "labels", labels);
    }
    let Some(fields) = fields.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    give(fields, "completionMode", "NonIndexed");
    for name in ["suspend", "manualSelector"] {
        if !fields.contains_key(name) {
            fields.insert(name.to_owned(), false.into());
        }
    }
    let no_count = !fields.contains_key("completions");
    let no_width = !fields.contains_key("parallelism");
    if no_count && no_width {
        fields.insert("completions".to_owned(), 1.into());
    }
    if no_width {
        fields.insert("parallelism".to_owned(), 1.into());
    }
    if !fields.contains_key("backoffLimit") {
        let per_index = fields.contains_key("backoffLimitPerIndex");
        let limit = if per_index { i32::MAX } else { 6 };
        fields.insert("backoffLimit".to_owned(), limit.into());
    }
    let policy = match fields.contains_key("podFailurePolicy") {
        true => "Failed",
        false => "TerminatingOrFailed",
    };
    give(fields, "podReplacementPolicy", policy);
}

/// A container's limits follow from its maximum, its requests from its limits or its minimum.
fn limits(fields: &mut Fields) {
    if text(fields, "type") != "Container" {
        return;
    }
    for (name, sources) in [
        ("default", &["max"][..]),
        ("defaultRequest", &["default", "min"][..]),
    ] {
        for source in sources {
            let Some(from) = fields.get(*source).and_then(Value::as_object).cloned() else {
                continue;
            };
            let into = fields.entry(name).or_insert_with(|| json!({}));
            if let Some(into) = into.as_object_mut() {
                for (resource, amount) in from {
                    into.entry(resource).or_insert(amount);
                }
            }
        }
    }
}

fn behavior(fields: &mut Fields) {
    let up = json!([{"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15}]);
    let down = json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]);
    for (name, policies) in [("scaleUp", up), ("scaleDown", down)] {
        let rules = fields.entry(name).or_insert_with(|| json!({}));
        let Some(rules) = rules.as_object_mut() else {
            continue;
        };
        give(rules, "selectPolicy", "Max");
        if name == "scaleUp" && !rules.contains_key("stabilizationWindowSeconds") {
            rules.insert("stabilizationWindowSeconds".to_owned(), 0.into());
        }
        if !has_items(rules, "policies") {
            rules.insert("policies".to_owned(), policies);
        }
    }
}

fn definition(fields: &mut Fields) {
    let Some(names) = fields.get_mut("names").and_then(Value::as_object_mut) else {
        return;
    };
    let kind = text(names, "kind").to_owned();
    give(names, "singular", kind.to_lowercase());
    give(names, "listKind", format!("{kind}List"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_may_move_is_pulled_again() {
        let cases = [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("registry.example.com:5000/nginx", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("nginx@sha256:0123", "IfNotPresent"),
        ];
        for (image, policy) in cases {
            assert_eq!(pull_policy(image), policy, "{image}");
        }
    }
}
