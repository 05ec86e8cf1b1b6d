//! Messages that no further try can help, as items of the ledger.

use std::iter;

use domain::conceal::sha256;
use domain::ports::{Guard, Item, Items, Key, PortError, PortErrorKind, Range, Write};
use domain::timer;
use domain::work::Queue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many dead letters of one function are read at once.
const MOST: usize = 10_000;

/// The functions that have dead letters here: those that a queue feeds, and the clock.
fn functions() -> impl Iterator<Item = &'static str> {
    Queue::ALL
        .into_iter()
        .map(Queue::as_str)
        .chain(iter::once("clock"))
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The function that gave it up, by its folder's name.
    pub function: String,
    /// The queue on which it can be tried again; what was no message has none.
    pub queue: Option<Queue>,
    /// Where it came from: a queue's name, or the place of an item.
    pub source: String,
    /// Why.
    pub reason: String,
    /// Its body.
    pub body: String,
    /// When it was given up last.
    pub at: Timestamp,
}

impl DeadLetter {
    /// Its id, `d-` and 16 characters. It follows from function and body, so a
    /// message that was delivered twice and given up twice is one dead letter.
    #[must_use]
    pub fn id(&self) -> String {
        let hash = sha256(format!("{}\n{}", self.function, self.body).as_bytes());
        format!("d-{}", &hash[..16])
    }

    fn key(&self) -> Key {
        Key::new(partition(&self.function), self.id())
    }
}

fn partition(function: &str) -> String {
    format!("DEAD#{function}")
}

/// Keeps a dead letter.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn bury(items: &dyn Items, letter: &DeadLetter) -> Result<(), PortError> {
    let item = Item::first(letter.key(), letter)?;
    items.write(&[Write::Put(item, Guard::None)]).await
}

/// The dead letters of every function, the oldest first.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn dead_letters(items: &dyn Items) -> Result<Vec<DeadLetter>, PortError> {
    let mut letters = Vec::new();
    for function in functions() {
        for item in items.query(&partition(function), &Range::All, MOST).await? {
            letters.push(item.read::<DeadLetter>()?);
        }
    }
    letters.sort_by(|a, b| (a.at, &a.body).cmp(&(b.at, &b.body)));
    Ok(letters)
}

/// Sends a dead letter back to its queue, by a timer that is due at once; it is
/// a dead letter no more.
///
/// # Errors
///
/// [`PortErrorKind::Invalid`] where it was no message of a queue; else whatever the items answer.
pub async fn send_back(
    items: &dyn Items,
    letter: &DeadLetter,
    now: Timestamp,
) -> Result<(), PortError> {
    let Some(queue) = letter.queue else {
        let detail = format!(
            "{} came from no queue that it could go back to",
            letter.id()
        );
        return Err(PortError::new(
            PortErrorKind::Invalid,
            "dead-letters:retry",
            detail,
        ));
    };
    let key = format!("again#{}", letter.id());
    let timer = timer::put_body(now, queue, (&key, letter.body.clone()))?;
    let gone = Write::Delete(letter.key(), Guard::None);
    items.write(&[timer, gone]).await
}
