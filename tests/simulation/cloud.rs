//! A model of CloudFormation: stacks whose resources are bent and mended, and
//! detections that take time. It knows the truth that the ledger has to reach.

use std::collections::BTreeMap;

use domain::stack::{
    Detection, DetectionOutcome, DriftStatus, ResourceDrift, ResourceRow, StackId, StackSummary,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::hanging::Hand;
use crate::resource::{NESTED, Resource};

/// The account of every stack.
pub(crate) const ACCOUNT: &str = "111122223333";

/// What no one may find outside the model: part of each sensitive value.
pub(crate) const MARKER: &str = "MARKERx7Qp";

/// A stack.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    pub(crate) id: StackId,
    pub(crate) status: &'static str,
    pub(crate) root: Option<StackId>,
    pub(crate) resources: Vec<Resource>,
    /// When its last update began, by the API's clock.
    changed_at: Option<Timestamp>,
    checked_at: Option<Timestamp>,
    running: Option<String>,
}

/// A detection.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) stack: StackId,
    pub(crate) started_at: Timestamp,
    pub(crate) is_over: bool,
    failures: Vec<String>,
}

/// One check of a resource: when by the true time, and whether it showed drift.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Check {
    pub(crate) at: Timestamp,
    pub(crate) drifts: bool,
}

/// CloudFormation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cloud {
    pub(crate) stacks: BTreeMap<String, Stack>,
    pub(crate) detections: BTreeMap<String, Running>,
    /// What was ever checked, by stack name and logical id.
    pub(crate) checks: BTreeMap<(String, String), Vec<Check>>,
    /// What was added by hand to groups and roles.
    pub(crate) by_hand: Vec<Hand>,
    /// What the API's clock is ahead of the true time.
    pub(crate) skew: SignedDuration,
    pub(crate) made: u64,
}

