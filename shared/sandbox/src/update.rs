//! Stacks updated from Rust.

use std::sync::Arc;

use crate::account::{NewResource, locate};
use crate::bend::{Actor, BendError};
use crate::cloudformation::{self, Planned, Update};
use crate::lock;
use crate::planning::{self, Names};
use crate::sandbox::Sandbox;
use crate::state::{State, Where};
use crate::trail::By;
use crate::types;

/// What a stack's next template has otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct StackUpdate {
    /// Resources that are new, or whose properties become these (all of them).
    pub put: Vec<NewResource>,
    /// Logical ids of resources that go.
    pub remove: Vec<String>,
    /// Who updates the stack.
    pub actor: Actor,
}

impl StackUpdate {
    /// An update by somebody, so far without any change.
    #[must_use]
    pub fn by(actor: Actor) -> Self {
        Self {
            put: Vec::new(),
            remove: Vec::new(),
            actor,
        }
    }

    /// The same with a resource that is new, or whose properties become these.
    #[must_use]
    pub fn put(mut self, resource: NewResource) -> Self {
        self.put.push(resource);
        self
    }

    /// The same without the resource of this logical id.
    #[must_use]
    pub fn remove(mut self, logical_id: &str) -> Self {
        self.remove.push(logical_id.to_owned());
        self
    }
}

/// Why a stack cannot be updated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// There is no such stack or no such resource to remove.
    #[error(transparent)]
    Missing(#[from] BendError),
    /// It is in motion, or deleted.
    #[error("stack `{0}` is in {1} state and can not be updated")]
    State(String, String),
    /// The template stays as it is.
    #[error("no updates are to be performed on stack `{0}`")]
    Nothing(String),
}

impl Sandbox {
    /// Changes a stack's template and with it what is live, as CloudFormation
    /// does: what the template does not change stays as it is, bent or not. The
    /// stack is UPDATE_IN_PROGRESS for the operation time and then
    /// UPDATE_COMPLETE; CloudTrail shows UpdateStack and, as invoked by
    /// `cloudformation.amazonaws.com`, the calls that it takes.
    ///
    /// # Errors
    /// Where there is no such stack, it is in motion, or nothing would change.
    pub fn update_stack(&self, stack: &str, update: StackUpdate) -> Result<(), UpdateError> {
        self.settle();
        let at = update.actor.at.unwrap_or_else(|| self.shared.now());
        let mut guard = lock(&self.shared.state);
        let state = &mut *guard;
        let (place, number) = locate(state, stack)?;
        let by = By::from(&update.actor);
        let wanted = wanted(state, (&place, number), (stack, update))?;
        let content = state.place(&place);
        let row = content.stacks.get_mut(&number);
        let row = row.ok_or_else(|| BendError::NoStack(stack.to_owned()))?;
        let touched = cloudformation::change(row, wanted, at);
        if touched.is_empty() {
            return Err(UpdateError::Nothing(row.name.clone()));
        }
        let update = Update {
            place: &place,
            number,
            touched,
            by,
            at,
        };
        update.carry_out(&self.shared, state);
        Ok(())
    }
}

/// The resources of the stack's next template.
fn wanted(
    state: &mut State,
    (place, number): (&Where, u64),
    (stack, update): (&str, StackUpdate),
) -> Result<Vec<Planned>, UpdateError> {
    let no_stack = || BendError::NoStack(stack.to_owned());
    let content = state.place(place);
    let row = content.stacks.get(&number).ok_or_else(no_stack)?;
    if row.status.ends_with("_IN_PROGRESS") || row.deleted.is_some() {
        return Err(UpdateError::State(row.name.clone(), row.status.clone()));
    }
    let has = |id: &String| row.resources.iter().any(|row| row.logical_id == *id);
    if let Some(unknown) = update.remove.iter().find(|id| !has(id)) {
        return Err(BendError::NoResource(row.name.clone(), unknown.clone()).into());
    }
    let mut names = Names::new();
    let mut wanted = Vec::new();
    let name: Arc<str> = row.name.as_str().into();
    for row in &row.resources {
        let arn = types::arn_of(&row.resource_type, &row.physical_id, (&place.0, &place.1));
        names.insert(row.logical_id.clone(), (row.physical_id.clone(), arn));
        if !update.remove.contains(&row.logical_id) {
            wanted.push(Planned {
                logical_id: row.logical_id.clone(),
                resource_type: row.resource_type.clone(),
                properties: row.expected.value(),
                physical_id: row.physical_id.clone(),
            });
        }
    }
    for planned in planning::plan_beside(state, (place, &name), (update.put, names)) {
        match wanted
            .iter_mut()
            .find(|row| row.logical_id == planned.logical_id)
        {
            Some(row) => *row = planned,
            None => wanted.push(planned),
        }
    }
    Ok(wanted)
}
