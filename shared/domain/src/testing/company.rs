//! What stands around the ledger: clock, queues, channels, samples.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::faults::{Faults, lock};
use crate::difference::{Change, Difference, DifferenceKind};
use crate::finding::Finding;
use crate::identity::Identity;
use crate::judge::Counts;
use crate::ports::{Address, Channels, Clock, PortError, PortErrorKind, Queues};
use crate::record::Scan;
use crate::resource::Resource;
use crate::severity::{Cause, Severity};
use crate::unit::Unit;
use crate::work::Queue;

/// A clock that moves only when it is told to; sleeping moves it.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Timestamp>,
}

impl ManualClock {
    /// A clock that stands at that time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            now: Mutex::new(now),
        }
    }

    /// Sets it.
    pub fn set(&self, now: Timestamp) {
        *lock(&self.now) = now;
    }

    /// Moves it on.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = lock(&self.now);
        *now = now.checked_add(by).unwrap_or(Timestamp::MAX);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *lock(&self.now)
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX));
    }
}

/// A body that was put on a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The queue.
    pub queue: Queue,
    /// The body.
    pub body: String,
    /// How long it is held back.
    pub delay: Duration,
}

/// Queues that remember what was put on them.
#[derive(Debug, Default)]
pub struct MemoryQueues {
    sent: Mutex<Vec<Sent>>,
    faults: Arc<Faults>,
}

impl MemoryQueues {
    /// Empty queues.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Empty queues whose calls fail as planned there.
    #[must_use]
    pub fn with(faults: Arc<Faults>) -> Self {
        Self {
            faults,
            ..Self::default()
        }
    }

    /// All that was put on them, the oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        lock(&self.sent).clone()
    }

    /// The same, and they are empty then.
    #[must_use]
    pub fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut *lock(&self.sent))
    }
}

#[async_trait]
impl Queues for MemoryQueues {
    async fn send(&self, queue: Queue, body: &str, delay: Duration) -> Result<(), PortError> {
        self.faults.call("queues:send", || {
            if delay > Queue::LONGEST_DELAY {
                let detail = format!("a queue cannot hold a message back for {delay:?}");
                return Err(PortError::new(
                    PortErrorKind::Invalid,
                    "queues:send",
                    detail,
                ));
            }
            lock(&self.sent).push(Sent {
                queue,
                body: body.to_owned(),
                delay,
            });
            Ok(())
        })
    }
}

/// A body that was posted to a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Posted {
    /// Where to.
    pub address: Address,
    /// The idempotency key.
    pub key: String,
    /// The body.
    pub body: Value,
}

/// Channels that remember what was posted, and answer as they are told to.
#[derive(Debug, Default)]
pub struct MemoryChannels {
    posted: Mutex<Vec<Posted>>,
    answers: Mutex<BTreeMap<String, PortError>>,
    faults: Arc<Faults>,
}

impl MemoryChannels {
    /// Channels that take everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Channels whose calls fail as planned there.
    #[must_use]
    pub fn with(faults: Arc<Faults>) -> Self {
        Self {
            faults,
            ..Self::default()
        }
    }

    /// The channel at that URL (or reference) answers with this error from now on; `None` takes that back.
    pub fn answer(&self, url: &str, error: Option<PortError>) {
        let mut answers = lock(&self.answers);
        match error {
            Some(error) => answers.insert(url.to_owned(), error),
            None => answers.remove(url),
        };
    }

    /// All that arrived, the oldest first.
    #[must_use]
    pub fn posted(&self) -> Vec<Posted> {
        lock(&self.posted).clone()
    }

    /// The same, and nothing has arrived then.
    #[must_use]
    pub fn take(&self) -> Vec<Posted> {
        std::mem::take(&mut *lock(&self.posted))
    }
}

#[async_trait]
impl Channels for MemoryChannels {
    async fn post(
        &self,
        address: &Address,
        key: &str,
        body: &Value,
    ) -> Result<Option<String>, PortError> {
        self.faults.call("channels:post", || {
            let (Address::SlackWebhook { url } | Address::Webhook { url, .. }) = address;
            if let Some(error) = lock(&self.answers).get(url) {
                return Err(error.clone());
            }
            lock(&self.posted).push(Posted {
                address: address.clone(),
                key: key.to_owned(),
                body: body.clone(),
            });
            Ok(None)
        })
    }
}

/// An open finding of a stack's resource, version 1, first seen at `now`, with
/// one difference; told to everybody, in the environment `production`.
#[must_use]
pub fn finding(unit: &Unit, logical_id: &str, now: Timestamp) -> Finding {
    let identity = Identity::stack_resource(&unit.account, &unit.region, &unit.name, logical_id);
    Finding {
        id: identity.id(),
        identity,
        unit: unit.clone(),
        version: 1,
        entries: 1,
        target: "stacks".to_owned(),
        resource: Resource {
            kind: "AWS::SQS::Queue".to_owned(),
            id: format!("{}-{logical_id}", unit.name),
            name: logical_id.to_owned(),
            account: Some(unit.account.clone()),
            region: Some(unit.region.clone()),
            stack: Some(unit.name.clone()),
            ..Resource::default()
        },
        change: Change::Modified,
        severity: Severity::Medium,
        cause: Cause::PropertyChange,
        rule: "default".to_owned(),
        cut: None,
        differences: vec![Difference {
            entry: None,
            path: "/DelaySeconds".to_owned(),
            kind: DifferenceKind::Changed,
            expected: Some(json!(0)),
            actual: Some(json!(5)),
            sensitive: false,
            potential: false,
            severity: Severity::Medium,
            cause: Cause::PropertyChange,
            attribution: None,
        }],
        attribution: None,
        first_seen: now,
        last_seen: now,
        look_started_at: now,
        since: None,
        read_at: Some(now),
        unread: std::collections::BTreeMap::new(),
        occurrences: 1,
        closed: None,
        acknowledged: None,
        silence: None,
        acceptance: None,
        config: "config".to_owned(),
        environment: "production".to_owned(),
        baseline: false,
    }
}

/// A complete look at a unit that began and ended then.
#[must_use]
pub fn scan(unit: &Unit, generation: u64, at: Timestamp) -> Scan {
    Scan {
        unit: unit.clone(),
        generation,
        started_at: at,
        finished_at: at,
        target: "stacks".to_owned(),
        counts: Counts::default(),
        config: "config".to_owned(),
    }
}
