//! DELETE.

use serde_json::{Value, json};

use super::On;
use crate::admission::only_tried;
use crate::answer::{Answer, Cause, Failure};
use crate::object::meta;
use crate::selector::Selector;
use crate::state::State;

pub(super) fn delete(state: &mut State, on: On<'_>) -> Result<Answer, Failure> {
    if on.address.name.is_empty() {
        return delete_all(state, on);
    }
    let live = on.live_or_not_found(state)?;
    only_tried(on.asked.user, on.asked.call, (on.kind, &on.address.name))?;
    let asked = serde_json::from_slice::<Value>(&on.asked.call.body).unwrap_or_default();
    let uid = &asked["preconditions"]["uid"];
    if !uid.is_null() && *uid != live["metadata"]["uid"] {
        let cause = Cause {
            field: "metadata.uid".to_owned(),
            reason: "FieldValueInvalid",
            message: "the UID in the precondition does not match the UID in record".to_owned(),
        };
        return Err(Failure {
            status: 409,
            reason: "Conflict".to_owned(),
            ..Failure::invalid(on.kind, &on.address.name, &[cause])
        });
    }
    let tries = on.asked.call.is_dry_run() || asked["dryRun"] == json!(["All"]);
    if !tries {
        state.delete(on.kind, &live);
    }
    // Of some kinds the last state goes back, as does everything that was only tried.
    let shows = [
        "Pod",
        "Service",
        "ServiceAccount",
        "PersistentVolumeClaim",
        "ResourceQuota",
    ];
    if tries || (on.kind.group.is_empty() && shows.contains(&on.kind.name.as_str())) {
        return Ok(Answer::json(200, &live));
    }
    let details = json!({"name": on.address.name, "group": on.kind.group, "kind": on.kind.plural, "uid": meta(&live, "uid")});
    Ok(Answer::json(
        200,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}),
    ))
}

fn delete_all(state: &mut State, on: On<'_>) -> Result<Answer, Failure> {
    let call = on.asked.call;
    only_tried(on.asked.user, call, (on.kind, ""))?;
    let selector = Selector::read(call.query("labelSelector"), call.query("fieldSelector"))
        .map_err(Failure::bad_request)?;
    let objects = state.list(on.kind, &on.address.namespace);
    let objects: Vec<_> = objects.into_iter().filter(|it| selector.fits(it)).collect();
    if !call.is_dry_run() {
        for object in &objects {
            state.delete(on.kind, object);
        }
    }
    let items: Vec<&Value> = objects.iter().map(AsRef::as_ref).collect();
    Ok(Answer::json(
        200,
        &json!({"kind": on.kind.list_name, "apiVersion": on.kind.api_version(),
            "metadata": {"resourceVersion": state.version.to_string()}, "items": items}),
    ))
}
