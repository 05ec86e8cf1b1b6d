//! Objects as a Go program writes them that has read them: without what is empty, with what is always there.

use serde_json::{Map, Value};

use super::quantity;
use crate::fields::mismatch;
use crate::schema::{Items, Node, Scalar, Struct, View};

const NO_QUANTITY: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// An object in its written form.
#[derive(Debug, Default)]
pub(crate) struct Tidied {
    pub(crate) object: Value,
    /// The fields that its type has not, `spec.prots`; they are gone.
    pub(crate) unknown: Vec<String>,
    /// What could not be read.
    pub(crate) wrong: Vec<String>,
}

/// Reads an object as its type.
pub(crate) fn tidy(node: &Node, object: &Value) -> Tidied {
    let mut tidied = Tidied::default();
    let value = tidied.value(node, object, &mut String::new());
    tidied.object = value.unwrap_or_default();
    tidied
}

impl Tidied {
    fn value(&mut self, node: &Node, value: &Value, path: &mut String) -> Option<Value> {
        if value.is_null() {
            return None;
        }
        match node.view() {
            View::Untyped | View::Raw => Some(value.clone()),
            View::Scalar(scalar) => self.scalar(scalar, value, path),
            View::List(list) => self.list(list, value, path),
            View::Map(values, _) => self.map(values, value, path),
            View::Struct(own) => self.fields(own, value, path),
        }
    }

    fn say_wrong(&mut self, path: &str, expected: &str) {
        self.wrong.push(format!("{path}: expected {expected}"));
    }

    fn fields(&mut self, own: &Struct, value: &Value, path: &mut String) -> Option<Value> {
        let Some(given) = value.as_object() else {
            self.say_wrong(path, "an object");
            return None;
        };
        let mut fields = Map::new();
        for (name, value) in given {
            let length = path.len();
            if length > 0 {
                path.push('.');
            }
            path.push_str(name);
            let field = own.fields.get(name);
            match (field.map(|it| &it.node).or(own.others.as_ref()), field) {
                (Some(node), field) => {
                    let keep_empty = field.is_none_or(|field| field.pointer);
                    let value = self.value(node, value, path);
                    if let Some(value) = value.filter(|it| keep_empty || !omitted(node, it)) {
                        fields.insert(name.clone(), value);
                    }
                }
                (None, _) => self.unknown.push(path.clone()),
            }
            path.truncate(length);
        }
        for (name, field) in &own.fields {
            if field.always && !fields.contains_key(name) {
                fields.insert(name.clone(), field.node.zero());
            }
        }
        Some(fields.into())
    }

    fn list(&mut self, list: &Items, value: &Value, path: &mut String) -> Option<Value> {
        let Some(given) = value.as_array() else {
            self.say_wrong(path, "a list");
            return None;
        };
        let mut items = Vec::with_capacity(given.len());
        for (index, item) in given.iter().enumerate() {
            let length = path.len();
            path.push_str(&format!("[{index}]"));
            let item = self.value(&list.node, item, path);
            items.push(item.unwrap_or_else(|| list.node.zero()));
            path.truncate(length);
        }
        Some(items.into())
    }

    fn map(&mut self, values: &Node, value: &Value, path: &mut String) -> Option<Value> {
        let Some(given) = value.as_object() else {
            self.say_wrong(path, "a map");
            return None;
        };
        let mut fields = Map::new();
        for (name, value) in given {
            let length = path.len();
            path.push_str(&format!(".{name}"));
            let value = self.value(values, value, path);
            fields.insert(name.clone(), value.unwrap_or_else(|| values.zero()));
            path.truncate(length);
        }
        Some(fields.into())
    }

    fn scalar(&mut self, scalar: Scalar, value: &Value, path: &str) -> Option<Value> {
        if let Some(expected) = mismatch(scalar, value) {
            self.say_wrong(path, expected);
            return None;
        }
        let tidied = match scalar {
            Scalar::Quantity => quantity::canonical(value).map(Value::from),
            Scalar::Int32 | Scalar::Int64 => whole(value),
            Scalar::Time => instant(value),
            Scalar::Bytes => base64(value),
            _ => Some(value.clone()),
        };
        if tidied.is_none() {
            let expected = match scalar {
                Scalar::Quantity => {
                    self.wrong.push(NO_QUANTITY.to_owned());
                    return None;
                }
                Scalar::Time => "a time such as 2026-11-24T06:00:00Z",
                Scalar::Bytes => "base64",
                _ => "a whole number",
            };
            self.say_wrong(path, expected);
        }
        tidied
    }
}

/// Whether Go leaves a value out.
fn omitted(node: &Node, value: &Value) -> bool {
    match node.view() {
        View::Scalar(Scalar::Quantity | Scalar::IntOrString | Scalar::Time | Scalar::MicroTime) => {
            false
        }
        View::Scalar(_) => {
            *value == "" || *value == false || value.as_f64().is_some_and(|number| number == 0.0)
        }
        View::List(_) | View::Map(..) => match value {
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            _ => false,
        },
        View::Struct(_) | View::Untyped | View::Raw => false,
    }
}

fn whole(value: &Value) -> Option<Value> {
    if value.is_i64() {
        return Some(value.clone());
    }
    let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
    // Exact: beyond 2^53 a JSON float names no whole number that somebody meant.
    (number.abs() < 9e15).then(|| Value::from(number as i64))
}

fn instant(value: &Value) -> Option<Value> {
    let time: jiff::Timestamp = value.as_str()?.parse().ok()?;
    Some(crate::time::rfc3339(time).into())
}

/// Line breaks are allowed in base64, and not kept.
fn base64(value: &Value) -> Option<Value> {
    let text: String = value.as_str()?.split(['\n', '\r']).collect();
    let body = text.trim_end_matches('=');
    let fits = body
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
    (fits && text.len().is_multiple_of(4) && text.len() - body.len() <= 2).then(|| text.into())
}
