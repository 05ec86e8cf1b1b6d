//! What an object has to have, whatever it was before.

use serde_json::Value;

use super::{forbidden, invalid, required};
use crate::answer::Cause;
use crate::kinds::{Kind, Model};
use crate::object::meta;

pub(super) fn check(kind: &Kind, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    name(kind, object, &mut causes);
    labels(&object["metadata"], "metadata", &mut causes);
    match (kind.group.as_str(), kind.name.as_str()) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") => {
            workload(object, &mut causes);
        }
        ("batch", "Job") => template(&object["spec"]["template"], "spec.template", &mut causes),
        ("batch", "CronJob") => {
            let path = "spec.jobTemplate.spec.template";
            let inner = &object["spec"]["jobTemplate"]["spec"]["template"];
            template(inner, path, &mut causes);
            if object["spec"]["schedule"] == "" {
                causes.push(required("spec.schedule", ""));
            }
        }
        ("", "Pod") => pod_spec(&object["spec"], "spec", &mut causes),
        ("", "Service") => service(object, &mut causes),
        ("", "ConfigMap" | "Secret") => keys(object, &mut causes),
        ("autoscaling", _) if no_group(&object["spec"]["scaleTargetRef"]) => {
            let path = "spec.scaleTargetRef.apiVersion";
            causes.push(invalid(
                path,
                &"".into(),
                "apiVersion must specify API group",
            ));
        }
        ("autoscaling", _) if object["spec"]["maxReplicas"].as_i64().unwrap_or(0) < 1 => {
            let value = &object["spec"]["maxReplicas"];
            causes.push(invalid("spec.maxReplicas", value, "must be greater than 0"));
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding")
            if object["roleRef"]["name"] == "" =>
        {
            causes.push(required("roleRef.name", ""));
        }
        _ => {}
    }
    if let Model::Custom(schema) = &kind.model {
        custom(schema, object, &mut String::new(), &mut causes);
    }
    causes
}

fn name(kind: &Kind, object: &Value, causes: &mut Vec<Cause>) {
    let name = meta(object, "name");
    if name.is_empty() {
        let why = "name or generateName is required";
        causes.push(required("metadata.name", why));
        return;
    }
    // Names of roles may hold nearly anything.
    let free = kind.group == "rbac.authorization.k8s.io";
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    let bytes = || name.bytes();
    let good = bytes().all(fits) && edge(bytes().next()) && edge(bytes().last());
    if free && !name.contains(['/', '%']) || (good && name.len() <= 253) {
        return;
    }
    let why = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    causes.push(invalid("metadata.name", &object["metadata"]["name"], why));
}

/// Only what the core has may be scaled without naming a group.
fn no_group(target: &Value) -> bool {
    target["apiVersion"].is_null() && target["kind"] != "ReplicationController"
}

fn labels(of: &Value, path: &str, causes: &mut Vec<Cause>) {
    for (name, value) in of["labels"].as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let edge = |b: Option<u8>| b.is_none_or(|b| b.is_ascii_alphanumeric());
        let edges = edge(text.bytes().next()) && edge(text.bytes().last());
        if !text.bytes().all(fits) || !edges || text.len() > 63 || name.is_empty() {
            let why = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
            causes.push(invalid(&format!("{path}.labels"), value, why));
        }
    }
}

fn workload(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    let wanted = spec["selector"]["matchLabels"].as_object();
    let labels = &spec["template"]["metadata"]["labels"];
    let some = wanted.is_some_and(|wanted| !wanted.is_empty());
    if !some && !spec["selector"]["matchExpressions"].is_array() {
        causes.push(required("spec.selector", ""));
    }
    let mut wanted = wanted.into_iter().flatten();
    if !some || !wanted.all(|(name, value)| labels[name] == *value) {
        let path = "spec.template.metadata.labels";
        let why = "`selector` does not match template `labels`";
        causes.push(invalid(path, labels, why));
    }
    if let Some(replicas) = spec["replicas"].as_i64()
        && replicas < 0
    {
        let why = "must be greater than or equal to 0";
        causes.push(invalid("spec.replicas", &spec["replicas"], why));
    }
    template(&spec["template"], "spec.template", causes);
    let policy = &spec["template"]["spec"]["restartPolicy"];
    if *policy != "Always" {
        causes.push(Cause {
            field: "spec.template.spec.restartPolicy".to_owned(),
            reason: "FieldValueNotSupported",
            message: format!("Unsupported value: {policy}: supported values: \"Always\""),
        });
    }
}

fn template(of: &Value, path: &str, causes: &mut Vec<Cause>) {
    labels(&of["metadata"], &format!("{path}.metadata"), causes);
    pod_spec(&of["spec"], &format!("{path}.spec"), causes);
}

fn pod_spec(spec: &Value, path: &str, causes: &mut Vec<Cause>) {
    for (index, volume) in spec["volumes"].as_array().into_iter().flatten().enumerate() {
        let kinds = volume.as_object().into_iter().flatten();
        let kinds = kinds.map(|(kind, _)| kind).filter(|kind| *kind != "name");
        for kind in kinds.skip(1) {
            let why = "may not specify more than 1 volume type";
            causes.push(forbidden(&format!("{path}.volumes[{index}].{kind}"), why));
        }
    }
    let containers = spec["containers"].as_array();
    if containers.is_none_or(Vec::is_empty) {
        causes.push(required(&format!("{path}.containers"), ""));
    }
    let mut names = Vec::new();
    for list in ["initContainers", "containers"] {
        let all = spec[list].as_array().into_iter().flatten();
        for (index, container) in all.enumerate() {
            let path = format!("{path}.{list}[{index}]");
            let name = &container["name"];
            if *name == "" {
                causes.push(required(&format!("{path}.name"), ""));
            } else if names.contains(&name) {
                causes.push(duplicate(&format!("{path}.name"), name));
            }
            names.push(name);
            if container["image"].is_null() {
                causes.push(required(&format!("{path}.image"), ""));
            }
            one_container(spec, container, &path, causes);
        }
    }
}

