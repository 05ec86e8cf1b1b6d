//! The port over CloudFormation's API.

use std::collections::HashSet;

use async_trait::async_trait;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{StackResourceDriftStatus, StackStatus};
use domain::ports::{PortError, Stacks};
use domain::stack::{Detection, DetectionId, ResourceDrift, ResourceRow, StackSummary};

use crate::answer::{self, invalid};
use crate::failure::{Place, port_error};

const LIST: &str = "cloudformation:ListStacks";
const DETECT: &str = "cloudformation:DetectStackDrift";
const DETECTION: &str = "cloudformation:DescribeStackDriftDetectionStatus";
const RESOURCES: &str = "cloudformation:ListStackResources";
const DRIFTS: &str = "cloudformation:DescribeStackResourceDrifts";
const DETECT_RESOURCE: &str = "cloudformation:DetectStackResourceDrift";

/// Rows of one page of drifts; the most the API allows.
const DRIFTS_PAGE: i32 = 100;

/// Pages of one list. No account comes near; a server that never ends does.
const MAX_PAGES: usize = 10_000;

/// CloudFormation in one account and region.
#[derive(Debug)]
pub(crate) struct AwsStacks {
    pub(crate) client: Client,
    pub(crate) place: Place,
}

/// Follows NextToken to its end.
struct Pages {
    op: &'static str,
    seen: HashSet<String>,
    token: Option<String>,
}

impl Pages {
    fn new(op: &'static str) -> Self {
        Self {
            op,
            seen: HashSet::new(),
            token: None,
        }
    }

    /// Takes the token of the page just read; false at the end. A token seen
    /// before would go round for ever, and the list would not be whole.
    fn turn(&mut self, token: Option<&str>) -> Result<bool, PortError> {
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Ok(false);
        };
        if !self.seen.insert(token.to_owned()) {
            return Err(invalid(
                self.op,
                "the answer repeats a NextToken, so the list never ends",
            ));
        }
        if self.seen.len() >= MAX_PAGES {
            return Err(invalid(
                self.op,
                format!("the list has more than {MAX_PAGES} pages"),
            ));
        }
        self.token = Some(token.to_owned());
        Ok(true)
    }
}

/// Refuses a page without its list: that is no empty list.
fn whole(op: &'static str, list: &str, is_there: bool) -> Result<(), PortError> {
    if is_there {
        return Ok(());
    }
    Err(invalid(op, format!("the answer has no {list}")))
}

/// Every status but the deleted ones: those stay listed for 90 days.
fn present() -> Vec<StackStatus> {
    StackStatus::values()
        .iter()
        .map(|name| StackStatus::from(*name))
        .filter(|status| *status != StackStatus::DeleteComplete)
        .collect()
}

#[async_trait]
impl Stacks for AwsStacks {
    async fn list(&self) -> Result<Vec<StackSummary>, PortError> {
        let mut pages = Pages::new(LIST);
        let mut stacks = Vec::new();
        loop {
            let page = self
                .client
                .list_stacks()
                .set_stack_status_filter(Some(present()))
                .set_next_token(pages.token.clone())
                .send()
                .await
                .map_err(|error| port_error(LIST, &self.place, &error))?;
            whole(LIST, "StackSummaries", page.stack_summaries.is_some())?;
            for row in page.stack_summaries() {
                if row.stack_status() != Some(&StackStatus::DeleteComplete) {
                    stacks.push(answer::summary(LIST, row)?);
                }
            }
            if !pages.turn(page.next_token())? {
                return Ok(stacks);
            }
        }
    }

    async fn detect(&self, stack_id: &str) -> Result<DetectionId, PortError> {
        let answer = self
            .client
            .detect_stack_drift()
            .stack_name(stack_id)
            .send()
            .await
            .map_err(|error| port_error(DETECT, &self.place, &error))?;
        match answer.stack_drift_detection_id() {
            Some(id) if !id.is_empty() => Ok(DetectionId(id.to_owned())),
            _ => Err(invalid(DETECT, "the answer has no StackDriftDetectionId")),
        }
    }

    async fn detection(&self, id: &DetectionId) -> Result<Detection, PortError> {
        let answer = self
            .client
            .describe_stack_drift_detection_status()
            .stack_drift_detection_id(&id.0)
            .send()
            .await
            .map_err(|error| port_error(DETECTION, &self.place, &error))?;
        answer::detection(
            DETECTION,
            answer.detection_status(),
            answer.detection_status_reason(),
            answer.timestamp(),
        )
    }

    async fn resources(&self, stack_id: &str) -> Result<Vec<ResourceRow>, PortError> {
        let mut pages = Pages::new(RESOURCES);
        let mut rows = Vec::new();
        loop {
            let page = self
                .client
                .list_stack_resources()
                .stack_name(stack_id)
                .set_next_token(pages.token.clone())
                .send()
                .await
                .map_err(|error| port_error(RESOURCES, &self.place, &error))?;
            let is_there = page.stack_resource_summaries.is_some();
            whole(RESOURCES, "StackResourceSummaries", is_there)?;
            for row in page.stack_resource_summaries() {
                rows.push(answer::row(RESOURCES, row)?);
            }
            if !pages.turn(page.next_token())? {
                return Ok(rows);
            }
        }
    }

    async fn drifts(&self, stack_id: &str) -> Result<Vec<ResourceDrift>, PortError> {
        let mut pages = Pages::new(DRIFTS);
        let mut drifts = Vec::new();
        loop {
            let page = self
                .client
                .describe_stack_resource_drifts()
                .stack_name(stack_id)
                .stack_resource_drift_status_filters(StackResourceDriftStatus::Modified)
                .stack_resource_drift_status_filters(StackResourceDriftStatus::Deleted)
                .stack_resource_drift_status_filters(StackResourceDriftStatus::from("UNKNOWN"))
                .max_results(DRIFTS_PAGE)
                .set_next_token(pages.token.clone())
                .send()
                .await
                .map_err(|error| port_error(DRIFTS, &self.place, &error))?;
            for row in page.stack_resource_drifts() {
                drifts.push(answer::drift(DRIFTS, row)?);
            }
            if !pages.turn(page.next_token())? {
                return Ok(drifts);
            }
        }
    }

    async fn detect_resource(
        &self,
        stack_id: &str,
        logical_id: &str,
    ) -> Result<ResourceDrift, PortError> {
        let answer = self
            .client
            .detect_stack_resource_drift()
            .stack_name(stack_id)
            .logical_resource_id(logical_id)
            .send()
            .await
            .map_err(|error| port_error(DETECT_RESOURCE, &self.place, &error))?;
        let row = answer
            .stack_resource_drift()
            .ok_or_else(|| invalid(DETECT_RESOURCE, "the answer has no StackResourceDrift"))?;
        answer::drift(DETECT_RESOURCE, row)
    }
}
