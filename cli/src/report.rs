//! `plumbline report`: the last scan as one page.

use std::path::Path;

use domain::ports::Ledger as _;
use jiff::Timestamp;
use render::Histories;

use crate::commands::out;
use crate::failure::Failure;
use crate::ledger;

/// Writes the page of the ledger's last scan, with its findings as they stand
/// now: somebody may have acknowledged or accepted one since.
pub(crate) async fn run(path: &Path, html: &Path) -> Result<(), Failure> {
    let ledger = ledger::existing(path)?;
    let mut report = ledger
        .last_report()
        .map_err(Failure::unusable)?
        .ok_or_else(|| {
            Failure::not_done(format!(
                "{} has no report yet: run plumbline scan first",
                path.display()
            ))
        })?;
    let now = Timestamp::now();
    let mut histories = Histories::new();
    for entry in &mut report.findings {
        if let Some(finding) = ledger.finding(&entry.id).await.map_err(Failure::unusable)? {
            let history = ledger.history(&entry.id).await.map_err(Failure::unusable)?;
            histories.insert(entry.id.clone(), history);
            entry.status = finding.status(now);
        }
    }
    let page = render::html(&report, &histories).map_err(Failure::unusable)?;
    if html == Path::new("-") {
        return out(&page);
    }
    std::fs::write(html, page)
        .map_err(|error| Failure::unusable(format!("cannot write {}: {error}", html.display())))
}
