//! Sends what the outbox holds to the topic, as the table's stream tells of it.
//!
//! An item is deleted only once it is sent. Where that fails, or the stream
//! does, `clock` sends the item again after two minutes: a message may come
//! twice, with the same id, and is never lost.

#[cfg(feature = "aws")]
pub mod aws;

use std::sync::Arc;

use domain::handled::Handled;
use domain::message::Outgoing;
use domain::outbox;
use domain::ports::{Items, Key, PortErrorKind, Topic};
use serde_json::Value;

/// How the partitions of the outbox begin.
const OUTBOX: &str = "OUTBOX#";

/// What the function works with.
pub struct Deps {
    /// The ledger.
    pub store: Arc<dyn Items>,
    /// The topic.
    pub topic: Arc<dyn Topic>,
}

/// One change of the table, its attributes as plain JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The item was written where there was none.
    pub is_new: bool,
    /// The item's key, `{"PK": …, "SK": …}`.
    pub keys: Value,
    /// The item as it is now; its `body` is text, the JSON of an [`Outgoing`].
    pub image: Option<Value>,
}

/// Handles one record of the stream.
///
/// What cannot be sent ever, since it cannot be read or the topic refuses it,
/// leaves the outbox too: its record goes to the dead letters with the reason,
/// and `clock` must not try it again every minute.
pub async fn handle(deps: &Deps, record: &Record) -> Handled {
    let key = match key(&record.keys) {
        Some(key) if !key.pk.starts_with(OUTBOX) => {
            return Handled::Drop(format!("{} is not of the outbox", key.pk));
        }
        Some(key) if !record.is_new => {
            return Handled::Drop(format!("{} {} is not new", key.pk, key.sk));
        }
        Some(key) => key,
        None => return Handled::Fail("Keys: has no PK and SK of text".to_owned()),
    };
    let outgoing = match outgoing(record.image.as_ref()) {
        Ok(outgoing) => outgoing,
        Err(reason) => return given_up(deps, &key, reason).await,
    };
    match deps.topic.publish(&outgoing).await {
        Ok(()) => {}
        Err(error) if is_final(error.kind) => {
            return given_up(deps, &key, error.to_string()).await;
        }
        Err(error) => return Handled::Retry(error.to_string()),
    }
    if let Err(error) = deps.store.write(&[outbox::published(&key)]).await {
        // Coming again would block the stream and send it once more each time; the clock sends it once more at most.
        tracing::warn!(outbox = key.sk, error = %error, "sent, but still in the outbox");
    }
    Handled::Done
}

fn key(keys: &Value) -> Option<Key> {
    Some(Key::new(keys["PK"].as_str()?, keys["SK"].as_str()?))
}

/// The message of an item. What the parser says of it holds no value, since a
/// message has ids and words only.
fn outgoing(image: Option<&Value>) -> Result<Outgoing, String> {
    let image = image.ok_or("NewImage: is missing; the table's stream must carry new images")?;
    let body = image["body"]
        .as_str()
        .ok_or("NewImage.body: is missing or not text")?;
    serde_json::from_str(body).map_err(|error| format!("NewImage.body: {error}"))
}

/// Whether sending it again cannot help.
const fn is_final(kind: PortErrorKind) -> bool {
    matches!(kind, PortErrorKind::Invalid | PortErrorKind::TooLarge)
}

/// Takes the item out of the outbox and says why.
async fn given_up(deps: &Deps, key: &Key, reason: String) -> Handled {
    let reason = format!("{} {}: {reason}", key.pk, key.sk);
    match deps.store.write(&[outbox::published(key)]).await {
        Ok(()) => Handled::Fail(reason),
        Err(error) => Handled::Retry(format!("{reason}; and {error}")),
    }
}

#[cfg(test)]
mod tests;
