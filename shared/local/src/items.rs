//! The ledger's items over the same file.

use async_trait::async_trait;
use domain::ports::{Guard, Item, Items, Key, PortError, Range, Write};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use crate::ledger::SqliteLedger;
use crate::rows::{Fault, body, integer, parse};

/// The most that one transaction of the deployed ledger holds; the same here, so that no caller relies on more.
const MOST_WRITES: usize = 100;

#[async_trait]
impl Items for SqliteLedger {
    async fn get(&self, key: &Key) -> Result<Option<Item>, PortError> {
        self.read("ledger:get", |connection| {
            connection
                .prepare_cached(
                    "SELECT pk, sk, version, body, expires FROM item WHERE pk = ?1 AND sk = ?2",
                )?
                .query_row([&key.pk, &key.sk], columns)
                .optional()?
                .map(item)
                .transpose()
        })
    }

    async fn query(&self, pk: &str, range: &Range, limit: usize) -> Result<Vec<Item>, PortError> {
        self.read("ledger:query", |connection| {
            // A prefix ends before the last character there is, as ids do.
            let (from, to) = match range {
                Range::All => (String::new(), char::MAX.to_string()),
                Range::Prefix(prefix) => (prefix.clone(), format!("{prefix}{}", char::MAX)),
                Range::UpTo(place) => (String::new(), place.clone()),
            };
            let mut statement = connection.prepare_cached(
                "SELECT pk, sk, version, body, expires FROM item
                 WHERE pk = ?1 AND sk >= ?2 AND sk <= ?3 ORDER BY sk LIMIT ?4",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![pk, from, to, limit], columns)?;
            rows.map(|row| item(row?)).collect()
        })
    }

    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        self.write("ledger:write", |transaction| apply(transaction, writes))
    }
}

type Columns = (String, String, i64, String, Option<String>);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
    ))
}

fn item((pk, sk, version, body, expires): Columns) -> Result<Item, Fault> {
    let what = format!("item {pk} {sk}");
    Ok(Item {
        version: u64::try_from(version).unwrap_or(0),
        body: parse(&body, &what)?,
        expires: expires
            .map(|it| parse(&format!("\"{it}\""), &what))
            .transpose()?,
        key: Key::new(pk, sk),
    })
}

/// Applies the writes within a transaction, which a guard that does not hold undoes as a whole.
pub(crate) fn apply(transaction: &Transaction<'_>, writes: &[Write]) -> Result<(), Fault> {
    if writes.len() > MOST_WRITES {
        return Err(Fault::Invalid(format!(
            "{} writes at once; {MOST_WRITES} is the most",
            writes.len()
        )));
    }
    for write in writes {
        match write {
            Write::Put(item, guard) => {
                keep(transaction, &item.key, *guard)?;
                transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO item (pk, sk, version, body, expires)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute(params![
                        item.key.pk,
                        item.key.sk,
                        integer(item.version)?,
                        body(&item.body)?,
                        item.expires.map(|it| it.to_string()),
                    ])?;
            }
            Write::Delete(key, guard) => {
                keep(transaction, key, *guard)?;
                transaction
                    .prepare_cached("DELETE FROM item WHERE pk = ?1 AND sk = ?2")?
                    .execute([&key.pk, &key.sk])?;
            }
            Write::Add(key, by) => {
                transaction
                    .prepare_cached(
                        "INSERT INTO item (pk, sk, version, body) VALUES (?1, ?2, 1, json_object('n', ?3))
                         ON CONFLICT (pk, sk) DO UPDATE SET
                             body = json_object('n', json_extract(body, '$.n') + ?3)",
                    )?
                    .execute(params![key.pk, key.sk, integer(*by)?])?;
            }
        }
    }
    Ok(())
}

/// Refuses a write whose guard does not hold.
fn keep(transaction: &Transaction<'_>, key: &Key, guard: Guard) -> Result<(), Fault> {
    if guard == Guard::None {
        return Ok(());
    }
    let stored: Option<i64> = transaction
        .prepare_cached("SELECT version FROM item WHERE pk = ?1 AND sk = ?2")?
        .query_row([&key.pk, &key.sk], |row| row.get(0))
        .optional()?;
    let holds = match guard {
        Guard::None => true,
        Guard::Absent => stored.is_none(),
        Guard::Version(version) => stored == Some(integer(version)?),
    };
    if holds {
        return Ok(());
    }
    Err(Fault::Conflict(format!(
        "{} {} is not as it was when it was decided on",
        key.pk, key.sk
    )))
}
