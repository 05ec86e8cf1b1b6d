//! What objects look like: fields, types, keys of lists, defaults.

mod crd;
mod openapi;
mod table;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

pub(crate) use crd::node_of;
pub(crate) use openapi::document;

/// The type of a value.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    List(Box<Items>),
    /// A map of any keys; `atomic` ones are replaced as a whole.
    Map { values: Box<Node>, atomic: bool },
    /// A type of the tables, by its place there.
    Named(usize),
    /// A type of a custom resource.
    Struct(Box<Struct>),
    /// Anything; maps in it merge key by key, lists are replaced.
    Any,
    /// Anything, replaced as a whole.
    Raw,
}

/// The types of single values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    String,
    Int32,
    Int64,
    Float,
    Bool,
    /// Base64.
    Bytes,
    Time,
    MicroTime,
    /// `100m`, `1Gi`.
    Quantity,
    IntOrString,
}

/// A list's items, and what tells them apart.
#[derive(Clone, Debug)]
pub(crate) struct Items {
    pub(crate) node: Node,
    pub(crate) rule: ListRule,
    /// The key of a strategic merge patch; `None` replaces the list.
    pub(crate) merge: Option<String>,
}

/// How a list merges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListRule {
    /// Replaced as a whole.
    Atomic,
    /// Its values are its keys.
    Set,
    /// Its items are known by these fields.
    Keyed(Vec<String>),
}

/// A type with fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Struct {
    /// `io.k8s.api.core.v1.Container`; empty in custom resources.
    pub(crate) name: String,
    pub(crate) fields: BTreeMap<String, Field>,
    /// What fields of other names are; `None` where there are none.
    pub(crate) others: Option<Node>,
    pub(crate) atomic: bool,
}

/// A field of a type.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) node: Node,
    pub(crate) required: bool,
    /// Written even when empty.
    pub(crate) always: bool,
    /// Keeps a zero value that was given.
    pub(crate) pointer: bool,
    /// Strategic merge replaces a union's other fields.
    pub(crate) retain: bool,
    /// The default that the schema tells.
    pub(crate) default: Option<Value>,
    /// The default that the server gives.
    pub(crate) own_default: Option<Value>,
}

/// What a value of a type can be, for who walks through it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View<'a> {
    Scalar(Scalar),
    List(&'a Items),
    Struct(&'a Struct),
    Map(&'a Node, bool),
    /// Of no type: what it holds decides.
    Untyped,
    Raw,
}

/// The types of the tables.
pub(crate) struct Types {
    pub(crate) list: Vec<Struct>,
    by_name: BTreeMap<String, usize>,
}

impl Types {
    /// The tables, read once.
    pub(crate) fn get() -> &'static Self {
        static TYPES: OnceLock<Types> = OnceLock::new();
        TYPES.get_or_init(|| {
            let list = table::read();
            let names = list.iter().enumerate();
            let by_name = names.map(|(at, it)| (it.name.clone(), at)).collect();
            Self { list, by_name }
        })
    }

    /// A type by its full name.
    pub(crate) fn named(&self, name: &str) -> Option<Node> {
        self.by_name.get(name).map(|at| Node::Named(*at))
    }
}

/// The name of the metadata of every object.
pub(crate) const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

impl Node {
    pub(crate) fn view(&self) -> View<'_> {
        match self {
            Self::Scalar(scalar) => View::Scalar(*scalar),
            Self::List(items) => View::List(items),
            Self::Map { values, atomic } => View::Map(values, *atomic),
            Self::Named(at) => View::Struct(&Types::get().list[*at]),
            Self::Struct(own) => View::Struct(own),
            Self::Any => View::Untyped,
            Self::Raw => View::Raw,
        }
    }

    /// The type of a field or a map's value; `None` where there is no such field.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        match self.view() {
            View::Struct(own) => match own.fields.get(name) {
                Some(field) => Some(&field.node),
                None => own.others.as_ref(),
            },
            View::Map(values, _) => Some(values),
            View::Untyped | View::Raw => Some(&Self::Any),
            View::Scalar(_) | View::List(_) => None,
        }
    }

    /// Whether this is a declared field of the type.
    pub(crate) fn declares(&self, name: &str) -> bool {
        matches!(self.view(), View::Struct(own) if own.fields.contains_key(name))
    }

    /// The type of a list's items.
    pub(crate) fn item(&self) -> &Self {
        match self {
            Self::List(items) => &items.node,
            _ => &Self::Any,
        }
    }

    /// What Go would write for a value that was never set.
    pub(crate) fn zero(&self) -> Value {
        match self {
            Self::Scalar(Scalar::String | Scalar::Bytes) => "".into(),
            Self::Scalar(Scalar::Quantity) => "0".into(),
            Self::Scalar(Scalar::Int32 | Scalar::Int64 | Scalar::Float | Scalar::IntOrString) => {
                0.into()
            }
            Self::Scalar(Scalar::Bool) => false.into(),
            Self::Scalar(Scalar::Time | Scalar::MicroTime) => Value::Null,
            Self::List(_) | Self::Map { .. } | Self::Any | Self::Raw => Value::Null,
            Self::Named(_) | Self::Struct(_) => {
                let View::Struct(own) = self.view() else {
                    return Value::Null;
                };
                let always = own.fields.iter().filter(|(_, field)| field.always);
                always
                    .map(|(name, field)| (name.clone(), field.node.zero()))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }
        }
    }
}
