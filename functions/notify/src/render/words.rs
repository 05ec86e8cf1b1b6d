//! The sentences that every form shares.

use domain::attribution::Attribution;
use domain::difference::{Change, Difference};
use domain::finding::Finding;
use domain::incident::{Incident, Step};
use domain::report::seconds;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Story;

/// A time to the minute, `2026-11-24 06:00 UTC`.
pub(crate) fn minute(at: Timestamp) -> String {
    let text = seconds::text(at);
    let text = text.rsplit_once(':').map_or(&*text, |(head, _)| head);
    format!("{} UTC", text.replace('T', " "))
}

/// A time span in its two largest units, `2 h 10 min`.
pub(crate) fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// `1 finding`, `3 findings`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// What the headline says of the resource.
pub(crate) fn predicate(story: &Story<'_>) -> &'static str {
    let is_again = story.transition.number > 1 || story.finding.occurrences > 1;
    match (story.transition.step, is_potential(story.finding)) {
        (Step::Fire, false) if is_again => "drifts again",
        (Step::Fire, false) => "drifts",
        (Step::Fire, true) if is_again => "may drift again",
        (Step::Fire, true) => "may drift",
        (Step::Raise, false) => "drifts more gravely",
        (Step::Raise, true) => "may drift more gravely",
        (Step::Resolve, _) => "no longer drifts",
    }
}

/// Whether none of its differences could be confirmed. It is as severe as if they
/// had been: a rule opened to the world may be one.
pub(crate) fn is_potential(finding: &Finding) -> bool {
    !finding.differences.is_empty() && finding.differences.iter().all(|it| it.potential)
}

/// What happened to the resource as a whole; `None` where its differences say it.
pub(crate) const fn whole(change: Change) -> Option<&'static str> {
    match change {
        Change::Modified => None,
        Change::Deleted => Some("It was deleted (code has it, reality has not)"),
        Change::Added => Some("It was added (reality has it, code has not)"),
    }
}

/// Who made a difference, as far as it was recorded.
pub(crate) fn attribution<'f>(
    finding: &'f Finding,
    difference: Option<&'f Difference>,
) -> Option<&'f Attribution> {
    difference
        .and_then(|it| it.attribution.as_ref())
        .or(finding.attribution.as_ref())
}

/// Both sides of a difference as text; `None` for a side without a value.
/// `Err` where the values are not to be shown.
pub(crate) fn sides(difference: &Difference) -> Result<[Option<String>; 2], Hidden> {
    let is_hash = |it: &Option<Value>| it.as_ref().is_some_and(is_keyed_hash);
    // A keyed hash is not shown even where nothing marks it as one.
    if difference.sensitive || is_hash(&difference.expected) || is_hash(&difference.actual) {
        return Err(Hidden);
    }
    let show = |it: &Option<Value>| it.as_ref().map(compact);
    Ok([show(&difference.expected), show(&difference.actual)])
}

/// That values are not shown.
pub(crate) struct Hidden;

fn is_keyed_hash(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|it| it.len() == 1 && it.contains_key("hmac"))
}

/// A value as JSON on one line; a large one, which is kept as a digest, by its size.
fn compact(value: &Value) -> String {
    let digest = value.as_object().filter(|it| it.len() == 2);
    let size = digest.and_then(|it| {
        it.get("sha256")?;
        it.get("bytes")?.as_u64()
    });
    match size {
        Some(bytes) => format!("a value of {bytes} bytes"),
        None => value.to_string(),
    }
}

/// When its finding closed, while it is closed; else when the incident was resolved.
pub(crate) fn closed_at(incident: &Incident, finding: &Finding) -> Option<Timestamp> {
    let closed = finding.closed.as_ref().map(|it| it.at);
    closed.or(incident.resolved_at)
}
