//! Lists and maps of tags.

use domain::pointer;
use serde_json::{Value, json};

use crate::places;
use crate::spelling::{Spelling, normal};

/// The properties that hold the tags of a resource, or of what it makes.
pub(crate) const PROPERTIES: &[&str] = &[
    "AccessPointTags",
    "BackupPlanTags",
    "BackupVaultTags",
    "FileSystemTags",
    "HostedZoneTags",
    "ResourceGroupTags",
    "TagList",
    "Tags",
    "UserPoolTags",
];

/// The prefix of keys that only AWS may set.
pub(crate) const RESERVED: &str = "aws:";

/// The path of the tags that a path leads to or into.
pub(crate) fn enclosing(path: &str) -> Option<&str> {
    places::prefixes(path).find(|prefix| PROPERTIES.contains(&places::last(prefix).as_str()))
}

/// The tags of one side, each key once.
pub(crate) struct Tags {
    /// In the order of the list; a map's in the order of its keys.
    tags: Vec<Tag>,
    /// Whether the side spells them as a list.
    pub(crate) list: bool,
}

/// One tag: its key, and the rest of it in normal spelling.
#[derive(PartialEq)]
pub(crate) struct Tag {
    pub(crate) key: String,
    rest: String,
}

impl Tag {
    /// Whether both are the same but for their keys.
    pub(crate) fn same_rest(&self, other: &Self) -> bool {
        self.rest == other.rest
    }
}

impl Tags {
    /// Reads tags in either form. `None` where they are none, or a key is
    /// there twice: then they are no set by key.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let (tags, list) = match value {
            Value::Array(items) => (items.iter().map(item).collect::<Option<Vec<_>>>()?, true),
            Value::Object(map) => {
                let tags = map.iter().map(|(key, value)| entry(key, value));
                (tags.collect::<Option<Vec<_>>>()?, false)
            }
            _ => return None,
        };
        let tags = Self { tags, list };
        let mut keys: Vec<&str> = tags.tags.iter().map(|tag| tag.key.as_str()).collect();
        keys.sort_unstable();
        keys.windows(2)
            .all(|pair| pair[0] != pair[1])
            .then_some(tags)
    }

    /// No tags, as a list.
    pub(crate) const fn none() -> Self {
        Self {
            tags: Vec::new(),
            list: true,
        }
    }

    /// The tag at an index of the list.
    pub(crate) fn at(&self, index: usize) -> Option<&Tag> {
        self.tags.get(index)
    }

    /// Whether there is a tag of that key.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.tags.iter().any(|tag| tag.key == key)
    }

    /// Whether there is just that tag.
    pub(crate) fn has(&self, tag: &Tag) -> bool {
        self.tags.contains(tag)
    }

    /// Whether both hold the same tags, but for those of this side that `but` excepts.
    pub(crate) fn same_but(&self, other: &Self, but: impl Fn(&Tag) -> bool) -> bool {
        let mine: Vec<&Tag> = self.tags.iter().filter(|tag| !but(tag)).collect();
        mine.len() == other.tags.len() && mine.into_iter().all(|tag| other.has(tag))
    }
}

fn item(value: &Value) -> Option<Tag> {
    let map = value.as_object()?;
    let mut rest = serde_json::Map::new();
    for (name, value) in map {
        let name = match name.as_str() {
            "key" | "TagKey" => "Key",
            "value" | "TagValue" => "Value",
            other => other,
        };
        if rest.insert(name.to_owned(), value.clone()).is_some() {
            return None;
        }
    }
    // A tag without a value is a tag with an empty one.
    rest.entry("Value").or_insert_with(|| "".into());
    let key = rest.remove("Key")?.as_str()?.to_owned();
    let rest = normal(&Value::Object(rest), Spelling::Scalars)?;
    Some(Tag { key, rest })
}

fn entry(key: &str, value: &Value) -> Option<Tag> {
    if value.is_object() || value.is_array() || value.is_null() {
        return None;
    }
    item(&json!({ "Key": key, "Value": value }))
}

/// The key that a path below a map of tags names, where it names one entry.
pub(crate) fn map_key(path: &str, tags: &str) -> Option<String> {
    let rest = path.strip_prefix(tags)?;
    let mut segments = pointer::segments(rest);
    let key = segments.next()?;
    segments.next().is_none().then_some(key)
}
