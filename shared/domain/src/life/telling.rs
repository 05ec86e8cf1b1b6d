//! What a decision tells others: messages and counts.

use jiff::Timestamp;

use crate::counter;
use crate::finding::{Closing, Event};
use crate::layer::Layer;
use crate::life::Decision;
use crate::message::{Audience, Kind, Message, Outgoing};
use crate::outbox;
use crate::ports::Write;
use crate::timer;
use crate::work::Work;

/// The writes that tell of a finding's new state. Openings and closings are
/// counted, a baseline's too; people hear of a baseline only as a whole.
pub(super) fn writes(decision: &Decision, kind: Kind, now: Timestamp) -> Vec<Write> {
    let finding = &decision.finding;
    let mut writes: Vec<Write> = count(decision).into_iter().collect();
    writes.extend(ask_who(decision, now));
    if !finding.baseline {
        let outgoing = Outgoing {
            audience: Audience::Notify,
            layer: Some(finding.identity.layer()),
            severity: Some(finding.severity),
            message: Message::about(
                (finding.id.as_str(), finding.version),
                kind,
                &finding.environment,
                now,
            ),
        };
        // Names and numbers only: it cannot fail to be JSON.
        writes.extend(outbox::put(&outgoing));
    }
    writes
}

/// The timer that has the trail asked who made what the finding shows anew.
fn ask_who(decision: &Decision, now: Timestamp) -> Option<Write> {
    let finding = &decision.finding;
    let is_asked = finding.unit.layer == Layer::CloudFormation
        && decision.shows_something_new()
        && finding.lacks_author();
    let work = Work::Attribute {
        finding: finding.id.to_string(),
        attempt: 0,
        not_before: None,
    };
    // Names and numbers only: it cannot fail to be JSON.
    is_asked.then(|| timer::put(now, &work).ok()).flatten()
}

/// The count of an opening or a closing; what changes otherwise is not counted.
fn count(decision: &Decision) -> Option<Write> {
    let finding = &decision.finding;
    let layer = ("layer", finding.identity.layer().as_str());
    let by = format!("{}.{}", finding.id, finding.version);
    let has_opened = decision
        .history
        .iter()
        .any(|it| matches!(it.event, Event::Opened | Event::Reopened));
    let (metric, label) = match finding.closed.as_ref().map(|it| it.how) {
        Some(Closing::Resolved) => (counter::CLOSED, ("how", "resolved")),
        Some(Closing::Unwatched) => (counter::CLOSED, ("how", "unwatched")),
        None if has_opened => (counter::OPENED, ("severity", finding.severity.as_str())),
        None => return None,
    };
    Some(counter::one(metric, &[layer, label], &by))
}
