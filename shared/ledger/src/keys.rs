//! Where everything stands in the table. The names are a contract with the
//! template, and with every table that is already filled.

use domain::finding::Finding;
use domain::identity::FindingId;
use domain::ports::Key;
use domain::severity::Severity;
use domain::unit::Unit;

/// The table's partition key.
pub(crate) const PK: &str = "PK";
/// The table's sort key.
pub(crate) const SK: &str = "SK";
/// The index of open findings, its partition key and its sort key.
pub(crate) const INDEX: (&str, &str, &str) = ("GSI1", "GSI1PK", "GSI1SK");
/// How often the row was written; a look's generation.
pub(crate) const VERSION: &str = "version";
/// What it holds, as JSON.
pub(crate) const BODY: &str = "body";
/// When it may go, in seconds since 1970; the table's TTL attribute.
pub(crate) const EXPIRES: &str = "expires";
/// The same to the nanosecond, where it is not a whole second.
pub(crate) const EXPIRES_AT: &str = "expiresAt";
/// What a counter stands at.
pub(crate) const COUNT: &str = "n";
/// How many history entries a pointer's finding has.
pub(crate) const ENTRIES: &str = "entries";
/// The partition of a pointer's finding.
pub(crate) const UNIT: &str = "unit";
/// That a finding of a listed unit moved to another unit.
pub(crate) const LEFT: &str = "left";
/// The call that wrote the row.
pub(crate) const MARK: &str = "mark";

/// The partition that lists units.
pub(crate) const UNITS: &str = "UNITS";
/// The partition that lists the ids of findings.
pub(crate) const FINDINGS: &str = "FINDINGS";
/// How the places of a unit's findings begin.
pub(crate) const FINDING: &str = "FINDING#";
/// How the places of a finding's history begin.
pub(crate) const HISTORY: &str = "H#";

const SCAN: &str = "SCAN";
const META: &str = "META";

/// A finding in its unit.
pub(crate) fn finding(unit: &Unit, id: &FindingId) -> Key {
    Key::new(unit.key(), format!("{FINDING}{id}"))
}

/// The last complete look at a unit.
pub(crate) fn scan(unit: &Unit) -> Key {
    Key::new(unit.key(), SCAN)
}

/// The partition of what is kept by a finding's id.
pub(crate) fn by_id(id: &FindingId) -> String {
    format!("FIND#{id}")
}

/// Where a finding stands.
pub(crate) fn pointer(id: &FindingId) -> Key {
    Key::new(by_id(id), META)
}

/// An entry of a finding's history.
pub(crate) fn entry(id: &FindingId, seq: u64) -> Key {
    Key::new(by_id(id), format!("{HISTORY}{seq:010}"))
}

/// A unit in the list of units.
pub(crate) fn listed_unit(unit: &Unit) -> Key {
    Key::new(UNITS, unit.key())
}

/// A finding in the list of ids.
pub(crate) fn listed_id(id: &FindingId) -> Key {
    Key::new(FINDINGS, id.as_str())
}

/// Whether a key is one of findings and looks, which are no items.
pub(crate) fn is_of_findings(key: &Key) -> bool {
    let (pk, sk) = (key.pk.as_str(), key.sk.as_str());
    match pk {
        UNITS | FINDINGS => true,
        _ if pk.starts_with("UNIT#") => sk == SCAN || sk.starts_with(FINDING),
        _ if pk.starts_with("FIND#") => sk == META || sk.starts_with(HISTORY),
        _ => false,
    }
}

/// The partition of an environment's open findings in the index.
pub(crate) fn open_in(environment: &str) -> String {
    format!("OPEN#{environment}")
}

/// The place of an open finding in the index: the worst first, of those the oldest.
pub(crate) fn open_place(finding: &Finding) -> String {
    let rank = match finding.severity {
        Severity::Critical => "1-critical",
        Severity::High => "2-high",
        Severity::Medium => "3-medium",
        Severity::Low => "4-low",
    };
    format!("{rank}#{:.3}#{}", finding.first_seen, finding.id)
}
