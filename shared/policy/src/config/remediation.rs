//! What is done about findings.

use domain::severity::Cause;
use serde::Deserialize;

use crate::scalar::{Cron, Duration};
#[cfg(feature = "schema")]
use crate::schema::cause;

/// What is done about findings in targets of mode `enforce`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Remediation {
    /// The strategy for critical findings. Default: page, ticket, pause the unit, require a person.
    pub critical: Option<Strategy>,
    /// The strategy for high findings. Default: alert, ticket, wait for approval.
    pub high: Option<Strategy>,
    /// The strategy for medium findings. Default: ticket and attempt; then a pull request, or a page where the fix failed.
    pub medium: Option<Strategy>,
    /// The strategy for low findings. Default: fix silently and log.
    pub low: Option<Strategy>,
    /// Causes below the floor (IAM, RBAC, security groups, network, key and bucket policies) that may be fixed automatically all the same. Default: none.
    #[cfg_attr(feature = "schema", schemars(schema_with = "cause_list"))]
    pub allow_automatic: Vec<Cause>,
    /// Times in which nothing is fixed automatically. Default: none.
    pub freeze: Vec<Freeze>,
    /// How many resources one run may change at most. Default: 10.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub max_per_run: u32,
    /// When to stop reverting what somebody keeps changing back.
    pub fights: Fights,
}

impl Default for Remediation {
    fn default() -> Self {
        Self {
            critical: None,
            high: None,
            medium: None,
            low: None,
            allow_automatic: Vec::new(),
            freeze: Vec::new(),
            max_per_run: 10,
            fights: Fights::default(),
        }
    }
}

#[cfg(feature = "schema")]
fn cause_list(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "array", "items": cause(generator)})
}

/// The strategy for findings of one severity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Strategy {
    /// Whether a fix is attempted without asking. Default: as the severity says.
    #[serde(default)]
    pub attempt: Option<bool>,
    /// What follows a verified fix. Default: as the severity says.
    #[serde(default)]
    pub on_success: Option<OnSuccess>,
    /// What follows a failed fix. Default: as the severity says.
    #[serde(default)]
    pub on_failure: Option<OnFailure>,
}

/// What follows a verified fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OnSuccess {
    /// One pull request per target that offers to adopt the live value in Git instead.
    PullRequest,
    /// Nothing but a line in the log.
    Log,
}

/// What follows a failed fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Page who is on call.
    Page,
    /// Send an alert.
    Alert,
    /// Leave it to the ticket.
    Ticket,
}

/// A time in which nothing is fixed automatically.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Freeze {
    /// When it begins, in UTC: minute, hour, day of month, month, day of week.
    pub cron: Cron,
    /// How long it lasts.
    #[serde(rename = "for")]
    pub lasts: Duration,
}

/// When to stop reverting what somebody keeps changing back.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Fights {
    /// After this many reverts of one finding. Default: 3.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub reverts: u32,
    /// Within this time. Default: `24h`.
    pub within: Duration,
}

impl Default for Fights {
    fn default() -> Self {
        Self {
            reverts: 3,
            within: Duration::minutes(24 * 60),
        }
    }
}
