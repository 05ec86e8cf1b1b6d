//! The accounts from Rust: stacks made, resources bent and mended.

use std::sync::Arc;

use serde_json::Value;

use crate::bend::{self, Actor, BendError, Bent, Edit};
use crate::cloudformation::{self, Making, Planned};
use crate::compare::differences;
use crate::lock;
use crate::sandbox::Sandbox;
use crate::state::{Live, State, Where};
use crate::trail::Event;
use crate::types::{self, Origin};

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
    /// Its properties in the template, without references.
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
        let resources = stack.resources.into_iter();
        let resources = resources
            .map(|resource| plan(&mut state, (&place, &stack.name), resource))
            .collect();
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
        let bent = change(&mut state, (stack, logical_id), |resource| {
            bend::perform(resource, &edit)
        })?;
        let (place, bent) = bent;
        let bent = Bent {
            event_name: types::call(&bent.resource_type, &edit).1,
            edit,
            actor,
            at,
            ..bent
        };
        self.record(&mut state, &place, &bent);
        Ok(bent)
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
        let (place, bent) = change(&mut state, (stack, logical_id), |resource| {
            was = Some(std::mem::replace(&mut resource.live, Live::Straight));
            Ok(())
        })?;
        if was == Some(Live::Straight) {
            return Ok(());
        }
        let edit = Edit::Set {
            path: String::new(),
            value: Value::Null,
        };
        let bent = Bent {
            event_name: types::call(&bent.resource_type, &edit).1,
            actor,
            at,
            edit,
            ..bent
        };
        self.record(&mut state, &place, &bent);
        Ok(())
    }

    fn record(&self, state: &mut State, place: &Where, bent: &Bent) {
        let parameters = match &bent.edit {
            Edit::Set { path, value } | Edit::Add { path, value } => {
                let property = path.split('/').nth(1).unwrap_or_default();
                serde_json::json!({"resource": bent.physical_id, "property": property, "value": value})
            }
            _ => serde_json::json!({"resource": bent.physical_id}),
        };
        let event = Event {
            id: state.uuid(),
            at: bent.at,
            source: types::call(&bent.resource_type, &bent.edit).0,
            name: bent.event_name.clone(),
            principal: bent.actor.principal.clone(),
            console: bent.actor.console,
            resource_type: bent.resource_type.clone(),
            resource: bent.physical_id.clone(),
            parameters,
        };
        let keep = self.shared.options.keep_trail;
        let place = trail_of(&event.source, place);
        state.place(&place).trail.add(event, keep);
    }
}

/// Where a call shows: those of global services in one region, whatever the stack's.
fn trail_of(source: &str, place: &Where) -> Where {
    match source {
        "iam.amazonaws.com" => (place.0.clone(), "us-east-1".to_owned()),
        _ => place.clone(),
    }
}

/// Gives a resource its name in the account.
fn plan(state: &mut State, stack: (&Where, &str), resource: NewResource) -> Planned {
    let ((account, region), stack) = stack;
    let unique = state.uuid();
    let origin = Origin {
        account,
        region,
        stack,
        logical_id: &resource.logical_id,
        unique: &unique,
    };
    let kind = &resource.resource_type;
    let name = types::name(kind, &resource.properties, &origin);
    Planned {
        physical_id: types::physical_id(kind, &name, &origin),
        logical_id: resource.logical_id,
        resource_type: resource.resource_type,
        properties: resource.properties,
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

fn locate(state: &State, stack: &str) -> Result<(Where, u64), BendError> {
    let found = state.locate(stack);
    found.ok_or_else(|| BendError::NoStack(stack.to_owned()))
}

/// Changes a live resource; tells everything but who did what.
fn change(
    state: &mut State,
    resource: (&str, &str),
    perform: impl FnOnce(&mut crate::state::Resource) -> Result<(), BendError>,
) -> Result<(Where, Bent), BendError> {
    let (stack, logical_id) = resource;
    let (place, number) = locate(state, stack)?;
    let no_stack = || BendError::NoStack(stack.to_owned());
    let stack = state
        .place(&place)
        .stacks
        .get_mut(&number)
        .ok_or_else(no_stack)?;
    let mut rows = stack.resources.iter_mut();
    let row = rows
        .find(|row| row.logical_id == logical_id)
        .ok_or_else(|| BendError::NoResource(stack.name.clone(), logical_id.to_owned()))?;
    perform(row)?;
    let actual = row.actual();
    let bent = Bent {
        stack_id: stack.id.to_string(),
        stack: stack.name.clone(),
        logical_id: row.logical_id.clone(),
        physical_id: row.physical_id.clone(),
        resource_type: row.resource_type.clone(),
        edit: Edit::Delete,
        deleted: actual.is_none(),
        differences: actual.map_or_else(Vec::new, |actual| {
            differences(&row.expected.value(), &actual.value())
        }),
        actor: Actor::new(""),
        at: jiff::Timestamp::UNIX_EPOCH,
        event_name: String::new(),
    };
    Ok((place, bent))
}
