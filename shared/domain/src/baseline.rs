//! The baseline of a target: what drifted before anybody watched is told once,
//! as one digest, when every unit has had its first complete look or an hour
//! after the first of them.
//!
//! Units that join a target later make another round with a digest of its own.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::message::{Audience, Kind, Message, Outgoing};
use crate::ports::{Guard, Item, Items, Key, PortError, Range, Write, replace, update};
use crate::unit::Unit;
use crate::work::Work;
use crate::{outbox, timer};

/// How long after the first complete look of a target's units its digest waits for the others.
pub const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// Where a target's baseline stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Baseline {
    /// Which round it is, from 1.
    pub round: u64,
    /// When the digest of the round before was told; `None` in the first.
    pub since: Option<Timestamp>,
    /// When the first of the round's units was about to have its first complete look.
    pub first_at: Timestamp,
    /// Whether the digest was asked for, since every unit had its look.
    pub whole: bool,
    /// When the round's digest was told.
    pub told_at: Option<Timestamp>,
}

fn partition(target: &str) -> String {
    format!("TARGET#{target}")
}

fn key(target: &str) -> Key {
    Key::new(partition(target), "BASELINE")
}

fn waiting_key(target: &str, unit: &Unit) -> Key {
    Key::new(partition(target), format!("WAITS#{}", unit.key()))
}

/// The write that makes the target's digest wait for the first complete look of a unit.
///
/// # Errors
///
/// [`crate::ports::PortErrorKind::Invalid`] where it cannot be JSON.
pub fn wait_for(target: &str, unit: &Unit) -> Result<Write, PortError> {
    Ok(Write::Put(
        Item::first(waiting_key(target, unit), unit)?,
        Guard::None,
    ))
}

/// The write that ends waiting for a unit: it had its look, or is gone.
#[must_use]
pub fn had_look(target: &str, unit: &Unit) -> Write {
    Write::Delete(waiting_key(target, unit), Guard::None)
}

impl Baseline {
    /// Whether its digest is to be told now: every unit had its look, or the patience is over.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.told_at.is_none() && (self.whole || now >= self.patience_ends())
    }

    /// When the digest waits no longer.
    #[must_use]
    pub fn patience_ends(&self) -> Timestamp {
        self.first_at
            .checked_add(PATIENCE)
            .unwrap_or(Timestamp::MAX)
    }
}

/// A unit of the target is about to have its first complete look: from the
/// first of them the digest waits for the others no longer than [`PATIENCE`].
/// After a digest was told, that begins the next round.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn begin(items: &dyn Items, target: &str, now: Timestamp) -> Result<(), PortError> {
    let key = key(target);
    update(items, &key, |stored| {
        let before: Option<Baseline> = stored.map(Item::read).transpose()?;
        if before.as_ref().is_some_and(|it| it.told_at.is_none()) {
            return Ok((Vec::new(), ()));
        }
        let baseline = Baseline {
            round: before.as_ref().map_or(0, |it| it.round) + 1,
            since: before.and_then(|it| it.told_at),
            first_at: now,
            whole: false,
            told_at: None,
        };
        let work = Work::TellBaseline {
            target: target.to_owned(),
        };
        let timer = timer::put(baseline.patience_ends(), &work)?;
        Ok((vec![replace(&key, stored, &baseline)?, timer], ()))
    })
    .await
}

/// Notes the first look that saw something of a unit, complete or not; until
/// when the unit may belong to the baseline without a complete look.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn first_look(
    items: &dyn Items,
    unit: &Unit,
    now: Timestamp,
) -> Result<Timestamp, PortError> {
    let key = Key::new(unit.key(), "FIRST");
    let first_at: Timestamp = update(items, &key, |stored| match stored {
        Some(stored) => Ok((Vec::new(), stored.read()?)),
        None => Ok((vec![replace(&key, None, &now)?], now)),
    })
    .await?;
    Ok(first_at.checked_add(PATIENCE).unwrap_or(Timestamp::MAX))
}

/// Asks for the target's digest where no unit is waited for any more.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn tell_if_whole(
    items: &dyn Items,
    (target, environment): (&str, &str),
    now: Timestamp,
) -> Result<(), PortError> {
    if waiting(items, target, 1).await? > 0 {
        return Ok(());
    }
    let key = key(target);
    update(items, &key, |stored| {
        let Some(stored) = stored else {
            return Ok((Vec::new(), ()));
        };
        let baseline: Baseline = stored.read()?;
        if baseline.whole || baseline.told_at.is_some() {
            return Ok((Vec::new(), ()));
        }
        let outgoing = Outgoing {
            audience: Audience::Notify,
            layer: None,
            severity: None,
            message: Message::about(
                (target, baseline.round),
                Kind::BaselineTaken,
                environment,
                now,
            ),
        };
        let next = Baseline {
            whole: true,
            ..baseline
        };
        let writes = vec![replace(&key, Some(stored), &next)?, outbox::put(&outgoing)?];
        Ok((writes, ()))
    })
    .await
}

/// Where the target's baseline stands; `None` before its first complete look.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn of(items: &dyn Items, target: &str) -> Result<Option<Baseline>, PortError> {
    let stored = items.get(&key(target)).await?;
    stored.as_ref().map(Item::read).transpose()
}

/// How many units of the target are still waited for, `limit` at most.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn waiting(items: &dyn Items, target: &str, limit: usize) -> Result<usize, PortError> {
    let waits = Range::Prefix("WAITS#".to_owned());
    let found = items.query(&partition(target), &waits, limit).await?;
    Ok(found.len())
}

/// Notes that the digest of that round was told.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn told(
    items: &dyn Items,
    (target, round): (&str, u64),
    now: Timestamp,
) -> Result<(), PortError> {
    let key = key(target);
    update(items, &key, |stored| {
        let Some(stored) = stored else {
            return Ok((Vec::new(), ()));
        };
        let baseline: Baseline = stored.read()?;
        if baseline.round != round || baseline.told_at.is_some() {
            return Ok((Vec::new(), ()));
        }
        let next = Baseline {
            told_at: Some(now),
            ..baseline
        };
        Ok((vec![replace(&key, Some(stored), &next)?], ()))
    })
    .await
}

#[cfg(test)]
mod tests;
