//! The contract of `plumbline scan -o json`.
//!
//! These types are what others script against: within `plumbline/v1` fields may
//! be added, none renamed, retyped or taken away.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::attribution::Attribution;
use crate::difference::{Change, Difference};
use crate::finding::{Cut, Finding, Status};
use crate::identity::FindingId;
use crate::judge::Judged;
use crate::layer::Layer;
use crate::look::{Gap, Reason};
use crate::resource::Resource;
use crate::severity::{Cause, Severity};

/// The version of the contract.
pub const API_VERSION: &str = "plumbline/v1";

/// What one scan saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanReport {
    /// `plumbline/v1`.
    pub api_version: String,
    /// `ScanReport`.
    pub kind: String,
    /// The config file's environment.
    pub environment: String,
    /// When the scan began.
    #[serde(with = "seconds")]
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(with = "seconds")]
    pub finished_at: Timestamp,
    /// The figures.
    pub summary: Summary,
    /// The drift this scan saw, of every status.
    pub findings: Vec<FindingEntry>,
    /// What was suppressed as not ours or by the user.
    pub ignored: Vec<IgnoredEntry>,
    /// Where Git is only ahead of what was deployed.
    pub pending: Vec<Entry>,
    /// What cannot be compared by nature.
    pub uncovered: Vec<Entry>,
    /// What should have been compared and was not.
    pub unknown: Vec<Entry>,
}

/// The figures of a scan. Each resource is counted exactly once, and
/// `resources` is the sum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Units looked at.
    pub units: u64,
    /// Resources in all.
    pub resources: u64,
    /// Expected and actual agree, or mean the same.
    pub in_sync: u64,
    /// Resources with drift.
    pub drifted: u64,
    /// Resources with suppressed differences only.
    pub ignored: u64,
    /// Resources where Git is only ahead of what was deployed.
    pub pending: u64,
    /// Resources that should have been compared and were not.
    pub unknown: u64,
    /// Resources that cannot be compared by nature.
    pub uncovered: u64,
    /// Findings that rest on unconfirmed differences only.
    pub potential: u64,
    /// HTTP requests, retries included.
    pub requests: u64,
    /// How often each same-meaning rule of the catalogue spoke.
    pub equivalences: BTreeMap<String, u64>,
}

/// A finding as reports show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingEntry {
    /// Its id.
    pub id: FindingId,
    /// Its layer.
    pub layer: Layer,
    /// The target that led to it.
    pub target: String,
    /// What happened to the resource.
    pub change: Change,
    /// The resource.
    pub resource: Resource,
    /// How urgent it is.
    pub severity: Severity,
    /// What kind of change it stands for.
    pub cause: Cause,
    /// Where it stands.
    pub status: Status,
    /// Who made an added resource, where that was recorded.
    pub attribution: Option<Attribution>,
    /// The differences, sorted by path.
    pub differences: Vec<Difference>,
    /// That those are not all, where the ledger could not hold them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// When it was first seen.
    #[serde(with = "seconds")]
    pub first_seen: Timestamp,
    /// When it was last seen.
    #[serde(with = "seconds")]
    pub last_seen: Timestamp,
    /// How often it opened.
    pub occurrences: u64,
}

impl FindingEntry {
    /// A finding as it stands at `now`.
    #[must_use]
    pub fn of(finding: &Finding, now: Timestamp) -> Self {
        Self {
            id: finding.id.clone(),
            layer: finding.identity.layer(),
            target: finding.target.clone(),
            change: finding.change,
            resource: finding.resource.clone(),
            severity: finding.severity,
            cause: finding.cause,
            status: finding.status(now),
            attribution: finding.attribution.clone(),
            differences: finding.differences.clone(),
            cut: finding.cut.clone(),
            first_seen: finding.first_seen,
            last_seen: finding.last_seen,
            occurrences: finding.occurrences,
        }
    }

    /// Whether all it rests on could not be confirmed.
    #[must_use]
    pub fn is_potential(&self) -> bool {
        !self.differences.is_empty() && self.differences.iter().all(|it| it.potential)
    }
}

/// An entry of the `ignored` list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IgnoredEntry {
    /// The layer.
    pub layer: Layer,
    /// The target.
    pub target: String,
    /// The resource.
    pub resource: Resource,
    /// The path, or `null` for the resource as a whole.
    pub path: Option<String>,
    /// The catalogue rule, or the ignore's place in the file.
    pub rule: String,
    /// What the rule recognised, or the ignore's reason.
    pub detail: String,
}

