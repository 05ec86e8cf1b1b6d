//! Detections of drift: begun by a call, ended by the clock.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::{Ask, drifts, missing};
use crate::answer::Failure;
use crate::compare::differences;
use crate::events::{Told, ended, started};
use crate::faults::Faults;
use crate::live::View;
use crate::lock;
use crate::shared::Shared;
use crate::state::{Check, Detection, Due, End, Live, Properties, Resource, Stack, State, Where};
use crate::time::{after, iso_millis};
use crate::types::is_checked;
use crate::xml::Xml;

/// The states in which CloudFormation detects drift.
const DETECTABLE: [&str; 6] = [
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
];

/// Detections of one stack that can still be asked after.
const REMEMBERED: usize = 8;

pub(super) fn detect(ask: &Ask<'_>) -> Result<String, Failure> {
    let name = ask.required("StackName")?;
    let only = ask.form.members("LogicalResourceIds");
    let mut state = lock(&ask.shared.state);
    let number = ask.stack(&state, name)?;
    let id = state.uuid();
    let event_id = state.uuid();
    let place = state.place(ask.place);
    let stack = place.stacks.get_mut(&number).ok_or_else(|| missing(name))?;
    allow(stack)?;
    if let Some(unknown) = only.iter().find(|id| stack.resource(id).is_none()) {
        return Err(no_resource(unknown, &stack.name));
    }
    if stack.running.is_some() {
        return Err(Failure::validation(format!(
            "Drift detection is already in progress for stack {}",
            stack.id
        )));
    }
    stack.running = Some(id.clone());
    let stack_id = Arc::clone(&stack.id);
    let forgotten = remember(&mut stack.past, &id);
    for old in forgotten {
        place.detections.remove(&old);
    }
    let detection = Detection {
        stack: number,
        started: ask.now,
        only: only.into_iter().map(str::to_owned).collect(),
        end: None,
    };
    place.detections.insert(id.clone(), detection);
    let ends = after(ask.now, ask.shared.options.detection_time);
    state.at(ends, Due::Detection(ask.place.clone(), id.clone()));
    drop(state);
    ask.shared.emit(started(&Told {
        event_id: &event_id,
        at: ask.now,
        place: (&ask.place.0, &ask.place.1),
        stack: &stack_id,
        detection: &id,
    }));
    ask.shared.due.notify_one();
    let mut xml = Xml::new();
    xml.text("StackDriftDetectionId", &id);
    Ok(xml.into_string())
}

pub(super) fn detect_resource(ask: &Ask<'_>) -> Result<String, Failure> {
    let name = ask.required("StackName")?;
    let logical_id = ask.required("LogicalResourceId")?;
    let mut state = lock(&ask.shared.state);
    let number = ask.stack(&state, name)?;
    let mut seen = seen(ask.shared, &state, (ask.place, number));
    let place = state.place(ask.place);
    let stack = place.stacks.get_mut(&number).ok_or_else(|| missing(name))?;
    allow(stack)?;
    let (stack_name, stack_id) = (stack.name.clone(), Arc::clone(&stack.id));
    let resource = stack
        .resources
        .iter_mut()
        .find(|resource| resource.logical_id == logical_id)
        .ok_or_else(|| no_resource(logical_id, &stack_name))?;
    if !is_checked(&resource.resource_type) {
        return Err(Failure::validation(format!(
            "Drift detection is not supported for resource type [{}]",
            resource.resource_type
        )));
    }
    let reason = ask
        .shared
        .faults
        .failed_check(&stack_name, Some(logical_id));
    check(resource, seen.remove(logical_id), (ask.now, reason));
    let mut xml = Xml::new();
    xml.element("StackResourceDrift", |xml| {
        drifts::drift(xml, &stack_id, resource);
    });
    stack.sum_up(ask.now);
    Ok(xml.into_string())
}

