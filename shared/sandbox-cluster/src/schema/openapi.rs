//! Writes types as OpenAPI v3 documents.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Field, Items, ListRule, META, Node, Scalar, Struct, Types, View};
use crate::kinds::{Kind, Model};

const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const INT_OR_STRING: &str = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
const TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
const MICRO_TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";
const RAW: &str = "io.k8s.apimachinery.pkg.runtime.RawExtension";

/// How a kind's schema is called.
fn component_name(kind: &Kind) -> String {
    match &kind.model {
        Model::Table(name) => name.clone(),
        Model::Custom(_) => {
            let group: Vec<&str> = kind.group.rsplit('.').collect();
            format!("{}.{}.{}", group.join("."), kind.version, kind.name)
        }
    }
}

/// The document of one group and version.
pub(crate) fn document(kinds: &[&Kind]) -> Value {
    let mut writer = Writer::default();
    let mut paths = Map::new();
    for kind in kinds {
        writer.kind(kind);
        add_paths(&mut paths, kind);
    }
    writer.finish();
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": crate::discovery::GIT_VERSION},
        "paths": paths,
        "components": {"schemas": writer.schemas},
    })
}

#[derive(Default)]
struct Writer {
    schemas: Map<String, Value>,
    /// What is referred to and not yet written.
    wanted: BTreeSet<String>,
}

impl Writer {
    fn kind(&mut self, kind: &Kind) {
        let name = component_name(kind);
        let mut schema = match &kind.model {
            Model::Table(_) => match kind.node().view() {
                View::Struct(own) => self.of_struct(own),
                _ => json!({"type": "object"}),
            },
            Model::Custom(schema) => self.custom(schema),
        };
        let whose = json!([{"group": kind.group, "kind": kind.name, "version": kind.version}]);
        schema["x-kubernetes-group-version-kind"] = whose;
        self.schemas.insert(name, schema);
    }

    /// A custom resource's schema is its own, but for what every object has.
    fn custom(&mut self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        if !schema.is_object() {
            schema = json!({"type": "object"});
        }
        let properties = [
            ("apiVersion", json!({"type": "string"})),
            ("kind", json!({"type": "string"})),
            ("metadata", self.refer(META)),
        ];
        for (name, property) in properties {
            schema["properties"][name] = property;
        }
        schema
    }