/// An entry of the `unknown`, `uncovered` and `pending` lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The layer.
    pub layer: Layer,
    /// The target.
    pub target: String,
    /// The resource, the unit itself where it could not be looked at as a
    /// whole, or `null` for a target that matched nothing.
    pub resource: Option<Resource>,
    /// The path, or `null` for the resource as a whole.
    pub path: Option<String>,
    /// One word of a closed list.
    pub reason: String,
    /// What it is, or what the other side said.
    pub detail: String,
}

/// Puts a report together, look by look.
#[derive(Debug)]
pub struct ReportBuilder {
    report: ScanReport,
    looked_at: BTreeSet<crate::unit::Unit>,
}

impl ReportBuilder {
    /// An empty report of a scan that begins now.
    #[must_use]
    pub fn new(environment: &str, started_at: Timestamp) -> Self {
        Self {
            report: ScanReport {
                api_version: API_VERSION.to_owned(),
                kind: "ScanReport".to_owned(),
                environment: environment.to_owned(),
                started_at,
                finished_at: started_at,
                summary: Summary::default(),
                findings: Vec::new(),
                ignored: Vec::new(),
                pending: Vec::new(),
                uncovered: Vec::new(),
                unknown: Vec::new(),
            },
            looked_at: BTreeSet::new(),
        }
    }

    /// Adds a judged look and its findings as the ledger has them now.
    pub fn look(&mut self, judged: &Judged, findings: &[Finding], now: Timestamp) {
        let layer = judged.unit.layer;
        let summary = &mut self.report.summary;
        let counts = judged.counts;
        self.looked_at.insert(judged.unit.clone());
        summary.in_sync += counts.in_sync;
        summary.drifted += counts.drifted;
        summary.ignored += counts.ignored;
        summary.pending += counts.pending;
        summary.unknown += counts.unknown;
        summary.uncovered += counts.uncovered;
        for (rule, times) in &judged.equivalences {
            *summary.equivalences.entry(rule.clone()).or_default() += times;
        }
        self.report
            .findings
            .extend(findings.iter().map(|it| FindingEntry::of(it, now)));
        self.report
            .ignored
            .extend(judged.ignored.iter().map(|it| IgnoredEntry {
                layer: layer_of(layer, &it.resource, it.path.as_deref()),
                target: judged.target.clone(),
                resource: it.resource.clone(),
                path: it.path.clone(),
                rule: it.rule.clone(),
                detail: it.detail.clone(),
            }));
        let entry = |resource: &Resource, reason: &str, detail: &str| Entry {
            layer: layer_of(layer, resource, None),
            target: judged.target.clone(),
            resource: Some(resource.clone()),
            path: None,
            reason: reason.to_owned(),
            detail: detail.to_owned(),
        };
        self.report.unknown.extend(
            judged
                .unknown
                .iter()
                .map(|(resource, gap)| entry(resource, gap.reason.as_str(), &gap.detail)),
        );
        self.report.uncovered.extend(
            judged
                .uncovered
                .iter()
                .map(|(resource, it)| entry(resource, it.reason.as_str(), &it.detail)),
        );
        self.report
            .pending
            .extend(judged.pending.iter().map(|(resource, it)| Entry {
                layer: layer_of(layer, resource, it.path.as_deref()),
                path: it.path.clone(),
                ..entry(resource, PENDING, &it.detail)
            }));
    }

    /// Says of a finding in it what became known of who made it, after its look was added.
    pub fn attributed(&mut self, finding: &Finding, now: Timestamp) {
        let known = self.report.findings.iter_mut();
        for entry in known.filter(|it| it.id == finding.id) {
            *entry = FindingEntry::of(finding, now);
        }
    }

    /// Adds something that could not be looked at and is no unit: a target
    /// whose selection matched nothing (`resource` is `None`, and it counts
    /// nowhere), or a region whose units could not be listed.
    pub fn gap(&mut self, (layer, target): (Layer, &str), resource: Option<Resource>, gap: &Gap) {
        if resource.is_some() {
            self.report.summary.unknown += 1;
        }
        self.report.unknown.push(Entry {
            layer,
            target: target.to_owned(),
            resource,
            path: None,
            reason: gap.reason.as_str().to_owned(),
            detail: gap.detail.clone(),
        });
    }

