//! JSON patches.

use serde_json::Value;

use crate::fields::equal;

/// The value with a JSON patch on it.
///
/// # Errors
/// What is wrong with the patch, or which test did not hold.
pub(crate) fn json_patch(value: &Value, patch: &Value) -> Result<Value, String> {
    let mut patched = value.clone();
    let steps = patch.as_array().ok_or("a JSON patch is a list")?;
    for step in steps {
        one(&mut patched, step)?;
    }
    Ok(patched)
}

fn one(value: &mut Value, step: &Value) -> Result<(), String> {
    let text = |name: &str| {
        let text = step[name].as_str();
        text.ok_or_else(|| format!("a step of a JSON patch has no {name:?}"))
    };
    let path = text("path")?;
    let given = || {
        let given = step.get("value").cloned();
        given.ok_or_else(|| format!("the step at {path:?} has no value"))
    };
    let missing = |path: &str| format!("the path {path:?} does not exist");
    match text("op")? {
        "add" => add(value, path, given()?),
        "remove" => remove(value, path).map(|_| ()),
        "replace" => {
            let wanted = given()?;
            let place = value.pointer_mut(path).ok_or_else(|| missing(path))?;
            *place = wanted;
            Ok(())
        }
        "move" => {
            let moved = remove(value, text("from")?)?;
            add(value, path, moved)
        }
        "copy" => {
            let from = text("from")?;
            let copied = value.pointer(from).cloned().ok_or_else(|| missing(from))?;
            add(value, path, copied)
        }
        "test" => {
            let (found, wanted) = (value.pointer(path), given()?);
            let holds = match found {
                Some(found) => equal(found, &wanted),
                None => wanted.is_null(),
            };
            if holds {
                Ok(())
            } else {
                Err(format!("testing value {path} failed"))
            }
        }
        other => Err(format!("a JSON patch has no operation {other:?}")),
    }
}

/// The value that holds the last part of a path, and that part.
fn parent<'a>(value: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), String> {
    let (before, last) = path
        .rsplit_once('/')
        .ok_or_else(|| format!("the path {path:?} does not begin with a slash"))?;
    let parent = value
        .pointer_mut(before)
        .ok_or_else(|| format!("the path {before:?} does not exist"))?;
    Ok((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(value: &mut Value, path: &str, given: Value) -> Result<(), String> {
    if path.is_empty() {
        *value = given;
        return Ok(());
    }
    let (parent, last) = parent(value, path)?;
    match parent {
        Value::Object(fields) => {
            fields.insert(last, given);
            Ok(())
        }
        Value::Array(items) => {
            let index = match last.as_str() {
                "-" => Some(items.len()),
                index => index.parse().ok(),
            };
            let index = index.filter(|index| *index <= items.len());
            let index = index.ok_or_else(|| format!("the list has no place {path:?}"))?;
            items.insert(index, given);
            Ok(())
        }
        _ => Err(format!("nothing can be added at {path:?}")),
    }
}

fn remove(value: &mut Value, path: &str) -> Result<Value, String> {
    let (parent, last) = parent(value, path)?;
    let removed = match parent {
        Value::Object(fields) => fields.remove(&last),
        Value::Array(items) => {
            let index = last.parse().ok().filter(|index| *index < items.len());
            index.map(|index: usize| items.remove(index))
        }
        _ => None,
    };
    removed.ok_or_else(|| format!("the path {path:?} does not exist"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_operation_does_what_it_says() {
        let value = json!({"a": {"b/c": 1}, "list": [1, 2]});
        let patch = json!([
            {"op": "test", "path": "/a/b~1c", "value": 1.0},
            {"op": "replace", "path": "/a/b~1c", "value": 2},
            {"op": "add", "path": "/list/1", "value": 9},
            {"op": "add", "path": "/list/-", "value": 3},
            {"op": "remove", "path": "/list/0"},
            {"op": "copy", "from": "/list", "path": "/copy"},
            {"op": "move", "from": "/a", "path": "/moved"},
        ]);
        let patched = json_patch(&value, &patch).unwrap();
        assert_eq!(
            patched,
            json!({"list": [9, 2, 3], "copy": [9, 2, 3], "moved": {"b/c": 2}})
        );
    }

    #[test]
    fn a_patch_whose_test_fails_changes_nothing() {
        let value = json!({"a": 1});
        for (step, message) in [
            (
                json!({"op": "test", "path": "/a", "value": 2}),
                "testing value /a failed",
            ),
            (
                json!({"op": "remove", "path": "/b"}),
                "the path \"/b\" does not exist",
            ),
            (
                json!({"op": "add", "path": "/a/b", "value": 1}),
                "nothing can be added at \"/a/b\"",
            ),
        ] {
            assert_eq!(json_patch(&value, &json!([step])), Err(message.to_owned()));
        }
    }
}
