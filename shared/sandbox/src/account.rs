//! The accounts from Rust: stacks made and put in a state.

use std::sync::Arc;

use serde_json::Value;

use crate::bend::BendError;
use crate::cloudformation::{self, Making, Planned};
use crate::lock;
use crate::planning;
use crate::sandbox::Sandbox;
use crate::state::{State, Where};

/// A stack to be made at once.
#[derive(Clone, Debug, PartialEq)]
pub struct NewStack {
    /// Its account and region; `None` is the default of [`Options`](crate::Options).
    pub place: Option<(String, String)>,
    /// Its name, not yet taken there.
    pub name: String,
    /// The ARN of the stack that it is nested in.
    pub parent: Option<String>,
    /// Its resources.
    pub resources: Vec<NewResource>,
}

impl NewStack {
    /// A stack of this name in the default place, with these resources.
    #[must_use]
    pub fn new(name: &str, resources: Vec<NewResource>) -> Self {
        Self {
            place: None,
            name: name.to_owned(),
            parent: None,
            resources,
        }
    }
}

/// A resource to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewResource {
    /// Its name in the template.
    pub logical_id: String,
    /// `AWS::SQS::Queue`; any type, also one without drift support.
    pub resource_type: String,
    /// Its properties in the template. `{"Ref": ID}` and `{"Fn::GetAtt": [ID, "Arn"]}`
    /// of a resource of the same stack become its physical id and its ARN (any
    /// attribute but `Arn` becomes the id); everything else is literal.
    pub properties: Value,
}

impl NewResource {
    /// A resource of a type with these properties.
    #[must_use]
    pub fn new(logical_id: &str, resource_type: &str, properties: Value) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            properties,
        }
    }
}

/// Why a stack cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MakeError {
    /// There is one of that name.
    #[error("stack `{0}` exists already in that account and region")]
    Exists(String),
    /// There is no such parent in the same place.
    #[error("no stack `{0}` to nest in, in that account and region")]
    NoParent(String),
}

impl Sandbox {
    /// Makes a stack, complete, and returns its ARN. A nested one also becomes a resource of its parent.
    ///
    /// # Errors
    /// Where its name is taken or its parent is not there.
    pub fn create_stack(&self, stack: NewStack) -> Result<String, MakeError> {
        self.settle();
        let at = self.shared.now();
        let options = &self.shared.options;
        let default = || (options.account.clone(), options.region.clone());
        let place = stack.place.unwrap_or_else(default);
        let mut state = lock(&self.shared.state);
        let content = state.place(&place);
        if content.names.contains_key(&stack.name) {
            return Err(MakeError::Exists(stack.name));
        }
        let parent = stack
            .parent
            .map(|id| match content.ids.get_key_value(id.as_str()) {
                Some((known, number)) => Ok((Arc::clone(known), *number)),
                None => Err(MakeError::NoParent(id)),
            });
        let parent = parent.transpose()?;
        let unique = state.uuid();
        let id = cloudformation::arn(&place, &stack.name, &unique);
        let resources = planning::plan(&mut state, (&place, &stack.name), stack.resources);
        if let Some((_, number)) = &parent {
            nest(&mut state, (&place, *number), (&stack.name, &id), at);
        }
        let making = Making {
            place: &place,
            name: &stack.name,
            id: Arc::clone(&id),
            parent: parent.map(|(id, _)| id),
            tags: Vec::new(),
            resources,
            at,
        };
        cloudformation::make(&mut state, making);
        Ok(id.to_string())
    }

    /// Puts a stack in a status, `UPDATE_IN_PROGRESS` say, and leaves it there.
    ///
    /// # Errors
    /// Where there is no such stack.
    pub fn set_stack_status(&self, stack: &str, status: &str) -> Result<(), BendError> {
        self.settle();
        let mut state = lock(&self.shared.state);
        let (place, number) = locate(&state, stack)?;
        if let Some(stack) = state.place(&place).stacks.get_mut(&number) {
            stack.status = status.to_owned();
        }
        Ok(())
    }

    /// A resource's name in the account, to be named by properties of another stack's resource.
    ///
    /// # Errors
    /// Where there is no such stack or resource.
    pub fn physical_id(&self, stack: &str, logical_id: &str) -> Result<String, BendError> {
        let state = lock(&self.shared.state);
        let (place, number) = locate(&state, stack)?;
        let found = state.places.get(&place);
        let found = found.and_then(|place| place.stacks.get(&number));
        let mut rows = found.into_iter().flat_map(|stack| &stack.resources);
        let row = rows.find(|row| row.logical_id == logical_id);
        row.map(|row| row.physical_id.clone())
            .ok_or_else(|| BendError::NoResource(stack.to_owned(), logical_id.to_owned()))
    }
}

/// Makes a stack a resource of its parent.
fn nest(state: &mut State, parent: (&Where, u64), stack: (&str, &str), at: jiff::Timestamp) {
    let ((place, number), (name, id)) = (parent, stack);
    let row = Planned {
        logical_id: name.chars().filter(char::is_ascii_alphanumeric).collect(),
        resource_type: "AWS::CloudFormation::Stack".to_owned(),
        properties: Value::Null,
        physical_id: id.to_owned(),
    };
    if let Some(parent) = state.place(place).stacks.get_mut(&number) {
        parent.resources.push(cloudformation::fresh(row, at));
    }
}

pub(crate) fn locate(state: &State, stack: &str) -> Result<(Where, u64), BendError> {
    let found = state.locate(stack);
    found.ok_or_else(|| BendError::NoStack(stack.to_owned()))
}
