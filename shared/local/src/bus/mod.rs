//! The queues and the topic of the functions, in one process.
//!
//! They behave as those of the deployment do: a message is held back for whole
//! seconds, comes again where its handler asks for that, and goes to the dead
//! letters when its handler gives it up or was tried often enough. Messages
//! live in memory and are gone with the process; what must not be lost stands
//! in the ledger, as timers and outbox items, and is sent again from there.

mod dead_letters;
mod serve;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::handled::Handled;
use domain::message::{Audience, Outgoing};
use domain::ports::{Clock, Items, PortError, PortErrorKind, Queues, Topic};
use domain::work::Queue;
use jiff::Timestamp;
use tokio::sync::Notify;

pub use dead_letters::{DeadLetter, bury, dead_letters, send_back};
pub use stream::{Changes, Streamed};

/// How often a message is tried before it goes to the dead letters, as in the deployment.
pub const MOST_TRIES: u32 = 5;

/// How long a message stays away after a try that failed; what keeps it away in
/// the deployment is the queue's visibility time-out, which is minutes.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// One message, for its handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The queue's id of it; the same for each try.
    pub id: String,
    /// Its body.
    pub body: String,
    /// How often it was given out, this time included.
    pub times: u32,
}

/// What a queue feeds.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Handles one message.
    async fn handle(&self, delivery: &Delivery) -> Handled;
}

/// The queues and the topic.
pub struct Bus {
    items: Arc<dyn Items>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Told whenever a message came or was dealt with.
    news: Notify,
}

#[derive(Default)]
struct State {
    last: u64,
    /// By queue, when they can be seen, and in which order they came.
    waiting: BTreeMap<(Queue, Timestamp, u64), Delivery>,
    in_work: usize,
}

/// What a queue has next.
enum Next {
    Now(Delivery),
    NotBefore(Timestamp),
    Nothing,
}

impl Bus {
    /// Empty queues. `items` keeps the dead letters, and the timers of what
    /// comes again later than a queue can hold back.
    #[must_use]
    pub fn new(items: Arc<dyn Items>, clock: Arc<dyn Clock>) -> Self {
        Self {
            items,
            clock,
            state: Mutex::default(),
            news: Notify::new(),
        }
    }

    /// Whether no message waits, held back or not, and none is in work.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let state = self.state();
        state.waiting.is_empty() && state.in_work == 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next message of a queue, which is in work from then on.
    fn next(&self, queue: Queue) -> Next {
        let now = self.clock.now();
        let mut state = self.state();
        let from = (queue, Timestamp::MIN, 0);
        let to = (queue, Timestamp::MAX, u64::MAX);
        let Some(key) = state.waiting.range(from..=to).next().map(|(key, _)| *key) else {
            return Next::Nothing;
        };
        if key.1 > now {
            return Next::NotBefore(key.1);
        }
        match state.waiting.remove(&key) {
            Some(mut delivery) => {
                state.in_work += 1;
                delivery.times += 1;
                Next::Now(delivery)
            }
            None => Next::Nothing,
        }
    }

    /// Puts a message on a queue; `None` for one that is new.
    fn put(&self, queue: Queue, delay: Duration, message: Message<'_>) {
        let now = self.clock.now();
        let visible = now.checked_add(delay).unwrap_or(Timestamp::MAX);
        {
            let mut state = self.state();
            state.last += 1;
            let place = state.last;
            let delivery = match message {
                Message::New(body) => Delivery {
                    id: format!("{queue}-{place}"),
                    body: body.to_owned(),
                    times: 0,
                },
                Message::Again(delivery) => delivery,
            };
            state.waiting.insert((queue, visible, place), delivery);
        }
        self.news.notify_waiters();
    }

    /// A message is dealt with.
    fn done(&self) {
        self.state().in_work -= 1;
        self.news.notify_waiters();
    }
}

/// What is put on a queue.
enum Message<'a> {
    New(&'a str),
    Again(Delivery),
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Bus")
            .field("waiting", &state.waiting.len())
            .field("in_work", &state.in_work)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Queues for Bus {
    async fn send(&self, queue: Queue, body: &str, delay: Duration) -> Result<(), PortError> {
        // No more than the deployment's queues take, so that no caller relies on it.
        if delay > Queue::LONGEST_DELAY {
            return Err(PortError::new(
                PortErrorKind::Invalid,
                "bus:send",
                format!("a queue holds nothing back for {} s", delay.as_secs()),
            ));
        }
        let whole = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        self.put(queue, Duration::from_secs(whole), Message::New(body));
        Ok(())
    }
}

/// The queue that hears what is told to an audience; those that nobody listens to yet have none.
const fn listens(audience: Audience) -> Option<Queue> {
    match audience {
        Audience::Notify => Some(Queue::Notify),
        Audience::Remediate | Audience::Commit | Audience::Rollout => None,
    }
}

#[async_trait]
impl Topic for Bus {
    async fn publish(&self, outgoing: &Outgoing) -> Result<(), PortError> {
        let Some(queue) = listens(outgoing.audience) else {
            return Ok(());
        };
        let body = serde_json::to_string(&outgoing.message).map_err(|error| {
            PortError::new(PortErrorKind::Invalid, "bus:publish", error.to_string())
        })?;
        self.put(queue, Duration::ZERO, Message::New(&body));
        Ok(())
    }
}
