//! Plumbline's own JSON, versioned. Fields may be added within `plumbline/v1`.

use domain::current::Refused;
use domain::finding::Closing;
use domain::incident::Step;
use domain::message::API_VERSION;
use domain::report::{FindingEntry, seconds};
use domain::severity::Severity;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Story;
use super::words::closed_at;
use crate::digest::Digest;

/// How many differences of a finding a body holds.
const DIFFERENCES: usize = 100;

/// How many units a digest names.
const UNITS: usize = 100;

/// How many bytes of what is wrong with a configuration a body holds.
const ERRORS: usize = 16 * 1024;

/// The body of a transition.
pub(super) fn incident(story: &Story<'_>, key: &str) -> Value {
    let incident = story.incident;
    let kind = match story.transition.step {
        Step::Fire => "IncidentFired",
        Step::Raise => "IncidentRaised",
        Step::Resolve => "IncidentResolved",
    };
    let mut entry = FindingEntry::of(story.finding, story.now);
    let omitted = entry.differences.len().saturating_sub(DIFFERENCES);
    entry.differences.truncate(DIFFERENCES);
    let mut body = frame(kind, (story.environment, key), story.now);
    body.insert("incident".to_owned(), incident.id.as_str().into());
    body.insert("fired".to_owned(), incident.fired.into());
    body.insert("openedAt".to_owned(), time(incident.opened_at));
    if story.transition.step == Step::Resolve {
        let closed = closed_at(incident, story.finding);
        let lasted = closed.map(|it| it.duration_since(incident.opened_at).as_secs().max(0));
        let how = story.finding.closed.as_ref().map(|it| match it.how {
            Closing::Resolved => "resolved",
            Closing::Unwatched => "unwatched",
        });
        body.insert("closedAt".to_owned(), closed.map_or(Value::Null, time));
        body.insert("seconds".to_owned(), json!(lasted));
        body.insert("how".to_owned(), json!(how));
        body.insert("confirmed".to_owned(), (!incident.unconfirmed).into());
    }
    body.insert("finding".to_owned(), json!(entry));
    body.insert("differencesOmitted".to_owned(), omitted.into());
    Value::Object(body)
}

/// The body of a digest.
pub(super) fn digest(digest: &Digest, names: (&str, &str), now: Timestamp) -> Value {
    let units = digest.units();
    let by_severity: Map<String, Value> = Severity::ALL
        .iter()
        .map(|it| {
            let count = digest.by_severity.get(it).copied().unwrap_or(0);
            (it.as_str().to_owned(), count.into())
        })
        .collect();
    let by_unit: Vec<Value> = units
        .iter()
        .take(UNITS)
        .map(|(unit, findings)| {
            json!({
                "layer": unit.layer, "account": unit.account, "region": unit.region,
                "name": unit.name, "findings": findings,
            })
        })
        .collect();
    let mut body = frame("BaselineDigest", names, now);
    body.insert("target".to_owned(), digest.target.as_str().into());
    body.insert(
        "baseline".to_owned(),
        json!({
            "units": digest.looked_at,
            "waiting": digest.waiting,
            "findings": digest.findings(),
            "bySeverity": by_severity,
            "byUnit": by_unit,
            "unitsOmitted": units.len().saturating_sub(UNITS),
        }),
    );
    Value::Object(body)
}

/// The body of a refusal.
pub(super) fn refused(
    (refused, location): (&Refused, &str),
    names: (&str, &str),
    now: Timestamp,
) -> Value {
    let errors = &refused.errors;
    let shown = &errors[..errors.floor_char_boundary(ERRORS)];
    let mut body = frame("ConfigRefused", names, now);
    body.insert("file".to_owned(), location.into());
    body.insert("refusedAt".to_owned(), time(refused.at));
    body.insert("errors".to_owned(), shown.into());
    body.insert("errorsCut".to_owned(), (shown.len() < errors.len()).into());
    Value::Object(body)
}

fn frame(kind: &str, (environment, key): (&str, &str), now: Timestamp) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("apiVersion".to_owned(), API_VERSION.into());
    body.insert("kind".to_owned(), kind.into());
    body.insert("id".to_owned(), key.into());
    body.insert("environment".to_owned(), environment.into());
    body.insert("time".to_owned(), time(now));
    body
}

fn time(at: Timestamp) -> Value {
    seconds::text(at).into()
}
