//! The life of an alert: firing, settling, resolved.
//!
//! For now an incident is one finding, from an opening to a resolve that held.
//! What it owes its channels is part of its state, so that nothing is lost
//! between deciding and telling.

mod kept;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::finding::{Closing, Finding};
use crate::identity::{FindingId, crockford};
use crate::record::Scan;
use crate::severity::Severity;
use crate::unit::Unit;

pub use kept::{asked, by_id, of_finding, settle, told, watch};

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// `i-` and 16 characters, from its finding and opening.
    pub id: String,
    /// Its finding.
    pub finding: FindingId,
    /// The unit whose looks settle it.
    pub unit: Unit,
    /// Where it stands.
    pub state: State,
    /// How often it fired.
    pub fired: u32,
    /// The highest severity that was told.
    pub severity: Severity,
    /// When it began.
    pub opened_at: Timestamp,
    /// When its finding closed, while it settles.
    pub closed_at: Option<Timestamp>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// Whether it was resolved without the clean look that was waited for.
    #[serde(default)]
    pub unconfirmed: bool,
    /// The channels that were told of it, by name.
    pub channels: Vec<String>,
    /// What its channels have not all been told yet, the oldest first.
    pub owed: Vec<Transition>,
    /// What a channel could not be told for good, the oldest first.
    #[serde(default)]
    pub failed: Vec<Failure>,
    /// When a look was last asked for to settle it.
    #[serde(default)]
    pub asked_at: Option<Timestamp>,
    /// When its settling is looked at next.
    #[serde(default)]
    pub check_at: Option<Timestamp>,
}

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its finding is open.
    Firing,
    /// Its finding closed; one more clean look is awaited.
    Settling,
    /// It is over.
    Resolved,
}

/// Something that its channels are to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// What.
    pub step: Step,
    /// Which of its kind; counts up.
    pub number: u32,
    /// The channels that are to be told, by name.
    pub channels: Vec<String>,
}

/// Something that a channel could not be told, and will not be as things stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What.
    pub transition: Transition,
    /// The channel's name.
    pub channel: String,
    /// The message that ended as a dead letter because of it; when it comes again, the channel is tried again.
    pub message: String,
}

/// How many failures an incident remembers; of older ones the dead letter is all that is left.
const MOST_FAILURES: usize = 50;

/// What can be told of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// It drifts, or drifts again.
    Fire,
    /// Its severity rose.
    Raise,
    /// It is over.
    Resolve,
}

impl Transition {
    /// The name of its effect, `fire.1`.
    #[must_use]
    pub fn name(&self) -> String {
        let step = match self.step {
            Step::Fire => "fire",
            Step::Raise => "raise",
            Step::Resolve => "resolve",
        };
        format!("{step}.{}", self.number)
    }
}

/// How long things take to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long a closed finding must stay closed before its incident is resolved.
    pub settle: SignedDuration,
    /// How long after its resolve an opening belongs to the same incident.
    pub reopen: SignedDuration,
}

/// When an incident that settles is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long its finding must have been closed.
    pub settle: SignedDuration,
    /// How long after that one more clean look is waited for: what was deleted
    /// meanwhile, or left the configuration, never has one.
    pub patience: SignedDuration,
    /// Now.
    pub now: Timestamp,
}

/// What a finding's present state makes of its incident; `None` where nothing changes.
///
/// `channels` are those that the routes give it now; an incident keeps those that were told of it.
#[must_use]
pub fn observe(
    incident: Option<&Incident>,
    finding: &Finding,
    (timing, channels): (Timing, &[String]),
    now: Timestamp,
) -> Option<Incident> {
    if finding.closed.is_some() {
        return closed(incident?, finding);
    }
    // A baseline is told as a whole; what somebody silenced or accepted begins nothing.
    if finding.baseline || !finding.status(now).counts() {
        return None;
    }
    match incident {
        None => Some(opened(finding, channels)),
        Some(incident) => match incident.state {
            State::Firing => raised(incident, finding, channels),
            // It came back before anybody was told that it is over.
            State::Settling => Some(Incident {
                state: State::Firing,
                closed_at: None,
                asked_at: None,
                check_at: None,
                ..raised(incident, finding, channels).unwrap_or_else(|| incident.clone())
            }),
            State::Resolved => {
                let over = incident.resolved_at.unwrap_or(incident.opened_at);
                let is_same = now.duration_since(over) < timing.reopen;
                Some(if is_same {
                    fired_again(incident, finding, channels)
                } else {
                    opened(finding, channels)
                })
            }
        },
    }
}

/// Whether an incident that settles is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is: its next state.
    Over(Box<Incident>),
    /// Not before a complete look that begins at that time or later.
    NotBefore(Timestamp),
    /// It does not settle any more, or is over already.
    Moot,
}

