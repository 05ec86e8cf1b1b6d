//! What one object has changed, added or lost against another.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::path::{Path, Step};
use super::set::Set;
use super::walk::step_of;
use crate::schema::{Items, ListRule, Node, View};

/// The differences between two objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) added: Set,
    pub(crate) changed: Set,
    pub(crate) removed: Set,
}

impl Comparison {
    /// The same without these fields and all that is inside of them.
    pub(crate) fn without(self, ignored: &Set) -> Self {
        Self {
            added: self.added.difference_below(ignored),
            changed: self.changed.difference_below(ignored),
            removed: self.removed.difference_below(ignored),
        }
    }
}

/// Compares an object with one that came before it.
pub(crate) fn compare(node: &Node, before: &Value, after: &Value) -> Comparison {
    let mut found = Comparison::default();
    at(
        node,
        (Some(before), Some(after)),
        &mut Vec::new(),
        &mut found,
    );
    found
}

type Pair<'a> = (Option<&'a Value>, Option<&'a Value>);

fn at(node: &Node, pair: Pair<'_>, path: &mut Path, found: &mut Comparison) {
    let is_leaf = match node.view() {
        View::Scalar(_) | View::Raw | View::Map(_, true) => true,
        View::Struct(own) if own.atomic => true,
        View::List(list) if list.rule == ListRule::Atomic => true,
        View::Untyped => {
            let object = |value: Option<&Value>| value.is_some_and(|it| !it.is_object());
            object(pair.0) || object(pair.1)
        }
        View::List(_) | View::Struct(_) | View::Map(..) => false,
    };
    // Nothing inside of either: what differs is whether they are there, null or empty.
    if is_leaf || (is_bare(pair.0) && is_bare(pair.1)) {
        leaf(pair, path, found);
        return;
    }
    match node.view() {
        View::List(list) => items(list, pair, path, found),
        _ => fields(node, pair, path, found),
    }
    match pair {
        (None, _) => found.added.insert(path),
        (_, None) => found.removed.insert(path),
        _ => {}
    }
}

fn is_bare(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(_) => false,
    }
}

fn leaf(pair: Pair<'_>, path: &[Step], found: &mut Comparison) {
    match pair {
        (None, _) => found.added.insert(path),
        (_, None) => found.removed.insert(path),
        (Some(before), Some(after)) if !equal(before, after) => found.changed.insert(path),
        _ => {}
    }
}

fn fields(node: &Node, pair: Pair<'_>, path: &mut Path, found: &mut Comparison) {
    let empty = Map::new();
    let of = |value: Option<&'_ Value>| -> Map<String, Value> {
        value.and_then(Value::as_object).unwrap_or(&empty).clone()
    };
    let (before, after) = (of(pair.0), of(pair.1));
    let lost = before.keys().filter(|name| !after.contains_key(*name));
    for name in after.keys().chain(lost) {
        path.push(Step::field(name));
        let inner = node.child(name).unwrap_or(&Node::Any);
        at(inner, (before.get(name), after.get(name)), path, found);
        path.pop();
    }
}

fn items(list: &Items, pair: Pair<'_>, path: &mut Path, found: &mut Comparison) {
    let (before, after) = (by_step(list, pair.0), by_step(list, pair.1));
    let lost = before.keys().filter(|step| !after.contains_key(*step));
    for step in after.keys().chain(lost) {
        path.push(step.clone());
        let pair = (before.get(step).copied(), after.get(step).copied());
        at(&list.node, pair, path, found);
        path.pop();
    }
}

fn by_step<'a>(list: &Items, value: Option<&'a Value>) -> BTreeMap<Step, &'a Value> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|item| Some((step_of(list, item)?, item)))
        .collect()
}

/// Whether two values are the same; numbers by what they count.
pub(crate) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let same = |(name, a): (&String, &Value)| b.get(name).is_some_and(|b| equal(a, b));
            a.len() == b.len() && a.iter().all(same)
        }
        _ => one == other,
    }
}
