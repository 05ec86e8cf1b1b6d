//! PUT.

use serde_json::Value;

use super::write::with_object;
use super::{On, allowed};
use crate::answer::{Answer, Failure};
use crate::call::Verb;
use crate::kinds::Kind;
use crate::object::meta;
use crate::state::State;

/// Whether a PUT makes the objects of a kind that are not there.
fn makes(kind: &Kind) -> bool {
    match kind.group.as_str() {
        "rbac.authorization.k8s.io" | "coordination.k8s.io" => true,
        "" => matches!(
            kind.name.as_str(),
            "Service" | "Endpoints" | "Event" | "LimitRange"
        ),
        _ => false,
    }
}

pub(super) fn update(state: &mut State, on: On<'_>) -> Result<Answer, Failure> {
    let mut body = on.body()?;
    on.check_body(&mut body)?;
    let decoded = on.decode(&body)?;
    let live = match on.live(state) {
        None if makes(on.kind) => {
            allowed(on.asked, Verb::Create, &on.kind.plural)?;
            let object = decoded.object;
            let managers = on.managers_after(&on.kind.empty(), &object, &Value::Null);
            let created = on.finish_create(state, object, &managers)?;
            return Ok(with_object(201, &created, &decoded.warnings));
        }
        _ => on.live_or_not_found(state)?,
    };
    if on.kind.is_custom() && meta(&decoded.object, "resourceVersion").is_empty() {
        let resource = on.kind.resource();
        let name = &on.address.name;
        let message = format!(
            "{resource} {name:?} is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update"
        );
        return Err(Failure::new(422, "Invalid", message));
    }
    let managers = on.managers_after(&live, &decoded.object, &live);
    let changed = on.finish_update(state, (&live, decoded.object), &managers)?;
    Ok(with_object(200, &changed, &decoded.warnings))
}
