//! What the server fills in.

use serde_json::{Map, Value};

use super::hooks;
use crate::schema::{Field, Node, Scalar, View};

/// Fills in what an object leaves to the server.
pub(crate) fn fill(node: &Node, object: &mut Value) {
    match node.view() {
        View::Struct(own) => {
            let Some(fields) = object.as_object_mut() else {
                return;
            };
            hooks::before(&own.name, fields);
            for (name, field) in &own.fields {
                give(fields, name, field);
                if let Some(value) = fields.get_mut(name) {
                    fill(&field.node, value);
                }
            }
            hooks::after(&own.name, fields);
        }
        View::List(list) => {
            for item in object.as_array_mut().into_iter().flatten() {
                fill(&list.node, item);
            }
        }
        View::Map(values, _) => {
            for (_, value) in object.as_object_mut().into_iter().flatten() {
                fill(values, value);
            }
        }
        View::Scalar(_) | View::Untyped | View::Raw => {}
    }
}

fn give(fields: &mut Map<String, Value>, name: &str, field: &Field) {
    let Some(default) = &field.own_default else {
        return;
    };
    let missing = match fields.get(name) {
        None | Some(Value::Null) => true,
        // Without a pointer, Go cannot tell a zero from nothing.
        Some(value) => !field.pointer && is_zero(&field.node, value),
    };
    if missing {
        let mut default = default.clone();
        if default.as_object().is_some_and(Map::is_empty) && matches!(field.node, Node::Named(_)) {
            default = field.node.zero();
        }
        fields.insert(name.to_owned(), default);
    }
}

fn is_zero(node: &Node, value: &Value) -> bool {
    matches!(node, Node::Scalar(scalar) if *scalar != Scalar::IntOrString) && *value == node.zero()
}
