//! Which values are sensitive by default.
//!
//! A value is sensitive by its place (environments, user data, the data of a
//! Secret), by its name or the name beside it (`DbPassword`, a tag `api_key`),
//! or by its look (a private key, a token, a URL with a password, the argument
//! behind `--password`). In doubt it is: a value hidden too many costs a line in
//! `show:`, one too few is a leak. What only says where a secret lies is none: an
//! ARN, a dynamic reference of CloudFormation (`{{resolve:…}}`).
//!
//! The value of an SSM parameter has no place of its own in this list. A
//! `SecureString` cannot be made by CloudFormation, and a `String` is where
//! teams keep plain settings; hiding each of them would leave a drift of
//! `/Value` that says nothing. Its `Name` stands beside it and counts like a
//! tag's key, so `/prod/db/password` is hidden, and so is what looks secret.

mod assigned;
mod commands;
mod looks;
mod names;
mod outline;
mod paths;
mod places;
mod random;
#[cfg(test)]
mod tests;
mod tokens;
mod urls;
mod walk;

use std::ops::Range;

use serde_json::{Map, Value};

pub use self::paths::shown_path;
use crate::difference::RawDifference;
use crate::pointer;

/// How deep values are searched, texts within texts included. What lies deeper is sensitive unseen.
const DEEPEST: usize = 200;

/// Whether a difference's values may not be shown. `expected` and `actual` are
/// all that code says of the resource and all that is there: a value's name
/// may stand beside it (the key of a tag, the name of a variable).
///
/// It is sensitive if anything in it is, at any depth, JSON in text included.
#[must_use]
pub fn is_sensitive(
    resource_type: &str,
    difference: &RawDifference,
    expected: &Value,
    actual: &Value,
) -> bool {
    let mut place = Place {
        resource_type,
        segments: pointer::segments(&difference.path).collect(),
    };
    let beside = Beside::of(resource_type, &difference.path, expected, actual);
    let sides = || {
        [&difference.expected, &difference.actual]
            .into_iter()
            .flatten()
            // Nothing is hidden in a reference, wherever it stands.
            .filter(|value| !value.as_str().is_some_and(names::is_reference))
    };
    sides().any(|value| {
        place.is_sensitive(value)
            || place.is_named_sensitive(value, &beside.siblings)
            || beside.is_sensitive(value)
    }) || sides().any(|value| place.holds_sensitive(value, beside.name.as_deref()))
}

/// Where in a text of somebody else's (the reason of a failure, say) secrets
/// stand: sorted, apart from each other, on the boundaries of characters.
pub(crate) fn in_text(text: &str) -> Vec<Range<usize>> {
    looks::secrets(text, &[])
}

/// What stands beside a value in the two trees.
struct Beside {
    /// The names of its siblings, in either tree.
    siblings: Vec<String>,
    /// The names of the pairs that it is the value of, in either tree.
    pairs: Vec<String>,
    /// One of them, to judge the value's look by.
    name: Option<String>,
    /// Whether its neighbours make a secret of it: the flag in front of an argument, the namespace of an option.
    is_told: bool,
}

impl Beside {
    fn of(resource_type: &str, path: &str, expected: &Value, actual: &Value) -> Self {
        let mut beside = Self {
            siblings: Vec::new(),
            pairs: Vec::new(),
            name: None,
            is_told: false,
        };
        // Every container on the way: a value may lie deep in a pair's value.
        for (at, _) in path.match_indices('/') {
            let (container, rest) = path.split_at(at);
            let member = pointer::segments(rest).next().unwrap_or_default();
            for container in [expected, actual]
                .into_iter()
                .filter_map(|tree| walk::at(tree, container))
            {
                match container {
                    Value::Object(map) => {
                        if names::is_value(&member) {
                            beside.pairs.extend(names::of_pair(map).map(str::to_owned));
                        }
                        if !rest[1..].contains('/') {
                            beside.siblings.extend(map.keys().cloned());
                        }
                        beside.is_told |= places::is_beside(resource_type, &member, map);
                    }
                    Value::Array(items) => {
                        beside.is_told |= member
                            .parse()
                            .is_ok_and(|at| secret_arguments(items).contains(&at));
                    }
                    _ => {}
                }
            }
        }
        beside.name = beside.pairs.last().cloned();
        beside
    }

    fn is_sensitive(&self, value: &Value) -> bool {
        self.is_told
            || self
                .pairs
                .iter()
                .any(|name| names::says_sensitive(name) && !is_address(value))
    }
}

/// The places of those items of a list that are secrets of a command line.
fn secret_arguments(items: &[Value]) -> Vec<usize> {
    let words: Vec<&str> = items
        .iter()
        .map(|it| it.as_str().unwrap_or_default())
        .collect();
    commands::in_list(&words)
}

