//! The table's calls: consistent reads, and writes that are carried out once
//! however often they are sent.

use std::error::Error;
use std::time::Duration;

use aws::{Access, Place};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use domain::ports::{Key, PortError, PortErrorKind, Range};

use crate::change::{Change, Condition};
use crate::keys::{INDEX, MARK, PK, SK};
use crate::refusal::{Refused, Unmet, cancelled, explain};
use crate::rows::{self, Row};

const GET: &str = "dynamodb:GetItem";
const QUERY: &str = "dynamodb:Query";
const PUT: &str = "dynamodb:PutItem";
const DELETE: &str = "dynamodb:DeleteItem";
const TRANSACT: &str = "dynamodb:TransactWriteItems";

/// The most that one transaction holds.
const MOST_CHANGES: usize = 100;

/// How often a write is sent that others are in the way of.
const TRIES: u32 = 7;
/// The longest wait before the second try, in milliseconds; it doubles with each.
const FIRST_WAIT: u64 = 20;
/// The longest wait after a guard that does not hold, in milliseconds.
const SPREAD: u64 = 25;

/// Which rows of which partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    /// The partition.
    pub(crate) pk: &'a str,
    /// Which of its places.
    pub(crate) range: &'a Range,
    /// Whether the index is asked, which lags behind the table.
    pub(crate) index: bool,
}

/// The table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    client: Client,
    place: Place,
    name: String,
}

impl Table {
    pub(crate) fn new(access: &Access, name: &str) -> Self {
        Self {
            client: Client::new(&access.config),
            place: access.place.clone(),
            name: name.to_owned(),
        }
    }

    /// One row.
    pub(crate) async fn get(&self, key: &Key) -> Result<Option<Row>, PortError> {
        let call = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(rows::bare(key)))
            .consistent_read(true);
        let answer = call.send().await;
        Ok(answer
            .map_err(|error| explain((&self.place, &self.name), GET, &error))?
            .item)
    }

    /// The rows for which `read` gives something, in the order of their places, `limit` of them at most.
    pub(crate) async fn query<T>(
        &self,
        rows: Rows<'_>,
        limit: usize,
        read: impl Fn(&Row) -> Result<Option<T>, PortError>,
    ) -> Result<Vec<T>, PortError> {
        let (pk, sk) = match rows.index {
            true => (INDEX.1, INDEX.2),
            false => (PK, SK),
        };
        let mut call = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(!rows.index)
            .set_index_name(rows.index.then(|| INDEX.0.to_owned()))
            .expression_attribute_names("#pk", pk)
            .expression_attribute_values(":pk", rows::text(rows.pk));
        let (place, condition) = match rows.range {
            // DynamoDB takes no empty text for a place; everything begins with it, and nothing is before it.
            Range::UpTo(last) if last.is_empty() => return Ok(Vec::new()),
            Range::Prefix(prefix) if prefix.is_empty() => (None, "#pk = :pk"),
            Range::All => (None, "#pk = :pk"),
            Range::Prefix(prefix) => (Some(prefix), "#pk = :pk AND begins_with(#sk, :sk)"),
            Range::UpTo(last) => (Some(last), "#pk = :pk AND #sk <= :sk"),
        };
        if let Some(place) = place {
            call = call
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":sk", rows::text(place));
        }
        call = call.key_condition_expression(condition);
        let mut found = Vec::new();
        let mut next = None;
        while found.len() < limit {
            // No more than is wanted, and as many as a page holds where that is more than the API counts.
            let most = i32::try_from(limit - found.len()).ok();
            let page = call
                .clone()
                .set_limit(most)
                .set_exclusive_start_key(next.take())
                .send()
                .await
                .map_err(|error| explain((&self.place, &self.name), QUERY, &error))?;
            for row in page.items.unwrap_or_default() {
                found.extend(read(&row)?);
            }
            next = page.last_evaluated_key.filter(|it| !it.is_empty());
            if next.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// All of the changes or none.
    pub(crate) async fn write(&self, changes: &[Change]) -> Result<(), Refused> {
        if changes.len() > MOST_CHANGES {
            let detail = format!(
                "{} writes at once; {MOST_CHANGES} is the most",
                changes.len()
            );
            return Err(Refused::Failed(invalid(TRANSACT, detail)));
        }
        match changes {
            [] => Ok(()),
            [Change::Put(row, condition)] => self.put(row.clone(), condition).await,
            // Done twice it is done; with a guard it is not.
            [Change::Delete(key, Condition::None)] => self.delete(key).await,
            changes => self.transact(changes).await,
        }
    }

    /// Puts one row. It carries a mark of this call: where the SDK sends the
    /// call again because the answer to the first was lost, the guard fails on
    /// our own row, which the mark tells.
    async fn put(&self, mut row: Row, condition: &Condition) -> Result<(), Refused> {
        let mark = token().map_err(Refused::Failed)?;
        row.insert(MARK.to_owned(), rows::text(mark.as_str()));
        let words = condition.words();
        let call = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(row))
            .set_condition_expression(words.expression)
            .set_expression_attribute_names(words.names)
            .set_expression_attribute_values(words.values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut patience = Patience::default();
        loop {
            let Err(error) = call.clone().send().await else {
                return Ok(());
            };
            let refused = match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let stored = failed.item().cloned();
                    let theirs = stored.as_ref().and_then(|it| it.get(MARK)?.as_s().ok());
                    if theirs == Some(&mark) {
                        return Ok(());
                    }
                    Refused::Guards(vec![Unmet { change: 0, stored }])
                }
                _ => self.refused(PUT, &error),
            };
            patience.bear(refused).await?;
        }
    }

    async fn delete(&self, key: &Key) -> Result<(), Refused> {
        let call = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(rows::bare(key)));
        let mut patience = Patience::default();
        loop {
            let Err(error) = call.clone().send().await else {
                return Ok(());
            };
            patience.bear(self.refused(DELETE, &error)).await?;
        }
    }

    /// Sends a transaction, each time under the same token, which DynamoDB
    /// carries out once within ten minutes; longer than any call is tried.
    async fn transact(&self, changes: &[Change]) -> Result<(), Refused> {
        let parts: Result<Vec<TransactWriteItem>, BuildError> = changes
            .iter()
            .map(|it| it.in_transaction(&self.name))
            .collect();
        let parts = parts.map_err(|error| Refused::Failed(invalid(TRANSACT, error.to_string())))?;
        let call = self
            .client
            .transact_write_items()
            .set_transact_items(Some(parts))
            .client_request_token(token().map_err(Refused::Failed)?);
        let mut patience = Patience::default();
        loop {
            let Err(error) = call.clone().send().await else {
                return Ok(());
            };
            let refused = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(it)) => {
                    cancelled(TRANSACT, it.cancellation_reasons())
                }
                _ => self.refused(TRANSACT, &error),
            };
            patience.bear(refused).await?;
        }
    }

    /// What a failed write means, where it is not told by what is stored.
    fn refused<E>(&self, op: &'static str, error: &SdkError<E, HttpResponse>) -> Refused
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let is_busy = is_in_the_way(error.code());
        let error = explain((&self.place, &self.name), op, error);
        if is_busy {
            Refused::Busy(error)
        } else {
            Refused::Failed(error)
        }
    }
}

