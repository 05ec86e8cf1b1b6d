//! The ledger's items: one low-level port, on which everything is built that
//! is not a finding or a look.
//!
//! Outbox, timers, effects, incidents, slots, counters, leases and what was
//! done once are pure modules of this crate over [`Items`], so their rules are
//! the same in every ledger and are tested once.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{PortError, PortErrorKind};

/// Where an item is: its partition and its place in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The partition, `OUTBOX#3`.
    pub pk: String,
    /// The place in it; items of a partition are in the order of its bytes.
    pub sk: String,
}

impl Key {
    /// A key of its two parts.
    #[must_use]
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }
}

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Where it is.
    pub key: Key,
    /// How often it was written, as its writers count; what [`Guard::Version`] asks for.
    pub version: u64,
    /// What it holds. That of a counter is `{"n": …}`.
    pub body: Value,
    /// When it may go. It goes some time after that, so a reader compares the time itself.
    pub expires: Option<Timestamp>,
}

impl Item {
    /// An item of version 1 that stays.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] where the body cannot be JSON.
    pub fn first<T: Serialize>(key: Key, body: &T) -> Result<Self, PortError> {
        let body = serde_json::to_value(body).map_err(|error| invalid(&key, &error))?;
        Ok(Self {
            key,
            version: 1,
            body,
            expires: None,
        })
    }

    /// The same item with another body, as its next version.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] where the body cannot be JSON.
    pub fn next<T: Serialize>(&self, body: &T) -> Result<Self, PortError> {
        Ok(Self {
            version: self.version + 1,
            expires: self.expires,
            ..Self::first(self.key.clone(), body)?
        })
    }

    /// The same item, to go after that moment.
    #[must_use]
    pub fn until(self, expires: Timestamp) -> Self {
        Self {
            expires: Some(expires),
            ..self
        }
    }

    /// What it holds, as its type.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] where it holds something else; the error names its key.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, PortError> {
        T::deserialize(&self.body).map_err(|error| invalid(&self.key, &error))
    }
}

fn invalid(key: &Key, error: &serde_json::Error) -> PortError {
    PortError::new(
        PortErrorKind::Invalid,
        "ledger:item",
        format!("{} {}: {error}", key.pk, key.sk),
    )
}

/// What must hold of the stored item for a write to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nothing.
    None,
    /// There is none.
    Absent,
    /// There is one, and it is of this version.
    Version(u64),
}

/// One change of one item.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Put it there, over what is there.
    Put(Item, Guard),
    /// Take it away; where there is none and nothing guards it, that is done.
    Delete(Key, Guard),
    /// Count a counter up; one that is not there begins at 0.
    Add(Key, u64),
}

impl Write {
    /// The item that it changes.
    #[must_use]
    pub const fn key(&self) -> &Key {
        match self {
            Write::Put(item, _) => &item.key,
            Write::Delete(key, _) | Write::Add(key, _) => key,
        }
    }
}

/// Which items of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    /// All of them.
    All,
    /// Those whose place begins so.
    Prefix(String),
    /// Those whose place is this one or before it.
    UpTo(String),
}

/// Items by key. Every read sees every write that was answered before it.
#[async_trait]
pub trait Items: Send + Sync {
    /// One item.
    async fn get(&self, key: &Key) -> Result<Option<Item>, PortError>;

    /// Items of a partition, in the order of their place, `limit` at most.
    async fn query(&self, pk: &str, range: &Range, limit: usize) -> Result<Vec<Item>, PortError>;

    /// All of the writes (100 at most, each of another item) or none.
    /// [`PortErrorKind::Conflict`] where a guard does not hold or somebody
    /// writes one of the items at the same moment.
    async fn write(&self, writes: &[Write]) -> Result<(), PortError>;
}

/// How often a write that somebody else overtook is decided anew before it is given up.
pub(crate) const ATTEMPTS: usize = 16;

/// Reads an item, decides what becomes of it, and writes that with whatever
/// else belongs to it; where somebody else was faster, decides anew on what
/// they wrote. Nothing to write is done.
///
/// Returns what the last decision gave besides its writes.
///
/// # Errors
///
/// Whatever the items or the decision answer; a conflict only after many attempts.
pub async fn update<T: Send>(
    items: &dyn Items,
    key: &Key,
    decide: impl Fn(Option<&Item>) -> Result<(Vec<Write>, T), PortError> + Send + Sync,
) -> Result<T, PortError> {
    for _ in 0..ATTEMPTS {
        let stored = items.get(key).await?;
        let (writes, outcome) = decide(stored.as_ref())?;
        if writes.is_empty() {
            return Ok(outcome);
        }
        match items.write(&writes).await {
            Ok(()) => return Ok(outcome),
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Err(PortError::new(
        PortErrorKind::Conflict,
        "ledger:write",
        format!(
            "{} {} is being written by others all the time",
            key.pk, key.sk
        ),
    ))
}

/// The write that makes `next` of `stored`: guarded by the version that was read.
///
/// # Errors
///
/// [`PortErrorKind::Invalid`] where the body cannot be JSON.
pub fn replace<T: Serialize>(
    key: &Key,
    stored: Option<&Item>,
    next: &T,
) -> Result<Write, PortError> {
    Ok(match stored {
        None => Write::Put(Item::first(key.clone(), next)?, Guard::Absent),
        Some(stored) => Write::Put(stored.next(next)?, Guard::Version(stored.version)),
    })
}
