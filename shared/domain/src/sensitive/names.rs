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
    !is_of_a_reference(&lower) && (says(name, &lower) || is_secret_key(&lower))
}

/// Whether a name holds one of the words, or ends in a short one for the same.
fn says(name: &str, lower: &str) -> bool {
    const ENDS: [&str; 7] = [
        "pass",
        "pwd",
        "pw",
        "psk",
        "passcode",
        "storepass",
        "keypass",
    ];
    WORDS.iter().any(|word| lower.contains(word))
        || ENDS.contains(&last_word(name).as_str())
        || lower == "authorization"
        || lower.ends_with(".authorization")
        || lower == "proxy-authorization"
}

/// The last word of a name, in lower case: `pass` of `DbPass`, `DB_PASS` and `db-pass2`.
fn last_word(name: &str) -> String {
    let name = name.trim_end_matches(|it: char| !it.is_ascii_alphabetic());
    let start = name
        .char_indices()
        .rev()
        .find_map(|(at, it)| {
            let rest = at + it.len_utf8();
            let is_start = it.is_ascii_uppercase()
                && name[rest..].starts_with(|it: char| it.is_ascii_lowercase());
            match () {
                () if !it.is_ascii_alphanumeric() => Some(rest),
                () if is_start => Some(at),
                () => None,
            }
        })
        .unwrap_or_default();
    name[start..].to_lowercase()
}

/// Whether a name is that of an id or address, which may look random.
pub(super) fn is_id(name: &str) -> bool {
    const ENDS: [&str; 6] = ["id", "ids", "arn", "arns", "audience", "audiences"];
    ENDS.contains(&last_word(name).as_str()) || name.ends_with("ID") || name.ends_with("IDs")
}

/// Names that hold one of the words and are those of somebody who issues tokens.
pub(super) fn is_of_a_reference(name: &str) -> bool {
    name.to_lowercase()
        .contains("token.actions.githubusercontent.com")
}

/// Whether a text is a dynamic reference of CloudFormation, which says where a value lies.
pub(super) fn is_reference(text: &str) -> bool {
    text.strip_prefix("{{resolve:").is_some_and(|rest| {
        rest.find("}}")
            .is_some_and(|end| end + 2 == rest.len() && !rest[..end].contains(char::is_whitespace))
    })
}

/// Whether a text is one ARN, and no more.
pub(super) fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, account, rest]
        if partition.starts_with("aws")
            && !service.is_empty()
            && account.bytes().all(|it| it.is_ascii_digit() || it.is_ascii_lowercase())
            && !rest.is_empty()
            && !text.contains(char::is_whitespace))
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
    if is_of_a_reference(&lower) {
        return false;
    }
    if says(name, &lower) {
        return !value.as_str().is_some_and(is_arn);
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
            | "AttributeValue"
    )
}

/// The names that a pair gives its value.
pub(super) fn of_pair(map: &Map<String, Value>) -> impl Iterator<Item = &str> {
    const NAMES: [&str; 11] = [
        "AttributeName",
        "HeaderName",
        "HttpHeaderName",
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
