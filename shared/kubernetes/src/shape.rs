//! Whether what is desired is contained in what is there, by meaning.
//!
//! "Contained" is said only where it is certain. Whatever is not leaves a
//! [`Mismatch`], and the API server decides by a dry run what it means.

use std::collections::{BTreeMap, HashMap};

use domain::difference::DifferenceKind;
use serde_json::{Map, Value};

use crate::find;
use crate::known;
use crate::meaning::{Meaning, compare};
use crate::normal::{is_of_server, present};
use crate::path::{Path, Segment};
use crate::schema::Node;

/// A place at which two objects disagree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mismatch<'a> {
    /// Where.
    pub(crate) path: Path,
    /// How.
    pub(crate) kind: DifferenceKind,
    /// What should be there.
    pub(crate) expected: Option<&'a Value>,
    /// What is there.
    pub(crate) actual: Option<&'a Value>,
    /// Whether the place is within something that is one value to the server:
    /// what is more there than expected is a difference too.
    pub(crate) inside: bool,
}

/// What two objects disagree about.
#[derive(Debug, Default)]
pub(crate) struct Mismatches<'a> {
    /// The places.
    pub(crate) places: Vec<Mismatch<'a>>,
    /// How often each rule recognised that both sides mean the same.
    pub(crate) same_meaning: BTreeMap<&'static str, u64>,
}

/// Whether what is more on the actual side counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extras {
    /// Only within what is one value to the server.
    WithinValues,
    /// Everywhere.
    Everywhere,
}

/// Compares an object with what should be there. `kind` is its type as reports name it.
#[must_use]
pub(crate) fn mismatches<'a>(
    expected: &'a Value,
    actual: &'a Value,
    node: Node<'_>,
    (kind, extras): (&str, Extras),
) -> Mismatches<'a> {
    let mut walk = Walk {
        kind,
        extras,
        out: Mismatches::default(),
    };
    let root = Place {
        node,
        path: Path::root(),
        inside: false,
    };
    walk.values(expected, actual, &root);
    walk.out
}

struct Walk<'k, 'a> {
    kind: &'k str,
    extras: Extras,
    out: Mismatches<'a>,
}

struct Place<'s> {
    node: Node<'s>,
    path: Path,
    inside: bool,
}

impl<'s> Place<'s> {
    fn key(&self, key: &str) -> Place<'s> {
        Place {
            node: self.node.child(key),
            path: self.path.key(key),
            inside: self.inside,
        }
    }

    fn item(&self, segment: Segment) -> Place<'s> {
        Place {
            node: self.node.items(),
            path: self.path.then(segment),
            inside: self.inside,
        }
    }
}

