//! Items that are to be sent and then deleted: due timers, and what the outbox
//! has held for too long.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::message::Outgoing;
use domain::outbox;
use domain::ports::{Guard, Item, Key, PortError, PortErrorKind, Write};
use domain::timer::{self, Timer};
use domain::work::Queue;
use jiff::Timestamp;

use crate::{DeadLetter, Deps};

/// Items of a partition that are read at a time.
const BATCH: usize = 25;

/// One run of the function.
pub(crate) struct Run<'a> {
    pub(crate) deps: &'a Deps,
    /// When it began; what is due later waits for the next one.
    pub(crate) now: Timestamp,
    /// When it ends.
    pub(crate) until: Timestamp,
}

#[derive(Clone, Copy)]
enum Part {
    Timers,
    Outbox,
}

/// Where an item is to be sent.
enum Letter {
    Queue(Timer),
    Topic(Box<Outgoing>),
}

impl Letter {
    /// What one failure stands for: whatever else goes there would fail too. `None` is the topic.
    const fn destination(&self) -> Option<Queue> {
        match self {
            Letter::Queue(timer) => Some(timer.queue),
            Letter::Topic(_) => None,
        }
    }
}

impl Run<'_> {
    pub(crate) async fn fire_timers(&self) -> Result<(), PortError> {
        self.drain(Part::Timers).await
    }

    pub(crate) async fn sweep_outbox(&self) -> Result<(), PortError> {
        self.drain(Part::Outbox).await
    }

    /// Sends item after item. A destination that refuses one is left alone for
    /// this run, and its items are passed over, so that they do not hold up
    /// what is for others and stands behind them.
    async fn drain(&self, part: Part) -> Result<(), PortError> {
        let mut passed_over = BTreeSet::new();
        let mut refusing = BTreeSet::new();
        let mut first_error = None;
        loop {
            let limit = BATCH + passed_over.len();
            let found = self.pending(part, limit).await?;
            let is_all = found.len() < limit;
            let mut has_news = false;
            for item in found {
                if passed_over.contains(&item.key) {
                    continue;
                }
                if self.deps.clock.now() >= self.until {
                    return first_error.map_or(Ok(()), Err);
                }
                has_news = true;
                let letter = match read(part, &item) {
                    Ok(letter) => letter,
                    Err(error) => {
                        self.bury(&item, &error.detail).await?;
                        continue;
                    }
                };
                let destination = letter.destination();
                if refusing.contains(&destination) {
                    passed_over.insert(item.key);
                    continue;
                }
                match self.send(&letter).await {
                    Ok(()) => self.delete(&item.key).await?,
                    Err(error) if is_final(error.kind) => {
                        self.bury(&item, &error.to_string()).await?;
                    }
                    Err(error) => {
                        refusing.insert(destination);
                        passed_over.insert(item.key);
                        first_error.get_or_insert(error);
                    }
                }
            }
            if is_all || !has_news {
                return first_error.map_or(Ok(()), Err);
            }
        }
    }

    async fn pending(&self, part: Part, limit: usize) -> Result<Vec<Item>, PortError> {
        let store = &*self.deps.store;
        match part {
            Part::Timers => timer::due(store, self.now, limit).await,
            Part::Outbox => outbox::forgotten(store, self.now, limit).await,
        }
    }

    async fn send(&self, letter: &Letter) -> Result<(), PortError> {
        match letter {
            Letter::Queue(timer) => {
                let queues = &self.deps.queues;
                queues.send(timer.queue, &timer.body, Duration::ZERO).await
            }
            Letter::Topic(outgoing) => self.deps.topic.publish(outgoing).await,
        }
    }

    /// Moves an item that can never be sent to the dead letters, so that it
    /// ends somewhere with its reason and is not tried every minute.
    async fn bury(&self, item: &Item, reason: &str) -> Result<(), PortError> {
        let letter = DeadLetter {
            source: format!("{} {}", item.key.pk, item.key.sk),
            reason: reason.to_owned(),
            body: item.body.to_string(),
        };
        self.deps.dead_letters.put(&letter).await?;
        tracing::error!(item = letter.source, reason, "moved to the dead letters");
        self.delete(&item.key).await
    }

    async fn delete(&self, key: &Key) -> Result<(), PortError> {
        let delete = Write::Delete(key.clone(), Guard::None);
        self.deps.store.write(&[delete]).await
    }
}

fn read(part: Part, item: &Item) -> Result<Letter, PortError> {
    Ok(match part {
        Part::Timers => Letter::Queue(item.read()?),
        Part::Outbox => Letter::Topic(Box::new(item.read()?)),
    })
}

/// Whether sending it again cannot help.
const fn is_final(kind: PortErrorKind) -> bool {
    matches!(kind, PortErrorKind::Invalid | PortErrorKind::TooLarge)
}
