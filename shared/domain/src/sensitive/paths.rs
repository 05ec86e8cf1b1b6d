//! Secrets in a path: the key of a map, or what an element of a list is selected by.

use serde_json::Value;

use super::{looks, names};
use crate::conceal::HashKey;

/// How many digits of its keyed hash tell one hidden part of a path from others.
const DIGITS: usize = 12;

/// What those digits stand behind.
const HIDDEN: &str = "hidden:";

/// A path as it is stored and shown: each part that is itself a secret is
/// `hidden:` and 12 digits of its keyed hash. The same secret is the same
/// part under one key, so that a path still says which one it is.
#[must_use]
pub fn shown_path(path: &str, key: &HashKey) -> String {
    let mut segments = split(path).into_iter();
    let mut shown = segments.next().unwrap_or_default().to_owned();
    for segment in segments {
        shown.push('/');
        shown.push_str(&shown_segment(segment, key));
    }
    shown
}

/// The segments of a path, escaped as they are. A `/` between quotes of a selector separates nothing.
fn split(path: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let (mut start, mut is_selector, mut is_quoted, mut is_escaped) = (0, false, false, false);
    for (at, it) in path.char_indices() {
        match it {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' if is_selector => is_quoted = !is_quoted,
            '[' => is_selector = true,
            ']' if !is_quoted => is_selector = false,
            '/' if !is_quoted => {
                segments.push(&path[start..at]);
                start = at + 1;
                is_selector = false;
            }
            _ => {}
        }
    }
    segments.push(&path[start..]);
    segments
}

fn shown_segment(segment: &str, key: &HashKey) -> String {
    let hidden = |text: &str| {
        let hash = key.hash(&Value::from(text));
        let digits = hash.trim_start_matches("v1:").get(..DIGITS);
        format!("{HIDDEN}{}", digits.unwrap_or_default())
    };
    let plain = segment.replace("~1", "/").replace("~0", "~");
    let Some((base, selector)) = segment.split_once('[').filter(|(_, it)| it.ends_with(']')) else {
        return if is_secret(&plain) {
            hidden(&plain)
        } else {
            segment.to_owned()
        };
    };
    let selector = selector.trim_end_matches(']');
    let pairs: Vec<String> = pairs(selector)
        .into_iter()
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if is_selected_secret(name, value.trim_matches('"')) => {
                format!("{name}={}", hidden(value))
            }
            None if is_secret(pair) => hidden(pair),
            _ => pair.to_owned(),
        })
        .collect();
    let base = if is_secret(base) {
        hidden(base)
    } else {
        base.to_owned()
    };
    format!("{base}[{}]", pairs.join(","))
}

/// The pairs of a selector; a `,` between quotes separates nothing.
fn pairs(selector: &str) -> Vec<&str> {
    let mut pairs = Vec::new();
    let (mut start, mut is_quoted, mut is_escaped) = (0, false, false);
    for (at, it) in selector.char_indices() {
        match it {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                pairs.push(&selector[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pairs.push(&selector[start..]);
    pairs
}

/// Whether what an element is selected by is a secret. `Key` and `name` name the element.
fn is_selected_secret(name: &str, value: &str) -> bool {
    let is_hidden = value
        .strip_prefix(HIDDEN)
        .is_some_and(|it| it.len() == DIGITS && it.bytes().all(|it| it.is_ascii_hexdigit()));
    let is_name = name.eq_ignore_ascii_case("key") || name.eq_ignore_ascii_case("name");
    let is_named = !is_name && names::says_sensitive(name) && !names::is_arn(value);
    // A grant's id is 64 random digits that grant nobody anything, and the only name it has.
    let is_grant = name == "GrantId" && value.bytes().all(|it| it.is_ascii_hexdigit());
    !is_hidden && !is_grant && (is_named || is_secret(value))
}

/// Whether the key of a map is itself a secret.
pub(super) fn is_secret(key: &str) -> bool {
    looks::is_secret(key, &[])
}
