//! A stack brought to a new template, and the calls that it takes.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::stacks::{begin, fresh};
use super::template::Planned;
use crate::attach::calls::{self, Made, Subject};
use crate::attach::{Attachment, property};
use crate::bend::Edit;
use crate::events;
use crate::shared::Shared;
use crate::state::{Live, Properties, Resource, Stack, State, Where};
use crate::trail::{By, keep};

/// What an update does to one resource: its properties in the old template and in the new one.
#[derive(Clone, Debug)]
pub(crate) struct Touched {
    logical_id: String,
    physical_id: String,
    resource_type: String,
    old: Option<Value>,
    new: Option<Value>,
    /// The live properties before.
    was: Option<Value>,
}

impl Touched {
    fn of(row: &Resource, new: Option<&Value>) -> Self {
        Self {
            logical_id: row.logical_id.clone(),
            physical_id: row.physical_id.clone(),
            resource_type: row.resource_type.clone(),
            old: Some(row.expected.value()),
            new: new.cloned(),
            was: row.actual().map(|was| was.value()),
        }
    }
}

/// Brings a stack to a new template as CloudFormation does: only properties
/// that differ between the templates are written, so a bend elsewhere stays.
pub(crate) fn change(stack: &mut Stack, wanted: Vec<Planned>, at: Timestamp) -> Vec<Touched> {
    stack.template = None;
    let is_wanted = |row: &Resource| wanted.iter().any(|new| new.logical_id == row.logical_id);
    let unwanted = stack.resources.iter().filter(|row| !is_wanted(row));
    let mut touched: Vec<_> = unwanted.map(|row| Touched::of(row, None)).collect();
    stack.resources.retain(is_wanted);
    for planned in wanted {
        let mut rows = stack.resources.iter_mut();
        match rows.find(|row| row.logical_id == planned.logical_id) {
            None => {
                let row = fresh(planned, at);
                touched.push(Touched {
                    old: None,
                    was: None,
                    ..Touched::of(&row, Some(&row.expected.value()))
                });
                stack.resources.push(row);
            }
            Some(row) if row.expected.value() != planned.properties => {
                touched.push(Touched::of(row, Some(&planned.properties)));
                rewrite(row, planned.properties);
                row.status = "UPDATE_COMPLETE";
                row.updated = at;
            }
            Some(_) => {}
        }
    }
    if !touched.is_empty() {
        stack.updated = Some(at);
    }
    touched
}

fn rewrite(row: &mut Resource, wanted: Value) {
    if let Live::Bent(actual) = &row.live
        && let (Value::Object(old), Value::Object(new)) = (row.expected.value(), &wanted)
    {
        let mut actual = actual.value();
        if let Some(actual) = actual.as_object_mut() {
            let gone = old.keys().filter(|key| !new.contains_key(*key));
            gone.for_each(|key| {
                actual.remove(key);
            });
            let written = new
                .iter()
                .filter(|(key, value)| old.get(*key) != Some(value));
            let written: Vec<_> = written
                .map(|(key, value)| {
                    let merged = merge((old.get(key), value), actual.get(key));
                    (key.clone(), merged)
                })
                .collect();
            actual.extend(written);
        }
        row.live = if actual == wanted {
            Live::Straight
        } else {
            Live::Bent(Properties::new(&actual))
        };
    }
    row.expected = Properties::new(&wanted);
}

/// A property's live value after an update: of a list of rules or policies only
/// what differs between the templates is added and taken away.
fn merge((old, new): (Option<&Value>, &Value), live: Option<&Value>) -> Value {
    let (Some(Value::Array(old)), Value::Array(new), Some(Value::Array(live))) = (old, new, live)
    else {
        return new.clone();
    };
    let by_hand = live
        .iter()
        .filter(|it| !old.contains(it) && !new.contains(it));
    new.iter().chain(by_hand).cloned().collect()
}

/// An update whose changes are made and have still to be told.
pub(crate) struct Update<'a> {
    pub(crate) place: &'a Where,
    pub(crate) number: u64,
    pub(crate) touched: Vec<Touched>,
    pub(crate) by: By,
    pub(crate) at: Timestamp,
}

