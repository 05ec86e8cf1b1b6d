//! The report of the last scan, so that it can be shown again with what was
//! said of its findings since.

use domain::ports::PortError;
use domain::report::ScanReport;
use rusqlite::{OptionalExtension as _, params};

use crate::ledger::SqliteLedger;
use crate::rows::{Fault, parse};

/// Its name among the ledger's facts about itself.
const NAME: &str = "last-report";

impl SqliteLedger {
    /// Keeps a scan's report in place of the one before.
    ///
    /// # Errors
    ///
    /// Where the ledger cannot be written.
    pub fn keep_report(&self, report: &ScanReport) -> Result<(), PortError> {
        self.write("ledger:keep_report", |transaction| {
            let body =
                serde_json::to_string(report).map_err(|error| Fault::Invalid(error.to_string()))?;
            transaction.execute(
                "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
                params![NAME, body],
            )?;
            Ok(())
        })
    }

    /// The report of the last scan, if there was one.
    ///
    /// # Errors
    ///
    /// Where the ledger cannot be read.
    pub fn last_report(&self) -> Result<Option<ScanReport>, PortError> {
        self.read("ledger:last_report", |connection| {
            let body: Option<String> = connection
                .query_row("SELECT value FROM meta WHERE name = ?1", [NAME], |row| {
                    row.get(0)
                })
                .optional()?;
            body.map(|body| parse(&body, "the last report")).transpose()
        })
    }
}