pub(super) fn status(ask: &Ask<'_>) -> Result<String, Failure> {
    let id = ask.required("StackDriftDetectionId")?;
    let unknown =
        || Failure::validation(format!("Drift detection operation [{id}] does not exist"));
    let state = lock(&ask.shared.state);
    let place = state.places.get(ask.place).ok_or_else(unknown)?;
    let detection = place.detections.get(id).ok_or_else(unknown)?;
    let stack = place.stacks.get(&detection.stack).ok_or_else(unknown)?;
    let mut xml = Xml::new();
    xml.text("StackId", &stack.id)
        .text("StackDriftDetectionId", id);
    match &detection.end {
        None => {
            xml.text("DetectionStatus", "DETECTION_IN_PROGRESS");
        }
        Some(end) => {
            xml.text("StackDriftStatus", end.drift)
                .text("DetectionStatus", end.status())
                .maybe("DetectionStatusReason", end.failure.as_deref())
                .text("DriftedStackResourceCount", &end.drifted.to_string());
        }
    }
    xml.text("Timestamp", &iso_millis(detection.started));
    Ok(xml.into_string())
}

/// Lets everything happen that the clock has brought about by now.
pub(crate) fn settle(shared: &Shared, now: Timestamp) {
    loop {
        let mut state = lock(&shared.state);
        let is_due = state.due.first().is_some_and(|(when, _, _)| *when <= now);
        let Some((when, _, due)) = is_due.then(|| state.due.pop_first()).flatten() else {
            return;
        };
        match due {
            Due::Detection(place, id) => {
                let event = end(&mut state, shared, (&place, &id), when);
                drop(state);
                if let Some(event) = event {
                    shared.emit(event);
                }
            }
            Due::Status(place, number, status) => {
                super::stacks::finish(&mut state, (&place, number), status, when);
            }
        }
    }
}

/// Ends a detection and returns its event.
fn end(
    state: &mut State,
    shared: &Shared,
    detection: (&Where, &str),
    when: Timestamp,
) -> Option<serde_json::Value> {
    let (place, id) = detection;
    let event_id = state.uuid();
    let number = state.places.get(place)?.detections.get(id)?.stack;
    let seen = seen(shared, state, (place, number));
    let faults = &shared.faults;
    let content = state.places.get_mut(place)?;
    let detection = content.detections.get_mut(id)?;
    let stack = content.stacks.get_mut(&detection.stack)?;
    stack.running = None;
    let failure = match faults.failed_check(&stack.name, None) {
        Some(reason) => Some(reason),
        None if stack.deleted.is_some() => Some(format!("Stack {} has been deleted", stack.id)),
        None => check_all(stack, (&detection.only, seen), when, faults),
    };
    // The stack says when its newest detection began, its rows when they were checked.
    stack.sum_up(detection.started);
    let end = End {
        drift: match (&failure, stack.drift) {
            (Some(_), "IN_SYNC" | "NOT_CHECKED") => "UNKNOWN",
            (_, drift) => drift,
        },
        drifted: stack.drifted(),
        failure,
    };
    stack.drift = end.drift;
    let told = Told {
        event_id: &event_id,
        at: when,
        place: (&place.0, &place.1),
        stack: &stack.id,
        detection: id,
    };
    let event = ended(&told, end.drift, end.status(), end.drifted);
    detection.end = Some(end);
    Some(event)
}

/// Checks every resource that can be, and says which could not.
fn check_all(
    stack: &mut Stack,
    (only, mut seen): (&[String], BTreeMap<String, Properties>),
    when: Timestamp,
    faults: &Faults,
) -> Option<String> {
    let mut failures = Vec::new();
    for resource in &mut stack.resources {
        let is_meant = only.is_empty() || only.contains(&resource.logical_id);
        if !is_meant || !is_checked(&resource.resource_type) {
            continue;
        }
        let reason = faults.failed_check(&stack.name, Some(&resource.logical_id));
        if let Some(reason) = &reason {
            let id = &resource.logical_id;
            failures.push(json!({"Resource": id, "FailureReason": reason}));
        }
        let seen = seen.remove(&resource.logical_id);
        check(resource, seen, (when, reason));
    }
    let summary = format!("Failed to detect drift on {} resource(s)", failures.len());
    (!failures.is_empty()).then(|| json!({"Summary": summary, "Failures": failures}).to_string())
}

