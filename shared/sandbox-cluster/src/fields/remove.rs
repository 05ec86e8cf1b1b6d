//! Takes fields out of an object.

use serde_json::{Map, Value};

use super::path::Step;
use super::set::Set;
use super::walk::step_of;
use crate::schema::{ListRule, Node, View};

/// The value without the fields of a set. What becomes empty becomes null.
pub(crate) fn remove(node: &Node, value: &Value, set: &Set) -> Value {
    match node.view() {
        View::Scalar(_) => value.clone(),
        View::Raw | View::Map(_, true) => Value::Null,
        View::Struct(own) if own.atomic => Value::Null,
        View::List(list) => {
            if list.rule == ListRule::Atomic {
                return Value::Null;
            }
            let mut left = Vec::new();
            for item in value.as_array().into_iter().flatten() {
                left.extend(match step_of(list, item) {
                    Some(step) => inner(set, &step, &list.node, item),
                    None => Some(item.clone()),
                });
            }
            if left.is_empty() {
                Value::Null
            } else {
                left.into()
            }
        }
        View::Untyped if !value.is_object() => match value {
            Value::Array(_) => Value::Null,
            scalar => scalar.clone(),
        },
        View::Struct(_) | View::Map(..) | View::Untyped => {
            let mut left = Map::new();
            for (name, value) in value.as_object().into_iter().flatten() {
                let node = node.child(name).unwrap_or(&Node::Any);
                if let Some(value) = inner(set, &Step::field(name), node, value) {
                    left.insert(name.clone(), value);
                }
            }
            if left.is_empty() {
                Value::Null
            } else {
                left.into()
            }
        }
    }
}

/// What is left of a field or an item; `None` where it goes itself.
fn inner(set: &Set, step: &Step, node: &Node, value: &Value) -> Option<Value> {
    if set.has(std::slice::from_ref(step)) {
        return None;
    }
    Some(match set.under(step) {
        // A container that is emptied, and not taken out itself, stays as an empty one.
        Some(set) => match (remove(node, value, set), value) {
            (Value::Null, Value::Object(_)) => Map::new().into(),
            (Value::Null, Value::Array(_)) => Vec::<Value>::new().into(),
            (left, _) => left,
        },
        None => value.clone(),
    })
}
