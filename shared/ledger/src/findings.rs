//! Findings and looks over the table.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws::Access;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::finding::{Finding, HistoryEntry};
use domain::identity::FindingId;
use domain::life::Decision;
use domain::ports::{Ledger, PortError, PortErrorKind, Range, Write};
use domain::record::Scan;
use domain::unit::Unit;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::change::{Change, Condition};
use crate::items::{changes, explain};
use crate::keys::{self, ENTRIES, LEFT, UNIT, VERSION};
use crate::refusal::{Refused, Unmet};
use crate::rows::{self, Row};
use crate::table::{Rows, Table};

const COMMIT: &str = "ledger:commit";
const CLOSE_LOOK: &str = "ledger:close_look";

/// Where a finding's pointer stands among the changes of a commit.
const POINTER: usize = 1;

/// How many units are read at once where all findings are asked for.
const UNITS_AT_ONCE: usize = 16;

/// How often a finding is looked for that moves from unit to unit meanwhile.
const LOOKS: usize = 8;

/// The findings of a deployment, in one DynamoDB table.
///
/// Reads are strongly consistent, except [`DynamoLedger::open_findings`].
#[derive(Clone, Debug)]
pub struct DynamoLedger {
    pub(crate) table: Table,
}

impl DynamoLedger {
    /// The ledger in that table of the region that `access` is for. Nothing is asked of AWS yet.
    #[must_use]
    pub fn new(access: &Access, table: &str) -> Self {
        Self {
            table: Table::new(access, table),
        }
    }

    /// The findings of an environment that are not closed, the most severe
    /// first, of those the longest known. The index behind it lags behind the
    /// table by a moment: for lists, not for decisions.
    ///
    /// # Errors
    ///
    /// Whatever DynamoDB answers.
    pub async fn open_findings(&self, environment: &str) -> Result<Vec<Finding>, PortError> {
        let rows = Rows {
            pk: &keys::open_in(environment),
            range: &Range::All,
            index: true,
        };
        self.all(rows).await
    }

    /// The states in some rows.
    async fn all<T: serde::de::DeserializeOwned>(
        &self,
        rows: Rows<'_>,
    ) -> Result<Vec<T>, PortError> {
        self.table
            .query(rows, usize::MAX, |row| rows::body(row).map(Some))
            .await
    }

    /// Whether a unit has a finding or a complete look.
    async fn has_anything(&self, unit: &Unit) -> Result<bool, PortError> {
        if self.table.get(&keys::scan(unit)).await?.is_some() {
            return Ok(true);
        }
        let rows = Rows {
            pk: &unit.key(),
            range: &Range::Prefix(keys::FINDING.to_owned()),
            index: false,
        };
        let found = self.table.query(rows, 1, |_| Ok(Some(()))).await?;
        Ok(!found.is_empty())
    }
}

#[async_trait]
impl Ledger for DynamoLedger {
    async fn scan(&self, unit: &Unit) -> Result<Option<Scan>, PortError> {
        let row = self.table.get(&keys::scan(unit)).await?;
        row.as_ref().map(rows::body).transpose()
    }

    async fn unit_findings(&self, unit: &Unit) -> Result<Vec<Finding>, PortError> {
        let rows = Rows {
            pk: &unit.key(),
            range: &Range::Prefix(keys::FINDING.to_owned()),
            index: false,
        };
        self.all(rows).await
    }

    async fn units(&self) -> Result<Vec<Unit>, PortError> {
        let rows = Rows {
            pk: keys::UNITS,
            range: &Range::All,
            index: false,
        };
        let read = |row: &Row| Ok(Some((rows::body::<Unit>(row)?, row.contains_key(LEFT))));
        let listed = self.table.query(rows, usize::MAX, read).await?;
        let mut units = Vec::with_capacity(listed.len());
        for (unit, left) in listed {
            // Only such a unit may have nothing any more.
            if !left || self.has_anything(&unit).await? {
                units.push(unit);
            }
        }
        // The table orders layers by name, the domain as reports list them.
        units.sort();
        Ok(units)
    }

