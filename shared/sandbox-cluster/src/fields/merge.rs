//! Lays one object over another.

use serde_json::{Map, Value};

use super::path::Step;
use super::walk::step_of;
use crate::schema::{Items, ListRule, Node, View};

/// What `base` becomes with all that `over` says.
pub(crate) fn merge(node: &Node, base: &Value, over: &Value) -> Value {
    match node.view() {
        View::Scalar(_) | View::Raw | View::Map(_, true) => over.clone(),
        View::Struct(own) if own.atomic => over.clone(),
        View::List(list) if list.rule == ListRule::Atomic => over.clone(),
        View::List(list) => match (base.as_array(), over.as_array()) {
            (Some(base), Some(over)) if !(base.is_empty() && over.is_empty()) => {
                items(list, base, over)
            }
            (Some(base), None) if !base.is_empty() => base.clone().into(),
            _ => over.clone(),
        },
        View::Untyped if !(base.is_object() && over.is_object()) => over.clone(),
        View::Struct(_) | View::Map(..) | View::Untyped => {
            match (base.as_object(), over.as_object()) {
                (Some(base), Some(over)) => fields(node, base, over),
                (Some(base), None) if !base.is_empty() => base.clone().into(),
                _ => over.clone(),
            }
        }
    }
}

fn fields(node: &Node, base: &Map<String, Value>, over: &Map<String, Value>) -> Value {
    let mut all = base.clone();
    for (name, value) in over {
        let inner = node.child(name).unwrap_or(&Node::Any);
        let value = match base.get(name) {
            Some(base) => merge(inner, base, value),
            None => value.clone(),
        };
        all.insert(name.clone(), value);
    }
    all.into()
}

/// Items that only the base has come as early as they can; of the others the upper
/// list decides the order.
fn items(list: &Items, base: &[Value], over: &[Value]) -> Value {
    let steps = |items: &[Value]| -> Vec<Option<Step>> {
        items.iter().map(|item| step_of(list, item)).collect()
    };
    let (below, above) = (steps(base), steps(over));
    let mut out = Vec::with_capacity(base.len() + over.len());
    let (mut left, mut right) = (0, 0);
    loop {
        let (own, next) = (below.get(left), above.get(right));
        let shared = own.is_some_and(|own| above.contains(own));
        match (own, next) {
            (None, None) => break,
            (Some(_), _) if !shared => {
                out.extend(base.get(left).cloned());
                left += 1;
            }
            // Shared, and not the next one of the upper list that is: its turn was or will be there.
            (Some(own), _)
                if above.iter().skip(right).find(|it| below.contains(it)) != Some(own) =>
            {
                left += 1;
            }
            (own, Some(next)) => {
                let at = below.iter().position(|it| it == next);
                let item = over.get(right).unwrap_or(&Value::Null);
                out.push(match at.and_then(|at| base.get(at)) {
                    Some(base) => merge(&list.node, base, item),
                    None => item.clone(),
                });
                left += usize::from(own == Some(next));
                right += 1;
            }
            (Some(_), None) => left += 1,
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Types;

    #[test]
    fn items_of_the_base_come_early_and_the_upper_list_orders_the_rest() {
        let node = Types::get().named("io.k8s.api.core.v1.Container").unwrap();
        let list = |names: &str| {
            let env = names.chars().map(|name| json!({"name": name.to_string()}));
            json!({"env": env.collect::<Value>()})
        };
        for (base, over, merged) in [
            ("ax", "ab", "axb"),
            ("ab", "ba", "ba"),
            ("xab", "ba", "xba"),
            ("axb", "ba", "xba"),
            ("ab", "cab", "cab"),
            ("", "ba", "ba"),
            ("abx", "a", "abx"),
        ] {
            assert_eq!(
                merge(&node, &list(base), &list(over)),
                list(merged),
                "{base} {over}"
            );
        }
    }
}
