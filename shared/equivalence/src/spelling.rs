//! When two JSON values are the same value, differently spelled.
//!
//! Values are compared by their normal text, so that lists can be compared as
//! sets without comparing everything with everything.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// From here on whole numbers are not exact as floating point; such a number
/// equals none, not even itself, because two different ones may look the same.
const INEXACT: f64 = 9_007_199_254_740_992.0;

/// How much two values may differ in spelling.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// Key order and `1.0` for `1` only.
    Json,
    /// Besides, numbers and booleans as text: `"30"` for `30`.
    Scalars,
}

/// The text that all spellings of a value share; `None` for a value that has
/// none because a number in it is too large to be read exactly.
pub(crate) fn normal(value: &Value, spelling: Spelling) -> Option<String> {
    Some(match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => plain(flag.to_string(), spelling),
        Value::Number(number) => plain(digits(number)?, spelling),
        Value::String(text) => Value::from(text.as_str()).to_string(),
        Value::Array(items) => {
            let items: Option<Vec<String>> =
                items.iter().map(|item| normal(item, spelling)).collect();
            format!("[{}]", items?.join(","))
        }
        Value::Object(map) => {
            let mut entries = map
                .iter()
                .map(|(key, value)| {
                    let key = Value::from(key.as_str());
                    Some(format!("{key}:{}", normal(value, spelling)?))
                })
                .collect::<Option<Vec<String>>>()?;
            entries.sort_unstable();
            format!("{{{}}}", entries.join(","))
        }
    })
}

/// Whether two values are the same value in that spelling.
pub(crate) fn same(one: &Value, other: &Value, spelling: Spelling) -> bool {
    match (normal(one, spelling), normal(other, spelling)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

fn plain(text: String, spelling: Spelling) -> String {
    match spelling {
        Spelling::Json => text,
        Spelling::Scalars => format!("\"{text}\""),
    }
}

/// A number in plain decimal digits: no exponent, no fraction where it is whole.
fn digits(number: &Number) -> Option<String> {
    if let Some(whole) = number.as_i64() {
        return Some(whole.to_string());
    }
    if let Some(whole) = number.as_u64() {
        return Some(whole.to_string());
    }
    let float = number.as_f64().filter(|it| it.abs() < INEXACT)?;
    // `Display` of f64 prints the shortest plain decimal that reads back the same, and `-0` for a negative zero.
    Some((if float == 0.0 { 0.0 } else { float }).to_string())
}

/// A JSON object or list from a text; `None` where the text is none, or says
/// one key twice (readers disagree on which of the two counts).
pub(crate) fn parse(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str::<Unambiguous>(text)
        .ok()
        .map(|it| it.0)
}

/// A JSON value in which no object says a key twice.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON in which no key is said twice")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_i64<E>(self, it: i64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_u64<E>(self, it: u64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_f64<E>(self, it: f64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_str<E>(self, it: &str) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Unambiguous(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Unambiguous(value))) = object.next_entry::<String, _>()? {
            if map.insert(key, value).is_some() {
                return Err(de::Error::custom("a key is said twice"));
            }
        }
        Ok(Value::Object(map))
    }
}
