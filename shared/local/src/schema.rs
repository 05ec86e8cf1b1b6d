//! The format of the ledger's file, and how an older one becomes the present one.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::open::OpenError;

/// "Plum": tells a ledger from any other SQLite database (`PRAGMA application_id`).
const APPLICATION_ID: i64 = 0x506C_756D;

/// What makes format n + 1 of format n, the first from an empty file. Only ever appended to.
const MIGRATIONS: &[&str] = &[include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// The format this program writes (`PRAGMA user_version`).
fn known() -> i64 {
    // A list in the source is not longer than i64 counts.
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Refuses what is not a ledger or too new, and says whether the format is the present one.
/// Changes nothing, so that somebody else's database is left as it was.
pub(crate) fn is_current(connection: &Connection, path: &Path) -> Result<bool, OpenError> {
    Ok(version(connection, path)? == known())
}

/// Brings the file to the present format, all or nothing.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error| OpenError::of(path, &error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    // Asked again under the write lock: another process may have done it meanwhile.
    let from = usize::try_from(version(&transaction, path)?).unwrap_or(0);
    for step in MIGRATIONS.iter().skip(from) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(failed)?;
    transaction
        .pragma_update(None, "user_version", known())
        .map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// The file's format; 0 for an empty one, which is what a process leaves that was killed before it wrote anything.
fn version(connection: &Connection, path: &Path) -> Result<i64, OpenError> {
    let failed = |error| OpenError::of(path, &error);
    // One statement, so that the three belong together while another process creates the ledger.
    let (application, version, tables): (i64, i64, i64) = connection
        .query_row(
            "SELECT application_id, user_version, (SELECT COUNT(*) FROM sqlite_schema)
             FROM pragma_application_id, pragma_user_version",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .map_err(failed)?;
    if application == APPLICATION_ID {
        if version > known() {
            return Err(OpenError::Newer {
                path: path.to_owned(),
                found: version,
                known: known(),
            });
        }
        return Ok(version);
    }
    if application == 0 && version == 0 && tables == 0 {
        return Ok(0);
    }
    Err(OpenError::NotALedger {
        path: path.to_owned(),
        found: "a SQLite database of another program",
    })
}
