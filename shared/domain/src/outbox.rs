//! What is still to be told: written in the transaction that it tells of, gone
//! once it is published.

use jiff::{Timestamp, ToSpan as _};
use sha2::{Digest as _, Sha256};

use crate::identity::crockford;
use crate::message::Outgoing;
use crate::ports::{Guard, Item, Items, Key, PortError, Range, Write};

/// Over how many partitions the outbox is spread.
pub const SHARDS: u8 = 8;

/// How long after its writing an item is taken for forgotten and sent by `clock`.
pub const FORGOTTEN_AFTER_MINUTES: i64 = 2;

/// The write of an outgoing message.
///
/// # Errors
///
/// [`crate::ports::PortErrorKind::Invalid`] where it cannot be JSON.
pub fn put(outgoing: &Outgoing) -> Result<Write, PortError> {
    let key = key(outgoing);
    Ok(Write::Put(Item::first(key, outgoing)?, Guard::None))
}

/// Where a message stands: its shard by its id, its place by time and id, both of which a retry repeats.
fn key(outgoing: &Outgoing) -> Key {
    let message = &outgoing.message;
    let id = format!("{}#{}", message.id, outgoing.audience.as_str());
    let hash = Sha256::digest(id.as_bytes());
    Key::new(partition(hash[0] % SHARDS), ulid(message.time, &hash[..10]))
}

fn partition(shard: u8) -> String {
    format!("OUTBOX#{shard}")
}

/// 48 bits of milliseconds and 80 bits of a hash, 26 characters that sort by time.
fn ulid(time: Timestamp, hash: &[u8]) -> String {
    let millis = u64::try_from(time.as_millisecond()).unwrap_or(0);
    let mut bytes = [0_u8; 17];
    // The format has 130 bits for its 128: two leading zero bits make whole characters of it.
    let value = (u128::from(millis) << 80)
        | hash
            .iter()
            .take(10)
            .fold(0_u128, |value, byte| (value << 8) | u128::from(*byte));
    bytes[..17].copy_from_slice(&shifted(value));
    crockford(&bytes)[..26].to_owned()
}

/// 128 bits behind two zero bits, to the left of 17 bytes.
fn shifted(value: u128) -> [u8; 17] {
    let mut bytes = [0_u8; 17];
    bytes[..16].copy_from_slice(&(value >> 2).to_be_bytes());
    bytes[16] = u8::try_from((value & 0b11) << 6).unwrap_or(0);
    bytes
}

/// The items that were written before `now` less [`FORGOTTEN_AFTER_MINUTES`], `limit` a shard at most.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn forgotten(
    items: &dyn Items,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Item>, PortError> {
    let before = now
        .checked_sub(FORGOTTEN_AFTER_MINUTES.minutes())
        .unwrap_or(now);
    let up_to = Range::UpTo(ulid(before, &[0xff; 10]));
    let mut found = Vec::new();
    for shard in 0..SHARDS {
        found.extend(items.query(&partition(shard), &up_to, limit).await?);
    }
    Ok(found)
}

/// The deletion of an item that was published.
#[must_use]
pub fn published(key: &Key) -> Write {
    Write::Delete(key.clone(), Guard::None)
}