impl Cloud {
    /// The time by the API's clock.
    pub(crate) fn api_time(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.skew).unwrap_or(now)
    }

    pub(crate) fn create(
        &mut self,
        (name, region): (&str, &str),
        root: Option<StackId>,
    ) -> StackId {
        self.made += 1;
        let arn = format!(
            "arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/{:08x}",
            self.made
        );
        let id = StackId::parse(&arn).expect("a stack's ARN");
        let stack = Stack {
            id: id.clone(),
            status: "CREATE_COMPLETE",
            root,
            resources: Vec::new(),
            changed_at: None,
            checked_at: None,
            running: None,
        };
        self.stacks.insert(arn, stack);
        id
    }

    /// The stack that a call means: by its ARN or, while it is there, by its name.
    pub(crate) fn arn(&self, reference: &str) -> String {
        let mut stacks = self.stacks.values();
        let named = stacks.find(|it| it.is_there() && it.id.name() == reference);
        named.map_or(reference, |it| it.id.as_str()).to_owned()
    }

    /// Whether a stack of that name has a resource of that name and type.
    pub(crate) fn has(&self, (stack, logical_id): &(String, String), kind: &str) -> bool {
        let mut stacks = self.stacks.values();
        stacks.any(|it| {
            it.is_there()
                && it.id.name() == stack
                && it
                    .resources
                    .iter()
                    .any(|it| it.logical_id == *logical_id && it.kind == kind && it.is_in_stack())
        })
    }

    /// Starts a detection, or says why not.
    pub(crate) fn detect(&mut self, arn: &str, now: Timestamp) -> Result<String, Refusal> {
        let started_at = self.api_time(now);
        let stack = self.stacks.get_mut(arn).ok_or(Refusal::NoStack)?;
        match stack.status {
            "DELETE_COMPLETE" => return Err(Refusal::NoStack),
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" => {}
            _ => return Err(Refusal::State(stack.status)),
        }
        if stack.running.is_some() {
            return Err(Refusal::InProgress);
        }
        self.made += 1;
        let id = format!("detection-{:06}", self.made);
        stack.running = Some(id.clone());
        stack.checked_at = Some(started_at);
        let running = Running {
            stack: stack.id.clone(),
            started_at,
            is_over: false,
            failures: Vec::new(),
        };
        self.detections.insert(id.clone(), running);
        Ok(id)
    }

    /// A detection comes to a resource; `fails` where it cannot be checked.
    pub(crate) fn check(
        &mut self,
        (detection, logical_id): (&str, &str),
        fails: bool,
        now: Timestamp,
    ) {
        let at = self.api_time(now);
        let Some(running) = self.detections.get_mut(detection) else {
            return;
        };
        let arn = running.stack.as_str().to_owned();
        if fails {
            running.failures.push(logical_id.to_owned());
            return;
        }
        self.check_one(&arn, logical_id, (at, now));
    }

    /// A resource is checked by itself; `None` where it is not there or has no drift support.
    pub(crate) fn check_one(
        &mut self,
        arn: &str,
        logical_id: &str,
        (at, now): (Timestamp, Timestamp),
    ) -> Option<ResourceDrift> {
        let resources = &self.stacks.get(arn)?.resources;
        let resource = resources.iter().find(|it| it.logical_id == logical_id)?;
        let is_gone = self.is_groupless(resource);
        let stack = self.stacks.get_mut(arn)?;
        let resource = stack
            .resources
            .iter_mut()
            .find(|it| it.logical_id == logical_id && it.is_supported())?;
        if stack.status == "DELETE_COMPLETE" {
            return None;
        }
        resource.check(at, is_gone);
        let drifts = resource.truth(is_gone).is_some();
        let key = (stack.id.name().to_owned(), logical_id.to_owned());
        self.checks
            .entry(key)
            .or_default()
            .push(Check { at: now, drifts });
        resource.last_drift().cloned()
    }

    /// The stack of a detection.
    pub(crate) fn stack_of(&self, detection: &str) -> String {
        let running = self.detections.get(detection);
        running.map_or(String::new(), |it| it.stack.as_str().to_owned())
    }

    /// A resource, to be changed.
    pub(crate) fn resource(&mut self, arn: &str, logical_id: &str) -> Option<&mut Resource> {
        let resources = &mut self.stacks.get_mut(arn)?.resources;
        resources.iter_mut().find(|it| it.logical_id == logical_id)
    }

    /// A detection ends; gives whether it was complete.
    pub(crate) fn end(&mut self, detection: &str) -> bool {
        let Some(running) = self.detections.get_mut(detection) else {
            return false;
        };
        running.is_over = true;
        let is_complete = running.failures.is_empty();
        if let Some(stack) = self.stacks.get_mut(running.stack.as_str()) {
            stack.running = None;
        }
        is_complete
    }

    pub(crate) fn detection(&self, id: &str) -> Option<Detection> {
        let running = self.detections.get(id)?;
        let outcome = match (running.is_over, running.failures.is_empty()) {
            (false, _) => DetectionOutcome::InProgress,
            (true, true) => DetectionOutcome::Complete,
            (true, false) => {
                let failures: Vec<Value> = running
                    .failures
                    .iter()
                    .map(|it| json!({"Resource": it, "FailureReason": "Rate exceeded"}))
                    .collect();
                DetectionOutcome::Failed(
                    json!({"Summary": "failed", "Failures": failures}).to_string(),
                )
            }
        };
        Some(Detection {
            started_at: running.started_at,
            outcome,
        })
    }

    /// An update of a stack begins.
    pub(crate) fn begin_update(&mut self, arn: &str, now: Timestamp) {
        let at = self.api_time(now);
        self.set_status(arn, "UPDATE_IN_PROGRESS");
        if let Some(stack) = self.stacks.get_mut(arn) {
            stack.changed_at = Some(at);
        }
    }

    /// A stack begins to move, or comes to rest.
    pub(crate) fn set_status(&mut self, arn: &str, status: &'static str) {
        if let Some(stack) = self.stacks.get_mut(arn)
            // What is being deleted comes to no other rest.
            && !stack.status.starts_with("DELETE")
        {
            stack.status = status;
        }
    }

    /// An update of the stack touches a resource: what was bent is put right.
    pub(crate) fn update(&mut self, arn: &str, index: usize, now: Timestamp) {
        let at = self.api_time(now);
        if let Some(stack) = self.stacks.get_mut(arn)
            && let Some(resource) = stack.resources.get_mut(index)
        {
            resource.updated(at);
        }
    }

    pub(crate) fn delete(&mut self, arn: &str) {
        let Some(stack) = self.stacks.get_mut(arn) else {
            return;
        };
        stack.status = "DELETE_COMPLETE";
        stack.resources.iter_mut().for_each(Resource::deleted);
        let gone = stack.resources.iter().map(|it| it.physical_id.as_str());
        let gone: Vec<&str> = gone.collect();
        self.by_hand.retain(|it| !gone.contains(&it.on.as_str()));
        let inner: Vec<String> = stack
            .resources
            .iter()
            .filter(|it| it.kind == NESTED)
            .map(|it| it.physical_id.clone())
            .collect();
        for arn in inner {
            self.delete(&arn);
        }
    }

    pub(crate) fn rows(&self, arn: &str) -> Option<Vec<ResourceRow>> {
        let stack = self.stacks.get(arn)?;
        Some(stack.resources.iter().map(Resource::row).collect())
    }
}

/// Why a detection was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoStack,
    State(&'static str),
    InProgress,
}

impl Stack {
    pub(crate) fn summary(&self, with_root: bool) -> StackSummary {
        StackSummary {
            id: self.id.clone(),
            status: self.status.to_owned(),
            root: self.root.clone().filter(|_| with_root),
            drift_checked_at: self.checked_at,
            changed_at: self.changed_at,
        }
    }

    pub(crate) fn is_there(&self) -> bool {
        self.status != "DELETE_COMPLETE"
    }
}

/// Whether DescribeStackResourceDrifts is asked for it: modified, deleted or unknown.
pub(crate) fn is_news(status: DriftStatus) -> bool {
    matches!(
        status,
        DriftStatus::Modified | DriftStatus::Deleted | DriftStatus::Unknown
    )
}
