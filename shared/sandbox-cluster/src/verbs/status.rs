//! The status, which has an address of its own.

use super::On;
use super::write::{bare, with_object};
use crate::admission::only_tried;
use crate::answer::{Answer, Failure};
use crate::fields::Set;
use crate::managed::{Managers, Operation, apply, update};
use crate::state::State;

const NAME: &str = "status";

pub(super) fn write(state: &mut State, on: On<'_>) -> Result<Answer, Failure> {
    let live = on.live_or_not_found(state)?;
    only_tried(on.asked.user, on.asked.call, (on.kind, &on.address.name))?;
    let before = bare(&live);
    let managers = Managers::of(&live);
    let ignored = Set::of(&[&["spec"], &["metadata", "labels"]]);
    let call = on.asked.call;
    let (after, managers) = if call.is_apply() {
        let config = on.configuration()?;
        let who = on.who(Operation::Apply).of_subresource(NAME);
        let change = on.change(who, ignored);
        let applied = apply(&change, (&before, &config), &managers, on.by_force());
        let (object, managers) =
            applied.map_err(|conflicts| Failure::new(409, "Conflict", conflicts.message()))?;
        let mut after = before.clone();
        after["status"] = on.decode(&object)?.object["status"].clone();
        (after, managers)
    } else {
        let given = match call.verb {
            crate::call::Verb::Patch => on.patched(&live)?,
            _ => on.body()?,
        };
        let given = on.decode(&given)?.object;
        let mut after = before.clone();
        after["status"] = given["status"].clone();
        // Controllers write annotations along with the status.
        if given["metadata"]["annotations"].is_object() {
            after["metadata"]["annotations"] = given["metadata"]["annotations"].clone();
        }
        let who = on.who(Operation::Update).of_subresource(NAME);
        let managers = update(&on.change(who, ignored), (&before, &after), &managers);
        (after, managers)
    };
    let changed = on.finish_changed(state, (&live, after), &managers)?;
    Ok(with_object(200, &changed, &[]))
}
