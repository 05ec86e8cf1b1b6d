//! Who wrote what, as a server keeps it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::find;
use crate::path::Segment;
use crate::schema::{ListKind, Node};

/// Fields by the names that managed fields give their steps.
pub(super) type Fields = BTreeSet<Vec<String>>;

/// Every leaf of a value.
pub(super) fn leaves(value: &Value, node: &Node<'_>) -> Fields {
    let mut fields = Fields::new();
    collect(value, node, &mut Vec::new(), &mut fields);
    fields
}

fn collect(value: &Value, node: &Node<'_>, at: &mut Vec<String>, into: &mut Fields) {
    match value {
        Value::Object(map) if !map.is_empty() && !node.is_atomic_map() => {
            for (key, value) in map {
                at.push(format!("f:{key}"));
                collect(value, &node.child(key), at, into);
                at.pop();
            }
        }
        Value::Array(items) if node.list() != ListKind::Atomic => {
            for (segment, value) in find::members(items, node).unwrap_or_default() {
                at.push(step(&segment));
                if matches!(segment, Segment::Item(_)) {
                    at.push(".".to_owned());
                    into.insert(at.clone());
                    at.pop();
                }
                collect(value, &node.items(), at, into);
                at.pop();
            }
        }
        _ => {
            into.insert(at.clone());
        }
    }
}

fn step(segment: &Segment) -> String {
    match segment {
        Segment::Key(key) => format!("f:{key}"),
        Segment::Index(index) => format!("i:{index}"),
        Segment::Member(value) => format!("v:{value}"),
        Segment::Item(keys) => {
            let keys: Map<String, Value> = keys.iter().cloned().collect();
            format!("k:{}", Value::Object(keys))
        }
    }
}

/// The leaves at which two values differ.
pub(super) fn changed(one: &Value, other: &Value, node: &Node<'_>) -> Fields {
    let valued = |value: &Value| -> BTreeSet<(Vec<String>, String)> {
        let fields = leaves(value, node);
        let named = fields.into_iter().map(|path| {
            let at = at(value, &path).map(Value::to_string);
            (path, at.unwrap_or_default())
        });
        named.collect()
    };
    let (one, other) = (valued(one), valued(other));
    one.symmetric_difference(&other)
        .map(|(path, _)| path.clone())
        .collect()
}

fn at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| {
        let (sort, name) = step.split_once(':').unwrap_or((".", ""));
        match sort {
            "f" => value.get(name),
            "k" => {
                let key: Value = serde_json::from_str(name).ok()?;
                let items = value.as_array()?.iter();
                let mut items = items.filter(|item| {
                    key.as_object().is_some_and(|key| {
                        key.iter()
                            .all(|(name, value)| item.get(name).is_none_or(|it| it == value))
                    })
                });
                items.next()
            }
            // A member is its own name, and an item's own mark has no value.
            _ => None,
        }
    })
}

/// The tree that managed fields hold.
pub(super) fn tree(fields: &Fields) -> Value {
    let mut root = json!({});
    for path in fields {
        let mut here = &mut root;
        for step in path {
            here = &mut here[step.as_str()];
            if here.is_null() {
                *here = json!({});
            }
        }
    }
    root
}
