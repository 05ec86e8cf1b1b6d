//! What Plumbline needs from outside, as narrow traits.

mod accounts;
mod cluster;
mod evidence;
mod items;
mod outside;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::finding::{Finding, HistoryEntry};
use crate::identity::FindingId;
use crate::life::Decision;
use crate::look::{Gap, Reason};
use crate::record::Scan;
use crate::stack::{Detection, DetectionId, ResourceDrift, ResourceRow, StackSummary, Started};
use crate::unit::Unit;

pub use accounts::{Accounts, Role};
pub use cluster::{
    Cluster, Kind, Manifest, Manifests, ObjectName, Page, PageOf, Place, Refused, Served, Source,
    Unreadable,
};
pub use evidence::{
    Attachments, Evidence, GROUPS_AT_ONCE, Grant, GroupRule, Holder, PublicAccessBlock, Route,
    Trail, TrailCall,
};
pub(crate) use items::ATTEMPTS;
pub use items::{Guard, Item, Items, Key, Range, Write, replace, update};
pub use outside::{Address, Channels, Fetched, Objects, Queues, Secret, Secrets, Topic};

/// What went wrong at a port. It names the call and what the other side said, never a value.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{op}: {detail}")]
pub struct PortError {
    /// What kind of failure it is; decides what happens next.
    pub kind: PortErrorKind,
    /// The call, `cloudformation:DetectStackDrift`.
    pub op: &'static str,
    /// What the other side said, or which limit was met.
    pub detail: String,
}

/// The kinds of failure a port can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
    /// Asked too often, after retries.
    Throttled,
    /// No right, or no valid credentials.
    Denied,
    /// It is not there.
    NotFound,
    /// Somebody else was faster or holds it.
    Conflict,
    /// The request or the answer makes no sense.
    Invalid,
    /// The answer is larger than Plumbline reads.
    TooLarge,
    /// No connection, or the other side failed.
    Unavailable,
    /// No answer in time.
    Timeout,
}

impl PortError {
    /// An error of a kind, at a call.
    #[must_use]
    pub fn new(kind: PortErrorKind, op: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            op,
            detail: detail.into(),
        }
    }

    /// The unknown that this failure leaves behind.
    #[must_use]
    pub fn gap(&self) -> Gap {
        let reason = match self.kind {
            PortErrorKind::Throttled => Reason::Throttled,
            PortErrorKind::Denied => Reason::Denied,
            PortErrorKind::NotFound => Reason::NotFound,
            PortErrorKind::Conflict => Reason::Conflict,
            PortErrorKind::Invalid => Reason::Invalid,
            PortErrorKind::TooLarge => Reason::TooLarge,
            PortErrorKind::Unavailable => Reason::Unreachable,
            PortErrorKind::Timeout => Reason::Timeout,
        };
        Gap::new(reason, self.to_string())
    }
}

/// Time, so that decisions and waits can be tested without waiting.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Returns after that long.
    async fn sleep(&self, duration: Duration);
}

/// The findings and the looks that made them.
///
/// Every write is guarded: a state that somebody else changed meanwhile is a
/// [`PortErrorKind::Conflict`], and nothing is written.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The last complete look at a unit, if there was one.
    async fn scan(&self, unit: &Unit) -> Result<Option<Scan>, PortError>;

    /// Every finding of a unit, closed ones included, by id.
    async fn unit_findings(&self, unit: &Unit) -> Result<Vec<Finding>, PortError>;

    /// Every unit that has a finding or a complete look, in order.
    async fn units(&self) -> Result<Vec<Unit>, PortError>;

    /// One finding.
    async fn finding(&self, id: &FindingId) -> Result<Option<Finding>, PortError>;

    /// The ids that begin with `prefix` (as [`FindingId::prefix`] gives it), in
    /// order, `limit` at most.
    async fn ids(&self, prefix: &str, limit: usize) -> Result<Vec<FindingId>, PortError>;

    /// Every finding, closed ones included, by id.
    async fn findings(&self) -> Result<Vec<Finding>, PortError>;

    /// What happened to a finding, the oldest first.
    async fn history(&self, id: &FindingId) -> Result<Vec<HistoryEntry>, PortError>;

    /// Writes a finding's new state, its history entries and what else the
    /// decision writes, all or nothing.
    /// The stored version must be the new state's minus one (no finding: 0).
    async fn commit(&self, decision: &Decision) -> Result<(), PortError>;

    /// Writes a complete look, last of all, with what else belongs to it, all
    /// or nothing. The stored generation must be this one's minus one (no look: 0).
    async fn close_look(&self, scan: &Scan, also: &[Write]) -> Result<(), PortError>;
}

/// The whole ledger: findings, looks and every other item.
pub trait Store: Ledger + Items {}

impl<T: Ledger + Items + ?Sized> Store for T {}

/// CloudFormation's drift detection in one account and region. Each method is
/// one API call (its pages included) and needs one right.
#[async_trait]
pub trait Stacks: Send + Sync {
    /// `cloudformation:ListStacks`: every stack that is not deleted, nested ones included.
    async fn list(&self) -> Result<Vec<StackSummary>, PortError>;

    /// `cloudformation:DetectStackDrift`. [`PortErrorKind::Conflict`] where a
    /// detection is already in progress; [`PortErrorKind::Invalid`] where the
    /// stack's state allows none.
    async fn detect(&self, stack_id: &str) -> Result<Started, PortError>;

    /// `cloudformation:DescribeStacks`: one stack as it stands, a deleted one
    /// included. [`PortErrorKind::NotFound`] where there is none.
    async fn describe(&self, stack_id: &str) -> Result<StackSummary, PortError>;

    /// `cloudformation:DescribeStackDriftDetectionStatus`.
    async fn detection(&self, id: &DetectionId) -> Result<Detection, PortError>;

    /// `cloudformation:ListStackResources`: every resource with its drift status.
    async fn resources(&self, stack_id: &str) -> Result<Vec<ResourceRow>, PortError>;

    /// `cloudformation:DescribeStackResourceDrifts`: those that are modified, deleted or unknown.
    async fn drifts(&self, stack_id: &str) -> Result<Vec<ResourceDrift>, PortError>;

    /// `cloudformation:DescribeStackResourceDrifts`: every resource that was ever
    /// checked, those in sync with their expected properties too.
    async fn all_drifts(&self, stack_id: &str) -> Result<Vec<ResourceDrift>, PortError>;

    /// `cloudformation:GetTemplate`: the template as it was processed, JSON or YAML.
    async fn template(&self, stack_id: &str) -> Result<String, PortError>;

    /// `cloudformation:DetectStackResourceDrift`: one resource, at once.
    /// [`PortErrorKind::Invalid`] where its type has no drift support.
    async fn detect_resource(
        &self,
        stack_id: &str,
        logical_id: &str,
    ) -> Result<ResourceDrift, PortError>;
}
