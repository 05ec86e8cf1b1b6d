//! What the server decides about an object before it keeps it.

use serde_json::{Value, json};

use super::meta;
use crate::kinds::Kind;

/// What a new object gets from the server.
#[derive(Clone, Debug)]
pub(crate) struct Birth {
    pub(crate) uid: String,
    pub(crate) now: String,
    /// A number that no other object has.
    pub(crate) number: u64,
}

/// Makes an object ready to be kept for the first time.
pub(crate) fn prepare_create(kind: &Kind, object: &mut Value, birth: &Birth) {
    let prefix = meta(object, "generateName").to_owned();
    if meta(object, "name").is_empty() && !prefix.is_empty() {
        object["metadata"]["name"] = format!("{prefix}{}", suffix(birth.number)).into();
    }
    if let Some(meta) = object["metadata"].as_object_mut() {
        for name in [
            "resourceVersion",
            "selfLink",
            "deletionTimestamp",
            "generation",
        ] {
            meta.remove(name);
        }
        meta.insert("uid".to_owned(), birth.uid.clone().into());
        meta.insert("creationTimestamp".to_owned(), birth.now.clone().into());
        if kind.counted {
            meta.insert("generation".to_owned(), 1.into());
        }
    }
    if kind.status && kind.name != "Node" {
        first_status(kind, object, birth);
    }
    match (kind.group.as_str(), kind.name.as_str()) {
        ("", "Service") => allocate(object, birth.number),
        ("", "Namespace") => object["spec"]["finalizers"] = json!(["kubernetes"]),
        ("apps", "DaemonSet") => set_template_generation(object, "1"),
        ("", "PersistentVolumeClaim") => {
            object["metadata"]["finalizers"] = json!(["kubernetes.io/pvc-protection"]);
        }
        ("", "Secret") => fold(object),
        ("", "Pod") => pod(object),
        ("batch", "Job") => job(object, birth),
        _ => {}
    }
}

/// Carries over what a writer cannot change.
pub(crate) fn prepare_update(kind: &Kind, old: &Value, new: &mut Value) {
    for name in [
        "uid",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "namespace",
    ] {
        let value = old["metadata"].get(name).cloned();
        if let Some(meta) = new["metadata"].as_object_mut() {
            match value {
                Some(value) => meta.insert(name.to_owned(), value),
                None => meta.remove(name),
            };
        }
    }
    if kind.status {
        carry(old, new, "status");
    }
    match (kind.group.as_str(), kind.name.as_str()) {
        ("", "Secret") => fold(new),
        ("", "Service") => carry_allocated(old, new),
        ("apps", "DaemonSet") => count_template(old, new),
        ("batch", "Job") if new["spec"]["selector"].is_null() => {
            carry(&old["spec"], &mut new["spec"], "selector");
            let labels = old["spec"]["template"]["metadata"]["labels"].clone();
            new["spec"]["template"]["metadata"]["labels"] = labels;
        }
        _ => {}
    }
    if kind.counted && differs(kind, old, new) {
        let generation = old["metadata"]["generation"].as_i64().unwrap_or(0) + 1;
        new["metadata"]["generation"] = generation.into();
    }
}

const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// A DaemonSet tells in an annotation how often its template has changed.
pub(crate) fn set_template_generation(object: &mut Value, generation: &str) {
    object["metadata"]["annotations"][TEMPLATE_GENERATION] = generation.into();
}

/// Gives a DaemonSet that annotation where a writer left it out.
pub(crate) fn give_template_generation(object: &mut Value) {
    if object["metadata"]["annotations"]
        .get(TEMPLATE_GENERATION)
        .is_none()
    {
        set_template_generation(object, "0");
    }
}

fn count_template(old: &Value, new: &mut Value) {
    let before = old["metadata"]["annotations"][TEMPLATE_GENERATION].as_str();
    let before: u64 = before.and_then(|text| text.parse().ok()).unwrap_or(1);
    let changed = old["spec"]["template"] != new["spec"]["template"];
    set_template_generation(new, &(before + u64::from(changed)).to_string());
}