fn one_container(spec: &Value, container: &Value, path: &str, causes: &mut Vec<Cause>) {
    for (index, env) in container["env"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        if env["value"].is_string() && env["valueFrom"].is_object() {
            let why = "may not be specified when `value` is not empty";
            causes.push(invalid(
                &format!("{path}.env[{index}].valueFrom"),
                &"".into(),
                why,
            ));
        }
    }
    for (index, port) in container["ports"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        port_number(
            &port["containerPort"],
            &format!("{path}.ports[{index}].containerPort"),
            causes,
        );
    }
    let volumes = spec["volumes"].as_array();
    let mounts = container["volumeMounts"].as_array().into_iter().flatten();
    for (index, mount) in mounts.enumerate() {
        let mut volumes = volumes.into_iter().flatten();
        if !volumes.any(|volume| volume["name"] == mount["name"]) {
            causes.push(Cause {
                field: format!("{path}.volumeMounts[{index}].name"),
                reason: "FieldValueNotFound",
                message: format!("Not found: {}", mount["name"]),
            });
        }
    }
}

fn duplicate(path: &str, value: &Value) -> Cause {
    Cause {
        field: path.to_owned(),
        reason: "FieldValueDuplicate",
        message: format!("Duplicate value: {value}"),
    }
}

fn port_number(value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let number = value.as_i64().unwrap_or(0);
    if !(1..=65535).contains(&number) {
        let why = "must be between 1 and 65535, inclusive";
        causes.push(invalid(path, value, why));
    }
}

fn service(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    let ports = spec["ports"].as_array();
    let needs = spec["type"] != "ExternalName" && spec["clusterIP"] != "None";
    if needs && ports.is_none_or(Vec::is_empty) {
        causes.push(required("spec.ports", ""));
    }
    let several = ports.is_some_and(|ports| ports.len() > 1);
    same_ports(ports.map_or(&[], Vec::as_slice), causes);
    for (index, port) in ports.into_iter().flatten().enumerate() {
        port_number(&port["port"], &format!("spec.ports[{index}].port"), causes);
        let name = port["name"].as_str().unwrap_or_default();
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !name.bytes().all(fits) || name.starts_with('-') || name.ends_with('-') {
            let why = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
            causes.push(invalid(
                &format!("spec.ports[{index}].name"),
                &port["name"],
                why,
            ));
        }
        if port["targetPort"].is_number() {
            let path = format!("spec.ports[{index}].targetPort");
            port_number(&port["targetPort"], &path, causes);
        }
        if several && port["name"].is_null() {
            causes.push(required(&format!("spec.ports[{index}].name"), ""));
        }
    }
}

fn same_ports(ports: &[Value], causes: &mut Vec<Cause>) {
    for (index, port) in ports.iter().enumerate() {
        let before = || ports.iter().take(index);
        let path = format!("spec.ports[{index}]");
        if !port["name"].is_null() && before().any(|it| it["name"] == port["name"]) {
            causes.push(duplicate(&format!("{path}.name"), &port["name"]));
        }
        let same = |it: &Value| it["port"] == port["port"] && it["protocol"] == port["protocol"];
        if before().any(same) {
            causes.push(duplicate(&path, port));
        }
    }
}

fn keys(object: &Value, causes: &mut Vec<Cause>) {
    for list in ["data", "binaryData"] {
        for name in object[list]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
        {
            let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            if name.is_empty() || !name.bytes().all(fits) {
                let why = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
                causes.push(invalid(
                    &format!("{list}[{name}]"),
                    &name.as_str().into(),
                    why,
                ));
            }
        }
    }
}

/// Checks a custom resource against the schema of its definition: types, required fields, enumerations.
fn custom(schema: &Value, value: &Value, path: &mut String, causes: &mut Vec<Cause>) {
    let length = path.len();
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        if value.is_object() && value.get(name).is_none() {
            let dot = if path.is_empty() { "" } else { "." };
            causes.push(required(&format!("{path}{dot}{name}"), ""));
        }
    }
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(value)
    {
        let known: Vec<String> = known.iter().map(Value::to_string).collect();
        causes.push(Cause {
            field: path.clone(),
            reason: "FieldValueNotSupported",
            message: format!(
                "Unsupported value: {value}: supported values: {}",
                known.join(", ")
            ),
        });
    }
    if let Some(least) = schema["minimum"].as_f64()
        && value.as_f64().is_some_and(|number| number < least)
    {
        let why = format!("{path} in body should be greater than or equal to {least}");
        causes.push(invalid(path, value, &why));
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let (own, all) = (&schema["properties"][name], &schema["additionalProperties"]);
        let inner = if own.is_null() { all } else { own };
        if inner.is_object() && path.as_str() != "metadata" {
            if length > 0 {
                path.push('.');
            }
            path.push_str(name);
            custom(inner, value, path, causes);
            path.truncate(length);
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        path.push_str(&format!("[{index}]"));
        custom(&schema["items"], item, path, causes);
        path.truncate(length);
    }
}
