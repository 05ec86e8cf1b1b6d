//! The ledger over one SQLite file.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::finding::{Finding, HistoryEntry};
use domain::identity::FindingId;
use domain::life::Decision;
use domain::ports::{Ledger, PortError, PortErrorKind, Write};
use domain::record::Scan;
use domain::unit::Unit;
use rusqlite::{
    Connection, OptionalExtension as _, Params, Transaction, TransactionBehavior, params,
};
use serde::de::DeserializeOwned;

use crate::items;
use crate::open::{self, OpenError};
use crate::rows::{Fault, body, integer, parse, unit_columns, unit_of};

/// How long a lock of another process is waited for. A write holds it for
/// milliseconds, so longer means that the other one hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The findings of one machine, in one file that several processes may use at
/// once, or in memory.
///
/// Every commit is on disk when it returns; a process that is killed at any
/// moment leaves a whole ledger behind.
///
/// The methods block the thread for the milliseconds that SQLite takes (up to
/// ten seconds where another process holds the lock). One connection behind a
/// mutex is enough for that: SQLite has one writer at a time anyway, and a
/// thread pool would only queue the same writes somewhere else.
#[derive(Debug)]
pub struct SqliteLedger {
    pub(crate) connection: Mutex<Connection>,
    path: PathBuf,
}

