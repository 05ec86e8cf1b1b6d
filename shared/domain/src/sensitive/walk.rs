//! The way along a path whose segments may select an item of a list: `/spec/containers[name=app]/args/2`.

use serde_json::Value;

use super::names;
use crate::pointer;

/// The value at a path in a tree; `None` where there is none.
pub(super) fn at<'v>(tree: &'v Value, path: &str) -> Option<&'v Value> {
    if let Some(value) = tree.pointer(path) {
        return Some(value);
    }
    pointer::segments(path).try_fold(tree, |value, segment| step(value, &segment))
}

fn step<'v>(value: &'v Value, segment: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(segment).or_else(|| {
            let items = map.get(names::base(segment))?.as_array()?;
            items.iter().find(|it| is_selected(it, segment))
        }),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    }
}

/// Whether an item has every field of a selector. One that it lacks has its default there.
fn is_selected(item: &Value, segment: &str) -> bool {
    let selector = segment
        .split_once('[')
        .map(|(_, it)| it.trim_end_matches(']'));
    let mut pairs = selector.into_iter().flat_map(|it| it.split(','));
    pairs.all(|pair| {
        let (key, wanted) = pair.split_once('=').unwrap_or((pair, ""));
        let field = match key {
            "" => Some(item),
            key => item.get(key),
        };
        field.is_none_or(|field| match field {
            Value::String(text) => text == wanted || *field.to_string() == *wanted,
            other => {
                let shown = other.to_string();
                shown == wanted
            }
        })
    })
}