impl<'a> Walk<'_, 'a> {
    fn values(&mut self, expected: &'a Value, actual: &'a Value, place: &Place<'_>) {
        match (expected, actual) {
            (Value::Object(expected), Value::Object(actual)) => self.maps(expected, actual, place),
            (Value::Array(expected_items), Value::Array(actual_items)) => {
                if expected == actual {
                    return;
                }
                self.lists((expected, expected_items), (actual, actual_items), place);
            }
            _ => match compare(expected, actual, &place.node) {
                Meaning::Equal => {}
                Meaning::Same(rule) => self.same(rule),
                Meaning::Different => self.changed(expected, actual, place),
            },
        }
    }

    fn maps(
        &mut self,
        expected: &'a Map<String, Value>,
        actual: &'a Map<String, Value>,
        place: &Place<'_>,
    ) {
        let parent = match place.path.0.as_slice() {
            [] => Some(None),
            [Segment::Key(key)] => Some(Some(key.as_str())),
            _ => None,
        };
        let skipped = |key: &str| parent.is_some_and(|it| is_of_server(it, key));
        let inside = place.inside || place.node.is_atomic_map();
        for (key, value) in expected {
            // Most of an object is as it should be: equal values need no place to stand at.
            if skipped(key) || actual.get(key) == Some(value) {
                continue;
            }
            let mut below = place.key(key);
            below.inside = inside;
            if value.is_null() && !below.node.is_nullable() {
                continue;
            }
            match actual.get(key) {
                Some(there) if !there.is_null() || below.node.is_nullable() => {
                    self.values(value, there, &below);
                }
                _ if value.is_null() => self.same("empty-absent"),
                // The server keeps no empty text of its own types where absence means the same.
                _ if is_empty_text(value) && place.node.default_of(key) == Some(value) => {
                    self.same("empty-absent");
                }
                _ => self.missing(value, &below),
            }
        }
        if !inside && self.extras == Extras::WithinValues {
            return;
        }
        for (key, value) in actual {
            if skipped(key) || value.is_null() || present(expected, key).is_some() {
                continue;
            }
            let mut below = place.key(key);
            below.inside = inside;
            if below.node.is_nullable() && expected.contains_key(key) {
                continue;
            }
            self.extra(value, &below, place.node.default_of(key));
        }
    }

    fn lists(
        &mut self,
        (expected, expected_items): (&'a Value, &'a [Value]),
        (actual, actual_items): (&'a Value, &'a [Value]),
        place: &Place<'_>,
    ) {
        let known = (
            find::members(expected_items, &place.node),
            find::members(actual_items, &place.node),
        );
        if let (Some(expected_items), Some(actual_items)) = known {
            return self.members((expected, &expected_items), (actual, &actual_items), place);
        }
        let is_same_length = expected_items.len() == actual_items.len();
        if is_same_length && known::is_unordered(self.kind, &place.path) {
            let is_same = self.is_permutation(expected_items, actual_items, place);
            if is_same {
                return self.same("list-order");
            }
        }
        if !is_same_length {
            return self.changed(expected, actual, place);
        }
        for (index, (one, other)) in expected_items.iter().zip(actual_items).enumerate() {
            let mut below = place.item(Segment::Index(index));
            below.inside = true;
            self.values(one, other, &below);
        }
    }

    fn members(
        &mut self,
        (expected, wanted): (&'a Value, &[(Segment, &'a Value)]),
        (actual, have): (&'a Value, &[(Segment, &'a Value)]),
        place: &Place<'_>,
    ) {
        let name = |segment: &Segment| Path(vec![segment.clone()]).to_string();
        let there: HashMap<String, (usize, &'a Value)> = have
            .iter()
            .enumerate()
            .map(|(at, (segment, value))| (name(segment), (at, *value)))
            .collect();
        let mut order = Vec::new();
        for (segment, value) in wanted {
            let below = place.item(segment.clone());
            match there.get(&name(segment)) {
                Some((at, actual)) => {
                    order.push(*at);
                    self.values(value, actual, &below);
                }
                None => self.missing(value, &below),
            }
        }
        if !order.is_sorted() {
            if known::is_ordered(&place.path) {
                self.changed(expected, actual, place);
            } else {
                self.same("list-order");
            }
        }
        if place.inside || self.extras == Extras::Everywhere {
            for (segment, value) in have {
                if wanted.iter().all(|(it, _)| it != segment) {
                    self.extra(value, &place.item(segment.clone()), None);
                }
            }
        }
    }

    fn is_permutation(&self, one: &[Value], other: &[Value], place: &Place<'_>) -> bool {
        let mut left: Vec<&Value> = other.iter().collect();
        one.iter().all(|value| {
            let found = left.iter().position(|it| {
                mismatches(value, it, place.node.items(), ("", Extras::Everywhere))
                    .places
                    .is_empty()
            });
            found.map(|at| left.swap_remove(at)).is_some()
        })
    }

    /// Something desired is not there.
    fn missing(&mut self, value: &'a Value, place: &Place<'_>) {
        if is_empty_collection(value, &place.node) {
            return self.same("empty-absent");
        }
        if known::is_shared(self.kind, &place.path) {
            for (segment, value) in parts(value, &place.node) {
                self.missing(value, &place.below(segment));
            }
            return;
        }
        self.push(DifferenceKind::Removed, (Some(value), None), place);
    }

    /// Something is there that is not desired.
    fn extra(&mut self, value: &'a Value, place: &Place<'_>, default: Option<&Value>) {
        if is_empty_collection(value, &place.node) {
            return;
        }
        if default.is_some_and(|it| compare(it, value, &place.node) != Meaning::Different) {
            return;
        }
        self.push(DifferenceKind::Added, (None, Some(value)), place);
    }

    fn changed(&mut self, expected: &'a Value, actual: &'a Value, place: &Place<'_>) {
        self.push(
            DifferenceKind::Changed,
            (Some(expected), Some(actual)),
            place,
        );
    }

    fn push(
        &mut self,
        kind: DifferenceKind,
        (expected, actual): (Option<&'a Value>, Option<&'a Value>),
        place: &Place<'_>,
    ) {
        self.out.places.push(Mismatch {
            path: place.path.clone(),
            kind,
            expected,
            actual,
            inside: place.inside,
        });
    }

    fn same(&mut self, rule: &'static str) {
        *self.out.same_meaning.entry(rule).or_default() += 1;
    }
}

impl<'s> Place<'s> {
    fn below(&self, segment: Segment) -> Place<'s> {
        match &segment {
            Segment::Key(key) => self.key(key),
            _ => self.item(segment),
        }
    }
}

fn is_empty_text(value: &Value) -> bool {
    value.as_str().is_some_and(str::is_empty)
}

/// Whether a value is a list or a map that says no more than its absence. An
/// empty struct may say more: `emptyDir: {}`, `namespaceSelector: {}`.
pub(crate) fn is_empty_collection(value: &Value, node: &Node<'_>) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty() && node.is_free_map(),
        _ => false,
    }
}

/// The entries of a map or the items of a keyed list or set, each with the step that leads to it.
pub(crate) fn parts<'a>(value: &'a Value, node: &Node<'_>) -> Vec<(Segment, &'a Value)> {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (Segment::Key(key.clone()), value))
            .collect(),
        Value::Array(items) => find::members(items, node).unwrap_or_default(),
        _ => Vec::new(),
    }
}