    async fn finding(&self, id: &FindingId) -> Result<Option<Finding>, PortError> {
        let pointer_at = keys::pointer(id);
        let mut before = None;
        for _ in 0..LOOKS {
            let Some(pointer) = self.table.get(&pointer_at).await? else {
                return Ok(None);
            };
            let unit: Unit = rows::body(&pointer)?;
            if let Some(row) = self.table.get(&keys::finding(&unit, id)).await? {
                return rows::body(&row).map(Some);
            }
            // It moved between the two reads, if it is not lost.
            if before.as_ref() == Some(&pointer) {
                return Err(rows::damaged(&pointer, "it leads to no finding"));
            }
            before = Some(pointer);
        }
        let detail = format!("{id} moves from unit to unit all the time");
        Err(PortError::new(
            PortErrorKind::Conflict,
            "ledger:finding",
            detail,
        ))
    }

    async fn ids(&self, prefix: &str, limit: usize) -> Result<Vec<FindingId>, PortError> {
        let rows = Rows {
            pk: keys::FINDINGS,
            range: &Range::Prefix(prefix.to_owned()),
            index: false,
        };
        let read = |row: &Row| rows::body(row).map(Some);
        self.table.query(rows, limit, read).await
    }

    /// Unit by unit, so one that moves meanwhile may be missing, and is never there twice.
    async fn findings(&self) -> Result<Vec<Finding>, PortError> {
        let units = self.units().await?;
        let reads = units
            .into_iter()
            .map(|unit| async move { self.unit_findings(&unit).await });
        let all: Vec<Vec<Finding>> = stream::iter(reads)
            .buffered(UNITS_AT_ONCE)
            .try_collect()
            .await?;
        let by_id: BTreeMap<FindingId, Finding> = all
            .into_iter()
            .flatten()
            .map(|it| (it.id.clone(), it))
            .collect();
        Ok(by_id.into_values().collect())
    }

    async fn history(&self, id: &FindingId) -> Result<Vec<HistoryEntry>, PortError> {
        let rows = Rows {
            pk: &keys::by_id(id),
            range: &Range::Prefix(keys::HISTORY.to_owned()),
            index: false,
        };
        self.all(rows).await
    }

    async fn commit(&self, decision: &Decision) -> Result<(), PortError> {
        follows(decision)?;
        if decision.finding.version == 0 {
            return Err(overtaken(&decision.finding));
        }
        let changes = commit(decision, None)?;
        let unmet = match self.table.write(&changes).await {
            Ok(()) => return Ok(()),
            Err(Refused::Guards(unmet)) => unmet,
            Err(refused) => return Err(explain(COMMIT, refused, &changes)),
        };
        let Some(old) = moved_from(decision, &unmet)? else {
            return Err(explain(COMMIT, Refused::Guards(unmet), &changes));
        };
        let changes = commit(decision, Some(&old))?;
        let moved = self.table.write(&changes).await;
        moved.map_err(|refused| explain(COMMIT, refused, &changes))
    }

    async fn close_look(&self, scan: &Scan, also: &[Write]) -> Result<(), PortError> {
        let condition = match scan.generation {
            0 => {
                let detail = format!("look 0 at {} follows nothing", scan.unit);
                return Err(PortError::new(PortErrorKind::Conflict, CLOSE_LOOK, detail));
            }
            1 => Condition::Absent,
            later => Condition::version(later - 1),
        };
        let row = rows::versioned(&keys::scan(&scan.unit), scan.generation, scan)?;
        let mut all = vec![Change::Put(row, condition)];
        if scan.generation == 1 {
            all.push(list_unit(&scan.unit)?);
        }
        all.extend(changes(also)?);
        let written = self.table.write(&all).await;
        written.map_err(|refused| explain(CLOSE_LOOK, refused, &all))
    }
}

