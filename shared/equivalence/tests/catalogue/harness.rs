//! Differences as CloudFormation makes them out of two property trees.

use domain::difference::{DifferenceKind, RawDifference};
use domain::judge::{Comparison, Equivalences as _, Suppression};
use domain::layer::Layer;
use domain::pointer;
use equivalence::Catalogue;
use serde_json::Value;

/// How lists are compared. AWS documents neither, so the rules have to stand both.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lists {
    /// Index by index.
    ByIndex,
    /// Equal items pair wherever they stand; of the rest, items of one `Key` or one index.
    ByPartner,
}

pub(crate) const BOTH: [Lists; 2] = [Lists::ByIndex, Lists::ByPartner];

/// All differences of two trees, the deepest node each, values from the trees at the path.
pub(crate) fn differences(expected: &Value, actual: &Value, lists: Lists) -> Vec<RawDifference> {
    let mut found = Vec::new();
    compare((expected, actual), "", lists, &mut found);
    found
        .into_iter()
        .map(|(path, kind)| difference(expected, actual, &path, kind))
        .collect()
}

fn difference(expected: &Value, actual: &Value, path: &str, kind: DifferenceKind) -> RawDifference {
    let side = |tree| Some(pointer::get(tree, path).cloned().unwrap_or(Value::Null));
    RawDifference {
        entry: None,
        path: path.to_owned(),
        kind,
        expected: side(expected).filter(|_| kind != DifferenceKind::Added),
        actual: side(actual).filter(|_| kind != DifferenceKind::Removed),
        potential: false,
        attribution: None,
        cause: None,
    }
}

type Found = Vec<(String, DifferenceKind)>;

fn compare((expected, actual): (&Value, &Value), path: &str, lists: Lists, found: &mut Found) {
    match (expected, actual) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one {
                let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                match other.get(key) {
                    Some(there) => compare((value, there), &path, lists, found),
                    None => found.push((path, DifferenceKind::Removed)),
                }
            }
            for key in other.keys().filter(|key| !one.contains_key(*key)) {
                let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                found.push((path, DifferenceKind::Added));
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for (from, to) in pairs(one, other, lists) {
                match (from, to) {
                    (Some(from), Some(to)) => {
                        let path = format!("{path}/{from}");
                        compare((&one[from], &other[to]), &path, lists, found);
                    }
                    (Some(from), None) => {
                        found.push((format!("{path}/{from}"), DifferenceKind::Removed));
                    }
                    (None, Some(to)) => {
                        found.push((format!("{path}/{to}"), DifferenceKind::Added));
                    }
                    (None, None) => {}
                }
            }
        }
        _ if expected == actual => {}
        _ => found.push((path.to_owned(), DifferenceKind::Changed)),
    }
}

fn pairs(one: &[Value], other: &[Value], lists: Lists) -> Vec<(Option<usize>, Option<usize>)> {
    if matches!(lists, Lists::ByIndex) {
        return (0..one.len().max(other.len()))
            .map(|at| (one.get(at).map(|_| at), other.get(at).map(|_| at)))
            .collect();
    }
    let mut free: Vec<usize> = (0..other.len()).collect();
    let mut take = |wanted: &dyn Fn(usize) -> bool| {
        let at = free.iter().position(|to| wanted(*to))?;
        Some(free.remove(at))
    };
    let alone: Vec<usize> = (0..one.len())
        .filter(|from| take(&|to| other[to] == one[*from]).is_none())
        .collect();
    let mut pairs = Vec::new();
    for from in alone {
        let key = one[from].get("Key");
        let partner = take(&|to| match key {
            Some(key) => other[to].get("Key") == Some(key),
            None => to == from,
        });
        pairs.push((Some(from), partner));
    }
    pairs.extend(free.into_iter().map(|to| (None, Some(to))));
    pairs
}

/// What the catalogue says of one difference of two trees.
pub(crate) fn ask(
    resource_type: &str,
    expected: &Value,
    actual: &Value,
    difference: &RawDifference,
) -> Option<Suppression> {
    Catalogue::all().recognise(&Comparison {
        layer: Layer::CloudFormation,
        resource_type,
        difference,
        expected,
        actual,
    })
}

/// What the catalogue says of a difference at a path; its kind follows from the trees.
pub(crate) fn at(
    resource_type: &str,
    path: &str,
    expected: &Value,
    actual: &Value,
) -> Option<Suppression> {
    let kind = match (pointer::get(expected, path), pointer::get(actual, path)) {
        (Some(_), None) => DifferenceKind::Removed,
        (None, _) => DifferenceKind::Added,
        _ => DifferenceKind::Changed,
    };
    ask(
        resource_type,
        expected,
        actual,
        &difference(expected, actual, path, kind),
    )
}

/// The rule that recognises the difference at a path.
pub(crate) fn rule(
    resource_type: &str,
    path: &str,
    expected: &Value,
    actual: &Value,
) -> Option<&'static str> {
    at(resource_type, path, expected, actual).map(|suppression| suppression.rule)
}

/// The differences that stay drift, by path, for one way of comparing lists.
pub(crate) fn drift(
    resource_type: &str,
    expected: &Value,
    actual: &Value,
    lists: Lists,
) -> Vec<String> {
    differences(expected, actual, lists)
        .iter()
        .filter(|difference| ask(resource_type, expected, actual, difference).is_none())
        .map(|difference| difference.path.clone())
        .collect()
}

/// The rules that recognise the differences of two trees, in the order of the differences.
pub(crate) fn rules(
    resource_type: &str,
    expected: &Value,
    actual: &Value,
    lists: Lists,
) -> Vec<&'static str> {
    differences(expected, actual, lists)
        .iter()
        .filter_map(|difference| ask(resource_type, expected, actual, difference))
        .map(|suppression| suppression.rule)
        .collect()
}

/// A tree that has a value at a path and nothing else; the only index of a list is 0.
pub(crate) fn plant(path: &str, value: &Value) -> Value {
    let segments: Vec<String> = pointer::segments(path).collect();
    segments.iter().rev().fold(value.clone(), |below, segment| {
        if segment == "0" {
            Value::from(vec![below])
        } else {
            Value::from(serde_json::Map::from_iter([(segment.clone(), below)]))
        }
    })
}

/// The rule that recognises two values at a path of trees that have nothing else.
pub(crate) fn changed(
    resource_type: &str,
    path: &str,
    expected: &Value,
    actual: &Value,
) -> Option<&'static str> {
    rule(
        resource_type,
        path,
        &plant(path, expected),
        &plant(path, actual),
    )
}