/// Whether a closed finding stayed closed: long enough, and in a complete look after that.
#[must_use]
pub fn settled(
    incident: &Incident,
    finding: &Finding,
    (last_look, gone_at): (Option<&Scan>, Option<Timestamp>),
    terms: Terms,
) -> Settled {
    let (State::Settling, Some(closed)) = (incident.state, finding.closed.as_ref()) else {
        return Settled::Moot;
    };
    // It may have opened and closed again since the incident began to settle.
    let settled_at = after(closed.at, terms.settle);
    let is_clean = last_look.is_some_and(|look| look.started_at >= settled_at);
    // Nobody looks any more at what is unwatched: the time alone settles it.
    let is_unwatched = closed.how == Closing::Unwatched;
    let is_gone = gone_at.is_some_and(|at| at >= closed.at);
    let is_given_up = terms.now >= after(settled_at, terms.patience);
    if terms.now < settled_at || !(is_clean || is_unwatched || is_gone || is_given_up) {
        return Settled::NotBefore(settled_at);
    }
    let mut next = incident.clone();
    next.state = State::Resolved;
    next.closed_at = None;
    next.resolved_at = Some(terms.now);
    next.unconfirmed = !is_clean;
    next.owe(Step::Resolve, incident.fired);
    Settled::Over(Box::new(next))
}

fn after(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}

fn closed(incident: &Incident, finding: &Finding) -> Option<Incident> {
    let closed_at = finding.closed.as_ref().map(|it| it.at);
    let is_known = match incident.state {
        State::Firing => false,
        // It came back and closed again before anybody saw it open: it settles anew.
        State::Settling => incident.closed_at == closed_at,
        State::Resolved => true,
    };
    if is_known {
        return None;
    }
    Some(Incident {
        state: State::Settling,
        // Another unit may have taken it over since the incident began.
        unit: finding.unit.clone(),
        closed_at,
        asked_at: None,
        check_at: None,
        ..incident.clone()
    })
}

fn opened(finding: &Finding, channels: &[String]) -> Incident {
    let opened_at = finding.last_seen;
    let text = format!("{}#{}", finding.id, finding.occurrences);
    let mut incident = Incident {
        id: format!("i-{}", crockford(&Sha256::digest(text.as_bytes())[..10])),
        finding: finding.id.clone(),
        unit: finding.unit.clone(),
        state: State::Firing,
        fired: 1,
        severity: finding.severity,
        opened_at,
        closed_at: None,
        resolved_at: None,
        unconfirmed: false,
        channels: channels.to_vec(),
        owed: Vec::new(),
        failed: Vec::new(),
        asked_at: None,
        check_at: None,
    };
    incident.owe(Step::Fire, 1);
    incident
}

fn fired_again(incident: &Incident, finding: &Finding, channels: &[String]) -> Incident {
    let mut next = incident.clone();
    next.state = State::Firing;
    next.unit = finding.unit.clone();
    next.fired += 1;
    next.severity = finding.severity;
    next.resolved_at = None;
    next.unconfirmed = false;
    next.asked_at = None;
    next.check_at = None;
    next.add_channels(channels);
    next.owe(Step::Fire, next.fired);
    next
}

fn raised(incident: &Incident, finding: &Finding, channels: &[String]) -> Option<Incident> {
    if finding.severity <= incident.severity {
        return None;
    }
    let mut next = incident.clone();
    next.severity = finding.severity;
    next.unit = finding.unit.clone();
    next.add_channels(channels);
    let rank = finding.severity as u32;
    next.owe(Step::Raise, incident.fired * 10 + rank);
    Some(next)
}

impl Incident {
    fn owe(&mut self, step: Step, number: u32) {
        if !self.channels.is_empty() {
            self.owed.push(Transition {
                step,
                number,
                channels: self.channels.clone(),
            });
        }
    }

    fn add_channels(&mut self, channels: &[String]) {
        for channel in channels {
            if !self.channels.contains(channel) {
                self.channels.push(channel.clone());
            }
        }
    }

    /// Notes that the channels were told of a transition, but for those that `failed` under that message.
    fn note(&mut self, transition: &Transition, (message, failed): (&str, &[String])) {
        let is_it = |it: &Transition| it.step == transition.step && it.number == transition.number;
        self.owed.retain(|it| !is_it(it));
        self.failed
            .retain(|it| !(is_it(&it.transition) && it.message == message));
        self.failed.extend(failed.iter().map(|channel| Failure {
            transition: transition.clone(),
            channel: channel.clone(),
            message: message.to_owned(),
        }));
        let excess = self.failed.len().saturating_sub(MOST_FAILURES);
        self.failed.drain(..excess);
    }
}

#[cfg(test)]
mod tests;
