//! Strategic merge patches: lists merge by keys that the types know.

use serde_json::{Map, Value};

use crate::schema::{Items, Node, View};

/// The value with a strategic merge patch on it.
pub(crate) fn strategic(node: &Node, value: &Value, patch: &Value) -> Value {
    let Some(patch) = patch.as_object() else {
        return patch.clone();
    };
    match patch.get("$patch").and_then(Value::as_str) {
        Some("replace") => return without_directives(patch),
        Some("delete") => return Value::Object(Map::new()),
        _ => {}
    }
    let mut merged = value.as_object().cloned().unwrap_or_default();
    if let Some(kept) = patch.get("$retainKeys").and_then(Value::as_array) {
        merged.retain(|name, _| kept.iter().any(|kept| kept == name.as_str()));
    }
    for (name, patch) in patch {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = patch.as_array().cloned().unwrap_or_default();
            if let Some(items) = merged.get_mut(list).and_then(Value::as_array_mut) {
                items.retain(|item| !gone.contains(item));
            }
        }
    }
    for (name, value) in patch.iter().filter(|(name, _)| !name.starts_with('$')) {
        if value.is_null() {
            merged.remove(name);
            continue;
        }
        // What was not there is taken as it is, even items that share a key.
        if !merged.contains_key(name) {
            merged.insert(name.clone(), cleaned(value));
            continue;
        }
        let node = node.child(name).unwrap_or(&Node::Any);
        let before = merged.get(name).unwrap_or(&Value::Null);
        let order = patch.get(&format!("$setElementOrder/{name}"));
        let value = match (node.view(), value.as_array()) {
            (View::List(list), Some(items)) => merge_list(list, before, items, order),
            _ => strategic(node, before, value),
        };
        merged.insert(name.clone(), value);
    }
    // An order may come alone, where no item changes.
    for (name, order) in patch {
        let Some(name) = name.strip_prefix("$setElementOrder/") else {
            continue;
        };
        let Some(View::List(list)) = node.child(name).map(Node::view) else {
            continue;
        };
        let (Some(key), Some(order)) = (&list.merge, order.as_array()) else {
            continue;
        };
        if let Some(items) = merged.get_mut(name).and_then(Value::as_array_mut) {
            let old = std::mem::take(items);
            *items = arrange(key, old.clone(), &old, order);
        }
    }
    merged.into()
}

/// A value of a patch without nulls and directives.
fn cleaned(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields
                .iter()
                .filter(|(name, value)| !name.starts_with('$') && !value.is_null());
            let kept = kept.map(|(name, value)| (name.clone(), cleaned(value)));
            kept.collect::<Map<_, _>>().into()
        }
        Value::Array(items) => {
            let kept = items.iter().filter(|item| item["$patch"].is_null());
            kept.map(cleaned).collect()
        }
        other => other.clone(),
    }
}

fn without_directives(patch: &Map<String, Value>) -> Value {
    let fields = patch.iter().filter(|(name, _)| !name.starts_with('$'));
    fields
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<Map<_, _>>()
        .into()
}

fn merge_list(list: &Items, before: &Value, patch: &[Value], order: Option<&Value>) -> Value {
    let Some(key) = &list.merge else {
        return patch.to_vec().into();
    };
    let old = before.as_array().cloned().unwrap_or_default();
    let mut items = old.clone();
    if patch.iter().any(|item| item["$patch"] == "replace") {
        let kept = patch.iter().filter(|item| item.get("$patch").is_none());
        return kept.cloned().collect();
    }
    for item in patch {
        let same = |it: &Value| match key.as_str() {
            "" => it == item,
            key => it[key] == item[key],
        };
        let at = items.iter().position(same);
        match (at, item["$patch"] == "delete") {
            (Some(_), true) => items.retain(|it| !same(it)),
            (None, true) => {}
            (Some(at), false) => items[at] = strategic(&list.node, &items[at], item),
            (None, false) => items.push(match item.as_object() {
                Some(_) => strategic(&list.node, &Value::Null, item),
                None => item.clone(),
            }),
        }
    }
    let order = order.and_then(Value::as_array).map_or(patch, Vec::as_slice);
    arrange(key, items, &old, order).into()
}

/// Puts the items that a patch names into its order, and the others between them:
/// before a named one only where they were before it already.
fn arrange(key: &str, items: Vec<Value>, old: &[Value], order: &[Value]) -> Vec<Value> {
    let same = |one: &Value, other: &Value| match key {
        "" => one == other,
        key => one[key] == other[key],
    };
    let place = |list: &[Value], item: &Value| list.iter().position(|it| same(it, item));
    let (mut named, others): (Vec<Value>, Vec<Value>) = items
        .into_iter()
        .partition(|item| place(order, item).is_some());
    named.sort_by_key(|item| place(order, item));
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    let mut arranged = Vec::new();
    while let (Some(next), Some(other)) = (named.peek(), others.peek()) {
        let first = match (place(old, other), place(old, next)) {
            (Some(other), Some(next)) if other < next => others.next(),
            _ => named.next(),
        };
        arranged.extend(first);
    }
    arranged.extend(named);
    arranged.extend(others);
    arranged
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Types;

    fn pod() -> Node {
        Types::get().named("io.k8s.api.core.v1.PodSpec").unwrap()
    }

    #[test]
    fn lists_merge_by_their_keys() {
        let value = json!({"containers": [{"name": "a", "image": "a:1", "args": ["x"]}, {"name": "b"}],
            "tolerations": [{"key": "a"}]});
        let patch = json!({"containers": [{"name": "a", "image": "a:2"}, {"name": "c"}, {"name": "b", "$patch": "delete"}],
            "tolerations": [{"key": "b"}]});
        let expected = json!({"containers": [{"name": "a", "image": "a:2", "args": ["x"]}, {"name": "c"}],
            "tolerations": [{"key": "b"}]});
        assert_eq!(strategic(&pod(), &value, &patch), expected);
    }

    #[test]
    fn a_new_item_goes_before_those_that_the_patch_does_not_name() {
        let value = json!({"volumes": [{"name": "a"}, {"name": "b"}]});
        let patch = json!({"volumes": [{"name": "new"}]});
        let expected = json!({"volumes": [{"name": "new"}, {"name": "a"}, {"name": "b"}]});
        assert_eq!(strategic(&pod(), &value, &patch), expected);
    }

    #[test]
    fn directives_order_replace_and_retain() {
        let value =
            json!({"volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "emptyDir": {}}]});
        let patch = json!({"$setElementOrder/volumes": [{"name": "b"}, {"name": "a"}],
            "volumes": [{"name": "a", "$retainKeys": ["name", "secret"], "secret": {"secretName": "s"}}]});
        let expected = json!({"volumes": [{"name": "b", "emptyDir": {}}, {"name": "a", "secret": {"secretName": "s"}}]});
        assert_eq!(strategic(&pod(), &value, &patch), expected);
        let replaced = json!({"nodeSelector": {"$patch": "replace", "a": "b"}});
        let value = json!({"nodeSelector": {"c": "d"}});
        assert_eq!(
            strategic(&pod(), &value, &replaced),
            json!({"nodeSelector": {"a": "b"}})
        );
    }
}
