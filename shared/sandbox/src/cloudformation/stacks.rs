//! Stacks made, changed and deleted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use super::change::{Update, change, operation};
use super::template::{self, Planned, Reading};
use super::{Ask, missing};
use crate::answer::Failure;
use crate::attach::ByHand;
use crate::lock;
use crate::shared::Shared;
use crate::state::{Due, Live, Properties, Resource, Stack, State, Where};
use crate::time::after;
use crate::trail::{By, keep};
use crate::xml::Xml;

/// A stack that is about to be made.
pub(crate) struct Making<'a> {
    pub(crate) place: &'a Where,
    pub(crate) name: &'a str,
    pub(crate) id: Arc<str>,
    pub(crate) parent: Option<Arc<str>>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) resources: Vec<Planned>,
    pub(crate) at: Timestamp,
}

/// The ARN of a new stack.
pub(crate) fn arn(place: &Where, name: &str, unique: &str) -> Arc<str> {
    let (account, region) = place;
    format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/{unique}").into()
}

/// Puts a stack into the account, complete. The name must be free.
pub(crate) fn make(state: &mut State, making: Making<'_>) -> u64 {
    let number = state.next();
    let place = state.place(making.place);
    let root = making.parent.as_ref().map(|parent| {
        let above = place
            .ids
            .get(parent)
            .and_then(|number| place.stacks.get(number));
        let root = above.and_then(|above| above.root.clone());
        root.unwrap_or_else(|| Arc::clone(parent))
    });
    let resources = making.resources.into_iter();
    let stack = Stack {
        id: Arc::clone(&making.id),
        name: making.name.to_owned(),
        status: "CREATE_COMPLETE".to_owned(),
        created: making.at,
        updated: None,
        deleted: None,
        parent: making.parent,
        root,
        tags: making.tags,
        template: None,
        resources: resources.map(|planned| fresh(planned, making.at)).collect(),
        drift: "NOT_CHECKED",
        checked: None,
        running: None,
        past: VecDeque::new(),
    };
    place.names.insert(making.name.to_owned(), number);
    place.ids.insert(making.id, number);
    place.stacks.insert(number, stack);
    number
}

/// A resource as its template has it.
pub(crate) fn fresh(planned: Planned, at: Timestamp) -> Resource {
    Resource {
        logical_id: planned.logical_id,
        physical_id: planned.physical_id,
        resource_type: planned.resource_type,
        status: "CREATE_COMPLETE",
        updated: at,
        expected: Properties::new(&planned.properties),
        live: Live::Straight,
        check: None,
    }
}

