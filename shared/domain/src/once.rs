//! What was done once and must not be done again: facts under the id of the
//! event that brought them, kept longer than any queue repeats it.

use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;

use crate::ports::{Guard, Item, Items, Key, PortError, PortErrorKind, Write};

/// How long it is remembered: longer than the two weeks that a queue can keep a message.
pub const REMEMBERED_DAYS: i64 = 15;

/// The key of an event from a source.
#[must_use]
pub fn key(source: &str, id: &str) -> Key {
    Key::new(format!("IDEM#{source}#{id}"), "META")
}

/// The write that remembers an event and its facts, and fails where it is remembered already.
///
/// # Errors
///
/// [`PortErrorKind::Invalid`] where the facts cannot be JSON.
pub fn remember<T: Serialize>(key: Key, facts: &T, now: Timestamp) -> Result<Write, PortError> {
    let forgotten = now
        .checked_add((REMEMBERED_DAYS * 24).hours())
        .unwrap_or(Timestamp::MAX);
    let item = Item::first(key, facts)?.until(forgotten);
    Ok(Write::Put(item, Guard::Absent))
}

/// Remembers an event and writes what belongs to it, all or nothing. False
/// where it was remembered already; nothing is written then.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn first_time(
    items: &dyn Items,
    remember: Write,
    also: Vec<Write>,
) -> Result<bool, PortError> {
    let key = remember.key().clone();
    let mut writes = vec![remember];
    writes.extend(also);
    for _ in 0..crate::ports::ATTEMPTS {
        match items.write(&writes).await {
            Ok(()) => return Ok(true),
            // Either it is remembered, or somebody writes one of the others right now.
            Err(error) if error.kind == PortErrorKind::Conflict => {
                if items.get(&key).await?.is_some() {
                    return Ok(false);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(PortError::new(
        PortErrorKind::Conflict,
        "ledger:write",
        format!("{} is being written by others all the time", key.pk),
    ))
}