impl Update<'_> {
    /// Sets the stack in motion, and leaves the update's call and those that
    /// CloudFormation makes for it.
    pub(crate) fn carry_out(self, shared: &Shared, state: &mut State) {
        let statuses = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"];
        begin(
            shared,
            state,
            (self.place, self.number),
            (statuses, self.at),
        );
        let stacks = state.places.get(self.place).map(|place| &place.stacks);
        let stack = stacks.and_then(|stacks| stacks.get(&self.number));
        let id = stack.map(|stack| stack.id.to_string()).unwrap_or_default();
        let made = operation("UpdateStack", &id);
        let event = made.event(state.uuid(), self.at, self.by.clone());
        keep(shared, state, self.place, event);
        for touched in &self.touched {
            for made in calls_for(self.place, touched) {
                let by = self.by.through_cloudformation();
                let event = made.event(state.uuid(), self.at, by);
                keep(shared, state, self.place, event);
            }
            if touched.new.is_none() {
                let by_hand = &mut state.place(self.place).by_hand;
                by_hand.retain(|it| {
                    it.resource_type != touched.resource_type || it.parent != touched.physical_id
                });
            }
            self.tell_config(shared, state, touched);
        }
    }

    fn tell_config(&self, shared: &Shared, state: &mut State, touched: &Touched) {
        if !shared.options.config_events {
            return;
        }
        let stacks = state.places.get(self.place).map(|place| &place.stacks);
        let stack = stacks.and_then(|stacks| stacks.get(&self.number));
        let mut rows = stack.into_iter().flat_map(|stack| &stack.resources);
        let Some(row) = rows.position(|row| row.logical_id == touched.logical_id) else {
            return;
        };
        let item = events::Item {
            at: self.at,
            before: touched.was.clone(),
            hung: None,
        };
        events::tell(shared, state, (self.place, self.number, row), &item);
    }
}

/// The call of somebody who creates, changes or deletes a stack.
pub(super) fn operation(call: &str, stack: &str) -> Made {
    Made {
        source: "cloudformation.amazonaws.com".to_owned(),
        name: call.to_owned(),
        parameters: json!({"stackName": stack}),
        response: Value::Null,
        resources: vec![("AWS::CloudFormation::Stack".to_owned(), stack.to_owned())],
    }
}

/// The calls by which CloudFormation brings a resource to its new template.
fn calls_for(place: &Where, touched: &Touched) -> Vec<Made> {
    let Touched {
        physical_id,
        resource_type,
        old,
        new,
        ..
    } = touched;
    let subject = Subject {
        place,
        resource_type,
        id: physical_id,
    };
    let hung = |side: &Option<Value>| {
        let side = side.as_ref();
        side.map_or_else(Vec::new, |side| {
            property::hung(resource_type, physical_id, side)
        })
    };
    let (off, on) = (hung(old), hung(new));
    let of = |(parent, id, attachment): &(&'static str, String, Attachment), adds| {
        let subject = Subject {
            resource_type: parent,
            id,
            ..subject
        };
        calls::of(&subject, (attachment, ""), adds)
    };
    let mut made: Vec<Made> = Vec::new();
    made.extend(
        off.iter()
            .filter(|it| !on.contains(it))
            .map(|it| of(it, false)),
    );
    made.extend(
        on.iter()
            .filter(|it| !off.contains(it))
            .map(|it| of(it, true)),
    );
    if !off.is_empty() || !on.is_empty() {
        return made;
    }
    match (old, new) {
        (None, Some(new)) => made.push(calls::creation(&subject, new)),
        (Some(old), None) => made.push(calls::of_edit(&subject, old, &Edit::Delete)),
        (Some(old), Some(new)) => made.extend(changes(&subject, old, new)),
        (None, None) => {}
    }
    made
}

/// The calls that change a resource which stays.
fn changes(subject: &Subject<'_>, old: &Value, new: &Value) -> Vec<Made> {
    let own = |side: &Value| property::own(subject.resource_type, side);
    let (off, on) = (own(old), own(new));
    let mut made: Vec<Made> = Vec::new();
    let gone = off.iter().filter(|it| !on.contains(it));
    made.extend(gone.map(|it| calls::of(subject, (it, ""), false)));
    let come = on.iter().filter(|it| !off.contains(it));
    made.extend(come.map(|it| calls::of(subject, (it, ""), true)));
    let none = serde_json::Map::new();
    let side = |side: &Value| side.as_object().unwrap_or(&none).clone();
    let (old_map, new_map) = (side(old), side(new));
    for (key, value) in &new_map {
        let is_list = [
            "SecurityGroupIngress",
            "SecurityGroupEgress",
            "Policies",
            "ManagedPolicyArns",
        ];
        if old_map.get(key) == Some(value) || !made.is_empty() && is_list.contains(&key.as_str()) {
            continue;
        }
        let edit = Edit::Set {
            path: format!("/{key}"),
            value: value.clone(),
        };
        let call = calls::of_edit(subject, old, &edit);
        if !made.iter().any(|other| other.name == call.name) {
            made.push(call);
        }
    }
    made
}
