//! POST.

use serde_json::Value;

use super::On;
use super::write::with_object;
use crate::answer::{Answer, Failure};
use crate::state::State;

pub(super) fn create(state: &mut State, on: On<'_>) -> Result<Answer, Failure> {
    if on.kind.namespaced && on.address.namespace.is_empty() {
        return Err(Failure::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        ));
    }
    let mut body = on.body()?;
    on.check_body(&mut body)?;
    let decoded = on.decode(&body)?;
    let object = decoded.object;
    let managers = on.managers_after(&on.kind.empty(), &object, &Value::Null);
    let created = on.finish_create(state, object, &managers)?;
    Ok(with_object(201, &created, &decoded.warnings))
}