/// Whether what a generation counts has changed.
fn differs(kind: &Kind, old: &Value, new: &Value) -> bool {
    let content = |object: &Value| {
        let mut object = object.clone();
        if let Some(fields) = object.as_object_mut() {
            for name in ["metadata", "status", "apiVersion", "kind"] {
                fields.remove(name);
            }
        }
        object
    };
    let notes = |object: &Value| object["metadata"]["annotations"].clone();
    let noted = kind.is("apps", "Deployment") && notes(old) != notes(new);
    noted || content(old) != content(new)
}

fn carry(old: &Value, new: &mut Value, name: &str) {
    if let Some(fields) = new.as_object_mut() {
        match old.get(name) {
            Some(value) => fields.insert(name.to_owned(), value.clone()),
            None => fields.remove(name),
        };
    }
}

/// `stringData` is only for writing.
pub(crate) fn fold(secret: &mut Value) {
    let Some(fields) = secret.as_object_mut() else {
        return;
    };
    let Some(Value::Object(texts)) = fields.remove("stringData") else {
        return;
    };
    let data = fields.entry("data").or_insert_with(|| json!({}));
    for (name, text) in texts {
        data[name] = base64(text.as_str().unwrap_or_default().as_bytes()).into();
    }
}

/// Standard base64, padded.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) as usize & 63;
            text.push(if place <= chunk.len() {
                char::from(LETTERS[index])
            } else {
                '='
            });
        }
    }
    text
}

/// Five letters that go after a generated name.
fn suffix(number: u64) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut left = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8;
    let mut text = String::new();
    for _ in 0..5 {
        let index = left % LETTERS.len() as u64;
        text.push(char::from(LETTERS[index as usize]));
        left /= LETTERS.len() as u64;
    }
    text
}

fn first_status(kind: &Kind, object: &mut Value, birth: &Birth) {
    let status = match (kind.group.as_str(), kind.name.as_str()) {
        ("", "Namespace") => json!({"phase": "Active"}),
        ("", "PersistentVolumeClaim") => json!({"phase": "Pending"}),
        ("", "Pod") => json!({"phase": "Pending", "qosClass": quality(object)}),
        ("apiextensions.k8s.io", _) => accepted(object, birth),
        _ if kind.is_custom() => {
            if let Some(fields) = object.as_object_mut() {
                fields.remove("status");
            }
            return;
        }
        _ => kind.empty()["status"].clone(),
    };
    object["status"] = status;
}

fn accepted(object: &Value, birth: &Birth) -> Value {
    let condition = |name: &str, reason: &str, message: &str| json!({"type": name, "status": "True", "lastTransitionTime": birth.now, "reason": reason, "message": message});
    let versions = object["spec"]["versions"].as_array().into_iter().flatten();
    let stored = versions.filter(|version| version["storage"] == true);
    let stored: Vec<&Value> = stored.map(|version| &version["name"]).collect();
    json!({
        "acceptedNames": object["spec"]["names"],
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        "storedVersions": stored,
    })
}

fn quality(pod: &Value) -> &'static str {
    let mut any = false;
    let mut all = true;
    for container in pod["spec"]["containers"].as_array().into_iter().flatten() {
        let resources = &container["resources"];
        any |= resources["limits"].is_object() || resources["requests"].is_object();
        for name in ["cpu", "memory"] {
            let (limit, request) = (&resources["limits"][name], &resources["requests"][name]);
            all &= !limit.is_null() && (request.is_null() || request == limit);
        }
    }
    match (any, all) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// A bare pod gets what admission gives it.
fn pod(object: &mut Value) {
    let spec = &mut object["spec"];
    let defaults = [
        ("enableServiceLinks", json!(true)),
        ("serviceAccountName", json!("default")),
        ("priority", json!(0)),
        ("preemptionPolicy", json!("PreemptLowerPriority")),
    ];
    for (name, value) in defaults {
        if spec[name].is_null() {
            spec[name] = value;
        }
    }
    spec["serviceAccount"] = spec["serviceAccountName"].clone();
    let mut tolerations = spec["tolerations"].as_array().cloned().unwrap_or_default();
    for key in [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ] {
        if !tolerations.iter().any(|it| it["key"] == key) {
            tolerations.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
        }
    }
    spec["tolerations"] = tolerations.into();
}

