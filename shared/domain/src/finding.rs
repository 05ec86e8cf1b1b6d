//! The ledger's entry for one drifted resource.

mod cut;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::attribution::Attribution;
use crate::difference::{Change, Difference};
use crate::identity::{FindingId, Identity};
use crate::resource::Resource;
use crate::severity::{Cause, Severity};
use crate::unit::Unit;

pub use cut::{Cut, MOST_DIFFERENCES};

/// A drifted resource: what differs, how bad it is, and its life so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its id, from its identity.
    pub id: FindingId,
    /// What makes it that finding.
    pub identity: Identity,
    /// The unit it was seen in.
    pub unit: Unit,
    /// How often this state was written; guards every write.
    pub version: u64,
    /// How many history entries it has.
    pub entries: u64,
    /// The target that last led to it.
    pub target: String,
    /// The resource as last seen.
    pub resource: Resource,
    /// What happened to it.
    pub change: Change,
    /// How urgent it is.
    pub severity: Severity,
    /// What kind of change it stands for.
    pub cause: Cause,
    /// The rule that decided the severity.
    pub rule: String,
    /// The differences as last seen, sorted by path.
    pub differences: Vec<Difference>,
    /// That those are not all there were, where the ledger could not hold them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// Who made an added resource, where that was recorded.
    pub attribution: Option<Attribution>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// When the look began that last saw it, or closed it.
    pub look_started_at: Timestamp,
    /// The last complete look that did not see this, its present differences as
    /// they are: what it shows was done since then. `None` where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When the last look began that read the whole of the resource and was
    /// written here; `None` where none was since its unit is watched.
    #[serde(default)]
    pub read_at: Option<Timestamp>,
    /// Paths of the differences that its last look could not read and kept, with
    /// the look that last saw each: what was called since then did not make them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, LastSeen>,
    /// How often it opened.
    pub occurrences: u64,
    /// That it is closed, and how.
    pub closed: Option<Closed>,
    /// That somebody has taken note of it.
    pub acknowledged: Option<Acknowledgement>,
    /// That nobody wants to hear of it for a while.
    pub silence: Option<Silence>,
    /// That these very differences are accepted for a while.
    pub acceptance: Option<Acceptance>,
    /// The hash of the config that judged it.
    pub config: String,
    /// The environment of that config; empty where nobody listens to the ledger.
    #[serde(default)]
    pub environment: String,
    /// Whether it belongs to its target's baseline: nobody is told of it one
    /// by one until it changes.
    #[serde(default)]
    pub baseline: bool,
}

/// The look that last saw a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastSeen {
    /// When it began.
    pub look_started_at: Timestamp,
    /// When it was written.
    pub at: Timestamp,
}

/// How a finding closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub how: Closing,
}

/// Why a finding closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Closing {
    /// A complete look no longer saw it.
    Resolved,
    /// Its unit left the config or was deleted.
    Unwatched,
}

/// Somebody has taken note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What they said, if anything.
    pub reason: Option<String>,
}

/// Nobody wants to hear of it until then, whatever its values do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// When it was said.
    pub at: Timestamp,
    /// Who said it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The end of it.
    pub until: Timestamp,
}

/// These very differences are fine until then; others are not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// When it was said.
    pub at: Timestamp,
    /// Who said it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The end of it.
    pub until: Timestamp,
    /// The fingerprint of what was accepted.
    pub fingerprint: String,
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It drifts and nobody has said anything.
    Open,
    /// It closed once and drifts again.
    Reopened,
    /// Somebody has taken note.
    Acknowledged,
    /// Nobody wants to hear of it for a while.
    Silenced,
    /// These very differences are accepted for a while.
    Accepted,
    /// It no longer drifts.
    Resolved,
    /// Nobody looks at its unit any more.
    Unwatched,
}

impl Status {
    /// The name as it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Reopened => "reopened",
            Status::Acknowledged => "acknowledged",
            Status::Silenced => "silenced",
            Status::Accepted => "accepted",
            Status::Resolved => "resolved",
            Status::Unwatched => "unwatched",
        }
    }

    /// Whether the finding is closed.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Status::Resolved | Status::Unwatched)
    }

    /// Whether drift in this status makes a scan's exit code 1.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Status::Open | Status::Reopened | Status::Acknowledged)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Finding {
    /// The look that last saw the difference at a path.
    #[must_use]
    pub fn last_saw(&self, path: &str) -> LastSeen {
        let last = LastSeen {
            look_started_at: self.look_started_at,
            at: self.last_seen,
        };
        self.unread.get(path).copied().unwrap_or(last)
    }

    /// Whether of something it shows nobody knows yet who made it.
    #[must_use]
    pub fn lacks_author(&self) -> bool {
        match self.change {
            Change::Modified => self.differences.iter().any(|it| it.attribution.is_none()),
            Change::Deleted | Change::Added => self.attribution.is_none(),
        }
    }

    /// Where it stands now. A silence or acceptance past its date is over without anybody saying so.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Status {
        match &self.closed {
            Some(Closed {
                how: Closing::Resolved,
                ..
            }) => return Status::Resolved,
            Some(Closed {
                how: Closing::Unwatched,
                ..
            }) => return Status::Unwatched,
            None => {}
        }
        if self.acceptance.as_ref().is_some_and(|it| now < it.until) {
            Status::Accepted
        } else if self.silence.as_ref().is_some_and(|it| now < it.until) {
            Status::Silenced
        } else if self.acknowledged.is_some() {
            Status::Acknowledged
        } else if self.occurrences > 1 {
            Status::Reopened
        } else {
            Status::Open
        }
    }
}

/// One thing that happened to a finding; never changed once written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Its place in the finding's history, from 1.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// Who did it; `None` where a look did.
    pub by: Option<String>,
    /// What they said, or what changed.
    pub detail: String,
}

/// What can happen to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// First seen.
    Opened,
    /// Seen again after it had closed.
    Reopened,
    /// Its differences or severity changed.
    Changed,
    /// A complete look no longer saw it.
    Resolved,
    /// Its unit left the config or was deleted.
    Unwatched,
    /// It became known who made what it shows.
    Attributed,
    /// Somebody took note.
    Acknowledged,
    /// Somebody silenced it.
    Silenced,
    /// Somebody accepted it.
    Accepted,
    /// What was accepted is no longer what is there.
    AcceptanceEnded,
    /// Somebody took back what was said of it.
    Cleared,
}

impl Event {
    /// The name as it stands in a history.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Event::Opened => "opened",
            Event::Reopened => "reopened",
            Event::Changed => "changed",
            Event::Resolved => "resolved",
            Event::Unwatched => "unwatched",
            Event::Attributed => "attributed",
            Event::Acknowledged => "acknowledged",
            Event::Silenced => "silenced",
            Event::Accepted => "accepted",
            Event::AcceptanceEnded => "acceptance-ended",
            Event::Cleared => "cleared",
        }
    }
}
