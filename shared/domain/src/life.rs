//! The life of a finding, as pure decisions.
//!
//! Each takes the finding as it stands and gives its next state with the
//! history entries that explain it; the ledger writes both in one transaction.

mod authors;
mod telling;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use crate::conceal::{canonical, sha256};
use crate::difference::{Change, Difference};
use crate::finding::{
    Acceptance, Acknowledgement, Closed, Closing, Event, Finding, HistoryEntry, Silence, Status,
};
use crate::judge::Sighting;
use crate::message::Kind;
use crate::ports::Write;

pub use authors::attributed;
use authors::{inheriting, unread};

/// A finding's next state, why, and who is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The next state; its version is the previous one's plus one.
    pub finding: Finding,
    /// What happened, to be appended.
    pub history: Vec<HistoryEntry>,
    /// What else is written in the same transaction: messages and counts.
    pub also: Vec<Write>,
}

impl Decision {
    /// Whether the finding shows what no look before showed.
    #[must_use]
    pub fn shows_something_new(&self) -> bool {
        self.history
            .iter()
            .any(|it| matches!(it.event, Event::Opened | Event::Reopened | Event::Changed))
    }
}

/// Who is told of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// Nobody: a ledger that nobody listens to.
    Nobody,
    /// Nobody yet: the unit has no complete look, so what it shows is its baseline.
    Baseline,
    /// Whoever listens.
    Everybody,
}

/// When and under which config a decision is made.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Now.
    pub now: Timestamp,
    /// When the look began that led to the decision.
    pub look_started_at: Timestamp,
    /// The hash of the config in force.
    pub config: &'a str,
    /// The environment of that config.
    pub environment: &'a str,
    /// Who is told.
    pub telling: Telling,
}

impl Moment<'_> {
    /// Whether a look that began at `other` is newer than this one, so that this one has nothing to say any more.
    ///
    /// A beginning that lies in the future is a clock that was wrong, not a
    /// newer look: it must not silence every look until that time has come.
    #[must_use]
    pub fn is_overtaken_by(&self, other: Timestamp) -> bool {
        self.look_started_at < other && other <= self.now
    }
}

/// A person's word on a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// I have taken note.
    Acknowledge {
        /// What they said, if anything.
        reason: Option<String>,
    },
    /// Do not tell me until then.
    Silence {
        /// Why.
        reason: String,
        /// The end of it.
        until: Timestamp,
    },
    /// This is fine until then.
    Accept {
        /// Why.
        reason: String,
        /// The end of it.
        until: Timestamp,
    },
    /// Forget what was said.
    Reopen,
}

/// Why a person's word cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The finding is closed.
    #[error("it is {0}: there is nothing to say about it until a scan sees it again")]
    Closed(Status),
    /// The date lies in the past.
    #[error("--until lies in the past: give a date after today")]
    Past,
    /// There is nothing to take back.
    #[error("nobody has acknowledged, silenced or accepted it")]
    NothingSaid,
}

/// A look saw the drift; `None` where a look that began later has spoken of
/// the finding already, whether it saw it or closed it.
#[must_use]
pub fn seen(
    previous: Option<&Finding>,
    sighting: &Sighting,
    moment: Moment<'_>,
) -> Option<Decision> {
    let Some(previous) = previous else {
        return Some(opened(sighting, moment));
    };
    if moment.is_overtaken_by(previous.look_started_at) {
        return None;
    }
    let read = sighting;
    let sighting = &inheriting(read, previous, moment);
    let mut draft = Draft::of(previous);
    let finding = &mut draft.finding;
    let before = (previous.fingerprint(), previous.severity);
    let after = (
        fingerprint(sighting.change, &sighting.differences),
        sighting.severity,
    );
    // An object that another application took over is closed by that one from now on.
    finding.unit.clone_from(&sighting.unit);
    finding.target.clone_from(&sighting.target);
    finding.resource.clone_from(&sighting.resource);
    finding.change = sighting.change;
    finding.severity = sighting.severity;
    finding.cause = sighting.cause;
    finding.rule.clone_from(&sighting.rule);
    finding.differences.clone_from(&sighting.differences);
    finding.cut = None;
    finding.attribution.clone_from(&sighting.attribution);
    finding.unread = unread((sighting, read), previous);
    if !read.is_partial {
        finding.read_at = Some(moment.look_started_at);
    }
    finding.last_seen = moment.now;
    finding.look_started_at = moment.look_started_at;
    moment.config.clone_into(&mut finding.config);
    moment.environment.clone_into(&mut finding.environment);
    if finding.closed.take().is_some() {
        finding.occurrences += 1;
        finding.acknowledged = None;
        finding.baseline = moment.telling == Telling::Baseline;
        draft.note(moment.now, Event::Reopened, None, summary(sighting));
        draft.tell(Kind::FindingOpened, moment);
    } else if before != after {
        // What changes while somebody watches is no baseline any more; its listeners hear of it for the first time.
        let kind = match finding.baseline {
            true => Kind::FindingOpened,
            false => Kind::FindingChanged,
        };
        finding.baseline &= moment.telling != Telling::Everybody;
        draft.note(moment.now, Event::Changed, None, summary(sighting));
        draft.tell(kind, moment);
    }
    if let Some(accepted) = draft
        .finding
        .acceptance
        .take_if(|it| it.fingerprint != after.0)
        && moment.now < accepted.until
    {
        draft.note(
            moment.now,
            Event::AcceptanceEnded,
            None,
            "what is there is no longer what was accepted".to_owned(),
        );
    }
    Some(draft.decide())
}

