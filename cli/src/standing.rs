//! How things stand by the ledger alone, as a report: what every unit's last
//! complete look came to, and the findings that are open now.

use domain::ports::{Ledger, PortError};
use domain::report::{FindingEntry, ReportBuilder, ScanReport};
use jiff::Timestamp;
use render::Histories;

/// The report, and the history of each finding in it.
///
/// # Errors
///
/// Whatever the ledger answers.
pub(crate) async fn report(
    ledger: &dyn Ledger,
    environment: &str,
    (now, requests): (Timestamp, u64),
) -> Result<(ScanReport, Histories), PortError> {
    let mut scans = Vec::new();
    for unit in ledger.units().await? {
        scans.extend(ledger.scan(&unit).await?);
    }
    let started_at = scans.iter().map(|it| it.started_at).min().unwrap_or(now);
    let finished_at = scans.iter().map(|it| it.finished_at).max().unwrap_or(now);
    let mut report = ReportBuilder::new(environment, started_at).finish(finished_at, requests);
    let summary = &mut report.summary;
    summary.units = scans.len() as u64;
    for counts in scans.iter().map(|it| it.counts) {
        summary.in_sync += counts.in_sync;
        summary.drifted += counts.drifted;
        summary.ignored += counts.ignored;
        summary.pending += counts.pending;
        summary.unknown += counts.unknown;
        summary.uncovered += counts.uncovered;
    }
    summary.resources = summary.in_sync
        + summary.drifted
        + summary.ignored
        + summary.pending
        + summary.unknown
        + summary.uncovered;
    let mut histories = Histories::new();
    for finding in ledger.findings().await? {
        if finding.status(now).is_closed() {
            continue;
        }
        histories.insert(finding.id.clone(), ledger.history(&finding.id).await?);
        report.findings.push(FindingEntry::of(&finding, now));
    }
    report
        .findings
        .sort_by(|a, b| (b.severity, &a.resource, &a.id).cmp(&(a.severity, &b.resource, &b.id)));
    Ok((report, histories))
}
