//! The lease on a unit while a look at it is under way.
//!
//! It keeps a repeated message from starting a second detection, and remembers
//! what the end of the look needs: which detection, since when, for which target.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ports::{Guard, Item, Items, Key, PortError, Write, replace, update};
use crate::unit::Unit;

/// How long a lease holds. A detection takes minutes; what takes longer was lost.
pub const HOLDS: SignedDuration = SignedDuration::from_mins(30);

/// That somebody looks at a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    /// The work that holds it; the same for a repeated message.
    pub holder: String,
    /// The target that led to the look.
    pub target: String,
    /// When the look was asked for.
    pub asked_at: Timestamp,
    /// When the look began, by our clock.
    pub look_started_at: Timestamp,
    /// The detection, once it was accepted.
    pub detection: Option<String>,
    /// When it was accepted, by the API's clock.
    pub accepted_at: Option<Timestamp>,
    /// How often the look was tried before.
    pub attempt: u32,
    /// When it no longer holds.
    pub until: Timestamp,
}

/// What came of asking for a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is ours, anew or again, with no detection accepted yet.
    Ours,
    /// A look is under way; this is its lease.
    Busy(Lease),
}

/// Where a unit's lease stands.
#[must_use]
pub fn key(unit: &Unit) -> Key {
    Key::new(unit.key(), "LEASE")
}

/// Takes the unit's lease where nobody holds it. The same work may take it
/// again as long as no detection was accepted: its first try was cut off.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn take(items: &dyn Items, unit: &Unit, lease: &Lease) -> Result<Taken, PortError> {
    let key = key(unit);
    update(items, &key, |stored| {
        let held: Option<Lease> = stored.map(Item::read).transpose()?;
        match held {
            Some(held) if is_busy(&held, lease) => Ok((Vec::new(), Taken::Busy(held))),
            _ => Ok((vec![replace(&key, stored, lease)?], Taken::Ours)),
        }
    })
    .await
}

fn is_busy(held: &Lease, wanted: &Lease) -> bool {
    let is_over = held.until <= wanted.look_started_at;
    let is_cut_off = held.holder == wanted.holder && held.detection.is_none();
    !is_over && !is_cut_off
}

/// The unit's lease, whether it still holds or not.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn held(items: &dyn Items, unit: &Unit) -> Result<Option<Lease>, PortError> {
    let stored = items.get(&key(unit)).await?;
    stored.as_ref().map(Item::read).transpose()
}

/// Notes in a holder's lease that its detection was accepted, and writes what belongs to that.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn note(
    items: &dyn Items,
    unit: &Unit,
    lease: &Lease,
    also: &[Write],
) -> Result<(), PortError> {
    let key = key(unit);
    update(items, &key, |stored| {
        let mut writes = vec![replace(&key, stored, lease)?];
        writes.extend_from_slice(also);
        Ok((writes, ()))
    })
    .await
}

/// The release of a unit whose look did not begin. A copy of the same work may
/// have been luckier: then the lease is the look's, and stays.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn give_back(items: &dyn Items, unit: &Unit, holder: &str) -> Result<(), PortError> {
    release_if(items, unit, |held| {
        held.holder == holder && held.detection.is_none()
    })
    .await
}

/// The release of a unit: a look is over.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn release(items: &dyn Items, unit: &Unit, holder: &str) -> Result<(), PortError> {
    release_if(items, unit, |held| held.holder == holder).await
}

async fn release_if(
    items: &dyn Items,
    unit: &Unit,
    is_ours: impl Fn(&Lease) -> bool + Send + Sync,
) -> Result<(), PortError> {
    let key = key(unit);
    update(items, &key, |stored| {
        let Some(stored) = stored else {
            return Ok((Vec::new(), ()));
        };
        let held: Lease = stored.read()?;
        if !is_ours(&held) {
            return Ok((Vec::new(), ()));
        }
        let guard = Guard::Version(stored.version);
        Ok((vec![Write::Delete(key.clone(), guard)], ()))
    })
    .await
}
