//! Which stacks are nested in which, as the looks at the outer ones showed.
//!
//! A nested stack is watched because the stack around it is. Not every listing
//! says which that is, so a look that follows one remembers it.

use crate::ports::{Guard, Item, Items, Key, PortError, Write};
use crate::unit::Unit;

/// Deeper than any nest that CloudFormation allows to be useful; ends a circle.
const DEEPEST: usize = 20;

fn key(unit: &Unit) -> Key {
    Key::new(unit.key(), "NESTED-IN")
}

/// The write that remembers in which unit another one is nested.
///
/// # Errors
///
/// [`crate::ports::PortErrorKind::Invalid`] where it cannot be JSON.
pub fn remember(inner: &Unit, outer: &Unit) -> Result<Write, PortError> {
    Ok(Write::Put(Item::first(key(inner), outer)?, Guard::None))
}

/// The names under which a unit may be selected: its own, and those of the units around it.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn names(items: &dyn Items, unit: &Unit) -> Result<Vec<String>, PortError> {
    let mut names = vec![unit.name.clone()];
    let mut unit = unit.clone();
    while names.len() < DEEPEST
        && let Some(item) = items.get(&key(&unit)).await?
    {
        unit = item.read()?;
        names.push(unit.name.clone());
    }
    Ok(names)
}
