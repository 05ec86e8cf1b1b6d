//! CloudFormation as its answers: stacks whose detections end at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::faults::lock;
use crate::difference::DifferenceKind;
use crate::ports::{Accounts, PortError, PortErrorKind, Role, Stacks};
use crate::stack::{
    Detection, DetectionId, DetectionOutcome, DriftStatus, PropertyDifference, ResourceDrift,
    ResourceRow, StackId, StackSummary, Started,
};

/// A stack of [`MemoryCloud`].
#[derive(Clone, Debug)]
pub struct MemoryStack {
    /// `CREATE_COMPLETE` and so on.
    pub status: String,
    /// The root of its nest.
    pub root: Option<StackId>,
    /// Its resources.
    pub rows: Vec<ResourceRow>,
    /// When drift was last checked.
    pub checked_at: Option<Timestamp>,
    /// When it was made or updated.
    pub changed_at: Option<Timestamp>,
    /// Its template as text, where somebody reads it.
    pub template: String,
    /// What the template says of resources, by logical id, where that matters.
    pub expected: BTreeMap<String, Value>,
}

/// An account that answers as it is told, and remembers what it was asked.
#[derive(Debug, Default)]
pub struct MemoryCloud(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    stacks: BTreeMap<String, MemoryStack>,
    detections: BTreeMap<String, Detection>,
    /// What the next detections answer instead.
    refusals: VecDeque<PortError>,
    calls: Vec<String>,
    now: Timestamp,
}

impl MemoryCloud {
    /// Puts a stack of that name in an account and region: queues without drift. Gives its ARN.
    pub fn put(&self, (account, region): (&str, &str), name: &str, resources: &[&str]) -> StackId {
        let arn = format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/guid-{name}");
        let mut state = lock(&self.0);
        let stack = MemoryStack {
            status: "CREATE_COMPLETE".to_owned(),
            root: None,
            rows: resources.iter().map(|it| row(it)).collect(),
            checked_at: None,
            changed_at: Some(state.now),
            template: String::new(),
            expected: BTreeMap::new(),
        };
        state.stacks.insert(arn.clone(), stack);
        match StackId::parse(&arn) {
            Some(id) => id,
            None => unreachable!("it was just written as one"),
        }
    }

    /// Changes a stack.
    pub fn change(&self, id: &StackId, change: impl FnOnce(&mut MemoryStack)) {
        if let Some(stack) = lock(&self.0).stacks.get_mut(id.as_str()) {
            change(stack);
        }
    }

    /// Bends a resource, or puts it straight; the next detection sees it.
    pub fn bend(&self, id: &StackId, logical_id: &str, status: DriftStatus) {
        self.change(id, |stack| {
            for row in stack
                .rows
                .iter_mut()
                .filter(|it| it.logical_id == logical_id)
            {
                row.drift_status = status;
            }
        });
    }

    /// Takes a stack away.
    pub fn delete(&self, id: &StackId) {
        lock(&self.0).stacks.remove(id.as_str());
    }

    /// What the next detection answers instead of being accepted.
    pub fn refuse(&self, kind: PortErrorKind) {
        let error = PortError::new(kind, "cloudformation:DetectStackDrift", "as planned");
        lock(&self.0).refusals.push_back(error);
    }

    /// How a detection ends; `InProgress` for one that does not.
    pub fn end(&self, detection: &str, outcome: DetectionOutcome) {
        if let Some(it) = lock(&self.0).detections.get_mut(detection) {
            it.outcome = outcome;
        }
    }

    /// Forgets a detection, as the API does after some time.
    pub fn forget(&self, detection: &str) {
        lock(&self.0).detections.remove(detection);
    }

    /// When a detection began, where that is not when it was accepted.
    pub fn began(&self, detection: &str, at: Timestamp) {
        if let Some(it) = lock(&self.0).detections.get_mut(detection) {
            it.started_at = at;
        }
    }

    /// Sets the clock that stamps detections and rows.
    pub fn set(&self, now: Timestamp) {
        lock(&self.0).now = now;
    }

    /// What was asked since this was last asked for, in order.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.0).calls)
    }

    fn call<T>(
        &self,
        call: String,
        act: impl FnOnce(&mut State) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let mut state = lock(&self.0);
        state.calls.push(call);
        act(&mut state)
    }
}

fn row(logical_id: &str) -> ResourceRow {
    ResourceRow {
        logical_id: logical_id.to_owned(),
        physical_id: format!("physical-{logical_id}"),
        resource_type: "AWS::SQS::Queue".to_owned(),
        status: "CREATE_COMPLETE".to_owned(),
        drift_status: DriftStatus::InSync,
        checked_at: None,
        updated_at: None,
    }
}

fn not_found(op: &'static str) -> PortError {
    PortError::new(PortErrorKind::NotFound, op, "it does not exist")
}

fn summary(arn: &str, stack: &MemoryStack) -> Option<StackSummary> {
    Some(StackSummary {
        id: StackId::parse(arn)?,
        status: stack.status.clone(),
        root: stack.root.clone(),
        drift_checked_at: stack.checked_at,
        changed_at: stack.changed_at,
    })
}

#[async_trait]
impl Accounts for MemoryCloud {
    async fn stacks(
        &self,
        _region: Option<&str>,
        _role: Option<&Role>,
    ) -> Result<Arc<dyn Stacks>, PortError> {
        Ok(Arc::new(Self(Arc::clone(&self.0))))
    }