/// What of a write that was refused is borne, so that it is sent again.
#[derive(Debug, Default)]
struct Patience {
    tries: u32,
}

impl Patience {
    /// Waits until a write may be sent again that others were in the way of, a
    /// few times; anything else is given back. Where a guard does not hold,
    /// some milliseconds pass before: who made the guard decides anew at once,
    /// as do all others who lost.
    async fn bear(&mut self, refused: Refused) -> Result<(), Refused> {
        self.tries += 1;
        match refused {
            Refused::Busy(_) if self.tries < TRIES => {
                pause(FIRST_WAIT << (self.tries - 1)).await;
                Ok(())
            }
            Refused::Guards(unmet) => {
                pause(SPREAD).await;
                Err(Refused::Guards(unmet))
            }
            refused => Err(refused),
        }
    }
}

/// Whether another write of the same item was in the way, which the SDK does not send again.
fn is_in_the_way(code: Option<&str>) -> bool {
    matches!(
        code,
        Some(
            "TransactionConflictException"
                | "TransactionInProgressException"
                | "ReplicatedWriteConflictException"
        )
    )
}

/// Waits a random while, up to so many milliseconds.
async fn pause(most: u64) {
    tokio::time::sleep(Duration::from_millis(fastrand::u64(1..=most))).await;
}

/// A name for one call that no other call has.
fn token() -> Result<String, PortError> {
    let half = || {
        getrandom::u64().map_err(|error| {
            let detail = format!("no random bytes from the system: {error}");
            PortError::new(PortErrorKind::Unavailable, "ledger:write", detail)
        })
    };
    Ok(format!("{:016x}{:016x}", half()?, half()?))
}

fn invalid(op: &'static str, detail: String) -> PortError {
    PortError::new(PortErrorKind::Invalid, op, detail)
}
