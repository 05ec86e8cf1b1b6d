//! A manifest as it is compared and sent.

use domain::ports::Kind;
use serde_json::{Map, Value};

use crate::base64;

/// The annotation in which client-side apply keeps what it applied last.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Fields of metadata that are the server's alone.
const OF_SERVER: [&str; 8] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Whether nobody but the server writes the top-level field `key`, or the field
/// `key` of the object's own metadata.
pub(crate) fn is_of_server(parent: Option<&str>, key: &str) -> bool {
    match parent {
        None => matches!(key, "status" | "apiVersion" | "kind"),
        Some("metadata") => OF_SERVER.contains(&key),
        Some(_) => false,
    }
}

/// The value of a key, where null counts as absent.
pub(crate) fn present<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    map.get(key).filter(|it| !it.is_null())
}

/// The values at `/metadata/NAME`, `null` where there are none.
pub(crate) fn metadata<'a>(object: &'a Value, name: &str) -> &'a Value {
    object
        .get("metadata")
        .and_then(|it| it.get(name))
        .unwrap_or(&Value::Null)
}

/// Whether the kind is that of Secrets.
pub(crate) fn is_secret(kind: &Kind) -> bool {
    kind.group.is_empty() && kind.name == "Secret"
}

/// The manifest without what no manifest decides: status, the server's own
/// metadata, what client-side apply left in it; a Secret's `stringData` as the
/// `data` that the server makes of it. `namespace` is where the object belongs.
#[must_use]
pub(crate) fn desired(manifest: &Value, kind: &Kind, namespace: Option<&str>) -> Value {
    let mut object = manifest.clone();
    let Some(fields) = object.as_object_mut() else {
        return object;
    };
    fields.remove("status");
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        for name in OF_SERVER {
            metadata.remove(name);
        }
        metadata.remove("namespace");
        if let Some(namespace) = namespace {
            metadata.insert("namespace".to_owned(), Value::from(namespace));
        }
        if let Some(annotations) = metadata
            .get_mut("annotations")
            .and_then(Value::as_object_mut)
        {
            annotations.remove(LAST_APPLIED);
        }
    }
    if is_secret(kind) {
        fold_string_data(fields);
    }
    object
}

/// `stringData` wins over `data`, as on the server.
fn fold_string_data(secret: &mut Map<String, Value>) {
    let Some(Value::Object(texts)) = secret.remove("stringData") else {
        return;
    };
    let data = secret
        .entry("data")
        .or_insert_with(|| Value::Object(Map::new()));
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    let Some(data) = data.as_object_mut() else {
        return;
    };
    for (key, text) in texts {
        match text {
            Value::String(text) => {
                data.insert(key, Value::from(base64::encode(text.as_bytes())));
            }
            Value::Null => {}
            // Not a text: the server will refuse it, and has to see it to do so.
            other => {
                data.insert(key, other);
            }
        }
    }
}
