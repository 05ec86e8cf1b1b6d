//! YAML as a tree in which every node knows its place.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use super::path::{Path, Step};

/// The largest file that is read, in bytes.
pub(super) const LARGEST_FILE: usize = 1 << 20;

/// A line and a column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

impl Place {
    const START: Place = Place { line: 1, column: 1 };
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self {
            line: location.line(),
            column: location.column(),
        }
    }
}

/// A node and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: Place,
    pub(crate) is: Is,
}

/// What a node is. Keys are kept as often as they stand there, so that every repetition can be named.
#[derive(Clone, Debug)]
pub(crate) enum Is {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(Place, String, Node)>),
}

/// The first value in block style that begins with a tag. The parser drops
/// tags, and with it the `!` of a condition that was meant to be negated.
fn tag(text: &str) -> Option<Place> {
    text.lines().zip(1_u64..).find_map(|(line, number)| {
        let mut value = line.trim_start();
        while let Some(item) = value.strip_prefix("- ") {
            value = item.trim_start();
        }
        if let Some((key, after)) = value.split_once(": ")
            && !key.is_empty()
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        {
            value = after.trim_start();
        }
        let column = line.chars().count() - value.chars().count() + 1;
        value.starts_with('!').then_some(Place {
            line: number,
            column: column as u64,
        })
    })
}

/// Reads YAML. Aliases cannot blow up: the parser's budget bounds what they expand to.
pub(super) fn parse(text: &str) -> Result<Node, (Place, String)> {
    if text.len() > LARGEST_FILE {
        return Err((
            Place::START,
            format!("is larger than {} MiB", LARGEST_FILE >> 20),
        ));
    }
    if text
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        return Err((
            Place::START,
            "is empty; it needs apiVersion: plumbline/v1 and an environment".to_owned(),
        ));
    }
    if let Some(place) = tag(text) {
        return Err((
            place,
            "begins with !, which YAML reads as a tag and drops; put the value in quotes"
                .to_owned(),
        ));
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_nodes: 50_000,
            max_depth: 64,
            max_total_scalar_bytes: LARGEST_FILE,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options::<Node>(text, options).map_err(|error| {
        let error = error.without_snippet();
        let place = error.location().map_or(Place::START, Place::from);
        (
            place,
            format!(
                "cannot be read as YAML: {}",
                without_place(&error.to_string())
            ),
        )
    })
}

/// The parser's message ends with a place of its own, which is said already.
fn without_place(message: &str) -> &str {
    let first = message.lines().next().unwrap_or_default();
    first
        .rsplit_once(" at line ")
        .map_or(first, |(text, _)| text)
}

impl Node {
    /// The place of the node at a path, or of the last one on the way there.
    pub(crate) fn place(&self, path: &Path) -> Place {
        self.reached(path).1.at
    }

    /// The place of the key that such a node stands under; of an entry of a list, its own.
    pub(super) fn place_of_key(&self, path: &Path) -> Place {
        self.reached(path).0
    }

    fn reached(&self, path: &Path) -> (Place, &Node) {
        let mut reached = (self.at, self);
        for step in path.steps() {
            let next = match (step, &reached.1.is) {
                (Step::Key(key), Is::Map(entries)) => entries
                    .iter()
                    .find(|(_, name, _)| name == key)
                    .map(|(at, _, it)| (*at, it)),
                (Step::Index(index), Is::List(items)) => items.get(*index).map(|it| (it.at, it)),
                _ => None,
            };
            match next {
                Some(next) => reached = next,
                None => break,
            }
        }
        reached
    }

    /// The node without its places; of a repeated key the first counts.
    pub(crate) fn to_json(&self) -> Value {
        match &self.is {
            Is::Scalar(value) => value.clone(),
            Is::List(items) => items.iter().map(Node::to_json).collect(),
            Is::Map(entries) => {
                let mut map = Map::new();
                for (_, key, node) in entries {
                    map.entry(key.clone()).or_insert_with(|| node.to_json());
                }
                Value::Object(map)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Is>::deserialize(deserializer)?;
        Ok(Self {
            at: spanned.referenced.into(),
            is: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Is {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IsVisitor)
    }
}

struct IsVisitor;

impl<'de> Visitor<'de> for IsVisitor {
    type Value = Is;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar, a list or a mapping")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Is, E> {
        Ok(Is::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Is, E> {
        Ok(Is::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Is, E> {
        Ok(Is::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Is, E> {
        Ok(Is::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Is, E> {
        Ok(Is::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Is, E> {
        Ok(Is::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Is, E> {
        Ok(Is::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Is, D::Error> {
        Is::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Is, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Is::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Is, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key::<Spanned<String>>()? {
            entries.push((key.referenced.into(), key.value, access.next_value()?));
        }
        Ok(Is::Map(entries))
    }
}
