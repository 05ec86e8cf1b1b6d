//! Places in an object, written as reports write them, and changes there.
//!
//! This reads paths by itself, so that what the comparison writes is checked
//! against something else than its own reader.

use serde_json::{Map, Value, json};

#[derive(Debug)]
enum Step {
    /// A key, or a place in a list where there is a list.
    Key(String),
    /// The item of a list with these values.
    Item(Map<String, Value>),
    /// The member of a set.
    Member(Value),
}

fn scalar(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (inner, after) = after.split_once(']').unwrap();
            steps.push(match inner.strip_prefix('=') {
                Some(member) => Step::Member(scalar(member)),
                None => {
                    let pairs = inner.split(',').map(|it| it.split_once('=').unwrap());
                    Step::Item(
                        pairs
                            .map(|(key, value)| (key.to_owned(), scalar(value)))
                            .collect(),
                    )
                }
            });
            rest = after;
        } else {
            let after = rest.strip_prefix('/').unwrap();
            let end = after.find(['/', '[']).unwrap_or(after.len());
            steps.push(Step::Key(
                after[..end].replace("~1", "/").replace("~0", "~"),
            ));
            rest = &after[end..];
        }
    }
    steps
}

fn position(list: &[Value], step: &Step) -> Option<usize> {
    match step {
        Step::Key(key) => key.parse().ok().filter(|at| *at < list.len()),
        Step::Member(value) => list.iter().position(|it| it == value),
        Step::Item(keys) => list
            .iter()
            .position(|it| keys.iter().all(|(key, value)| is(it, key, value))),
    }
}

/// A manifest may leave a port's protocol out.
fn is(item: &Value, key: &str, value: &Value) -> bool {
    item[key] == *value || key == "protocol" && item[key].is_null() && value == "TCP"
}

/// What is at a place.
pub(crate) fn get<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path)
        .iter()
        .try_fold(object, |here, step| match (here, step) {
            (Value::Object(map), Step::Key(key)) => map.get(key),
            (Value::Array(list), step) => position(list, step).map(|at| &list[at]),
            _ => None,
        })
}

/// Puts a value at a place, and whatever has to be there for it.
pub(crate) fn set(object: &mut Value, path: &str, value: Value) {
    let mut here = object;
    for step in &steps(path) {
        here = match step {
            Step::Key(key) if !here.is_array() => &mut here[key],
            step => {
                if here.is_null() {
                    *here = json!([]);
                }
                let list = here.as_array_mut().unwrap();
                let at = position(list, step).unwrap_or_else(|| {
                    list.push(Value::Null);
                    list.len() - 1
                });
                &mut list[at]
            }
        };
    }
    *here = value;
    if let Some(Step::Item(keys)) = steps(path).last() {
        here.as_object_mut().unwrap().extend(keys.clone());
    }
}

/// Takes away what is at a place.
pub(crate) fn remove(object: &mut Value, path: &str) {
    let mut steps = steps(path);
    let last = steps.pop().unwrap();
    let here = steps.iter().fold(object, |here, step| match (here, step) {
        (Value::Array(list), step) => {
            let at = position(list, step).unwrap();
            &mut list[at]
        }
        (here, Step::Key(key)) => &mut here[key],
        _ => panic!("{path} does not fit the object"),
    });
    match (here, &last) {
        (Value::Array(list), last) => {
            let at = position(list, last).unwrap();
            list.remove(at);
        }
        (here, Step::Key(key)) => {
            here.as_object_mut().unwrap().remove(key);
        }
        _ => panic!("{path} does not fit the object"),
    }
}

/// The strategic merge patch that puts a value at a place, or takes it away; `None`
/// where it cannot be told without the whole list.
pub(crate) fn strategic(path: &str, value: Option<&Value>) -> Option<Value> {
    let mut steps = steps(path);
    let is_number = |key: &str| key.bytes().all(|it| it.is_ascii_digit());
    if steps
        .iter()
        .any(|it| matches!(it, Step::Member(_)) || matches!(it, Step::Key(key) if is_number(key)))
    {
        return None;
    }
    let mut patch = match (steps.pop()?, value) {
        (Step::Key(key), value) => json!({key: value}),
        (Step::Item(keys), Some(value)) => {
            let mut item = value.as_object()?.clone();
            item.extend(keys);
            json!([item])
        }
        (Step::Item(mut keys), None) => {
            keys.insert("$patch".to_owned(), "delete".into());
            json!([keys])
        }
        (Step::Member(_), _) => return None,
    };
    for step in steps.into_iter().rev() {
        patch = match step {
            Step::Item(mut keys) => {
                keys.extend(patch.as_object()?.clone());
                json!([keys])
            }
            Step::Key(key) => json!({key: patch}),
            Step::Member(_) => return None,
        };
    }
    Some(patch)
}

/// The JSON merge patch from one object to another.
pub(crate) fn merge(from: &Value, to: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (from, to) else {
        return to.clone();
    };
    let mut patch = Map::new();
    for (key, value) in new {
        match old.get(key) {
            Some(before) if before == value => {}
            Some(before) => {
                patch.insert(key.clone(), merge(before, value));
            }
            None => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    for key in old.keys().filter(|it| !new.contains_key(*it)) {
        patch.insert(key.clone(), Value::Null);
    }
    Value::Object(patch)
}

/// An object as YAML, written as people write it: in blocks.
pub(crate) fn yaml(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, indent: usize, text: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                text.push_str(&format!("{pad}{}:", json!(key)));
                after(value, indent + 2, text);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for value in list {
                text.push_str(&format!("{pad}-"));
                after(value, indent + 2, text);
            }
        }
        scalar => text.push_str(&format!("{pad}{scalar}\n")),
    }
}

fn after(value: &Value, indent: usize, text: &mut String) {
    let is_block = value.as_object().is_some_and(|it| !it.is_empty())
        || value.as_array().is_some_and(|it| !it.is_empty());
    text.push(if is_block { '\n' } else { ' ' });
    block(value, if is_block { indent } else { 0 }, text);
}
