//! What a server makes of what it is given.

use serde_json::{Map, Value};

use crate::find;
use crate::schema::{ListKind, Node};

/// What an apply makes of an object.
pub(super) fn merge(live: &Value, wanted: &Value, node: &Node<'_>) -> Value {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) if !node.is_atomic_map() => {
            let mut merged: Map<String, Value> = live.clone();
            for (key, value) in wanted {
                let before = live.get(key).unwrap_or(&Value::Null);
                merged.insert(key.clone(), merge(before, value, &node.child(key)));
            }
            Value::Object(merged)
        }
        (Value::Array(live), Value::Array(wanted)) if node.list() != ListKind::Atomic => {
            let (Some(old), Some(new)) = (find::members(live, node), find::members(wanted, node))
            else {
                return Value::Array(wanted.clone());
            };
            let mut merged = Vec::new();
            for (segment, value) in &new {
                let before = old.iter().find(|(it, _)| it == segment);
                let before = before.map_or(&Value::Null, |(_, value)| value);
                merged.push(merge(before, value, &node.items()));
            }
            let others = old
                .iter()
                .filter(|(it, _)| new.iter().all(|(new, _)| new != it));
            merged.extend(others.map(|(_, value)| (*value).clone()));
            Value::Array(merged)
        }
        _ => wanted.clone(),
    }
}

/// The value with every default that the schema and the table know.
pub(super) fn with_defaults(value: Value, node: &Node<'_>) -> Value {
    match value {
        Value::Object(map) => {
            let mut map: Map<String, Value> = map
                .into_iter()
                .map(|(key, value)| {
                    let value = with_defaults(value, &node.child(&key));
                    (key, value)
                })
                .collect();
            // A server keeps no empty text of its own types.
            let defaults = node.defaults().into_iter();
            for (key, default) in defaults.filter(|(_, it)| **it != "") {
                map.entry(key).or_insert_with(|| default.clone());
            }
            Value::Object(map)
        }
        Value::Array(items) => {
            let items = items.into_iter();
            items.map(|it| with_defaults(it, &node.items())).collect()
        }
        other => other,
    }
}
