//! From the schema of a custom resource to types.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Field, Items, ListRule, META, Node, Scalar, Struct, Types};

/// The type of a custom resource; `schema` is its `openAPIV3Schema`.
pub(crate) fn node_of(schema: &Value) -> Node {
    let mut node = read(schema);
    if matches!(node, Node::Any | Node::Map { .. }) {
        node = Node::Struct(Box::new(Struct {
            others: Some(Node::Any),
            ..Struct::default()
        }));
    }
    if let Node::Struct(own) = &mut node {
        own.fields.extend(envelope());
    }
    node
}

/// The fields that every object has.
fn envelope() -> BTreeMap<String, Field> {
    let meta = Types::get().named(META).unwrap_or(Node::Any);
    let text = Node::Scalar(Scalar::String);
    let fields = [
        ("apiVersion", text.clone()),
        ("kind", text),
        ("metadata", meta),
    ];
    let fields = fields.into_iter();
    fields
        .map(|(name, node)| (name.to_owned(), field(node, false, None)))
        .collect()
}

fn field(node: Node, required: bool, default: Option<Value>) -> Field {
    Field {
        node,
        required,
        always: false,
        pointer: true,
        retain: false,
        own_default: default.clone(),
        default,
    }
}

fn read(schema: &Value) -> Node {
    let is = |name: &str| schema[name].as_bool() == Some(true);
    if is("x-kubernetes-int-or-string") || schema["format"] == "int-or-string" {
        return Node::Scalar(Scalar::IntOrString);
    }
    match schema["type"].as_str() {
        Some("string") => Node::Scalar(Scalar::String),
        Some("integer") => Node::Scalar(Scalar::Int64),
        Some("number") => Node::Scalar(Scalar::Float),
        Some("boolean") => Node::Scalar(Scalar::Bool),
        Some("array") => Node::List(Box::new(Items {
            node: read(&schema["items"]),
            rule: list_rule(schema),
            merge: None,
        })),
        _ => read_object(schema),
    }
}

fn list_rule(schema: &Value) -> ListRule {
    match schema["x-kubernetes-list-type"].as_str() {
        Some("set") => ListRule::Set,
        Some("map") => {
            let keys = schema["x-kubernetes-list-map-keys"].as_array();
            let keys = keys.into_iter().flatten().filter_map(Value::as_str);
            ListRule::Keyed(keys.map(str::to_owned).collect())
        }
        _ => ListRule::Atomic,
    }
}

fn read_object(schema: &Value) -> Node {
    let atomic = schema["x-kubernetes-map-type"] == "atomic";
    let open = schema["x-kubernetes-preserve-unknown-fields"] == true;
    let properties = schema["properties"].as_object();
    let values = &schema["additionalProperties"];
    if properties.is_none() && values.is_object() {
        return Node::Map {
            values: Box::new(read(values)),
            atomic,
        };
    }
    if properties.is_none() && (open || schema["type"].is_null() || values == true) {
        return Node::Any;
    }
    let required: Vec<&str> = schema["required"].as_array().map_or(Vec::new(), |names| {
        names.iter().filter_map(Value::as_str).collect()
    });
    let fields = properties.into_iter().flatten().map(|(name, schema)| {
        let default = schema.get("default").cloned();
        let is_required = required.contains(&name.as_str());
        (name.clone(), field(read(schema), is_required, default))
    });
    Node::Struct(Box::new(Struct {
        name: String::new(),
        fields: fields.collect(),
        others: open.then_some(Node::Any),
        atomic,
    }))
}
