//! CloudFormation's YAML as JSON: `!Ref X` becomes `{"Ref": "X"}`, every other tag `{"Fn::NAME": …}`.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, json};
use serde_saphyr::Tagged;

/// A node with its tags resolved.
struct Node(Value);

/// A node without its own tag.
struct Untagged(Value);

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(Untagged(value), tag) = Tagged::deserialize(deserializer)?;
        Ok(Self(
            match tag.as_deref().and_then(|t| t.strip_prefix('!')) {
                None => value,
                Some(name @ ("Ref" | "Condition")) => json!({ name: value }),
                Some("GetAtt") => match value.as_str().and_then(|v| v.split_once('.')) {
                    Some((resource, attribute)) => json!({"Fn::GetAtt": [resource, attribute]}),
                    None => json!({"Fn::GetAtt": value}),
                },
                Some(name) => json!({ format!("Fn::{name}"): value }),
            },
        ))
    }
}

impl<'de> Deserialize<'de> for Untagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("YAML")
            }

            fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
                Ok(v.into())
            }

            fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
                Ok(v.into())
            }

            fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
                Ok(v.into())
            }

            fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
                Ok(v.into())
            }

            fn visit_str<E>(self, v: &str) -> Result<Value, E> {
                Ok(v.into())
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut list = Vec::new();
                while let Some(Node(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(list.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
                let mut map = Map::new();
                while let Some((key, Node(value))) = entries.next_entry::<String, Node>()? {
                    map.insert(key, value);
                }
                Ok(map.into())
            }
        }

        deserializer.deserialize_any(Any).map(Self)
    }
}

/// The template as CloudFormation's JSON form.
pub(super) fn parse(text: &str) -> Value {
    let Node(value) = serde_saphyr::from_str(text).expect("YAML");
    value
}

#[test]
fn tags_become_functions() {
    assert_eq!(
        parse(
            "a: !Ref X\nb: !GetAtt Y.Arn\nc: !If [Z, !Sub \"${X}-1\", 2]\nd: {e: [\"3\", 1.5, true]}"
        ),
        json!({
            "a": {"Ref": "X"}, "b": {"Fn::GetAtt": ["Y", "Arn"]},
            "c": {"Fn::If": ["Z", {"Fn::Sub": "${X}-1"}, 2]}, "d": {"e": ["3", 1.5, true]}
        })
    );
}
