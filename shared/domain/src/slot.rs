//! Slots: how calls that the other side counts are spread over time (GCRA).
//!
//! One item per account, region and API holds the next free slot. Whoever has
//! calls to make reserves as many as it needs, at once.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ports::{Items, Key, PortError, replace, update};

/// How many drift detections an account and region accept a second, about. AWS
/// publishes no number; observed is a refusal after every twenty or so in a row.
pub const DETECTIONS_PER_SECOND: u32 = 20;

/// How many times a second an account and region may look up what its trail keeps.
pub const LOOKUPS_PER_SECOND: u32 = 2;

/// How long everybody holds back after the other side refused a call for asking too often.
pub const BACK_OFF: SignedDuration = SignedDuration::from_secs(2);

/// Whose slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit<'a> {
    /// AWS account id.
    pub account: &'a str,
    /// AWS region.
    pub region: &'a str,
    /// The API, `DetectStackDrift`.
    pub api: &'a str,
    /// Slots a second; at least one.
    pub per_second: u32,
}

impl<'a> Limit<'a> {
    /// That of drift detections.
    #[must_use]
    pub const fn detections(account: &'a str, region: &'a str) -> Self {
        Self {
            account,
            region,
            api: "DetectStackDrift",
            per_second: DETECTIONS_PER_SECOND,
        }
    }

    /// That of looking up what the trail keeps.
    #[must_use]
    pub const fn lookups(account: &'a str, region: &'a str) -> Self {
        Self {
            account,
            region,
            api: "LookupEvents",
            per_second: LOOKUPS_PER_SECOND,
        }
    }

    fn key(&self) -> Key {
        Key::new(
            format!("RATE#{}#{}#{}", self.account, self.region, self.api),
            "SLOT",
        )
    }

    /// From one slot to the next.
    fn interval(&self) -> SignedDuration {
        SignedDuration::from_nanos(1_000_000_000 / i64::from(self.per_second.max(1)))
    }
}

/// Slots that were reserved, one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    first: Timestamp,
    interval: SignedDuration,
}

impl Slots {
    /// The slot of that number, from 0.
    #[must_use]
    pub fn at(&self, index: usize) -> Timestamp {
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        self.first
            .checked_add(self.interval * index)
            .unwrap_or(Timestamp::MAX)
    }
}

#[derive(Serialize, Deserialize)]
struct Slot {
    next: Timestamp,
}

/// Reserves `count` slots, the first of them now or as soon as one is free.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn reserve(
    items: &dyn Items,
    limit: Limit<'_>,
    count: usize,
    now: Timestamp,
) -> Result<Slots, PortError> {
    let key = limit.key();
    update(items, &key, |stored| {
        let next: Option<Slot> = stored.map(crate::ports::Item::read).transpose()?;
        let slots = Slots {
            first: next.map_or(now, |it| it.next.max(now)),
            interval: limit.interval(),
        };
        let slot = Slot {
            next: slots.at(count),
        };
        Ok((vec![replace(&key, stored, &slot)?], slots))
    })
    .await
}

/// Moves the next free slot away, after a refusal for asking too often.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn back_off(
    items: &dyn Items,
    limit: Limit<'_>,
    now: Timestamp,
) -> Result<(), PortError> {
    let key = limit.key();
    let free = now.checked_add(BACK_OFF).unwrap_or(Timestamp::MAX);
    update(items, &key, |stored| {
        let next: Option<Slot> = stored.map(crate::ports::Item::read).transpose()?;
        if next.is_some_and(|it| it.next >= free) {
            return Ok((Vec::new(), ()));
        }
        Ok((vec![replace(&key, stored, &Slot { next: free })?], ()))
    })
    .await
}
