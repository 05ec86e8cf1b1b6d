//! What the cluster's own OpenAPI v3 documents say of a kind's fields.
//!
//! A [`Node`] is a view into a document: nothing is copied or built up front,
//! and where a document says nothing (or there is none) a node answers as an
//! untyped one: maps merge key by key, lists are atomic, nothing has a default.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::defaults;

/// The document of one group and version.
#[derive(Clone, Debug, Default)]
pub struct Document {
    value: Value,
    /// Which definition is which kind's, by kind and group.
    kinds: HashMap<(String, String, String), String>,
}

impl Document {
    /// A document as the server gives it. What in it cannot be read is as if it were not there.
    #[must_use]
    pub fn new(value: Value) -> Self {
        let mut kinds = HashMap::new();
        for (name, schema) in definitions(&value).into_iter().flatten() {
            for id in schema
                .get("x-kubernetes-group-version-kind")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let part = |key: &str| id.get(key).and_then(Value::as_str).unwrap_or_default();
                let id = (part("group"), part("version"), part("kind"));
                let id = (id.0.to_owned(), id.1.to_owned(), id.2.to_owned());
                // Helpers such as DeleteOptions are listed for every group; a kind has its own once.
                kinds.entry(id).or_insert_with(|| name.clone());
            }
        }
        Self { value, kinds }
    }

    /// The node of a kind's objects.
    #[must_use]
    pub fn kind(&self, group: &str, version: &str, kind: &str) -> Node<'_> {
        let id = (group.to_owned(), version.to_owned(), kind.to_owned());
        let Some(name) = self.kinds.get(&id) else {
            return Node::UNKNOWN_OBJECT;
        };
        let schema = definitions(&self.value).and_then(|it| it.get(name));
        Node {
            document: Some(&self.value),
            schema,
            is_object: true,
        }
    }
}

fn definitions(document: &Value) -> Option<&serde_json::Map<String, Value>> {
    document.get("components")?.get("schemas")?.as_object()
}

/// How the items of a list merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListKind<'a> {
    /// The list is one value.
    Atomic,
    /// Each member stands for itself.
    Set,
    /// Items are known by the values of these fields.
    Keyed(Vec<&'a str>),
}

/// How the values of a scalar are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A number with a unit: `100m`, `1Gi`.
    Quantity,
    /// Base64 of bytes.
    Bytes,
    /// A point in time.
    Time,
    /// A length of time as Go writes it: `1h30m`.
    Duration,
    /// Anything else: by value.
    Plain,
}

/// One place of a schema. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    document: Option<&'a Value>,
    schema: Option<&'a Value>,
    /// Whether it is a whole object, with metadata of its own.
    is_object: bool,
}

/// How many references are followed before a schema counts as saying nothing.
const DEEPEST: usize = 16;

const REFERENCE: &str = "#/components/schemas/";

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// What every server says of metadata, for objects without a schema.
static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let texts = json!({"type": "object", "additionalProperties": {"type": "string"}});
    json!({"components": {"schemas": {META: {"type": "object", "properties": {
        "annotations": texts,
        "labels": texts,
        "finalizers": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "ownerReferences": {
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
            "items": {"type": "object", "x-kubernetes-map-type": "atomic"}},
    }}}}})
});

