//! From the paths of differences to places in an object, and from the object
//! that is there to the one that Git wants.

use domain::difference::{DifferenceKind, RawDifference};
use kubernetes::{Path, Segment};
use serde_json::{Map, Value};

/// One step from a node of an object to a node below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A key of a map.
    Key(String),
    /// A place in a list.
    Index(usize),
}

/// Maps and lists of which reports tell each entry apart, even where Git has
/// none of them: without their last entry they are gone as a whole.
const ENTRY_BY_ENTRY: [&[&str]; 5] = [
    &["metadata", "labels"],
    &["metadata", "annotations"],
    &["metadata", "finalizers"],
    &["data"],
    &["binaryData"],
];

/// Where in an object a path leads; `None` where nothing is there.
pub(super) fn locate(root: &Value, path: &Path) -> Option<Vec<Step>> {
    let mut value = root;
    let mut place = Vec::with_capacity(path.0.len());
    for segment in &path.0 {
        let step = step(value, segment)?;
        value = child(value, &step)?;
        place.push(step);
    }
    Some(place)
}

/// What stands at a place.
pub(super) fn at<'a>(root: &'a Value, place: &[Step]) -> Option<&'a Value> {
    place.iter().try_fold(root, child)
}

fn child<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(*index),
    }
}

fn at_mut<'a>(root: &'a mut Value, place: &[Step]) -> Option<&'a mut Value> {
    place.iter().try_fold(root, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(*index),
    })
}

/// The step that a segment stands for in a node as it is.
fn step(value: &Value, segment: &Segment) -> Option<Step> {
    match (value, segment) {
        (Value::Object(map), Segment::Key(key)) => {
            map.contains_key(key).then(|| Step::Key(key.clone()))
        }
        // A key of digits reads as an index.
        (Value::Object(map), Segment::Index(index)) => {
            let key = index.to_string();
            map.contains_key(&key).then_some(Step::Key(key))
        }
        (Value::Array(items), Segment::Index(index)) => {
            (*index < items.len()).then_some(Step::Index(*index))
        }
        (Value::Array(items), Segment::Item(keys)) => item(items, keys).map(Step::Index),
        (Value::Array(items), Segment::Member(member)) => {
            items.iter().position(|it| it == member).map(Step::Index)
        }
        _ => None,
    }
}

/// The item of a keyed list. A key that an item does not write has its default,
/// which the selector has too, but an item that writes it comes first.
fn item(items: &[Value], keys: &[(String, Value)]) -> Option<usize> {
    let written = |item: &Value| -> Option<usize> {
        let mut written = 0;
        for (key, value) in keys {
            match item.get(key) {
                Some(it) if it == value => written += 1,
                Some(_) => return None,
                None => {}
            }
        }
        (written > 0).then_some(written)
    };
    let mut best = None;
    for (at, item) in items.iter().enumerate() {
        let Some(written) = written(item) else {
            continue;
        };
        if best.is_none_or(|(_, most)| written > most) {
            best = Some((at, written));
        }
    }
    best.map(|(at, _)| at)
}

/// The object that is there, with these differences put back to what Git says.
pub(super) fn merged(live: &Value, git: &Value, differences: &[&RawDifference]) -> Value {
    let mut object = live.clone();
    let paths = |kind: DifferenceKind| {
        let of_kind = differences.iter().filter(move |it| it.kind == kind);
        of_kind.filter_map(|it| Some((Path::parse(&it.path)?, *it)))
    };
    for (path, difference) in paths(DifferenceKind::Changed) {
        let Some(expected) = &difference.expected else {
            continue;
        };
        let place = locate(&object, &path);
        match place.and_then(|place| at_mut(&mut object, &place)) {
            Some(value) => value.clone_from(expected),
            None => insert(&mut object, git, (&path, expected)),
        }
    }
    let mut extra: Vec<Vec<Step>> = paths(DifferenceKind::Added)
        .filter_map(|(path, _)| locate(&object, &path))
        .collect();
    // From the back, so that the places of list items that are still to go stay.
    extra.sort_unstable();
    for place in extra.iter().rev() {
        remove(&mut object, place);
    }
    for (path, difference) in paths(DifferenceKind::Removed) {
        if let Some(expected) = &difference.expected {
            insert(&mut object, git, (&path, expected));
        }
    }
    object
}

