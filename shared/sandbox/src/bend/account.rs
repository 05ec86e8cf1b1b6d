//! Resources bent and mended from Rust.

use jiff::Timestamp;
use serde_json::Value;

use super::{Actor, BendError, Bent, Edit, perform};
use crate::account::locate;
use crate::attach::calls::{self, Subject};
use crate::attach::property;
use crate::compare::differences;
use crate::events;
use crate::lock;
use crate::sandbox::Sandbox;
use crate::state::{Live, Resource, State, Where};
use crate::trail::{By, keep};

impl Sandbox {
    /// Changes a live resource of a stack (by ARN, or by a name that only one
    /// has) past CloudFormation, and leaves the call in CloudTrail.
    ///
    /// # Errors
    /// Where there is nothing that the edit could change.
    pub fn bend(
        &self,
        stack: &str,
        logical_id: &str,
        edit: Edit,
        actor: Actor,
    ) -> Result<Bent, BendError> {
        // A detection that has ended by now must not see what happens now.
        self.settle();
        let at = actor.at.unwrap_or_else(|| self.shared.now());
        let mut state = lock(&self.shared.state);
        let mut bending = change(&mut state, (stack, logical_id), |resource| {
            perform(resource, &edit)
        })?;
        bending.bent.edit = edit;
        Ok(self.leave(&mut state, bending, (actor, at)))
    }

    /// Puts a live resource back as the template has it, also one that is gone.
    ///
    /// # Errors
    /// Where there is no such resource.
    pub fn mend(&self, stack: &str, logical_id: &str, actor: Actor) -> Result<(), BendError> {
        // A detection that has ended by now must not see what happens now.
        self.settle();
        let at = actor.at.unwrap_or_else(|| self.shared.now());
        let mut state = lock(&self.shared.state);
        let mut was = None;
        let mut bending = change(&mut state, (stack, logical_id), |resource| {
            was = Some(std::mem::replace(&mut resource.live, Live::Straight));
            Ok(())
        })?;
        if was == Some(Live::Straight) {
            return Ok(());
        }
        bending.bent.edit = Edit::Set {
            path: String::new(),
            value: Value::Null,
        };
        self.leave(&mut state, bending, (actor, at));
        Ok(())
    }

    /// Leaves the traces of a change: its call in CloudTrail, and AWS Config's word of it.
    fn leave(&self, state: &mut State, bending: Bending, (actor, at): (Actor, Timestamp)) -> Bent {
        let place = &bending.place;
        let kind = &bending.bent.resource_type;
        let subject = Subject {
            place,
            resource_type: kind,
            id: &bending.bent.physical_id,
        };
        let none = Value::Null;
        let (before, after) = (bending.before.as_ref(), bending.after.as_ref());
        let known = before.or(after).unwrap_or(&none);
        let made = match property::hung(kind, subject.id, known).as_slice() {
            // To take away an attachment, or to put it back, is a call on what it hangs on.
            [(parent, id, attachment), ..] if before.is_none() || after.is_none() => {
                let subject = Subject {
                    resource_type: parent,
                    id,
                    ..subject
                };
                calls::of(&subject, (attachment, ""), after.is_some())
            }
            _ => calls::of_edit(&subject, known, &bending.bent.edit),
        };
        let bent = Bent {
            event_name: made.name.clone(),
            at,
            ..bending.bent
        };
        let event = made.event(state.uuid(), at, By::from(&actor));
        keep(&self.shared, state, place, event);
        if self.shared.options.config_events {
            let item = events::Item {
                at,
                before: bending.before,
                hung: None,
            };
            events::tell(
                &self.shared,
                state,
                (place, bending.number, bending.row),
                &item,
            );
        }
        Bent { actor, ..bent }
    }
}

/// A change of a live resource, before it is told who did what.
struct Bending {
    place: Where,
    number: u64,
    row: usize,
    /// The live properties before it, where the resource was there.
    before: Option<Value>,
    /// The live properties after it, where it is there.
    after: Option<Value>,
    bent: Bent,
}

/// Changes a live resource; tells everything but who did what.
fn change(
    state: &mut State,
    resource: (&str, &str),
    perform: impl FnOnce(&mut Resource) -> Result<(), BendError>,
) -> Result<Bending, BendError> {
    let (stack, logical_id) = resource;
    let (place, number) = locate(state, stack)?;
    let no_stack = || BendError::NoStack(stack.to_owned());
    let stack = state
        .place(&place)
        .stacks
        .get_mut(&number)
        .ok_or_else(no_stack)?;
    let mut rows = stack.resources.iter_mut().enumerate();
    let (index, row) = rows
        .find(|(_, row)| row.logical_id == logical_id)
        .ok_or_else(|| BendError::NoResource(stack.name.clone(), logical_id.to_owned()))?;
    let before = row.actual().map(|before| before.value());
    perform(row)?;
    let after = row.actual().map(|after| after.value());
    let bent = Bent {
        stack_id: stack.id.to_string(),
        stack: stack.name.clone(),
        logical_id: row.logical_id.clone(),
        physical_id: row.physical_id.clone(),
        resource_type: row.resource_type.clone(),
        edit: Edit::Delete,
        deleted: after.is_none(),
        differences: after
            .as_ref()
            .map_or_else(Vec::new, |after| differences(&row.expected.value(), after)),
        actor: Actor::new(""),
        at: Timestamp::UNIX_EPOCH,
        event_name: String::new(),
    };
    Ok(Bending {
        place,
        number,
        row: index,
        before,
        after,
        bent,
    })
}