/// A job's pods are known by labels with its uid.
fn job(object: &mut Value, birth: &Birth) {
    let name = meta(object, "name").to_owned();
    if object["spec"]["manualSelector"] == true {
        return;
    }
    let labels = [
        ("batch.kubernetes.io/controller-uid", birth.uid.clone()),
        ("batch.kubernetes.io/job-name", name.clone()),
        ("controller-uid", birth.uid.clone()),
        ("job-name", name),
    ];
    let own = object["metadata"]["labels"] == object["spec"]["template"]["metadata"]["labels"];
    for (label, value) in labels {
        // Labels that the server took from the template stay the template's.
        if own {
            object["metadata"]["labels"][label] = value.clone().into();
        }
        object["spec"]["template"]["metadata"]["labels"][label] = value.into();
    }
    let spec = &mut object["spec"];
    let uid = birth.uid.as_str();
    spec["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
}

fn allocate(service: &mut Value, number: u64) {
    let spec = &mut service["spec"];
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    if kind == "ExternalName" {
        return;
    }
    if spec["clusterIP"].is_null() || spec["clusterIP"] == "" {
        let (high, low) = (number / 250 % 250, number % 250 + 2);
        spec["clusterIP"] = format!("10.96.{high}.{low}").into();
    }
    if spec["clusterIPs"].is_null() {
        spec["clusterIPs"] = json!([spec["clusterIP"]]);
    }
    if spec["ipFamilies"].is_null() {
        spec["ipFamilies"] = json!(["IPv4"]);
    }
    if spec["ipFamilyPolicy"].is_null() {
        spec["ipFamilyPolicy"] = "SingleStack".into();
    }
    if kind != "ClusterIP" {
        allocate_ports(service, number);
    }
}

/// Ports of the nodes, for the service's ports that have none.
fn allocate_ports(service: &mut Value, number: u64) {
    let ports = service["spec"]
        .get_mut("ports")
        .and_then(Value::as_array_mut);
    for (index, port) in ports.into_iter().flatten().enumerate() {
        if port["nodePort"].is_null() {
            port["nodePort"] = (30000 + (number * 7 + index as u64) % 2768).into();
        }
    }
}

/// What was allocated stays where a writer leaves it out.
fn carry_allocated(old: &Value, new: &mut Value) {
    if new["spec"]["type"] == "ExternalName" {
        return;
    }
    for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if new["spec"][name].is_null() {
            carry(&old["spec"], &mut new["spec"], name);
        }
    }
    if new["spec"]["type"] == "ClusterIP" {
        if old["spec"]["type"] != "ClusterIP" {
            let ports = new["spec"].get_mut("ports").and_then(Value::as_array_mut);
            for port in ports.into_iter().flatten().filter_map(Value::as_object_mut) {
                port.remove("nodePort");
            }
        }
        return;
    }
    let before = old["spec"]["ports"].as_array().cloned().unwrap_or_default();
    let ports = new["spec"].get_mut("ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten() {
        let same = |it: &&Value| it["port"] == port["port"] && it["protocol"] == port["protocol"];
        if port["nodePort"].is_null()
            && let Some(old) = before.iter().find(same)
        {
            port["nodePort"] = old["nodePort"].clone();
        }
    }
    // The cluster's address is the service's own, and so are ports that follow from it.
    let address = new["spec"]["clusterIP"].as_str().unwrap_or_default();
    let number = address
        .bytes()
        .fold(0, |sum: u64, byte| sum * 31 % 100_003 + u64::from(byte));
    allocate_ports(new, number);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"a"), "YQ==");
        assert_eq!(base64(b"ab"), "YWI=");
        assert_eq!(base64(b"abc"), "YWJj");
    }
}
