//! What a name says of its value.

use serde_json::{Map, Value};

/// A name that holds one of these, in any case, is that of a sensitive value.
pub(super) const WORDS: [&str; 7] = [
    "password",
    "secret",
    "token",
    "credential",
    "dsn",
    "passwd",
    "passphrase",
];

/// Names that end in `key` and name no secret: keys of objects, tables and tags, and public ones.
const OTHER_KEYS: [&str; 16] = [
    "attributekey",
    "foreignkey",
    "hashkey",
    "indexkey",
    "objectkey",
    "parameterkey",
    "partitionkey",
    "primarykey",
    "publickey",
    "rangekey",
    "routekey",
    "s3key",
    "s3objectkey",
    "sortkey",
    "tagkey",
    "topologykey",
];

/// The name of a segment without its selector: `env` of `env[name=A]`.
pub(super) fn base(segment: &str) -> &str {
    match segment.split_once('[') {
        Some((base, _)) if !base.is_empty() => base,
        _ => segment,
    }
}

/// The values of a segment's selector: `A` of `env[name=A]`.
pub(super) fn selected(segment: &str) -> impl Iterator<Item = &str> {
    segment
        .split_once('[')
        .map(|(_, selector)| selector.trim_end_matches(']'))
        .into_iter()
        .flat_map(|selector| selector.split(','))
        .filter_map(|pair| pair.split_once('='))
        .map(|(_, value)| value.trim_matches('"'))
}

/// Whether a name says that its value is sensitive.
pub(super) fn says_sensitive(name: &str) -> bool {
    let lower = name.to_lowercase();
    WORDS.iter().any(|word| lower.contains(word)) || is_secret_key(&lower)
}

/// Names of several secret keys.
const SECRET_KEYS: [&str; 4] = ["accesskeys", "apikeys", "privatekeys", "sharedkeys"];

/// Whether a name ends in `key` or `key value`, and is not that of another key than a secret one.
fn is_secret_key(lower: &str) -> bool {
    let plain: String = lower.chars().filter(|it| it.is_alphanumeric()).collect();
    if SECRET_KEYS.iter().any(|keys| plain.ends_with(keys)) {
        return true;
    }
    let plain = plain.strip_suffix("value").unwrap_or(&plain);
    plain.ends_with("key") && !OTHER_KEYS.iter().any(|other| plain.ends_with(other))
}

/// Whether a member of an object is sensitive by its name.
pub(super) fn is_sensitive_of<'s>(
    name: &str,
    value: &Value,
    mut siblings: impl Iterator<Item = &'s str>,
) -> bool {
    let lower = name.to_lowercase();
    if WORDS.iter().any(|word| lower.contains(word)) {
        return true;
    }
    if !is_secret_key(&lower) {
        return false;
    }
    if lower == "key" {
        // The key of a tag, a toleration, a reference: a name itself.
        const BESIDE_A_NAME: [&str; 7] = [
            "value",
            "values",
            "operator",
            "effect",
            "name",
            "tagkey",
            "propagateatlaunch",
        ];
        return !siblings.any(|it| BESIDE_A_NAME.contains(&it.to_lowercase().as_str()));
    }
    match value {
        Value::Bool(_) | Value::Null => false,
        Value::String(text) => !names_a_key(text),
        _ => true,
    }
}

/// Whether a text is the id, alias or ARN of a key, and not the key.
fn names_a_key(text: &str) -> bool {
    text.starts_with("arn:") || text.starts_with("alias/") || is_uuid(text)
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Whether a member is the value of a pair.
pub(super) fn is_value(name: &str) -> bool {
    matches!(
        name,
        "Value"
            | "value"
            | "Values"
            | "values"
            | "ValueFrom"
            | "HeaderValue"
            | "ParameterValue"
            | "TagValue"
            | "StringValue"
    )
}

/// The names that a pair gives its value.
pub(super) fn of_pair(map: &Map<String, Value>) -> impl Iterator<Item = &str> {
    const NAMES: [&str; 9] = [
        "HeaderName",
        "Key",
        "key",
        "Name",
        "name",
        "OptionName",
        "ParameterKey",
        "ParameterName",
        "TagKey",
    ];
    NAMES.iter().filter_map(|name| map.get(*name)?.as_str())
}
