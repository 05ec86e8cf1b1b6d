//! Records what ECR and Inspector say of images.
//!
//! Every event becomes facts in the ledger, once: pushes, deletions, storage
//! classes and scans in the image's own item, vulnerabilities in one item each
//! beside it, and whatever is about no single image under the event's id. The
//! events come in any order and more than once, so each fact keeps the time of
//! its event and an older one never replaces a newer one. What follows from the
//! facts is decided elsewhere.

#[cfg(feature = "aws")]
pub mod aws;
mod image;
#[cfg(test)]
mod tests;
mod vulnerability;

use std::sync::Arc;

use domain::handled::Handled;
use domain::once;
use domain::ports::{Clock, Item, Items, Key, PortError, PortErrorKind, Write};
use domain::work::Queue;
use jiff::Timestamp;
use registry::{Event, Fact, Image, Read, Subject};
use serde::{Deserialize, Serialize};

pub use image::{ImageState, RegistryCopy, State, StateName, TagMark};

/// The function's queue.
pub const QUEUE: Queue = Queue::ImagePush;

/// How often a record that somebody else overtook is decided anew before it is left to the queue.
const ATTEMPTS: usize = 8;

/// What the function works with.
pub struct Deps {
    /// The ledger.
    pub store: Arc<dyn Items>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Handles one message of the queue: an event of ECR or Inspector.
pub async fn handle(deps: &Deps, body: &str) -> Handled {
    match registry::read(body) {
        Ok(Read::Event(event)) => record(deps, &event).await.into(),
        Ok(Read::NotForUs(why)) => Handled::Drop(why),
        Err(malformed) => Handled::Fail(malformed.to_string()),
    }
}

/// The fact as newest of its kind, or what was newer already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latest<T> {
    /// When, by the event's own time.
    pub at: Timestamp,
    /// The event; of two in one second the greater id stands, so that their order of arrival does not matter.
    pub event: String,
    /// The fact.
    pub what: T,
}

impl<T> Latest<T> {
    /// Puts `next` in place unless what is there is newer.
    fn settle(slot: &mut Option<Self>, next: Self) {
        if slot.as_ref().is_none_or(|it| it.order() < next.order()) {
            *slot = Some(next);
        }
    }

    fn order(&self) -> (Timestamp, &str) {
        (self.at, &self.event)
    }
}

/// What is remembered of an event under its id.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Remembered<'a> {
    kind: &'a str,
    account: &'a str,
    region: &'a str,
    at: Timestamp,
    #[serde(flatten)]
    facts: Facts<'a>,
}

/// Of an image only which: the rest is in the items of the image.
#[derive(Serialize)]
#[serde(untagged)]
enum Facts<'a> {
    Image(&'a Image),
    Other(Other<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Other<'a> {
    NotCopied {
        repository: &'a str,
        digest: Option<&'a str>,
        origin: &'a registry::Origin,
        outcome: &'a str,
    },
    ScanFrequency {
        repositories: &'a std::collections::BTreeMap<String, String>,
        scan_type: Option<&'a str>,
    },
}

impl<'a> Facts<'a> {
    fn of(subject: &'a Subject) -> Self {
        match subject {
            Subject::Image { image, .. } => Facts::Image(image),
            Subject::NotCopied {
                repository,
                digest,
                origin,
                outcome,
            } => Facts::Other(Other::NotCopied {
                repository,
                digest: digest.as_deref(),
                origin,
                outcome,
            }),
            Subject::ScanFrequency {
                repositories,
                scan_type,
            } => Facts::Other(Other::ScanFrequency {
                repositories,
                scan_type: scan_type.as_deref(),
            }),
        }
    }
}

/// Writes an event's facts and that it was seen, all or nothing.
async fn record(deps: &Deps, event: &Event) -> Result<Handled, PortError> {
    let now = deps.clock.now();
    // An event that does not say when it was raised is taken as of its arrival.
    let at = event.time.unwrap_or(now);
    let seen = once::key("ecr", &event.id);
    let remembered = Remembered {
        kind: &event.kind,
        account: &event.place.account,
        region: &event.place.region,
        at,
        facts: Facts::of(&event.subject),
    };
    for _ in 0..ATTEMPTS {
        if deps.store.get(&seen).await?.is_some() {
            return Ok(Handled::Done);
        }
        let mut writes = vec![once::remember(seen.clone(), &remembered, now)?];
        if let Subject::Image {
            image,
            at: place,
            fact,
        } = &event.subject
        {
            let key = key(image, fact);
            let stored = deps.store.get(&key).await?;
            let write = match fact {
                Fact::Vulnerable(found) => {
                    vulnerability::settle(&key, stored.as_ref(), (at, &event.id, found))?
                }
                fact => {
                    let news = image::News {
                        image,
                        place,
                        at,
                        event: &event.id,
                    };
                    image::settle(&key, stored.as_ref(), &news, fact)?
                }
            };
            writes.extend(write);
        }
        match deps.store.write(&writes).await {
            Ok(()) => return Ok(Handled::Done),
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Handled::Retry(format!(
        "{} is being written by others all the time",
        seen.pk
    )))
}

/// Where a fact about an image is kept.
fn key(image: &Image, fact: &Fact) -> Key {
    let place = match fact {
        Fact::Vulnerable(found) => format!("VULN#{}", found.finding),
        _ => "META".to_owned(),
    };
    Key::new(format!("IMG#{}#{}", image.repository, image.digest), place)
}

/// The write that makes `next` of what is stored; none where that is the same.
fn change<T: Serialize + PartialEq>(
    key: &Key,
    (stored, before): (Option<&Item>, Option<&T>),
    next: &T,
) -> Result<Option<Write>, PortError> {
    if before == Some(next) {
        return Ok(None);
    }
    domain::ports::replace(key, stored, next).map(Some)
}
