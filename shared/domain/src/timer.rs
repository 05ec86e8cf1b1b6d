//! The future, as items: a timer is written by the decision that wants it and
//! fired by `clock`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ports::{Guard, Item, Items, Key, PortError, Queues, Range, Write};
use crate::work::{Queue, Work};

/// Over how many partitions timers are spread.
pub const SHARDS: u8 = 8;

/// Something to do at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timer {
    /// When.
    pub due_at: Timestamp,
    /// Whose work it is.
    pub queue: Queue,
    /// The body of the message that asks for it.
    pub body: String,
}

/// The write of a timer; the same work at the same time is one timer.
///
/// # Errors
///
/// [`crate::ports::PortErrorKind::Invalid`] where it cannot be JSON.
pub fn put(due_at: Timestamp, work: &Work) -> Result<Write, PortError> {
    put_body(due_at, work.queue(), (&work.key(), work.body()))
}

/// The write of a timer whose message is given as it is, under a key of its own.
///
/// # Errors
///
/// [`crate::ports::PortErrorKind::Invalid`] where it cannot be JSON.
pub fn put_body(
    due_at: Timestamp,
    queue: Queue,
    (key, body): (&str, String),
) -> Result<Write, PortError> {
    let shard = Sha256::digest(key.as_bytes())[0] % SHARDS;
    let key = Key::new(partition(shard), format!("{}#{key}", stamp(due_at)));
    let timer = Timer {
        due_at,
        queue,
        body,
    };
    Ok(Write::Put(Item::first(key, &timer)?, Guard::None))
}

fn partition(shard: u8) -> String {
    format!("TIMER#{shard}")
}

/// A time as text that sorts: always milliseconds.
fn stamp(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The timers that are due, `limit` a shard at most, with their keys.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn due(items: &dyn Items, now: Timestamp, limit: usize) -> Result<Vec<Item>, PortError> {
    // '~' comes after '#', so that whatever is due in this very millisecond is among them.
    let up_to = Range::UpTo(format!("{}~", stamp(now)));
    let mut found = Vec::new();
    for shard in 0..SHARDS {
        found.extend(items.query(&partition(shard), &up_to, limit).await?);
    }
    Ok(found)
}

/// Asks for work at a time: by a delayed message where the queue can hold it
/// back so long, else by a timer.
///
/// # Errors
///
/// Whatever the queue or the items answer.
pub async fn ask_at(
    (items, queues): (&dyn Items, &dyn Queues),
    at: Timestamp,
    work: &Work,
    now: Timestamp,
) -> Result<(), PortError> {
    let delay = until(at, now);
    if delay > Queue::LONGEST_DELAY {
        return items.write(&[put(at, work)?]).await;
    }
    queues.send(work.queue(), &work.body(), delay).await
}

/// How long it is until then, in whole seconds, rounded up: a queue knows no others.
#[must_use]
pub fn until(at: Timestamp, now: Timestamp) -> Duration {
    let left = at
        .duration_since(now)
        .max(SignedDuration::ZERO)
        .unsigned_abs();
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    Duration::from_secs(seconds)
}
