//! The port over CloudFormation's API.

use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use aws::{Connection, Place, invalid};
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::Builder;
use aws_sdk_cloudformation::config::http::HttpResponse;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::types::{StackResourceDriftStatus, StackStatus, TemplateStage};
use domain::ports::{Accounts, PortError, PortErrorKind, Role, Stacks};
use domain::stack::{Detection, DetectionId, ResourceDrift, ResourceRow, StackSummary, Started};

use crate::answer;
use crate::dated::Dated;
use crate::wellformed::WellFormed;

const LIST: &str = "cloudformation:ListStacks";
const DETECT: &str = "cloudformation:DetectStackDrift";
const DETECTION: &str = "cloudformation:DescribeStackDriftDetectionStatus";
const DESCRIBE: &str = "cloudformation:DescribeStacks";
const RESOURCES: &str = "cloudformation:ListStackResources";
const TEMPLATE: &str = "cloudformation:GetTemplate";
const DRIFTS: &str = "cloudformation:DescribeStackResourceDrifts";
const DETECT_RESOURCE: &str = "cloudformation:DetectStackResourceDrift";

/// Rows of one page of drifts; the most the API allows.
const DRIFTS_PAGE: i32 = 100;

/// Pages of one list. No account comes near; a server that never ends does.
const MAX_PAGES: usize = 10_000;

/// CloudFormation in one account and region.
#[derive(Debug)]
struct AwsStacks {
    client: Client,
    place: Place,
}

/// CloudFormation in a region (default: the connection's own), with the caller's
/// own rights or through a role.
///
/// # Errors
/// Those of [`Connection::access`]; nothing is asked of AWS yet.
pub async fn stacks(
    connection: &Connection,
    region: Option<&str>,
    role: Option<&Role>,
) -> Result<Arc<dyn Stacks>, PortError> {
    let access = connection.access(region, role).await?;
    let config = Builder::from(&access.config)
        .interceptor(WellFormed)
        .build();
    Ok(Arc::new(AwsStacks {
        client: Client::from_conf(config),
        place: access.place,
    }))
}

/// AWS accounts over one connection.
#[derive(Debug)]
pub struct AwsAccounts(pub Arc<Connection>);

#[async_trait]
impl Accounts for AwsAccounts {
    async fn stacks(
        &self,
        region: Option<&str>,
        role: Option<&Role>,
    ) -> Result<Arc<dyn Stacks>, PortError> {
        stacks(&self.0, region, role).await
    }

    async fn own_account(&self, region: Option<&str>) -> Result<String, PortError> {
        self.0.account(region).await
    }

    fn default_region(&self) -> Option<String> {
        self.0.default_region()
    }
}

/// What only CloudFormation's codes mean; it says most of it in the message.
fn own_meaning(code: &str, message: &str) -> Option<PortErrorKind> {
    match code {
        "ValidationError" if message.contains("does not exist") => Some(PortErrorKind::NotFound),
        "ValidationError" if message.contains("already in progress") => {
            Some(PortErrorKind::Conflict)
        }
        "ValidationError" => Some(PortErrorKind::Invalid),
        "OperationInProgress" | "OperationInProgressException" => Some(PortErrorKind::Conflict),
        _ => None,
    }
}

fn port_error<E>(op: &'static str, place: &Place, error: &SdkError<E, HttpResponse>) -> PortError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    place.error_with(op, error, own_meaning)
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

    async fn detect(&self, stack_id: &str) -> Result<Started, PortError> {
        let dated = Dated::default();
        let answer = self
            .client
            .detect_stack_drift()
            .stack_name(stack_id)
            .customize()
            .interceptor(dated.clone())
            .send()
            .await
            .map_err(|error| port_error(DETECT, &self.place, &error))?;
        match answer.stack_drift_detection_id() {
            Some(id) if !id.is_empty() => Ok(Started {
                id: DetectionId(id.to_owned()),
                at: dated.at(),
            }),
            _ => Err(invalid(DETECT, "the answer has no StackDriftDetectionId")),
        }
    }

    async fn describe(&self, stack_id: &str) -> Result<StackSummary, PortError> {
        let answer = self
            .client
            .describe_stacks()
            .stack_name(stack_id)
            .send()
            .await
            .map_err(|error| port_error(DESCRIBE, &self.place, &error))?;
        match answer.stacks() {
            [stack] => answer::stack(DESCRIBE, stack),
            _ => Err(invalid(DESCRIBE, "the answer is not about one stack")),
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
        let news = [
            StackResourceDriftStatus::Modified,
            StackResourceDriftStatus::Deleted,
            StackResourceDriftStatus::from("UNKNOWN"),
        ];
        self.drifts_of(stack_id, Some(news.to_vec())).await
    }

    async fn all_drifts(&self, stack_id: &str) -> Result<Vec<ResourceDrift>, PortError> {
        self.drifts_of(stack_id, None).await
    }

    async fn template(&self, stack_id: &str) -> Result<String, PortError> {
        let answer = self
            .client
            .get_template()
            .stack_name(stack_id)
            .template_stage(TemplateStage::Processed)
            .send()
            .await
            .map_err(|error| port_error(TEMPLATE, &self.place, &error))?;
        match answer.template_body() {
            Some(body) if !body.is_empty() => Ok(body.to_owned()),
            _ => Err(invalid(TEMPLATE, "the answer has no TemplateBody")),
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

impl AwsStacks {
    /// The drifts of these statuses, all of them where none is given.
    async fn drifts_of(
        &self,
        stack_id: &str,
        statuses: Option<Vec<StackResourceDriftStatus>>,
    ) -> Result<Vec<ResourceDrift>, PortError> {
        let mut pages = Pages::new(DRIFTS);
        let mut drifts = Vec::new();
        loop {
            let page = self
                .client
                .describe_stack_resource_drifts()
                .stack_name(stack_id)
                .set_stack_resource_drift_status_filters(statuses.clone())
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
}
