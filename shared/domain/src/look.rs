//! One observation of a unit, before anything is judged.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attribution::Attribution;
use crate::difference::RawDifference;
use crate::identity::Identity;
use crate::resource::Resource;
use crate::unit::Unit;

/// Everything one look at a unit saw. It is complete only if nothing in it is
/// unknown, and only a complete look may close what it no longer sees.
#[derive(Clone, Debug)]
pub struct Look {
    /// What was looked at.
    pub unit: Unit,
    /// The config file's target that led here.
    pub target: String,
    /// When the look began; what it saw is not older.
    pub started_at: Timestamp,
    /// What it saw.
    pub outcome: Outcome,
}

/// What a look came to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The unit's resources, each with its verdict.
    Seen(Vec<Observed>),
    /// The unit as a whole could not be looked at.
    Unknown(Resource, Gap),
    /// The unit as a whole cannot be compared by nature.
    Uncovered(Resource, Uncovered),
}

/// One resource and what was found out about it.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The resource as reports name it.
    pub resource: Resource,
    /// What makes its finding that finding.
    pub identity: Identity,
    /// What was found out.
    pub verdict: Verdict,
    /// What was seen of it that is no drift.
    pub aside: Aside,
}

/// What was seen of a resource that is no drift, and that the report says all
/// the same. Never holds values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// What somebody else may change.
    pub not_ours: Vec<NotOurs>,
    /// How often each rule recognised that both sides mean the same.
    pub same_meaning: BTreeMap<&'static str, u64>,
    /// Where Git is ahead of what was deployed.
    pub pending: Vec<Pending>,
}

/// A path that is somebody else's to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOurs {
    /// The path.
    pub path: String,
    /// The rule that recognised it: `owned-by-autoscaler`.
    pub rule: &'static str,
    /// Whose it is: `HorizontalPodAutoscaler shop`.
    pub detail: String,
}

/// A path at which Git is ahead of what was deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The path; `None` where the resource as a whole is not deployed yet, or not removed yet.
    pub path: Option<String>,
    /// What is ahead of what: the two revisions.
    pub detail: String,
}

/// What was found out about one resource.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Expected and actual agree.
    InSync,
    /// They differ.
    Modified(Modified),
    /// Git has it, reality has not.
    Deleted,
    /// Reality has it, Git has not; made by whom, if that was recorded.
    Added(Option<Attribution>),
    /// It should have been compared and was not.
    Unknown(Gap),
    /// It cannot be compared by nature.
    Uncovered(Uncovered),
}

/// The differences of one resource and the two trees they stand in.
#[derive(Clone)]
pub struct Modified {
    /// The differences, in any order.
    pub differences: Vec<RawDifference>,
    /// All that code says of the resource; `null` where the source does not give it.
    pub expected: Value,
    /// All that is there; `null` where the source does not give it.
    pub actual: Value,
    /// What of it could not be read besides; the look is not complete then.
    pub unread: Option<Gap>,
}

/// Plain values may be secret, so not even a debug print shows them.
impl fmt::Debug for Modified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Modified")
            .field("differences", &self.differences)
            .finish_non_exhaustive()
    }
}

/// Why something that should have been compared was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The reason, one of a closed list.
    pub reason: Reason,
    /// What the other side said, or which limit was met. Never holds values.
    pub detail: String,
}

impl Gap {
    /// A gap with its reason and detail.
    #[must_use]
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

/// The closed list of reasons for an unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Refused for asking too often, after retries.
    Throttled,
    /// The caller has no right to look.
    Denied,
    /// The unit is being changed right now.
    InMotion,
    /// It went away meanwhile.
    NotFound,
    /// Somebody else holds it: another detection, a write conflict.
    Conflict,
    /// The only answer is older than this look.
    Stale,
    /// The other side tried and failed.
    Failed,
    /// The cluster does not serve this kind.
    NoSuchKind,
    /// The answer makes no sense.
    Invalid,
    /// The answer is larger than Plumbline reads.
    TooLarge,
    /// No answer came at all.
    Unreachable,
    /// No answer came in time.
    Timeout,
    /// A target's selection matched no unit.
    MatchedNothing,
}

impl Reason {
    /// The name as it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::Throttled => "throttled",
            Reason::Denied => "denied",
            Reason::InMotion => "in-motion",
            Reason::NotFound => "not-found",
            Reason::Conflict => "conflict",
            Reason::Stale => "stale",
            Reason::Failed => "failed",
            Reason::NoSuchKind => "no-such-kind",
            Reason::Invalid => "invalid",
            Reason::TooLarge => "too-large",
            Reason::Unreachable => "unreachable",
            Reason::Timeout => "timeout",
            Reason::MatchedNothing => "matched-nothing",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why something cannot be compared by nature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncovered {
    /// `no-drift-support`, `stack-state`.
    pub reason: UncoveredReason,
    /// What it is that cannot be compared.
    pub detail: String,
}

/// The closed list of reasons for something uncovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UncoveredReason {
    /// The resource type has no drift support.
    NoDriftSupport,
    /// The stack is in a state in which CloudFormation detects no drift.
    StackState,
}

impl UncoveredReason {
    /// The name as it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            UncoveredReason::NoDriftSupport => "no-drift-support",
            UncoveredReason::StackState => "stack-state",
        }
    }
}
