//! JSON merge patches.

use serde_json::{Map, Value};

/// The value with a merge patch on it.
pub(crate) fn merge_patch(value: &Value, patch: &Value) -> Value {
    let Some(patch) = patch.as_object() else {
        return patch.clone();
    };
    let mut merged = value.as_object().cloned().unwrap_or_default();
    for (name, patch) in patch {
        if patch.is_null() {
            merged.remove(name);
        } else {
            let value = merged.get(name).unwrap_or(&Value::Null);
            let value = merge_patch(value, patch);
            merged.insert(name.clone(), value);
        }
    }
    merged.into()
}

/// The merge patch that leads from one value to the other; `None` where they are equal.
pub(crate) fn difference(from: &Value, to: &Value) -> Option<Value> {
    if from == to {
        return None;
    }
    let (Some(from), Some(to)) = (from.as_object(), to.as_object()) else {
        return Some(to.clone());
    };
    let mut patch = Map::new();
    for name in from.keys().filter(|name| !to.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, value) in to {
        let before = from.get(name).unwrap_or(&Value::Null);
        if let Some(value) = difference(before, value) {
            patch.insert(name.clone(), value);
        }
    }
    Some(patch.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_leads_from_one_value_to_the_other() {
        let from = json!({"a": 1, "b": {"c": [1], "d": 2}, "e": 3});
        let to = json!({"a": 1, "b": {"c": [2], "d": 2}, "f": {"g": 1}});
        let patch = difference(&from, &to).unwrap();
        assert_eq!(patch, json!({"b": {"c": [2]}, "e": null, "f": {"g": 1}}));
        assert_eq!(merge_patch(&from, &patch), to);
        assert_eq!(difference(&to, &to), None);
    }
}