impl<'a> Node<'a> {
    /// A place of which nothing is known.
    pub const UNKNOWN: Node<'static> = Node {
        document: None,
        schema: None,
        is_object: false,
    };

    /// An object of which nothing is known but that it has metadata.
    pub const UNKNOWN_OBJECT: Node<'static> = Node {
        document: None,
        schema: None,
        is_object: true,
    };

    /// Whether a schema says anything of this place.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.schema.is_some()
    }

    /// The name of the definition that describes this place, the outermost.
    #[must_use]
    pub fn definition(&self) -> Option<&'a str> {
        let schema = self.schema?;
        let inner = |it: &'a Value| it.get("$ref")?.as_str()?.strip_prefix(REFERENCE);
        inner(schema).or_else(|| {
            let all = schema.get("allOf")?.as_array()?;
            all.iter().find_map(inner)
        })
    }

    /// Whether the type is one of the server's own, whose stored form leaves empty fields out.
    #[must_use]
    pub fn is_metadata(&self) -> bool {
        self.definition() == Some(META)
    }

    /// The node of a field or a key.
    #[must_use]
    pub fn child(&self, key: &str) -> Node<'a> {
        let declared = self.find(&|schema| schema.get("properties")?.get(key));
        let schema = declared.or_else(|| self.find(&|it| it.get("additionalProperties")));
        let embeds = self.is_object || self.flag("x-kubernetes-embedded-resource");
        if embeds && key == "metadata" && !schema.is_some_and(|it| self.at(it).is_metadata()) {
            let schemas = definitions(&METADATA).and_then(|it| it.get(META));
            return Node {
                document: Some(&METADATA),
                schema: schemas,
                is_object: false,
            };
        }
        schema.map_or(Node::UNKNOWN, |schema| self.at(schema))
    }

    /// The node of a list's items.
    #[must_use]
    pub fn items(&self) -> Node<'a> {
        self.find(&|schema| schema.get("items"))
            .map_or(Node::UNKNOWN, |schema| self.at(schema))
    }

    /// How the list here merges.
    #[must_use]
    pub fn list(&self) -> ListKind<'a> {
        match self.text("x-kubernetes-list-type") {
            Some("set") => ListKind::Set,
            Some("map") => self.keyed("x-kubernetes-list-map-keys"),
            Some(_) => ListKind::Atomic,
            None => match self.text("x-kubernetes-patch-strategy") {
                // Documents of old servers know only how a strategic merge goes.
                Some(how) if how.split(',').any(|it| it == "merge") => {
                    match self.text("x-kubernetes-patch-merge-key") {
                        Some(key) => ListKind::Keyed(vec![key]),
                        None => ListKind::Set,
                    }
                }
                _ => ListKind::Atomic,
            },
        }
    }

    fn keyed(&self, keyword: &'static str) -> ListKind<'a> {
        let keys: Vec<&str> = self
            .find(&move |schema| schema.get(keyword))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if keys.is_empty() {
            ListKind::Atomic
        } else {
            ListKind::Keyed(keys)
        }
    }

    /// Whether the map here is one value.
    #[must_use]
    pub fn is_atomic_map(&self) -> bool {
        self.text("x-kubernetes-map-type") == Some("atomic")
    }

    /// Whether the map here has keys of anybody's choice and no fields.
    #[must_use]
    pub fn is_free_map(&self) -> bool {
        self.find(&|schema| schema.get("additionalProperties"))
            .is_some()
            && self.find(&|schema| schema.get("properties")).is_none()
    }

    /// Whether null is a value of its own here.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        self.flag("nullable")
    }

    /// How scalars here are compared.
    #[must_use]
    pub fn scalar(&self) -> Scalar {
        let is_quantity = self
            .definition()
            .is_some_and(|it| it.ends_with("resource.Quantity"));
        if is_quantity || self.is_quantity_of_a_definition() {
            return Scalar::Quantity;
        }
        match self.text("format") {
            Some("byte") => Scalar::Bytes,
            Some("date-time") => Scalar::Time,
            Some("duration") => Scalar::Duration,
            _ => Scalar::Plain,
        }
    }

    /// A custom resource's quantity is known by the pattern that its generator gives every one.
    fn is_quantity_of_a_definition(&self) -> bool {
        self.flag("x-kubernetes-int-or-string")
            && self
                .text("pattern")
                .is_some_and(|it| it.contains("KMGTPE]i") || it.contains("numkMGTPE"))
    }

    /// The value that the server gives the field `key` where a manifest has none.
    #[must_use]
    pub fn default_of(&self, key: &str) -> Option<&'a Value> {
        if let Some(value) = self.definition().and_then(|it| defaults::of(it, key)) {
            return Some(value);
        }
        let field = self.find(&|schema| schema.get("properties")?.get(key))?;
        self.at(field).find(&|schema| schema.get("default"))
    }

    /// Every field that has a default, with it.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn defaults(&self) -> Vec<(String, &'a Value)> {
        let declared = self.find(&|schema| schema.get("properties")?.as_object());
        let declared = declared.into_iter().flat_map(|it| it.keys());
        declared
            .filter_map(|key| Some((key.clone(), self.default_of(key)?)))
            .collect()
    }

    const fn at(&self, schema: &'a Value) -> Node<'a> {
        Node {
            document: self.document,
            schema: Some(schema),
            is_object: false,
        }
    }

    fn text(&self, keyword: &'static str) -> Option<&'a str> {
        self.find(&move |schema| schema.get(keyword))?.as_str()
    }

    fn flag(&self, keyword: &'static str) -> bool {
        self.find(&move |schema| schema.get(keyword)) == Some(&Value::Bool(true))
    }

    /// The first answer of this schema and those it refers to, from the outside in.
    fn find<T>(&self, ask: &dyn Fn(&'a Value) -> Option<T>) -> Option<T> {
        find(self.document, self.schema?, ask, DEEPEST)
    }
}

fn find<'a, T>(
    document: Option<&'a Value>,
    schema: &'a Value,
    ask: &dyn Fn(&'a Value) -> Option<T>,
    depth: usize,
) -> Option<T> {
    if let Some(answer) = ask(schema) {
        return Some(answer);
    }
    let depth = depth.checked_sub(1)?;
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.strip_prefix(REFERENCE)?;
        let schema = definitions(document?)?.get(name)?;
        return find(document, schema, ask, depth);
    }
    let all = schema.get("allOf")?.as_array()?;
    all.iter()
        .find_map(|schema| find(document, schema, ask, depth))
}