/// A complete look did not see it; `None` where that changes nothing: it is
/// closed, or a look that began later saw it.
#[must_use]
pub fn not_seen(previous: &Finding, moment: Moment<'_>) -> Option<Decision> {
    if moment.is_overtaken_by(previous.look_started_at) {
        return None;
    }
    closed(previous, Closing::Resolved, moment)
}

/// Its unit left the config or was deleted; `None` where it is closed already.
/// A look that began before `now` cannot reopen it.
#[must_use]
pub fn unwatched(previous: &Finding, telling: Telling, now: Timestamp) -> Option<Decision> {
    let moment = Moment {
        now,
        look_started_at: now,
        config: &previous.config,
        environment: &previous.environment,
        telling,
    };
    closed(previous, Closing::Unwatched, moment)
}

/// Somebody says something about it.
///
/// # Errors
///
/// A [`Refusal`] where the finding is closed, the date has passed, or there is nothing to take back.
pub fn said(
    previous: &Finding,
    word: &Word,
    by: &str,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    if previous.closed.is_some() {
        return Err(Refusal::Closed(previous.status(now)));
    }
    let mut draft = Draft::of(previous);
    let finding = &mut draft.finding;
    let by_whom = by.to_owned();
    let (event, detail) = match word {
        Word::Acknowledge { reason } => {
            finding.acknowledged = Some(Acknowledgement {
                at: now,
                by: by_whom,
                reason: reason.clone(),
            });
            (Event::Acknowledged, reason.clone().unwrap_or_default())
        }
        Word::Silence { reason, until } => {
            in_future(*until, now)?;
            finding.silence = Some(Silence {
                at: now,
                by: by_whom,
                reason: reason.clone(),
                until: *until,
            });
            (Event::Silenced, format!("until {until}: {reason}"))
        }
        Word::Accept { reason, until } => {
            in_future(*until, now)?;
            finding.acceptance = Some(Acceptance {
                at: now,
                by: by_whom,
                reason: reason.clone(),
                until: *until,
                fingerprint: finding.fingerprint(),
            });
            (Event::Accepted, format!("until {until}: {reason}"))
        }
        Word::Reopen => {
            let said = [
                finding.acknowledged.take().is_some(),
                finding.silence.take().is_some(),
                finding.acceptance.take().is_some(),
            ];
            if !said.contains(&true) {
                return Err(Refusal::NothingSaid);
            }
            (Event::Cleared, String::new())
        }
    };
    draft.note(now, event, Some(by), detail);
    Ok(draft.decide())
}

fn in_future(until: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if until > now {
        Ok(())
    } else {
        Err(Refusal::Past)
    }
}