    async fn own_account(&self, _region: Option<&str>) -> Result<String, PortError> {
        Ok("111122223333".to_owned())
    }

    fn default_region(&self) -> Option<String> {
        Some("eu-west-1".to_owned())
    }
}

#[async_trait]
impl Stacks for MemoryCloud {
    async fn list(&self) -> Result<Vec<StackSummary>, PortError> {
        self.call("list".to_owned(), |state| {
            Ok(state
                .stacks
                .iter()
                .filter_map(|(arn, stack)| summary(arn, stack))
                .collect())
        })
    }

    async fn detect(&self, stack_id: &str) -> Result<Started, PortError> {
        self.call(format!("detect {stack_id}"), |state| {
            if let Some(refusal) = state.refusals.pop_front() {
                return Err(refusal);
            }
            let now = state.now;
            let op = "cloudformation:DetectStackDrift";
            let stack = state
                .stacks
                .get_mut(stack_id)
                .ok_or_else(|| not_found(op))?;
            stack.checked_at = Some(now);
            for row in &mut stack.rows {
                row.checked_at = Some(now);
            }
            let id = format!("detection-{}", state.detections.len() + 1);
            let detection = Detection {
                started_at: now,
                outcome: DetectionOutcome::Complete,
            };
            state.detections.insert(id.clone(), detection);
            Ok(Started {
                id: DetectionId(id),
                at: Some(now),
            })
        })
    }

    async fn describe(&self, stack_id: &str) -> Result<StackSummary, PortError> {
        self.call(format!("describe {stack_id}"), |state| {
            let stack = state.stacks.get(stack_id);
            stack
                .and_then(|it| summary(stack_id, it))
                .ok_or_else(|| not_found("cloudformation:DescribeStacks"))
        })
    }

    async fn detection(&self, id: &DetectionId) -> Result<Detection, PortError> {
        self.call(format!("detection {}", id.0), |state| {
            let op = "cloudformation:DescribeStackDriftDetectionStatus";
            let known = state.detections.get(&id.0).cloned();
            known.ok_or_else(|| not_found(op))
        })
    }

    async fn resources(&self, stack_id: &str) -> Result<Vec<ResourceRow>, PortError> {
        self.call(format!("resources {stack_id}"), |state| {
            let stack = state.stacks.get(stack_id);
            Ok(stack.map(|it| it.rows.clone()).unwrap_or_default())
        })
    }

    async fn drifts(&self, stack_id: &str) -> Result<Vec<ResourceDrift>, PortError> {
        self.call(format!("drifts {stack_id}"), |state| {
            let is_news = |it: &ResourceDrift| it.status != DriftStatus::InSync;
            Ok(checked(state, stack_id)
                .into_iter()
                .filter(is_news)
                .collect())
        })
    }

    async fn all_drifts(&self, stack_id: &str) -> Result<Vec<ResourceDrift>, PortError> {
        self.call(format!("all drifts {stack_id}"), |state| {
            Ok(checked(state, stack_id))
        })
    }

    async fn template(&self, stack_id: &str) -> Result<String, PortError> {
        self.call(format!("template {stack_id}"), |state| {
            let stack = state.stacks.get(stack_id);
            stack
                .map(|it| it.template.clone())
                .ok_or_else(|| not_found("cloudformation:GetTemplate"))
        })
    }

    async fn detect_resource(
        &self,
        stack_id: &str,
        logical_id: &str,
    ) -> Result<ResourceDrift, PortError> {
        self.call(format!("detect {stack_id} {logical_id}"), |state| {
            let op = "cloudformation:DetectStackResourceDrift";
            let stack = state.stacks.get(stack_id).ok_or_else(|| not_found(op))?;
            let row = stack.rows.iter().find(|it| it.logical_id == logical_id);
            let row = row.ok_or_else(|| not_found(op))?;
            let mut drift = drift(row, stack.expected.get(logical_id));
            drift.checked_at = state.now;
            Ok(drift)
        })
    }
}

fn checked(state: &State, stack_id: &str) -> Vec<ResourceDrift> {
    let Some(stack) = state.stacks.get(stack_id) else {
        return Vec::new();
    };
    let rows = stack.rows.iter();
    rows.filter(|it| it.drift_status != DriftStatus::NotChecked)
        .map(|it| drift(it, stack.expected.get(&it.logical_id)))
        .collect()
}

fn drift(row: &ResourceRow, expected: Option<&Value>) -> ResourceDrift {
    let modified = PropertyDifference {
        path: "/DelaySeconds".to_owned(),
        kind: DifferenceKind::Changed,
        expected: Some("0".to_owned()),
        actual: Some("5".to_owned()),
    };
    let is_modified = row.drift_status == DriftStatus::Modified;
    ResourceDrift {
        logical_id: row.logical_id.clone(),
        physical_id: row.physical_id.clone(),
        resource_type: row.resource_type.clone(),
        status: row.drift_status,
        checked_at: row.checked_at.unwrap_or_default(),
        reason: None,
        expected: expected
            .cloned()
            .unwrap_or_else(|| json!({"DelaySeconds": 0})),
        actual: json!({"DelaySeconds": 5}),
        differences: if is_modified {
            vec![modified]
        } else {
            Vec::new()
        },
    }
}
