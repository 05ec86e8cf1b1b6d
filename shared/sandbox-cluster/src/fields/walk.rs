//! Which fields a value has, and whether it is of its type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::path::{Path, Step, written};
use super::set::Set;
use crate::schema::{Items, ListRule, Node, Scalar, View};

/// How an item of a list is known; `None` in lists that are replaced, and for an item without its keys.
pub(crate) fn step_of(list: &Items, item: &Value) -> Option<Step> {
    match &list.rule {
        ListRule::Atomic => None,
        ListRule::Set => Some(Step::Value(item.to_string())),
        ListRule::Keyed(names) => {
            let mut keys = BTreeMap::new();
            for name in names {
                let given = item.get(name).cloned();
                let value = given.or_else(|| default_of(&list.node, name));
                if let Some(value) = value {
                    keys.insert(name.clone(), value.to_string());
                }
            }
            (!keys.is_empty()).then_some(Step::Key(keys))
        }
    }
}

fn default_of(node: &Node, name: &str) -> Option<Value> {
    match node.view() {
        View::Struct(own) => own.fields.get(name)?.default.clone(),
        _ => None,
    }
}

/// The fields that a value has.
pub(crate) fn field_set(node: &Node, value: &Value) -> Set {
    let mut set = Set::default();
    fields(node, value, &mut Vec::new(), &mut set);
    set
}

fn fields(node: &Node, value: &Value, path: &mut Path, set: &mut Set) {
    match node.view() {
        View::Scalar(_) | View::Raw => set.insert(path),
        View::Map(_, true) => set.insert(path),
        View::Struct(own) if own.atomic => set.insert(path),
        View::List(list) if list.rule == ListRule::Atomic => set.insert(path),
        View::List(list) => {
            for item in value.as_array().into_iter().flatten() {
                let Some(step) = step_of(list, item) else {
                    continue;
                };
                path.push(step);
                fields(&list.node, item, path, set);
                set.insert(path);
                path.pop();
            }
        }
        View::Struct(_) | View::Map(..) => of_map(node, value, path, set),
        View::Untyped if value.is_object() => of_map(node, value, path, set),
        View::Untyped => set.insert(path),
    }
}

fn of_map(node: &Node, value: &Value, path: &mut Path, set: &mut Set) {
    for (name, inner) in value.as_object().into_iter().flatten() {
        path.push(Step::field(name));
        fields(node.child(name).unwrap_or(&Node::Any), inner, path, set);
        let empty = inner.is_null() || inner.as_object().is_some_and(Map::is_empty);
        if empty || !node.declares(name) {
            set.insert(path);
        }
        path.pop();
    }
}

/// What of a value is not of its type, in the words of the server.
pub(crate) fn check(node: &Node, value: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    check_at(node, value, &mut Vec::new(), &mut wrong);
    wrong
}

fn check_at(node: &Node, value: &Value, path: &mut Path, wrong: &mut Vec<String>) {
    if value.is_null() {
        return;
    }
    let mut say = |what: &str| wrong.push(format!("{}: {what}", written(path)));
    match node.view() {
        View::Untyped | View::Raw => {}
        View::Scalar(scalar) => {
            if let Some(expected) = mismatch(scalar, value) {
                say(&format!("expected {expected}, got {}", go_value(value)));
            }
        }
        View::List(list) => match value.as_array() {
            None => say(&format!("expected list, got {}", go_value(value))),
            Some(items) => check_items(list, items, path, wrong),
        },
        View::Struct(_) | View::Map(..) => match value.as_object() {
            None => say(&format!("expected map, got {}", go_value(value))),
            Some(fields) => {
                for (name, inner) in fields {
                    path.push(Step::field(name));
                    match node.child(name) {
                        Some(node) => check_at(node, inner, path, wrong),
                        None => {
                            wrong.push(format!("{}: field not declared in schema", written(path)));
                        }
                    }
                    path.pop();
                }
            }
        },
    }
}

fn check_items(list: &Items, items: &[Value], path: &mut Path, wrong: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        if let Some(step) = step_of(list, item) {
            if !seen.insert(step.clone()) {
                wrong.push(format!(
                    "{}: duplicate entries for key {step}",
                    written(path)
                ));
            }
            path.push(step);
        } else {
            if list.rule != ListRule::Atomic {
                let what = "associative list with keys has an element that omits its keys";
                wrong.push(format!("{}: element {index}: {what}", written(path)));
            }
            path.push(Step::Field(format!("[{index}]")));
        }
        check_at(&list.node, item, path, wrong);
        path.pop();
    }
}

/// The type that a value should have had.
pub(crate) fn mismatch(scalar: Scalar, value: &Value) -> Option<&'static str> {
    let (fits, expected) = match scalar {
        Scalar::String | Scalar::Bytes | Scalar::Time | Scalar::MicroTime => {
            (value.is_string(), "string")
        }
        Scalar::Int32 | Scalar::Int64 | Scalar::Float => {
            (value.is_number(), "numeric (int or float)")
        }
        Scalar::Bool => (value.is_boolean(), "boolean"),
        Scalar::Quantity | Scalar::IntOrString => {
            (value.is_string() || value.is_number(), "any scalar")
        }
    };
    (!fits).then_some(expected)
}

/// A value as a Go program prints it in such messages.
fn go_value(value: &Value) -> String {
    let shown = match value {
        Value::String(_) => return "string".to_owned(),
        Value::Bool(_) => return "boolean".to_owned(),
        other => other.to_string(),
    };
    format!("&value.valueUnstructured{{Value:{shown}}}")
}