/// A look saw the drift for the first time.
#[must_use]
pub fn opened(sighting: &Sighting, moment: Moment<'_>) -> Decision {
    let mut draft = Draft {
        finding: Finding {
            id: sighting.identity.id(),
            identity: sighting.identity.clone(),
            unit: sighting.unit.clone(),
            version: 0,
            entries: 0,
            target: sighting.target.clone(),
            resource: sighting.resource.clone(),
            change: sighting.change,
            severity: sighting.severity,
            cause: sighting.cause,
            rule: sighting.rule.clone(),
            differences: sighting.differences.clone(),
            cut: None,
            attribution: sighting.attribution.clone(),
            first_seen: moment.now,
            last_seen: moment.now,
            look_started_at: moment.look_started_at,
            since: None,
            read_at: (!sighting.is_partial).then_some(moment.look_started_at),
            unread: BTreeMap::new(),
            occurrences: 1,
            closed: None,
            acknowledged: None,
            silence: None,
            acceptance: None,
            config: moment.config.to_owned(),
            environment: moment.environment.to_owned(),
            baseline: moment.telling == Telling::Baseline,
        },
        history: Vec::new(),
        told: None,
    };
    draft.note(moment.now, Event::Opened, None, summary(sighting));
    draft.tell(Kind::FindingOpened, moment);
    draft.decide()
}

fn closed(previous: &Finding, how: Closing, moment: Moment<'_>) -> Option<Decision> {
    if previous.closed.is_some() {
        return None;
    }
    let mut draft = Draft::of(previous);
    draft.finding.closed = Some(Closed {
        at: moment.now,
        how,
    });
    // Else an older look that saw it and is written late would reopen it.
    draft.finding.look_started_at = moment.look_started_at;
    match how {
        Closing::Resolved => draft.finding.read_at = Some(moment.look_started_at),
        // What is out of sight is not measured by looks before that: those may have shown it.
        Closing::Unwatched => (draft.finding.read_at, draft.finding.since) = (None, None),
    }
    let (event, detail) = match how {
        Closing::Resolved => (Event::Resolved, "a complete look no longer saw it"),
        Closing::Unwatched => (
            Event::Unwatched,
            "its unit was deleted or left the configuration",
        ),
    };
    draft.note(moment.now, event, None, detail.to_owned());
    draft.tell(Kind::FindingClosed, moment);
    Some(draft.decide())
}

/// What an acceptance accepts: the change and every difference's path, kind and values.
#[must_use]
pub fn fingerprint(change: Change, differences: &[Difference]) -> String {
    let parts: Vec<_> = differences
        .iter()
        .map(|it| {
            json!([
                it.path,
                it.kind.as_str(),
                it.expected.is_some(),
                it.expected,
                it.actual.is_some(),
                it.actual
            ])
        })
        .collect();
    sha256(canonical(&json!([change.as_str(), parts])).as_bytes())
}

/// What a history entry says of a sighting: its severity and paths, no values.
fn summary(sighting: &Sighting) -> String {
    const SHOWN: usize = 5;
    let mut text = format!("{} {}", sighting.severity, sighting.change);
    let paths: Vec<&str> = sighting
        .differences
        .iter()
        .map(|it| it.path.as_str())
        .collect();
    if !paths.is_empty() {
        text.push_str(": ");
        text.push_str(&paths[..paths.len().min(SHOWN)].join(", "));
    }
    if paths.len() > SHOWN {
        text.push_str(&format!(" and {} more", paths.len() - SHOWN));
    }
    text
}

/// A next state in the making.
struct Draft {
    finding: Finding,
    history: Vec<HistoryEntry>,
    /// What is told of it, and when and to whom.
    told: Option<(Kind, Timestamp, Telling)>,
}

impl Draft {
    fn of(previous: &Finding) -> Self {
        Self {
            finding: previous.clone(),
            history: Vec::new(),
            told: None,
        }
    }

    fn tell(&mut self, kind: Kind, moment: Moment<'_>) {
        self.told = Some((kind, moment.now, moment.telling));
    }

    fn note(&mut self, at: Timestamp, event: Event, by: Option<&str>, detail: String) {
        self.finding.entries += 1;
        self.history.push(HistoryEntry {
            seq: self.finding.entries,
            at,
            event,
            by: by.map(str::to_owned),
            detail,
        });
    }

    fn decide(mut self) -> Decision {
        self.finding.version += 1;
        let mut decision = Decision {
            finding: self.finding,
            history: self.history,
            also: Vec::new(),
        };
        if let Some((kind, now, telling)) = self.told
            && telling != Telling::Nobody
        {
            decision.also = telling::writes(&decision, kind, now);
        }
        decision
    }
}

#[cfg(test)]
pub(crate) mod tests;