/// What a detection sees of a stack's resources otherwise than they are, by logical id.
fn seen(
    shared: &Shared,
    state: &State,
    (place, number): (&Where, u64),
) -> BTreeMap<String, Properties> {
    if !shared.options.sees_other_stacks {
        return BTreeMap::new();
    }
    let stacks = state.places.get(place).map(|place| &place.stacks);
    let stack = stacks.and_then(|stacks| stacks.get(&number));
    let view = View::of(state, place);
    let rows = stack.into_iter().flat_map(|stack| {
        let rows = stack.resources.iter();
        rows.filter_map(move |row| Some((row, view.with_others(stack, row)?)))
    });
    rows.map(|(row, actual)| (row.logical_id.clone(), Properties::new(&actual)))
        .collect()
}

/// Looks at one resource and keeps what it saw: what is live, unless a
/// detection sees it otherwise.
fn check(
    resource: &mut Resource,
    seen: Option<Properties>,
    (at, failure): (Timestamp, Option<String>),
) {
    let live = match seen {
        Some(seen) => &Live::Bent(seen),
        None => &resource.live,
    };
    let (status, actual) = match (&failure, live) {
        (Some(_), _) => ("UNKNOWN", None),
        (None, Live::Gone) => ("DELETED", None),
        (None, Live::Straight) => ("IN_SYNC", Some(resource.expected.clone())),
        (None, Live::Bent(actual)) => {
            let equal = differences(&resource.expected.value(), &actual.value()).is_empty();
            let status = if equal { "IN_SYNC" } else { "MODIFIED" };
            (status, Some(actual.clone()))
        }
    };
    resource.check = Some(Check {
        status,
        at,
        reason: failure,
        expected: actual.is_some().then(|| resource.expected.clone()),
        actual,
    });
}

fn allow(stack: &Stack) -> Result<(), Failure> {
    if DETECTABLE.contains(&stack.status.as_str()) {
        return Ok(());
    }
    Err(Failure::validation(format!(
        "Drift detection cannot be performed on stack [{}] while it is in {} state",
        stack.id, stack.status
    )))
}

fn no_resource(logical_id: &str, stack: &str) -> Failure {
    Failure::validation(format!(
        "Resource {logical_id} does not exist for stack {stack}"
    ))
}

/// Adds a detection to those that can be asked after; returns the ones that no longer can.
fn remember(past: &mut VecDeque<String>, id: &str) -> Vec<String> {
    past.push_back(id.to_owned());
    let surplus = past.len().saturating_sub(REMEMBERED);
    past.drain(..surplus).collect()
}

impl End {
    fn status(&self) -> &'static str {
        match self.failure {
            Some(_) => "DETECTION_FAILED",
            None => "DETECTION_COMPLETE",
        }
    }
}

impl Stack {
    fn resource(&self, logical_id: &str) -> Option<&Resource> {
        let mut resources = self.resources.iter();
        resources.find(|resource| resource.logical_id == logical_id)
    }

    fn drifted(&self) -> usize {
        let checks = self
            .resources
            .iter()
            .filter_map(|resource| resource.check.as_ref());
        checks
            .filter(|check| matches!(check.status, "MODIFIED" | "DELETED"))
            .count()
    }

    /// The stack's own status, from what is known of its resources.
    fn sum_up(&mut self, at: Timestamp) {
        self.checked = Some(at);
        let unknown = |resource: &Resource| {
            let check = resource.check.as_ref();
            check.is_some_and(|check| check.status == "UNKNOWN")
        };
        self.drift = if self.drifted() > 0 {
            "DRIFTED"
        } else if self.resources.iter().any(unknown) {
            "UNKNOWN"
        } else {
            "IN_SYNC"
        };
    }
}