fn remove(object: &mut Value, place: &[Step]) {
    let Some((last, parent)) = place.split_last() else {
        return;
    };
    let is_empty = match (at_mut(object, parent), last) {
        (Some(Value::Object(map)), Step::Key(key)) => {
            map.remove(key);
            map.is_empty()
        }
        (Some(Value::Array(items)), Step::Index(index)) if *index < items.len() => {
            items.remove(*index);
            items.is_empty()
        }
        _ => false,
    };
    let is_of_entries = ENTRY_BY_ENTRY.iter().any(|keys| {
        keys.len() == parent.len()
            && keys
                .iter()
                .zip(parent)
                .all(|(key, step)| matches!(step, Step::Key(it) if it == key))
    });
    if is_empty && is_of_entries {
        remove(object, parent);
    }
}

/// Puts a value where a path leads, with whatever is missing on the way.
fn insert(object: &mut Value, git: &Value, (path, expected): (&Path, &Value)) {
    let mut value = object;
    let last = path.0.len().saturating_sub(1);
    for (index, segment) in path.0.iter().enumerate() {
        if value.is_null() {
            *value = match segment {
                Segment::Item(_) | Segment::Member(_) => Value::Array(Vec::new()),
                Segment::Key(_) | Segment::Index(_) => Value::Object(Map::new()),
            };
        }
        let step = match step(value, segment) {
            Some(step) => step,
            None => {
                let new = match (index == last, segment) {
                    (true, _) => expected.clone(),
                    (false, Segment::Item(keys)) => Value::Object(keys.iter().cloned().collect()),
                    (false, _) => Value::Null,
                };
                let before = Path(path.0[..index].to_vec());
                let siblings = locate(git, &before).and_then(|place| at(git, &place));
                match make(value, segment, (new, siblings)) {
                    Some(step) => step,
                    None => return,
                }
            }
        };
        let next = match step {
            Step::Key(key) => value.get_mut(key),
            Step::Index(index) => value.get_mut(index),
        };
        match next {
            Some(next) => value = next,
            None => return,
        }
    }
    value.clone_from(expected);
}

/// Makes the node that a segment stands for; `siblings` is Git's list, whose order counts.
fn make(
    parent: &mut Value,
    segment: &Segment,
    (new, siblings): (Value, Option<&Value>),
) -> Option<Step> {
    match (parent, segment) {
        (Value::Object(map), Segment::Key(key)) => {
            map.insert(key.clone(), new);
            Some(Step::Key(key.clone()))
        }
        (Value::Object(map), Segment::Index(index)) => {
            map.insert(index.to_string(), new);
            Some(Step::Key(index.to_string()))
        }
        (Value::Array(items), Segment::Index(index)) => {
            let index = (*index).min(items.len());
            items.insert(index, new);
            Some(Step::Index(index))
        }
        (Value::Array(items), segment) => {
            let siblings = siblings.and_then(Value::as_array);
            let index = siblings.map_or(items.len(), |it| beside(items, it, segment));
            items.insert(index, new);
            Some(Step::Index(index))
        }
        _ => None,
    }
}

/// Where in a list Git's item belongs: behind the nearest one before it that is
/// there, else before the nearest one behind it, else at the end.
fn beside(items: &[Value], git: &[Value], segment: &Segment) -> usize {
    let find = |list: &[Value], segment: &Segment| match segment {
        Segment::Item(keys) => item(list, keys),
        Segment::Member(member) => list.iter().position(|it| it == member),
        Segment::Key(_) | Segment::Index(_) => None,
    };
    let Some(own) = find(git, segment) else {
        return items.len();
    };
    let there = |sibling: &Value| {
        let segment = match segment {
            Segment::Item(keys) => {
                let written = keys.iter().filter_map(|(key, _)| {
                    let value = sibling.get(key)?;
                    Some((key.clone(), value.clone()))
                });
                Segment::Item(written.collect())
            }
            _ => Segment::Member(sibling.clone()),
        };
        find(items, &segment)
    };
    let before = git[..own].iter().rev().find_map(there);
    let behind = || git[own + 1..].iter().find_map(there);
    before
        .map(|it| it + 1)
        .or_else(behind)
        .unwrap_or(items.len())
}

/// An object as the diff shows it: without what the server keeps for itself,
/// and without the applier's own copy of what it applied.
pub(super) fn shown(object: &Value) -> Value {
    const KEPT: [&str; 6] = [
        "creationTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    ];
    const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| !KEPT.contains(&key.as_str()));
        let annotations = metadata.get_mut("annotations");
        if let Some(annotations) = annotations.and_then(Value::as_object_mut)
            && annotations.remove(APPLIED).is_some()
            && annotations.is_empty()
        {
            metadata.remove("annotations");
        }
    }
    object
}
