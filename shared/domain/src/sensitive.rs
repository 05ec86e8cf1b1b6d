//! Which values are sensitive by default.
//!
//! A value is sensitive by its place (environments, user data, the data of a
//! Secret), by its name or the name beside it (`DbPassword`, a tag `api_key`),
//! or by its look (a private key, a token, a URL with a password). In doubt it
//! is: a value hidden too many costs a line in `show:`, one too few is a leak.
//!
//! The value of an SSM parameter has no place of its own in this list. A
//! `SecureString` cannot be made by CloudFormation, and a `String` is where
//! teams keep plain settings; hiding each of them would leave a drift of
//! `/Value` that says nothing. Its `Name` stands beside it and counts like a
//! tag's key, so `/prod/db/password` is hidden, and so is what looks secret.

mod looks;
mod names;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

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
    let beside = Beside::of(&difference.path, expected, actual);
    let is_hidden = |value: &Value| {
        place.is_sensitive(value) || place.is_named_sensitive(value, &beside.siblings)
    };
    let sides = [&difference.expected, &difference.actual];
    sides.iter().copied().flatten().any(is_hidden)
        || beside.is_sensitive()
        || sides
            .iter()
            .copied()
            .flatten()
            .any(|value| place.holds_sensitive(value, beside.name.as_deref()))
}

/// What stands beside a value in the two trees.
struct Beside {
    /// The names of its siblings, in either tree.
    siblings: Vec<String>,
    /// The names of the pairs that it is the value of, in either tree.
    pairs: Vec<String>,
    /// One of them, to judge the value's look by.
    name: Option<String>,
}

impl Beside {
    fn of(path: &str, expected: &Value, actual: &Value) -> Self {
        let mut beside = Self {
            siblings: Vec::new(),
            pairs: Vec::new(),
            name: None,
        };
        // Every container on the way: a value may lie deep in a pair's value.
        for (at, _) in path.match_indices('/') {
            let (container, rest) = path.split_at(at);
            let member = pointer::segments(rest).next().unwrap_or_default();
            for map in [expected, actual]
                .into_iter()
                .filter_map(|tree| pointer::get(tree, container)?.as_object())
            {
                if names::is_value(&member) {
                    beside.pairs.extend(names::of_pair(map).map(str::to_owned));
                }
                if !rest[1..].contains('/') {
                    beside.siblings.extend(map.keys().cloned());
                }
            }
        }
        beside.name = beside.pairs.last().cloned();
        beside
    }

    fn is_sensitive(&self) -> bool {
        self.pairs.iter().any(|name| names::says_sensitive(name))
    }
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
            return self
                .segments
                .iter()
                .any(|segment| names::base(segment) == "UserData");
        }
        let bases = || self.segments.iter().map(|segment| names::base(segment));
        let is_secret = self.resource_type == "v1/Secret"
            && bases()
                .next()
                .is_some_and(|base| matches!(base, "data" | "stringData" | "binaryData"));
        is_secret
            || bases().any(|base| {
                base == "UserData" || base == "kubectl.kubernetes.io/last-applied-configuration"
            })
            || self.is_in_environment()
    }

    /// Whether a leaf is the value of an environment variable: `env[name=A]/value`,
    /// `Environment/0/Value`, `Environment/Variables/A`, `Environment/A`.
    fn is_in_environment(&self) -> bool {
        let bases: Vec<&str> = self.segments.iter().map(|it| names::base(it)).collect();
        let is_environment = |base: &&str| match *base {
            // A build project's environment is its machine; the variables are below.
            "Environment" => self.resource_type != "AWS::CodeBuild::Project",
            other => matches!(
                other,
                "EnvironmentVariables" | "RuntimeEnvironmentVariables" | "env"
            ),
        };
        let Some(at) = bases.iter().position(is_environment) else {
            return false;
        };
        match &bases[at + 1..] {
            [] => false,
            [.., leaf] if bases[at] == "env" => *leaf == "value",
            // The other members of a variable in a list.
            [.., index, "Name" | "Type"] => !is_index(index),
            _ => true,
        }
    }

    /// Whether one of the names on the way says so. `siblings` are the names beside the last.
    fn is_named_sensitive(&self, value: &Value, siblings: &[String]) -> bool {
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
                }
        })
    }

    /// Whether the place is the `Key` of a list's item: the key of a tag, and itself a name.
    fn is_key_of_an_item(&self) -> bool {
        matches!(self.segments.as_slice(), [.., item, key]
            if key.eq_ignore_ascii_case("key") && is_index(item))
    }

    /// Whether anything in a value is sensitive. `name` is the name of the pair
    /// that the value belongs to, where it belongs to one.
    fn holds_sensitive(&mut self, value: &Value, name: Option<&str>) -> bool {
        if self.segments.len() > DEEPEST || self.is_sensitive(value) {
            return true;
        }
        match value {
            Value::Object(map) => map
                .iter()
                .any(|(key, member)| self.member(map, key, member, name)),
            Value::Array(items) => items.iter().enumerate().any(|(at, item)| {
                self.segments.push(at.to_string());
                let sensitive = self.holds_sensitive(item, name);
                self.segments.pop();
                sensitive
            }),
            Value::String(text) => {
                let inner = looks::document(text);
                let inner = inner.is_some_and(|inner| {
                    // One deeper, so that texts within texts end.
                    self.segments.push("0".to_owned());
                    let sensitive = self.holds_sensitive(&inner, name);
                    self.segments.pop();
                    sensitive
                });
                inner || looks::is_secret(text, &self.names(name))
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
        let siblings = map.keys().map(String::as_str);
        if names::is_sensitive_of(key, member, siblings) {
            return true;
        }
        let pair = names::is_value(key)
            .then(|| names::of_pair(map).next())
            .flatten();
        if pair.is_some_and(names::says_sensitive) {
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
