//! The functions' queues: messages that come late, twice, out of order, or not
//! before they are visible again; and the dead letters.

use std::collections::BTreeMap;

use domain::work::Queue;
use jiff::Timestamp;

use crate::chance::Fault;
use crate::sim::{Event, MINUTE, SECOND, State, plus};

/// How often a message is received before it becomes a dead letter.
pub(crate) const MOST_RECEIVES: u32 = 5;

/// A message on a queue.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The queue's own name of it; a duplicate has the same.
    pub(crate) id: u64,
    pub(crate) body: String,
    pub(crate) receives: u32,
    pub(crate) visible_at: Timestamp,
    pub(crate) from: &'static str,
}

/// One queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) entries: BTreeMap<u64, Message>,
}

/// A message that nobody handles any more.
#[derive(Clone, Debug)]
pub(crate) struct Buried {
    /// The queue it came from; `None` for what no queue held.
    pub(crate) queue: Option<Queue>,
    pub(crate) body: String,
    pub(crate) from: &'static str,
    pub(crate) reason: String,
}

/// What only a poisoned body comes from.
pub(crate) const POISON: &str = "poison";

impl State {
    /// A body comes to a queue, to be seen after `delay`.
    pub(crate) fn put(&mut self, queue: Queue, (body, from): (&str, &'static str), delay: i64) {
        self.outside("a queue", body);
        let id = self.number();
        let mut wait = delay + self.delays.between(5, 400);
        if self.fault(Fault::Delay) {
            wait += self.delays.between(SECOND, 10 * MINUTE);
        }
        let message = Message {
            id,
            body: body.to_owned(),
            receives: 0,
            visible_at: plus(self.now, wait),
            from,
        };
        self.enter(queue, message.clone());
        if self.fault(Fault::Duplicate) {
            // Some at once, so that two processes have the same message in hand.
            let wait = match self.either() {
                true => wait + self.delays.between(0, SECOND),
                false => wait + self.delays.between(0, 15 * MINUTE),
            };
            self.enter(
                queue,
                Message {
                    visible_at: plus(self.now, wait),
                    ..message
                },
            );
        }
        if !self.quiet && from != POISON && self.fault(Fault::Poison) {
            let body = POISONED[self.delays.index(POISONED.len())];
            self.put(queue, (body, POISON), 0);
        }
    }

    fn enter(&mut self, queue: Queue, message: Message) {
        let entry = self.number();
        let at = message.visible_at;
        self.line(queue).entries.insert(entry, message);
        self.at(at, Event::Receivable { queue, entry });
    }

    pub(crate) fn line(&mut self, queue: Queue) -> &mut Line {
        self.lines.entry(queue).or_default()
    }

    /// Receives up to `most` visible messages, the one of that entry first.
    pub(crate) fn receive(&mut self, queue: Queue, entry: u64, most: usize) -> Vec<(u64, Message)> {
        let now = self.now;
        let line = self.line(queue);
        let visible = |it: &Message| it.visible_at <= now;
        if !line.entries.get(&entry).is_some_and(visible) {
            return Vec::new();
        }
        let others = line
            .entries
            .iter()
            .filter(|(it, message)| **it != entry && visible(message))
            .map(|(it, _)| *it);
        let wanted: Vec<u64> = std::iter::once(entry).chain(others).take(most).collect();
        let mut received = Vec::new();
        for entry in wanted {
            if let Some(message) = self.take(queue, entry) {
                received.push((entry, message));
            }
        }
        received
    }

    /// Receives one message: it is invisible from now on, or a dead letter.
    fn take(&mut self, queue: Queue, entry: u64) -> Option<Message> {
        let until = plus(self.now, 6 * MINUTE);
        let message = self.line(queue).entries.get_mut(&entry)?;
        message.receives += 1;
        message.visible_at = until;
        let message = message.clone();
        if message.receives > MOST_RECEIVES {
            self.line(queue).entries.remove(&entry);
            self.tell(|| format!("{queue}: message {} was received too often", message.id));
            let reason = format!("received {MOST_RECEIVES} times");
            self.bury((Some(queue), message.from), &message.body, &reason);
            return None;
        }
        self.at(until, Event::Receivable { queue, entry });
        if self.fault(Fault::LostOnce) {
            self.tell(|| format!("{queue}: message {} was received by nobody", message.id));
            return None;
        }
        Some(message)
    }

    pub(crate) fn bury(
        &mut self,
        (queue, from): (Option<Queue>, &'static str),
        body: &str,
        reason: &str,
    ) {
        self.outside("a dead letter", body);
        self.outside("a dead letter's reason", reason);
        self.tally.count("dead letters");
        let buried = Buried {
            queue,
            body: body.to_owned(),
            from,
            reason: reason.to_owned(),
        };
        self.buried.push(buried);
    }

    /// A message was handled.
    pub(crate) fn acknowledge(&mut self, queue: Queue, entry: u64) {
        self.line(queue).entries.remove(&entry);
    }
}

/// What nobody can read, or nobody on that queue.
const POISONED: [&str; 6] = [
    "{",
    "[]",
    r#"{"apiVersion":"plumbline/v9","kind":"LookAtStack"}"#,
    r#"{"apiVersion":"plumbline/v1","kind":"Dance"}"#,
    r#"{"apiVersion":"plumbline/v1","kind":"LookAtStack","stackId":"nowhere","target":"t","askedAt":"2027-01-01T00:00:00Z"}"#,
    "\u{feff}not json at all",
];