impl SqliteLedger {
    /// Opens the ledger in that file, or makes it with its directories, readable by its owner only.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] where the file is something else, newer, damaged, locked or not accessible.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_within(path, PATIENCE)
    }

    /// Like [`SqliteLedger::open`], but with another limit for waiting on locks.
    pub(crate) fn open_within(path: &Path, patience: Duration) -> Result<Self, OpenError> {
        let path = open::absolute(path)?;
        Ok(Self {
            connection: Mutex::new(open::open(&path, patience)?),
            path,
        })
    }

    /// A ledger that is gone when it is dropped, for `--ledger none`.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] where there is no memory for it.
    pub fn in_memory() -> Result<Self, OpenError> {
        let path = PathBuf::from("(in memory)");
        Ok(Self {
            connection: Mutex::new(open::open_in_memory(&path)?),
            path,
        })
    }

    pub(crate) fn read<T>(
        &self,
        op: &'static str,
        query: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, PortError> {
        // A thread that panicked in here left no transaction open: dropping one rolls it back.
        let connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        query(&connection).map_err(|fault| self.explain(op, fault))
    }

    /// Runs a guarded write under the write lock from its first read on; any fault undoes all of it.
    pub(crate) fn write(
        &self,
        op: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> Result<(), Fault>,
    ) -> Result<(), PortError> {
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let attempt = || {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            change(&transaction)?;
            Ok(transaction.commit()?)
        };
        attempt().map_err(|fault| self.explain(op, fault))
    }

    fn explain(&self, op: &'static str, fault: Fault) -> PortError {
        match fault {
            Fault::Sqlite(error) => PortError::new(
                PortErrorKind::Unavailable,
                op,
                OpenError::of(&self.path, &error).to_string(),
            ),
            Fault::Damaged(detail) => PortError::new(
                PortErrorKind::Unavailable,
                op,
                OpenError::Damaged {
                    path: self.path.clone(),
                    detail,
                }
                .to_string(),
            ),
            Fault::Conflict(detail) => PortError::new(PortErrorKind::Conflict, op, detail),
            Fault::Invalid(detail) => PortError::new(PortErrorKind::Invalid, op, detail),
        }
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn scan(&self, unit: &Unit) -> Result<Option<Scan>, PortError> {
        self.read("ledger:scan", |connection| {
            let sql = "SELECT body FROM scan
                       WHERE layer = ?1 AND account = ?2 AND region = ?3 AND unit = ?4";
            one(connection, sql, unit_columns(unit), "a look")
        })
    }

    async fn unit_findings(&self, unit: &Unit) -> Result<Vec<Finding>, PortError> {
        self.read("ledger:unit_findings", |connection| {
            let sql = "SELECT body FROM finding
                       WHERE layer = ?1 AND account = ?2 AND region = ?3 AND unit = ?4 ORDER BY id";
            all(connection, sql, unit_columns(unit), "a finding")
        })
    }

    async fn units(&self) -> Result<Vec<Unit>, PortError> {
        self.read("ledger:units", |connection| {
            let mut statement = connection.prepare(
                "SELECT layer, account, region, unit FROM finding
                 UNION SELECT layer, account, region, unit FROM scan",
            )?;
            let mut units = statement
                .query_map([], unit_of)?
                .collect::<Result<Vec<_>, _>>()?;
            // SQL orders layers by name, the domain as reports list them.
            units.sort();
            Ok(units)
        })
    }

    async fn finding(&self, id: &FindingId) -> Result<Option<Finding>, PortError> {
        self.read("ledger:finding", |connection| {
            let sql = "SELECT body FROM finding WHERE id = ?1";
            one(connection, sql, [id.as_str()], "a finding")
        })
    }

    async fn ids(&self, prefix: &str, limit: usize) -> Result<Vec<FindingId>, PortError> {
        self.read("ledger:ids", |connection| {
            // A range up to the last character there is: LIKE and GLOB would read some characters as wildcards.
            let sql = "SELECT json_quote(id) FROM finding
                       WHERE id >= ?1 AND id < ?1 || char(1114111) ORDER BY id LIMIT ?2";
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            all(connection, sql, params![prefix, limit], "an id")
        })
    }

    async fn findings(&self) -> Result<Vec<Finding>, PortError> {
        self.read("ledger:findings", |connection| {
            let sql = "SELECT body FROM finding ORDER BY id";
            all(connection, sql, [], "a finding")
        })
    }

    async fn history(&self, id: &FindingId) -> Result<Vec<HistoryEntry>, PortError> {
        self.read("ledger:history", |connection| {
            let sql = "SELECT body FROM history WHERE finding = ?1 ORDER BY seq";
            all(connection, sql, [id.as_str()], "a history entry")
        })
    }

    async fn commit(&self, decision: &Decision) -> Result<(), PortError> {
        self.write("ledger:commit", |transaction| {
            guard_finding(transaction, decision)?;
            put_finding(transaction, &decision.finding)?;
            for entry in &decision.history {
                transaction.execute(
                    "INSERT INTO history (finding, seq, body) VALUES (?1, ?2, ?3)",
                    params![
                        decision.finding.id.as_str(),
                        integer(entry.seq)?,
                        body(entry)?
                    ],
                )?;
            }
            items::apply(transaction, &decision.also)
        })
    }

    async fn close_look(&self, scan: &Scan, also: &[Write]) -> Result<(), PortError> {
        self.write("ledger:close_look", |transaction| {
            let [layer, account, region, name] = unit_columns(&scan.unit);
            let stored: i64 = transaction
                .query_row(
                    "SELECT generation FROM scan
                     WHERE layer = ?1 AND account = ?2 AND region = ?3 AND unit = ?4",
                    [layer, account, region, name],
                    |row| row.get(0),
                )
                .optional()?
                .unwrap_or(0);
            let generation = integer(scan.generation)?;
            if stored != generation - 1 {
                return Err(Fault::Conflict(format!(
                    "look {generation} at {} does not follow look {stored}, which is in the ledger",
                    scan.unit
                )));
            }
            transaction.execute(
                "INSERT OR REPLACE INTO scan (layer, account, region, unit, generation, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![layer, account, region, name, generation, body(scan)?],
            )?;
            items::apply(transaction, also)
        })
    }
}

/// Refuses a decision on a state that is not the stored one, and one whose history does not continue the stored history.
fn guard_finding(transaction: &Transaction<'_>, decision: &Decision) -> Result<(), Fault> {
    let finding = &decision.finding;
    let (version, entries): (i64, i64) = transaction
        .query_row(
            "SELECT version, entries FROM finding WHERE id = ?1",
            [finding.id.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?
        .unwrap_or((0, 0));
    if version != integer(finding.version)? - 1 {
        return Err(Fault::Conflict(format!(
            "version {} of {} does not follow version {version}, which is in the ledger",
            finding.version, finding.id
        )));
    }
    let mut last = entries;
    for entry in &decision.history {
        last += 1;
        if integer(entry.seq)? != last {
            return Err(Fault::Invalid(format!(
                "history entry {} of {} stands where {last} belongs",
                entry.seq, finding.id
            )));
        }
    }
    if integer(finding.entries)? != last {
        return Err(Fault::Invalid(format!(
            "{} counts {} history entries and has {last}",
            finding.id, finding.entries
        )));
    }
    Ok(())
}

fn put_finding(transaction: &Transaction<'_>, finding: &Finding) -> Result<(), Fault> {
    let [layer, account, region, name] = unit_columns(&finding.unit);
    transaction.execute(
        "INSERT INTO finding (id, layer, account, region, unit, version, entries, open, hashed, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET
             layer = ?2, account = ?3, region = ?4, unit = ?5,
             version = ?6, entries = ?7, open = ?8, hashed = ?9, body = ?10",
        params![
            finding.id.as_str(),
            layer,
            account,
            region,
            name,
            integer(finding.version)?,
            integer(finding.entries)?,
            finding.closed.is_none(),
            finding.differences.iter().any(|it| it.sensitive),
            body(finding)?,
        ],
    )?;
    Ok(())
}

fn one<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    what: &str,
) -> Result<Option<T>, Fault> {
    let text: Option<String> = connection
        .query_row(sql, params, |row| row.get(0))
        .optional()?;
    text.map(|text| parse(&text, what)).transpose()
}

fn all<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    what: &str,
) -> Result<Vec<T>, Fault> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(parse(
            row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?,
            what,
        )?);
    }
    Ok(found)
}