/// Whether a value is an ARN: a name may say of what, as `SecretArn` does.
fn is_address(value: &Value) -> bool {
    value.as_str().is_some_and(names::is_arn)
}

/// Where a value stands.
struct Place<'a> {
    resource_type: &'a str,
    segments: Vec<String>,
}

impl Place<'_> {
    /// Whether the place itself is one for sensitive values.
    fn is_sensitive(&self, value: &Value) -> bool {
        if value.is_object() || value.is_array() {
            // The leaves decide: an environment as a whole may hold no value.
            return places::is_sensitive_as_a_whole(&self.segments);
        }
        places::is_sensitive(self.resource_type, &self.segments)
    }

    /// Whether one of the names on the way says so. `siblings` are the names beside the last.
    fn is_named_sensitive(&self, value: &Value, siblings: &[String]) -> bool {
        if self.is_in_a_condition() {
            return false;
        }
        let last = self.segments.len().saturating_sub(1);
        self.segments.iter().enumerate().any(|(at, segment)| {
            names::selected(segment).any(names::says_sensitive)
                || if at == last && self.is_key_of_an_item() {
                    false
                } else if at == last {
                    let siblings = siblings.iter().map(String::as_str);
                    names::is_sensitive_of(names::base(segment), value, siblings)
                } else {
                    names::says_sensitive(names::base(segment))
                        && !names::base(segment).eq_ignore_ascii_case("key")
                        && !is_address(value)
                }
        })
    }

    /// Whether the place is in the condition of a policy's statement. Its keys are names of what is
    /// asked for (`secretsmanager:SecretId`, `aws:PrincipalTag/api-key`), and who reads a policy must see them.
    fn is_in_a_condition(&self) -> bool {
        self.segments.iter().any(|segment| segment == "Condition")
    }

    /// Whether the place is the `Key` of a list's item: the key of a tag, and itself a name.
    fn is_key_of_an_item(&self) -> bool {
        matches!(self.segments.as_slice(), [.., item, key]
            if key.eq_ignore_ascii_case("key") && is_index(item))
    }

    /// Whether anything in a value is sensitive. `name` is the name of the pair
    /// that the value belongs to, where it belongs to one.
    fn holds_sensitive(&mut self, value: &Value, name: Option<&str>) -> bool {
        if value.as_str().is_some_and(names::is_reference) {
            return false;
        }
        if self.segments.len() > DEEPEST || self.is_sensitive(value) {
            return true;
        }
        match value {
            Value::Object(map) => map
                .iter()
                .any(|(key, member)| self.member(map, key, member, name)),
            Value::Array(items) => {
                !secret_arguments(items).is_empty()
                    || items.iter().enumerate().any(|(at, item)| {
                        self.segments.push(at.to_string());
                        let sensitive = self.holds_sensitive(item, name);
                        self.segments.pop();
                        sensitive
                    })
            }
            Value::String(text) => {
                let inner = looks::document(text);
                let inner_is = inner.as_ref().is_some_and(|inner| {
                    // One deeper, so that texts within texts end.
                    self.segments.push("0".to_owned());
                    let sensitive = self.holds_sensitive(inner, name);
                    self.segments.pop();
                    sensitive
                });
                // A document was looked through; its text as such says nothing more.
                inner_is || inner.is_none() && looks::is_secret(text, &self.names(name))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn member(
        &mut self,
        map: &Map<String, Value>,
        key: &str,
        member: &Value,
        name: Option<&str>,
    ) -> bool {
        if paths::is_secret(key) {
            return true;
        }
        if member.as_str().is_some_and(names::is_reference) {
            return false;
        }
        let is_condition = self.is_in_a_condition();
        let siblings = map.keys().map(String::as_str);
        if !is_condition && names::is_sensitive_of(key, member, siblings)
            || places::is_beside(self.resource_type, key, map)
        {
            return true;
        }
        let pair = names::is_value(key)
            .then(|| names::of_pair(map).next())
            .flatten();
        if pair.is_some_and(names::says_sensitive) && !is_address(member) {
            return true;
        }
        self.segments.push(key.to_owned());
        let sensitive = self.holds_sensitive(member, pair.or(name));
        self.segments.pop();
        sensitive
    }

    /// The names that a value's look is judged by.
    fn names<'n>(&'n self, pair: Option<&'n str>) -> Vec<&'n str> {
        let nearest = self.segments.iter().rev().find(|it| !is_index(it));
        nearest
            .map(|segment| names::base(segment))
            .into_iter()
            .chain(pair)
            .collect()
    }
}

fn is_index(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}
