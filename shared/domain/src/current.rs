//! The configuration in force, as the ledger keeps it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::message::{Audience, Kind, Message, Outgoing};
use crate::outbox;
use crate::ports::{Guard, Item, Items, Key, PortError, Write, replace, update};

/// A validated version of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Current {
    /// Where it came from.
    pub location: String,
    /// Its text.
    pub text: String,
    /// Its hash.
    pub hash: String,
    /// Its environment.
    pub environment: String,
    /// What its source called this version.
    pub tag: String,
    /// Since when it is in force.
    pub since: Timestamp,
}

/// A version that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// What its source called this version.
    pub tag: String,
    /// What is wrong with it.
    pub errors: String,
    /// When it was first seen.
    pub at: Timestamp,
}

fn key() -> Key {
    Key::new("CONFIG", "CURRENT")
}

fn refused_key() -> Key {
    Key::new("CONFIG", "REFUSED")
}

/// The configuration in force; `None` before the first.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn in_force(items: &dyn Items) -> Result<Option<Current>, PortError> {
    let stored = items.get(&key()).await?;
    stored.as_ref().map(Item::read).transpose()
}

/// The version that was refused last, if none was taken since.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn refused(items: &dyn Items) -> Result<Option<Refused>, PortError> {
    let stored = items.get(&refused_key()).await?;
    stored.as_ref().map(Item::read).transpose()
}

/// Puts a validated version in force; false where it was already. Every version stays under its hash.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn take(items: &dyn Items, current: &Current) -> Result<bool, PortError> {
    let key = key();
    update(items, &key, |stored| {
        let before: Option<Current> = stored.map(Item::read).transpose()?;
        let is_news = before.as_ref().is_none_or(|it| it.hash != current.hash);
        let same_source = before
            .as_ref()
            .is_some_and(|it| it.tag == current.tag && it.location == current.location);
        if !is_news && same_source {
            return Ok((Vec::new(), false));
        }
        let mut writes = vec![
            replace(&key, stored, current)?,
            Write::Delete(refused_key(), Guard::None),
        ];
        if is_news {
            let history = Key::new("CONFIG", format!("H#{}", current.hash));
            writes.push(Write::Put(Item::first(history, current)?, Guard::None));
        }
        Ok((writes, is_news))
    })
    .await
}

/// The source holds the version in force: what was refused since is gone, so
/// that it is told again should it come back.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn stands(items: &dyn Items) -> Result<(), PortError> {
    let key = refused_key();
    if items.get(&key).await?.is_some() {
        items.write(&[Write::Delete(key, Guard::None)]).await?;
    }
    Ok(())
}

/// Remembers a version that was refused and tells of it, once a version; false
/// where it was known. The one in force stays in force.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn refuse(
    items: &dyn Items,
    refused: &Refused,
    environment: &str,
) -> Result<bool, PortError> {
    let key = refused_key();
    update(items, &key, |stored| {
        let before: Option<Refused> = stored.map(Item::read).transpose()?;
        if before.is_some_and(|it| it.tag == refused.tag && it.errors == refused.errors) {
            return Ok((Vec::new(), false));
        }
        let write = replace(&key, stored, refused)?;
        let Write::Put(item, _) = &write else {
            return Ok((Vec::new(), false));
        };
        let outgoing = Outgoing {
            audience: Audience::Notify,
            layer: None,
            severity: None,
            message: Message::about(
                ("config", item.version),
                Kind::ConfigRefused,
                environment,
                refused.at,
            ),
        };
        Ok((vec![write, outbox::put(&outgoing)?], true))
    })
    .await
}