pub(super) fn create(ask: &Ask<'_>) -> Result<String, Failure> {
    let name = ask.required("StackName")?;
    let body = ask.required("TemplateBody")?;
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if name.len() > 128 || !is_name(name) || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(Failure::validation(format!(
            "1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )));
    }
    let mut state = lock(&ask.shared.state);
    if state.place(ask.place).names.contains_key(name) {
        return Err(Failure::new(
            400,
            "AlreadyExistsException",
            format!("Stack [{name}] already exists"),
        ));
    }
    let unique = state.uuid();
    let id = arn(ask.place, name, &unique);
    let reading = Reading {
        place: ask.place,
        stack: name,
        stack_id: &id,
        parameters: ask
            .form
            .pairs("Parameters", "ParameterKey", "ParameterValue"),
        known: BTreeMap::new(),
    };
    let resources = template::read(body, &mut state, &reading)?;
    let making = Making {
        place: ask.place,
        name,
        id: Arc::clone(&id),
        parent: None,
        tags: ask.form.pairs("Tags", "Key", "Value"),
        resources,
        at: ask.now,
    };
    let number = make(&mut state, making);
    if let Some(stack) = state.place(ask.place).stacks.get_mut(&number) {
        stack.template = Some(body.into());
    }
    let statuses = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"];
    begin(
        ask.shared,
        &mut state,
        (ask.place, number),
        (statuses, ask.now),
    );
    record(ask, &mut state, "CreateStack", &id);
    Ok(id_of(&id))
}

pub(super) fn update(ask: &Ask<'_>) -> Result<String, Failure> {
    let name = ask.required("StackName")?;
    let body = ask.required("TemplateBody")?;
    let mut state = lock(&ask.shared.state);
    let number = ask.stack(&state, name)?;
    let stack = at_rest(&state, ask, number)?;
    let (id, name) = (Arc::clone(&stack.id), stack.name.clone());
    let known = stack.resources.iter();
    let known = known.map(|row| (row.logical_id.clone(), row.physical_id.clone()));
    let reading = Reading {
        place: ask.place,
        stack: &name,
        stack_id: &id,
        parameters: ask
            .form
            .pairs("Parameters", "ParameterKey", "ParameterValue"),
        known: known.collect(),
    };
    let wanted = template::read(body, &mut state, &reading)?;
    let place = state.place(ask.place);
    let stack = place
        .stacks
        .get_mut(&number)
        .ok_or_else(|| missing(&name))?;
    let touched = change(stack, wanted, ask.now);
    if touched.is_empty() {
        return Err(Failure::validation("No updates are to be performed."));
    }
    stack.template = Some(body.into());
    let update = Update {
        place: ask.place,
        number,
        touched,
        by: By::caller(ask.principal),
        at: ask.now,
    };
    update.carry_out(ask.shared, &mut state);
    Ok(id_of(&id))
}

pub(super) fn delete(ask: &Ask<'_>) -> Result<String, Failure> {
    let name = ask.required("StackName")?;
    let mut state = lock(&ask.shared.state);
    // Deleting what is not there succeeds.
    let Ok(number) = ask.stack(&state, name) else {
        return Ok(String::new());
    };
    let stack = at_rest(&state, ask, number)?;
    let id = Arc::clone(&stack.id);
    if stack.deleted.is_none() {
        let statuses = ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"];
        begin(
            ask.shared,
            &mut state,
            (ask.place, number),
            (statuses, ask.now),
        );
        record(ask, &mut state, "DeleteStack", &id);
    }
    Ok(String::new())
}

/// A stack that is not in motion.
fn at_rest<'a>(state: &'a State, ask: &Ask<'_>, number: u64) -> Result<&'a Stack, Failure> {
    let place = state.places.get(ask.place);
    let stack = place
        .and_then(|place| place.stacks.get(&number))
        .ok_or_else(|| missing(ask.form.get("StackName").unwrap_or_default()))?;
    if stack.status.ends_with("_IN_PROGRESS") {
        return Err(Failure::validation(format!(
            "Stack:{} is in {} state and can not be updated.",
            stack.id, stack.status
        )));
    }
    Ok(stack)
}

/// Sets a stack in motion; the clock ends it.
pub(super) fn begin(
    shared: &Shared,
    state: &mut State,
    (place, number): (&Where, u64),
    ([moving, done], at): ([&'static str; 2], Timestamp),
) {
    let time = shared.options.operation_time;
    if time.is_zero() {
        finish(state, (place, number), done, at);
        return;
    }
    if let Some(stack) = state.place(place).stacks.get_mut(&number) {
        stack.status = moving.to_owned();
    }
    state.at(after(at, time), Due::Status(place.clone(), number, done));
    shared.due.notify_one();
}

/// Ends a stack operation.
pub(super) fn finish(state: &mut State, stack: (&Where, u64), status: &'static str, at: Timestamp) {
    let (place, number) = stack;
    let place = state.place(place);
    let Some(stack) = place.stacks.get_mut(&number) else {
        return;
    };
    stack.status = status.to_owned();
    if status != "DELETE_COMPLETE" {
        return;
    }
    stack.deleted = Some(at);
    for row in &stack.resources {
        let own =
            |it: &ByHand| it.resource_type == row.resource_type && it.parent == row.physical_id;
        place.by_hand.retain(|it| !own(it));
    }
    for row in &mut stack.resources {
        row.status = status;
        row.updated = at;
        row.expected = Properties::default();
        row.live = Live::Gone;
        row.check = None;
    }
    place.names.remove(&stack.name);
}

fn record(ask: &Ask<'_>, state: &mut State, call: &str, stack: &str) {
    let by = By::caller(ask.principal);
    let event = operation(call, stack).event(state.uuid(), ask.now, by);
    keep(ask.shared, state, ask.place, event);
}

fn id_of(id: &str) -> String {
    let mut xml = Xml::new();
    xml.text("StackId", id);
    xml.into_string()
}