    /// The whole report, in a stable order.
    #[must_use]
    pub fn finish(mut self, finished_at: Timestamp, requests: u64) -> ScanReport {
        let report = &mut self.report;
        report.finished_at = finished_at;
        report.findings.sort_by(|a, b| {
            (b.severity, &a.resource, &a.id).cmp(&(a.severity, &b.resource, &b.id))
        });
        report
            .ignored
            .sort_by(|a, b| (&a.resource, &a.path, &a.rule).cmp(&(&b.resource, &b.path, &b.rule)));
        for list in [
            &mut report.pending,
            &mut report.uncovered,
            &mut report.unknown,
        ] {
            list.sort_by(|a, b| {
                (&a.resource, &a.path, &a.target).cmp(&(&b.resource, &b.path, &b.target))
            });
        }
        let summary = &mut report.summary;
        summary.units = self.looked_at.len() as u64;
        summary.resources = summary.in_sync
            + summary.drifted
            + summary.ignored
            + summary.pending
            + summary.unknown
            + summary.uncovered;
        summary.potential = report
            .findings
            .iter()
            .filter(|it| it.is_potential())
            .count() as u64;
        summary.requests = requests;
        self.report
    }
}

/// The one reason there is for something pending.
const PENDING: &str = "ahead-of-deployed";

/// The layer of an entry: a look at a cluster sees two layers.
fn layer_of(unit: Layer, resource: &Resource, path: Option<&str>) -> Layer {
    if unit == Layer::Kubernetes {
        Layer::of_object(&resource.kind, path)
    } else {
        unit
    }
}

/// What a scan's exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanVerdict {
    /// Everything that could be compared agrees.
    InSync,
    /// Drift that nobody accepted or silenced.
    Drift,
    /// Something could not be looked at or confirmed.
    Incomplete,
}

impl ScanVerdict {
    /// The exit code: 0 in sync, 1 drift, 2 incomplete.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            ScanVerdict::InSync => 0,
            ScanVerdict::Drift => 1,
            ScanVerdict::Incomplete => 2,
        }
    }
}

impl ScanReport {
    /// What the exit code says of this report. Incomplete wins over drift;
    /// `strict` makes anything uncovered incomplete too.
    #[must_use]
    pub fn verdict(&self, strict: bool) -> ScanVerdict {
        let counting = || self.findings.iter().filter(|it| it.status.counts());
        let incomplete = !self.unknown.is_empty()
            || counting().any(FindingEntry::is_potential)
            || (strict && !self.uncovered.is_empty());
        if incomplete {
            ScanVerdict::Incomplete
        } else if counting().next().is_some() {
            ScanVerdict::Drift
        } else {
            ScanVerdict::InSync
        }
    }
}

/// The gap of a target whose selection matched no unit.
#[must_use]
pub fn matched_nothing(detail: impl Into<String>) -> Gap {
    Gap::new(Reason::MatchedNothing, detail)
}

/// RFC 3339 in UTC and whole seconds, as the contract writes times.
pub mod seconds {
    use jiff::{Timestamp, fmt::temporal::DateTimePrinter};
    use serde::{Deserialize, Deserializer, Serializer};

    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(0));

    /// The text of a time, `2026-11-24T06:00:00Z`; fractions are cut off.
    #[must_use]
    pub fn text(at: Timestamp) -> String {
        PRINTER.timestamp_to_string(&at)
    }

    /// Writes a time in whole seconds.
    ///
    /// # Errors
    ///
    /// Only the serializer's own.
    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(*at))
    }

    /// Reads any RFC 3339 time.
    ///
    /// # Errors
    ///
    /// Where the text is not one.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(deserializer)
    }

    /// The same for a time that may be absent.
    pub mod option {
        use jiff::Timestamp;
        use serde::{Deserialize, Deserializer, Serializer};

        /// Writes a time in whole seconds, or `null`.
        ///
        /// # Errors
        ///
        /// Only the serializer's own.
        pub fn serialize<S: Serializer>(
            at: &Option<Timestamp>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match at {
                Some(at) => super::serialize(at, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// Reads any RFC 3339 time, or `null`.
        ///
        /// # Errors
        ///
        /// Where the text is not one.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Timestamp>, D::Error> {
            Option::<Timestamp>::deserialize(deserializer)
        }
    }
}

#[cfg(test)]
mod tests;
