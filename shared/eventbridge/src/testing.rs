//! The samples of the `events` folder, whole and hurt, for the tests of the
//! functions that read events.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "for tests: a broken sample has to end the test where it broke"
)]

use std::path::Path;

use serde_json::Value;

/// The samples of a function, `image-push`: of each its case and the body of its first record.
#[must_use]
pub fn cases(function: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let mut cases: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name()?.to_str()?.strip_prefix(function)?;
            let case = name.strip_prefix('.')?.strip_suffix(".json")?;
            Some((case.to_owned(), first_body(&path)))
        })
        .collect();
    cases.sort();
    cases
}

fn first_body(file: &Path) -> String {
    let event: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let body = event["Records"][0]["body"].as_str();
    body.unwrap_or_else(|| panic!("{} has no record with a body", file.display()))
        .to_owned()
}

/// A body cut at every byte where text can be cut, from nothing to all but its end.
pub fn cuts(body: &str) -> impl Iterator<Item = &str> {
    (0..body.len()).filter_map(|end| body.get(..end))
}

/// A body as often as it has keys and entries of lists, each time without one
/// of them, with the JSON pointer of the one that is missing.
#[must_use]
pub fn without_each(body: &str) -> Vec<(String, String)> {
    let whole: Value = serde_json::from_str(body).unwrap();
    let mut pointers = Vec::new();
    collect(&whole, "", &mut pointers);
    let hurt = pointers.into_iter().map(|pointer| {
        let rest = without(whole.clone(), &pointer).to_string();
        (pointer, rest)
    });
    hurt.collect()
}

fn collect(value: &Value, at: &str, all: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, it)| (key.clone(), it)).collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(index, it)| (index.to_string(), it))
            .collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let here = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        collect(child, &here, all);
        all.push(here);
    }
}

fn without(mut value: Value, pointer: &str) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(map) => {
            map.remove(&key.replace("~1", "/").replace("~0", "~"));
        }
        Value::Array(list) => {
            list.remove(key.parse().unwrap());
        }
        _ => panic!("{pointer}"),
    }
    value
}

/// Whether the reason for which a body was refused names the key that is
/// missing at a pointer. Of an entry of a list it names what should have been in the list.
#[must_use]
pub fn is_named(pointer: &str, reason: &str) -> bool {
    let Some((path, what)) = reason.split_once(": ") else {
        return false;
    };
    let key = pointer.rsplit('/').next().unwrap_or_default();
    path.contains(key) || what.contains(key) || key.parse::<usize>().is_ok()
}
