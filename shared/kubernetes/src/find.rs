//! How the items of lists are told apart, and what stands at a path.

use serde_json::Value;

use crate::normal::present;
use crate::path::{Path, Segment};
use crate::schema::{ListKind, Node};

/// What stands at a path, `null` counting as nothing where it is no value of its own.
#[must_use]
pub(crate) fn find<'a>(root: &'a Value, node: &Node<'_>, path: &Path) -> Option<&'a Value> {
    let mut value = root;
    let mut node = *node;
    for segment in &path.0 {
        (value, node) = match segment {
            Segment::Key(key) => {
                let child = node.child(key);
                let value = value.as_object()?.get(key)?;
                if value.is_null() && !child.is_nullable() {
                    return None;
                }
                (value, child)
            }
            Segment::Index(index) => (value.as_array()?.get(*index)?, node.items()),
            Segment::Item(_) => {
                let ListKind::Keyed(keys) = node.list() else {
                    return None;
                };
                let items = node.items();
                let is_it = |it: &&Value| item(it, &items, &keys).as_ref() == Some(segment);
                (value.as_array()?.iter().find(is_it)?, items)
            }
            Segment::Member(member) => {
                let items = node.items();
                (value.as_array()?.iter().find(|it| *it == member)?, items)
            }
        };
    }
    Some(value)
}

/// As [`find`], to change it.
pub(crate) fn find_mut<'a>(
    root: &'a mut Value,
    node: &Node<'_>,
    path: &Path,
) -> Option<&'a mut Value> {
    let mut value = root;
    let mut node = *node;
    for segment in &path.0 {
        let step = Path(vec![segment.clone()]);
        let found = find(value, &node, &step)?;
        let found = std::ptr::from_ref(found);
        value = match (value, segment) {
            (Value::Object(map), Segment::Key(key)) => map.get_mut(key)?,
            (Value::Array(items), _) => items
                .iter_mut()
                .find(|it| std::ptr::eq::<Value>(&**it, found))?,
            _ => return None,
        };
        node = match segment {
            Segment::Key(key) => node.child(key),
            _ => node.items(),
        };
    }
    Some(value)
}

/// What is known of the place at a path.
pub(crate) fn node_at<'a>(root: &Node<'a>, path: &Path) -> Node<'a> {
    path.0.iter().fold(*root, |node, segment| match segment {
        Segment::Key(key) => node.child(key),
        _ => node.items(),
    })
}

/// The selector of a keyed list's item, defaults filled in; `None` where it has no key.
pub(crate) fn item(value: &Value, node: &Node<'_>, keys: &[&str]) -> Option<Segment> {
    let fields = value.as_object()?;
    let keys: Vec<(String, Value)> = keys
        .iter()
        .filter_map(|key| {
            let value = present(fields, key).or_else(|| node.default_of(key))?;
            Some(((*key).to_owned(), value.clone()))
        })
        .collect();
    (!keys.is_empty()).then_some(Segment::Item(keys))
}

/// A list's items with what tells each apart; `None` where the list is
/// atomic, or two items cannot be told apart.
pub(crate) fn members<'a>(list: &'a [Value], node: &Node<'_>) -> Option<Vec<(Segment, &'a Value)>> {
    let kind = node.list();
    let items = node.items();
    let mut members: Vec<(Segment, &Value)> = Vec::with_capacity(list.len());
    for value in list {
        let segment = match &kind {
            ListKind::Atomic => return None,
            ListKind::Set => Segment::Member(value.clone()),
            ListKind::Keyed(keys) => item(value, &items, keys)?,
        };
        members.push((segment, value));
    }
    is_distinct(&members).then_some(members)
}

fn is_distinct(members: &[(Segment, &Value)]) -> bool {
    let mut names: Vec<String> = members
        .iter()
        .map(|(segment, _)| Path(vec![segment.clone()]).to_string())
        .collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}
