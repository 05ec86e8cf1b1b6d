//! Git's object under a throw-away name, to ask the server what it gives by itself.

use domain::ports::{Kind, ObjectName};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// An object to be created as a dry run.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    /// Its name.
    pub(crate) name: ObjectName,
    /// The object.
    pub(crate) object: Value,
    /// What stands for the real name in it, and the real name.
    names: Vec<(String, String)>,
}

impl Trial {
    /// A trial of an object that is called `real`.
    pub(crate) fn of(desired: &Value, real: &ObjectName) -> Self {
        let mut object = desired.clone();
        let mut name = throw_away(real);
        let mut names = vec![(name.clone(), real.name.clone())];
        if is(
            &real.kind,
            "apiextensions.k8s.io",
            "CustomResourceDefinition",
        ) {
            // The server demands PLURAL.GROUP, so both change.
            let plural = name.replace('-', "");
            let group = text(&object, "/spec/group").to_owned();
            names.push((
                plural.clone(),
                text(&object, "/spec/names/plural").to_owned(),
            ));
            if let Some(slot) = object.pointer_mut("/spec/names/plural") {
                *slot = Value::from(plural.as_str());
            }
            name = format!("{plural}.{group}");
        }
        if is(&real.kind, "", "Service") {
            without_allocations(&mut object);
        }
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("name".to_owned(), Value::from(name.as_str()));
        }
        let name = ObjectName {
            name,
            ..real.clone()
        };
        Self {
            name,
            object,
            names,
        }
    }

    /// What the server made of it, with the real name in it again: some
    /// defaults are made from the name.
    pub(crate) fn restore(&self, mut result: Value) -> Value {
        rename(&mut result, &self.names);
        result
    }
}

fn is(kind: &Kind, group: &str, name: &str) -> bool {
    kind.group == group && kind.name == name
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A name that nobody uses, valid for every kind, and the same at every look.
fn throw_away(real: &ObjectName) -> String {
    let mut hash = Sha256::new();
    for part in [
        real.kind.group.as_str(),
        real.kind.name.as_str(),
        real.namespace.as_deref().unwrap_or_default(),
        real.name.as_str(),
    ] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    let hex: String = digest[..6].iter().map(|it| format!("{it:02x}")).collect();
    format!("plumbline-trial-{hex}")
}

/// Ports and addresses that the real Service holds cannot be had twice.
fn without_allocations(service: &mut Value) {
    let Some(spec) = service.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    if spec.get("clusterIP").is_some_and(|it| it != "None") {
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    spec.remove("healthCheckNodePort");
    let ports = spec.get_mut("ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten() {
        port.as_object_mut().map(|it| it.remove("nodePort"));
    }
}

fn rename(value: &mut Value, names: &[(String, String)]) {
    match value {
        Value::String(text) => {
            for (from, to) in names {
                if text.contains(from.as_str()) {
                    *text = text.replace(from.as_str(), to);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|it| rename(it, names)),
        Value::Object(map) => rename_map(map, names),
        _ => {}
    }
}

fn rename_map(map: &mut Map<String, Value>, names: &[(String, String)]) {
    map.values_mut().for_each(|it| rename(it, names));
}
