//! Units that a look found gone.
//!
//! A unit that was deleted never has the clean look that a closed finding waits
//! for; that it is gone settles the finding as well.

use jiff::{SignedDuration, Timestamp};

use crate::ports::{Guard, Item, Items, Key, PortError, Write};
use crate::unit::Unit;

/// How long it is remembered: longer than anything waits for a look.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(15 * 24);

fn key(unit: &Unit) -> Key {
    Key::new(unit.key(), "GONE")
}

/// Remembers that a unit is gone.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn remember(items: &dyn Items, unit: &Unit, now: Timestamp) -> Result<(), PortError> {
    let forgotten = now.checked_add(REMEMBERED).unwrap_or(Timestamp::MAX);
    let item = Item::first(key(unit), &now)?.until(forgotten);
    items.write(&[Write::Put(item, Guard::None)]).await
}

/// When a look last found the unit gone; another of its name may be there since.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn since(items: &dyn Items, unit: &Unit) -> Result<Option<Timestamp>, PortError> {
    let stored = items.get(&key(unit)).await?;
    stored.as_ref().map(Item::read).transpose()
}
