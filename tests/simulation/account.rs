//! The ports to the model of CloudFormation.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Accounts, PortError, PortErrorKind, Role, Stacks};
use domain::stack::{Detection, DetectionId, ResourceDrift, ResourceRow, StackSummary, Started};
use jiff::Timestamp;

use crate::chance::Fault;
use crate::cloud::{ACCOUNT, Refusal, is_news};
use crate::process::{Kind, Process};
use crate::sim::{Event, MINUTE, Sim, State, plus};

/// Where every target looks.
pub(crate) const REGION: &str = "eu-west-1";

/// The accounts, as a process sees them.
pub(crate) struct World(pub(crate) Arc<Process>);

struct Region {
    process: Arc<Process>,
    region: String,
}

#[async_trait]
impl Accounts for World {
    async fn stacks(
        &self,
        region: Option<&str>,
        _: Option<&Role>,
    ) -> Result<Arc<dyn Stacks>, PortError> {
        Ok(Arc::new(Region {
            process: Arc::clone(&self.0),
            region: region.unwrap_or(REGION).to_owned(),
        }))
    }

    async fn own_account(&self, _: Option<&str>) -> Result<String, PortError> {
        let op = ("sts:GetCallerIdentity", Kind::Read);
        self.0.call(op, |_| Ok(ACCOUNT.to_owned())).await
    }

    fn default_region(&self) -> Option<String> {
        Some(REGION.to_owned())
    }
}

fn error(kind: PortErrorKind, op: &'static str, detail: impl Into<String>) -> PortError {
    PortError::new(kind, op, detail)
}

impl Region {
    /// Looks at a stack as it stands.
    async fn see<T>(
        &self,
        op: &'static str,
        look: impl FnOnce(&mut State) -> Option<T> + Send,
    ) -> Result<T, PortError> {
        let not_there = || error(PortErrorKind::NotFound, op, "it does not exist");
        self.process
            .call((op, Kind::Read), |sim| {
                look(&mut sim.state()).ok_or_else(not_there)
            })
            .await
    }
}

#[async_trait]
impl Stacks for Region {
    async fn list(&self) -> Result<Vec<StackSummary>, PortError> {
        let region = self.region.clone();
        self.see("cloudformation:ListStacks", |state| {
            let all = state.cloud.stacks.values();
            let here = all.filter(|it| it.is_there() && it.id.region() == region);
            Some(here.map(|it| it.summary(true)).collect())
        })
        .await
    }

    async fn detect(&self, stack_id: &str) -> Result<Started, PortError> {
        let op = "cloudformation:DetectStackDrift";
        self.process
            .call((op, Kind::Limited), |sim| detect(sim, stack_id, op))
            .await
    }

    async fn describe(&self, stack_id: &str) -> Result<StackSummary, PortError> {
        self.see("cloudformation:DescribeStacks", |state| {
            let stack = state.cloud.stacks.get(&state.cloud.arn(stack_id))?;
            Some(stack.summary(true))
        })
        .await
    }

    async fn detection(&self, id: &DetectionId) -> Result<Detection, PortError> {
        self.see(
            "cloudformation:DescribeStackDriftDetectionStatus",
            |state| state.cloud.detection(&id.0),
        )
        .await
    }

    async fn resources(&self, stack_id: &str) -> Result<Vec<ResourceRow>, PortError> {
        self.see("cloudformation:ListStackResources", |state| {
            state.cloud.rows(&state.cloud.arn(stack_id))
        })
        .await
    }

    async fn drifts(&self, stack_id: &str) -> Result<Vec<ResourceDrift>, PortError> {
        self.see("cloudformation:DescribeStackResourceDrifts", |state| {
            let stack = state.cloud.stacks.get(&state.cloud.arn(stack_id))?;
            let drifts = stack.resources.iter().filter_map(|it| it.last_drift());
            Some(drifts.filter(|it| is_news(it.status)).cloned().collect())
        })
        .await
    }