/// Refuses a decision whose history entries are not the last that its finding counts.
fn follows(decision: &Decision) -> Result<(), PortError> {
    let (finding, history) = (&decision.finding, &decision.history);
    let seqs = history.iter().rev().map(|it| Some(it.seq));
    let mut last = Some(finding.entries).filter(|it| *it >= history.len() as u64);
    for seq in seqs {
        if last.is_none() || seq != last || seq == Some(0) {
            return Err(miscounted(finding));
        }
        last = last.and_then(|it| it.checked_sub(1));
    }
    Ok(())
}

/// The changes of a commit; `old` is the unit that the finding moves away from.
fn commit(decision: &Decision, old: Option<&Unit>) -> Result<Vec<Change>, PortError> {
    let finding = &decision.finding;
    let is_first = finding.version == 1;
    let before = finding.version.saturating_sub(1);
    let stands_in = old.unwrap_or(&finding.unit);
    let entries = finding
        .entries
        .saturating_sub(decision.history.len() as u64);
    let mut pointer = rows::versioned(&keys::pointer(&finding.id), finding.version, &finding.unit)?;
    pointer.insert(ENTRIES.to_owned(), rows::number(finding.entries));
    pointer.insert(UNIT.to_owned(), rows::text(finding.unit.key()));
    let (is_next, is_there) = if is_first {
        (Condition::Absent, Condition::Absent)
    } else {
        let is_there = Condition::Has(vec![
            (VERSION, rows::number(before)),
            (ENTRIES, rows::number(entries)),
            (UNIT, rows::text(stands_in.key())),
        ]);
        (Condition::version(before), is_there)
    };
    let guard = match old {
        None => is_next,
        Some(_) => Condition::Absent,
    };
    let mut all = vec![
        Change::Put(rows::of_finding(finding)?, guard),
        // Where the pointer is read back after a refusal: see `POINTER`.
        Change::Put(pointer, is_there),
    ];
    if let Some(old) = old {
        let there = keys::finding(old, &finding.id);
        all.push(Change::Delete(there, Condition::version(before)));
        let mut left = rows::row(&keys::listed_unit(old), old)?;
        left.insert(LEFT.to_owned(), AttributeValue::Bool(true));
        all.push(Change::Put(left, Condition::None));
    }
    if is_first {
        let listed = rows::row(&keys::listed_id(&finding.id), &finding.id)?;
        all.push(Change::Put(listed, Condition::None));
    }
    if is_first || old.is_some() {
        all.push(list_unit(&finding.unit)?);
    }
    for entry in &decision.history {
        let row = rows::row(&keys::entry(&finding.id, entry.seq), entry)?;
        all.push(Change::Put(row, Condition::Absent));
    }
    all.extend(changes(&decision.also)?);
    Ok(all)
}

/// The change that lists a unit.
fn list_unit(unit: &Unit) -> Result<Change, PortError> {
    let row = rows::row(&keys::listed_unit(unit), unit)?;
    Ok(Change::Put(row, Condition::None))
}

/// The unit in which a finding stands whose decision follows and names another
/// unit; none where the decision does not follow.
fn moved_from(decision: &Decision, unmet: &[Unmet]) -> Result<Option<Unit>, PortError> {
    let finding = &decision.finding;
    let pointer = unmet.iter().find(|it| it.change == POINTER);
    let Some(pointer) = pointer.and_then(|it| it.stored.as_ref()) else {
        return Ok(None);
    };
    if rows::integer(pointer, VERSION)? + 1 != finding.version {
        return Err(overtaken(finding));
    }
    if rows::integer(pointer, ENTRIES)? + decision.history.len() as u64 != finding.entries {
        return Err(miscounted(finding));
    }
    let unit: Unit = rows::body(pointer)?;
    Ok(Some(unit).filter(|it| *it != finding.unit))
}

fn overtaken(finding: &Finding) -> PortError {
    let detail = format!(
        "version {} of {} does not follow the one in the ledger",
        finding.version, finding.id
    );
    PortError::new(PortErrorKind::Conflict, COMMIT, detail)
}

fn miscounted(finding: &Finding) -> PortError {
    let detail = format!(
        "the history of {} does not continue the one in the ledger ({} entries)",
        finding.id, finding.entries
    );
    PortError::new(PortErrorKind::Invalid, COMMIT, detail)
}
