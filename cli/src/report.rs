//! `plumbline report`: the last scan as one page.

use std::path::Path;

use domain::ports::Ledger as _;
use jiff::Timestamp;
use render::Histories;

use crate::commands::out;
use crate::failure::Failure;
use crate::ledger::{self, Place};
use crate::standing;

/// Writes the page of the ledger's last scan, with its findings as they stand
/// now: somebody may have acknowledged or accepted one since.
///
/// A deployment has no scan of its own that could be last: there the page shows
/// how things stand by its ledger.
pub(crate) async fn run(place: &Place, html: &Path) -> Result<(), Failure> {
    let page = match place {
        Place::File(path) => of_last_scan(path).await?,
        Place::Table(_) => {
            let ledger = ledger::existing(place).await?;
            let findings = ledger.findings().await.map_err(Failure::unusable)?;
            let environment = findings.first().map_or("", |it| it.environment.as_str());
            let (report, histories) =
                standing::report(&*ledger, environment, (Timestamp::now(), 0))
                    .await
                    .map_err(Failure::unusable)?;
            render::html(&report, &histories).map_err(Failure::unusable)?
        }
    };
    if html == Path::new("-") {
        return out(&page);
    }
    std::fs::write(html, page)
        .map_err(|error| Failure::unusable(format!("cannot write {}: {error}", html.display())))
}

async fn of_last_scan(path: &Path) -> Result<String, Failure> {
    let ledger = ledger::existing_file(path)?;
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
    render::html(&report, &histories).map_err(Failure::unusable)
}
