//! LIST and GET.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Value, json};

use super::On;
use crate::answer::{Answer, Failure};
use crate::faults::Effect;
use crate::object::{convert, meta};
use crate::selector::Selector;
use crate::state::State;

pub(super) fn get(state: &State, on: On<'_>) -> Result<Answer, Failure> {
    let object = on.live_or_not_found(state)?;
    Ok(Answer::json(200, &object))
}

pub(super) fn list(state: &mut State, on: On<'_>) -> Result<Answer, Failure> {
    let call = on.asked.call;
    let limit: usize = match call.query("limit") {
        "" | "0" => usize::MAX,
        limit => limit
            .parse()
            .map_err(|_| Failure::bad_request("limit: it has to be a whole number"))?,
    };
    let (version, mut left) = match call.query("continue") {
        "" => {
            let selector = Selector::read(call.query("labelSelector"), call.query("fieldSelector"))
                .map_err(Failure::bad_request)?;
            let objects = state.list(on.kind, &on.address.namespace);
            let objects = objects.into_iter().filter(|object| selector.fits(object));
            (state.version, objects.collect::<VecDeque<_>>())
        }
        token => {
            let at = state.pages.iter().position(|paged| paged.token == token);
            let paged = at.and_then(|at| state.pages.remove(at));
            let expired = || Effect::Expire.failure();
            let Some(paged) = paged else {
                return Err(expired().unwrap_or_else(Failure::no_such_resource));
            };
            (paged.version, paged.left)
        }
    };
    let rest = left.split_off(limit.min(left.len()));
    let items: Vec<Value> = left.iter().map(|object| item(on, object)).collect();
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if !rest.is_empty() {
        metadata["remainingItemCount"] = rest.len().into();
        metadata["continue"] = state.page(version, rest).into();
    }
    Ok(Answer::json(
        200,
        &json!({"kind": on.kind.list_name, "apiVersion": on.kind.api_version(), "metadata": metadata, "items": items}),
    ))
}

/// Lists of built-in kinds do not repeat the kind in each object.
fn item(on: On<'_>, object: &Arc<Value>) -> Value {
    let mut item = match on.kind.stored {
        true => object.as_ref().clone(),
        false => convert(object, on.kind),
    };
    if let Some(fields) = item.as_object_mut()
        && !on.kind.is_custom()
    {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    debug_assert!(!meta(&item, "name").is_empty(), "an object without a name");
    item
}
