#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

mod configuration;
mod sending;

use std::collections::BTreeMap;
use std::sync::Mutex;

use domain::message::{Audience, Kind, Message, Outgoing};
use domain::ports::{Fetched, PortErrorKind};
use domain::testing::{Faults, ManualClock, MemoryQueues, MemoryStore, Sent, block_on};
use jiff::{SignedDuration, ToSpan as _};

use super::*;

const LOCATION: &str = "s3://bucket/plumbline.yaml";

fn start() -> Timestamp {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

/// A double that does what its faults let it, and keeps what it was given.
struct Kept<T> {
    kept: Mutex<Vec<T>>,
    faults: Arc<Faults>,
    /// Advances by that much for every call.
    clock: (Arc<ManualClock>, Mutex<SignedDuration>),
    refuses: Mutex<Option<PortErrorKind>>,
}

impl<T: Clone> Kept<T> {
    fn new(faults: &Arc<Faults>, clock: &Arc<ManualClock>) -> Arc<Self> {
        Arc::new(Self {
            kept: Mutex::default(),
            faults: faults.clone(),
            clock: (clock.clone(), Mutex::new(SignedDuration::ZERO)),
            refuses: Mutex::default(),
        })
    }

    fn all(&self) -> Vec<T> {
        self.kept.lock().unwrap().clone()
    }

    fn put(&self, op: &'static str, it: &T) -> Result<(), PortError> {
        self.faults.call(op, || {
            self.clock.0.advance(*self.clock.1.lock().unwrap());
            if let Some(kind) = *self.refuses.lock().unwrap() {
                return Err(PortError::new(kind, op, "refused"));
            }
            self.kept.lock().unwrap().push(it.clone());
            Ok(())
        })
    }
}

#[async_trait]
impl Topic for Kept<Outgoing> {
    async fn publish(&self, outgoing: &Outgoing) -> Result<(), PortError> {
        self.put("topic:publish", outgoing)
    }
}

#[async_trait]
impl DeadLetters for Kept<DeadLetter> {
    async fn put(&self, letter: &DeadLetter) -> Result<(), PortError> {
        Kept::put(self, "dead-letters:put", letter)
    }
}

/// Objects in memory; their tag is their content's length and first line.
#[derive(Default)]
struct MemoryObjects {
    objects: Mutex<BTreeMap<String, String>>,
    answer: Mutex<Option<PortError>>,
    asked: Mutex<Vec<Option<String>>>,
}

#[async_trait]
impl Objects for MemoryObjects {
    async fn fetch(&self, location: &str, known: Option<&str>) -> Result<Fetched, PortError> {
        self.asked.lock().unwrap().push(known.map(str::to_owned));
        if let Some(error) = self.answer.lock().unwrap().as_ref() {
            return Err(error.clone());
        }
        let objects = self.objects.lock().unwrap();
        let Some(text) = objects.get(location) else {
            let kind = PortErrorKind::NotFound;
            return Err(PortError::new(kind, "s3:GetObject", "NoSuchKey"));
        };
        let tag = domain::conceal::sha256(text.as_bytes());
        Ok(if known == Some(tag.as_str()) {
            Fetched::Unchanged
        } else {
            Fetched::New {
                text: text.clone(),
                tag,
            }
        })
    }
}

struct World {
    store: Arc<MemoryStore>,
    queues: Arc<MemoryQueues>,
    topic: Arc<Kept<Outgoing>>,
    dead_letters: Arc<Kept<DeadLetter>>,
    objects: Arc<MemoryObjects>,
    clock: Arc<ManualClock>,
    faults: Arc<Faults>,
    deps: Deps,
}

impl World {
    fn new() -> Self {
        Self::reading(LOCATION)
    }

    fn reading(location: &str) -> Self {
        let faults = Arc::new(Faults::default());
        let clock = Arc::new(ManualClock::at(start()));
        let store = Arc::new(MemoryStore::with(faults.clone()));
        let queues = Arc::new(MemoryQueues::with(faults.clone()));
        let topic = Kept::new(&faults, &clock);
        let dead_letters = Kept::new(&faults, &clock);
        let objects = Arc::new(MemoryObjects::default());
        let deps = Deps {
            store: store.clone(),
            queues: queues.clone(),
            topic: topic.clone(),
            objects: objects.clone(),
            dead_letters: dead_letters.clone(),
            clock: clock.clone(),
            config: location.to_owned(),
        };
        Self {
            store,
            queues,
            topic,
            dead_letters,
            objects,
            clock,
            faults,
            deps,
        }
    }

    /// A run that has forty seconds.
    fn run(&self) -> Result<(), PortError> {
        let until = self.clock.now().checked_add(40.seconds()).unwrap();
        block_on(handle(&self.deps, until))
    }

    fn write(&self, writes: &[domain::ports::Write]) {
        block_on(self.store.write(writes)).unwrap();
    }

    fn heartbeats(&self) -> u64 {
        block_on(counter::value(&*self.store, counter::HEARTBEATS, &[])).unwrap()
    }

    fn sent(&self) -> Vec<Sent> {
        self.queues.sent()
    }

    /// How many items there are in partitions that begin so.
    fn count(&self, prefix: &str) -> usize {
        let items = self.store.all_items().into_iter();
        items.filter(|it| it.key.pk.starts_with(prefix)).count()
    }
}

fn outgoing(version: u64, time: Timestamp) -> Outgoing {
    Outgoing {
        audience: Audience::Notify,
        layer: None,
        severity: None,
        message: Message::about(
            ("f-7k3qz2m90abcdef1", version),
            Kind::FindingOpened,
            "production",
            time,
        ),
    }
}

#[test]
fn a_run_with_nothing_to_do_counts_itself() {
    let world = World::new();
    assert!(world.run().is_ok());
    assert!(world.run().is_ok());
    assert_eq!(world.heartbeats(), 2);
    assert!(world.sent().is_empty() && world.topic.all().is_empty());
}