    fn refer(&mut self, name: &str) -> Value {
        self.wanted.insert(name.to_owned());
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    fn of_struct(&mut self, own: &Struct) -> Value {
        let mut schema = json!({"type": "object"});
        let mut properties = Map::new();
        for (name, field) in &own.fields {
            properties.insert(name.clone(), self.of_field(field));
        }
        if !properties.is_empty() {
            schema["properties"] = properties.into();
        }
        let required = own.fields.iter().filter(|(_, field)| field.required);
        let required: Vec<&String> = required.map(|(name, _)| name).collect();
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        if own.atomic {
            schema["x-kubernetes-map-type"] = "atomic".into();
        }
        schema
    }

    fn of_field(&mut self, field: &Field) -> Value {
        let mut schema = self.of_node(&field.node);
        let zero = field.always && !matches!(field.node, Node::List(_) | Node::Map { .. });
        let default = match (&field.default, &field.node) {
            (Some(default), _) => Some(default.clone()),
            // Values that Go holds without a pointer have their zero as a default.
            (None, Node::Named(_)) if zero => Some(json!({})),
            (None, Node::Scalar(Scalar::Time | Scalar::MicroTime | Scalar::Quantity)) => None,
            (None, Node::Scalar(_)) if zero => Some(field.node.zero()),
            _ => None,
        };
        if let (Some(default), Some(own)) = (default, schema.as_object_mut()) {
            // A reference cannot have siblings.
            if let Some(reference) = own.remove("$ref") {
                own.insert("allOf".to_owned(), json!([{"$ref": reference}]));
            }
            own.insert("default".to_owned(), default);
        }
        schema
    }

    fn of_node(&mut self, node: &Node) -> Value {
        match node.view() {
            View::Scalar(scalar) => self.of_scalar(scalar),
            View::List(items) => self.of_list(items),
            View::Map(values, atomic) => {
                let mut schema =
                    json!({"type": "object", "additionalProperties": self.of_item(values)});
                if atomic {
                    schema["x-kubernetes-map-type"] = "atomic".into();
                }
                schema
            }
            View::Struct(own) => self.refer(&own.name),
            View::Untyped => {
                json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
            }
            View::Raw => self.refer(RAW),
        }
    }

    /// An item, with the zero that it has where nothing is given.
    fn of_item(&mut self, node: &Node) -> Value {
        match node {
            Node::Scalar(Scalar::String) => json!({"type": "string", "default": ""}),
            Node::Scalar(Scalar::Int32) => {
                json!({"type": "integer", "format": "int32", "default": 0})
            }
            Node::Named(_) => json!({"allOf": [self.of_node(node)], "default": {}}),
            _ => self.of_node(node),
        }
    }

    fn of_list(&mut self, list: &Items) -> Value {
        let mut schema = json!({"type": "array", "items": self.of_item(&list.node)});
        match &list.rule {
            ListRule::Atomic => schema["x-kubernetes-list-type"] = "atomic".into(),
            ListRule::Set => schema["x-kubernetes-list-type"] = "set".into(),
            ListRule::Keyed(keys) => {
                schema["x-kubernetes-list-type"] = "map".into();
                schema["x-kubernetes-list-map-keys"] = json!(keys);
            }
        }
        if let Some(key) = &list.merge {
            schema["x-kubernetes-patch-strategy"] = "merge".into();
            if !key.is_empty() {
                schema["x-kubernetes-patch-merge-key"] = key.clone().into();
            }
        }
        schema
    }

    fn of_scalar(&mut self, scalar: Scalar) -> Value {
        match scalar {
            Scalar::String => json!({"type": "string"}),
            Scalar::Int32 => json!({"type": "integer", "format": "int32"}),
            Scalar::Int64 => json!({"type": "integer", "format": "int64"}),
            Scalar::Float => json!({"type": "number", "format": "double"}),
            Scalar::Bool => json!({"type": "boolean"}),
            Scalar::Bytes => json!({"type": "string", "format": "byte"}),
            Scalar::Time => self.refer(TIME),
            Scalar::MicroTime => self.refer(MICRO_TIME),
            Scalar::Quantity => self.refer(QUANTITY),
            Scalar::IntOrString => self.refer(INT_OR_STRING),
        }
    }

    /// Writes what is referred to, and what that refers to.
    fn finish(&mut self) {
        let types = Types::get();
        while let Some(name) = self.wanted.pop_first() {
            if self.schemas.contains_key(&name) {
                continue;
            }
            let schema = match name.as_str() {
                QUANTITY => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
                INT_OR_STRING => {
                    json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]})
                }
                TIME | MICRO_TIME => json!({"type": "string", "format": "date-time"}),
                RAW => json!({"type": "object"}),
                _ => match types.list.iter().find(|own| own.name == name) {
                    Some(own) => self.of_struct(own),
                    None => json!({"type": "object"}),
                },
            };
            self.schemas.insert(name, schema);
        }
    }
}

/// What may be asked at a kind's addresses, as far as clients look.
fn add_paths(paths: &mut Map<String, Value>, kind: &Kind) {
    let whose = json!({"group": kind.group, "kind": kind.name, "version": kind.version});
    let base = match kind.group.as_str() {
        "" => format!("/api/{}", kind.version),
        group => format!("/apis/{group}/{}", kind.version),
    };
    let all = match kind.namespaced {
        true => format!("{base}/namespaces/{{namespace}}/{}", kind.plural),
        false => format!("{base}/{}", kind.plural),
    };
    let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let writing: Vec<Value> = ["dryRun", "fieldManager", "fieldValidation"]
        .map(parameter)
        .to_vec();
    let operation = |action: &str, parameters: &[Value]| {
        json!({"parameters": parameters, "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": action, "x-kubernetes-group-version-kind": whose})
    };
    let mut patching = writing.clone();
    patching.push(
        json!({"name": "force", "in": "query", "schema": {"type": "boolean", "uniqueItems": true}}),
    );
    paths.insert(
        all.clone(),
        json!({"get": operation("list", &[parameter("limit"), parameter("continue")]), "post": operation("post", &writing)}),
    );
    paths.insert(
        format!("{all}/{{name}}"),
        json!({"get": operation("get", &[]), "put": operation("put", &writing),
            "patch": operation("patch", &patching), "delete": operation("delete", &writing[..1])}),
    );
}