    async fn all_drifts(&self, stack_id: &str) -> Result<Vec<ResourceDrift>, PortError> {
        self.see("cloudformation:DescribeStackResourceDrifts", |state| {
            let stack = state.cloud.stacks.get(&state.cloud.arn(stack_id))?;
            let drifts = stack.resources.iter().filter_map(|it| it.last_drift());
            Some(drifts.cloned().collect())
        })
        .await
    }

    async fn template(&self, _stack_id: &str) -> Result<String, PortError> {
        let op = "cloudformation:GetTemplate";
        let detail = "no resource of this account needs its template";
        Err(error(PortErrorKind::NotFound, op, detail))
    }

    async fn detect_resource(
        &self,
        stack_id: &str,
        logical_id: &str,
    ) -> Result<ResourceDrift, PortError> {
        let op = "cloudformation:DetectStackResourceDrift";
        let act = |sim: &Sim| {
            let mut state = sim.state();
            let now = state.now;
            let times = (state.cloud.api_time(now), now);
            let arn = state.cloud.arn(stack_id);
            let resource = state.cloud.resource(&arn, logical_id);
            if resource.is_some_and(|it| it.sick_until > now) {
                return Err(error(PortErrorKind::Throttled, op, "Rate exceeded"));
            }
            let checked = state.cloud.check_one(&arn, logical_id, times);
            checked.ok_or_else(|| error(PortErrorKind::Invalid, op, "no drift support"))
        };
        self.process.call((op, Kind::Limited), act).await
    }
}

fn detect(sim: &Sim, stack_id: &str, op: &'static str) -> Result<Started, PortError> {
    let mut state = sim.state();
    let now = state.now;
    if now < state.next_detection && !state.quiet {
        state.tally.count("detections over the limit");
        return Err(error(PortErrorKind::Throttled, op, "Rate exceeded"));
    }
    state.next_detection = plus(now, 40);
    let arn = state.cloud.arn(stack_id);
    match state.start_detection(&arn) {
        Ok(id) => {
            // The answer's Date: in whole seconds, and made a little later.
            let answered = plus(state.cloud.api_time(now), 30);
            let at = Timestamp::new(answered.as_second(), 0).ok();
            let id = DetectionId(id);
            Ok(Started { id, at })
        }
        Err(refusal) => {
            let (kind, detail) = match refusal {
                Refusal::NoStack => (PortErrorKind::Invalid, "it does not exist".to_owned()),
                Refusal::State(status) => (PortErrorKind::Invalid, format!("it is in {status}")),
                Refusal::InProgress => (
                    PortErrorKind::Conflict,
                    "Drift detection is already in progress for stack".to_owned(),
                ),
            };
            Err(error(kind, op, detail))
        }
    }
}

impl State {
    /// Starts a detection and plans what comes of it.
    pub(crate) fn start_detection(&mut self, arn: &str) -> Result<String, Refusal> {
        let now = self.now;
        let id = self.cloud.detect(arn, now)?;
        self.tally.count("detections");
        self.tell(|| format!("  CloudFormation: {id} of {arn} begins"));
        let takes = self.delays.between(2_000, 4 * MINUTE);
        let rows = self.cloud.rows(arn).unwrap_or_default();
        for row in rows {
            let check = Event::Check {
                detection: id.clone(),
                logical_id: row.logical_id,
            };
            let wait = self.delays.between(1, takes - 1);
            self.after(wait, check);
        }
        self.after(
            takes,
            Event::Ends {
                detection: id.clone(),
            },
        );
        Ok(id)
    }

    /// A detection comes to a resource.
    pub(crate) fn check(&mut self, detection: &str, logical_id: &str) {
        let fails = self.fault(Fault::CheckFailed);
        let now = self.now;
        self.tell(|| {
            let how = if fails { "cannot check" } else { "checks" };
            format!("  CloudFormation: {detection} {how} {logical_id}")
        });
        self.cloud.check((detection, logical_id), fails, now);
        if fails && self.either() {
            let sick = plus(now, self.delays.between(MINUTE, 30 * MINUTE));
            let arn = self.cloud.stack_of(detection);
            if let Some(resource) = self.cloud.resource(&arn, logical_id) {
                resource.sick_until = sick;
            }
        }
    }
}
