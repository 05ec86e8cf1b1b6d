//! One simulated world: its time, what is still to happen, and what is known
//! of it that no handler can see.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::testing::MemoryStore;
use domain::work::Queue;
use jiff::{SignedDuration, Timestamp};

use crate::chance::{Dice, Fault, Rates, Tally};
use crate::cloud::{Cloud, MARKER};
use crate::queue::{Buried, Line};
use crate::script::Happening;
use crate::trail::{Act, Recorded};

/// Something that happens at its time.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// In the account, by whoever.
    World(Happening),
    /// A detection comes to a resource.
    Check {
        detection: String,
        logical_id: String,
    },
    /// A detection ends.
    Ends { detection: String },
    /// A body arrives on a queue.
    Arrives {
        queue: Queue,
        body: String,
        from: &'static str,
    },
    /// A message of a queue is there to be received.
    Receivable { queue: Queue, entry: u64 },
    /// A handler goes on.
    Step { task: u64 },
    /// A minute is over.
    Minute,
    /// The schedule of drift-scan; how often it was tried.
    Schedule { time: Timestamp, tries: u32 },
    /// Records of the stream reach their function.
    Stream { records: Vec<Inserted>, tries: u32 },
}

/// An item that was inserted into the outbox.
#[derive(Clone, Debug)]
pub(crate) struct Inserted {
    pub(crate) pk: String,
    pub(crate) sk: String,
    pub(crate) body: String,
}

/// A message at the sink.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// The effect that it is.
    pub(crate) key: String,
}

/// The world.
pub(crate) struct Sim {
    state: Mutex<State>,
    /// The ledger.
    pub(crate) store: MemoryStore,
}

/// All of it but the ledger.
pub(crate) struct State {
    pub(crate) now: Timestamp,
    pub(crate) agenda: BTreeMap<(Timestamp, u64), Event>,
    made: u64,
    pub(crate) rates: Rates,
    /// Whether nothing fails any more.
    pub(crate) quiet: bool,
    faults: Dice,
    pub(crate) delays: Dice,
    pub(crate) cloud: Cloud,
    /// When the next detection is accepted, by the account's own limit.
    pub(crate) next_detection: Timestamp,
    /// CloudTrail's record.
    pub(crate) trail: Vec<Recorded>,
    /// What people did that drifts, by stack name and logical id.
    pub(crate) acts: BTreeMap<(String, String), Vec<Act>>,
    /// The rules that stacks made, by their paths in a group, and which stack it was.
    pub(crate) declared: BTreeMap<String, String>,
    /// Until when a right is missing, by the call.
    pub(crate) denied_until: BTreeMap<&'static str, Timestamp>,
    /// When CloudTrail could not be asked after a resource, for want of the right.
    pub(crate) unlooked: BTreeMap<String, Vec<Timestamp>>,
    /// Whether a target ever left the configuration.
    pub(crate) was_narrowed: bool,
    pub(crate) lines: BTreeMap<Queue, Line>,
    pub(crate) buried: Vec<Buried>,
    pub(crate) sink: Vec<Told>,
    /// By effect: how often its sender died or its answer was lost after it arrived.
    pub(crate) uncertain: BTreeMap<String, u32>,
    pub(crate) tally: Tally,
    /// The configuration at its source: version and text.
    pub(crate) config: (u32, String),
    pub(crate) config_seen: u32,
    pub(crate) config_looks: u32,
    pub(crate) stream_stopped_until: Timestamp,
    pub(crate) watched: Watched,
    story: Option<Vec<String>>,
    /// The invariant that was violated first.
    pub(crate) broken: Option<String>,
}

/// What the ledger's writes were, as they happened.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// The places of timers and outbox items, with when they are due or were written.
    pub(crate) pending: BTreeMap<(String, String), Timestamp>,
    /// The looks that were counted, by what remembers them.
    pub(crate) looks: BTreeMap<String, u32>,
    /// Complete looks that were written.
    pub(crate) complete: u64,
    /// Looks that were not complete.
    pub(crate) failed: u64,
    /// When a finding was seen last, by the true time.
    pub(crate) seen: BTreeMap<String, Timestamp>,
    /// When a finding was closed last, by the true time.
    pub(crate) closed: BTreeMap<String, Timestamp>,
    /// The looks that saw a finding: from when they began to when they were written.
    pub(crate) looks_at: BTreeMap<String, Vec<(Timestamp, Timestamp)>>,
    /// When a finding began to show a place that it shows ever since, by its id and the place.
    pub(crate) shown: BTreeMap<(String, String, String), Timestamp>,
    /// How often the severity of an open finding rose.
    pub(crate) rises: BTreeMap<String, u32>,
}

impl Sim {
    pub(crate) fn new(seed: u64, rates: Rates, with_story: bool) -> Self {
        let now = Timestamp::new(1_798_761_600, 0).expect("a time");
        let mut delays = Dice::of(seed, 3);
        let mut cloud = Cloud::default();
        if rates.of_kind(Fault::Skew) > 0 {
            cloud.skew = SignedDuration::from_millis(delays.between(-90_000, 90_000));
        }
        let state = State {
            now,
            agenda: BTreeMap::new(),
            made: 0,
            rates,
            quiet: false,
            faults: Dice::of(seed, 2),
            delays,
            cloud,
            next_detection: now,
            trail: Vec::new(),
            acts: BTreeMap::new(),
            declared: BTreeMap::new(),
            denied_until: BTreeMap::new(),
            unlooked: BTreeMap::new(),
            was_narrowed: false,
            lines: Queue::ALL.map(|it| (it, Line::default())).into(),
            buried: Vec::new(),
            sink: Vec::new(),
            uncertain: BTreeMap::new(),
            tally: Tally::default(),
            config: (0, String::new()),
            config_seen: 0,
            config_looks: 0,
            stream_stopped_until: now,
            watched: Watched::default(),
            story: with_story.then(Vec::new),
            broken: None,
        };
        Self {
            state: Mutex::new(state),
            store: MemoryStore::new(),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether a fault happens now.
    pub(crate) fn fault(&mut self, fault: Fault) -> bool {
        let rate = self.rates.of_kind(fault);
        let happens = !self.quiet && self.faults.hits(rate);
        self.tally.occasion(fault, happens);
        happens
    }

    /// One of two ways, by the dice of the faults.
    pub(crate) fn either(&mut self) -> bool {
        self.faults.hits(500)
    }

    /// A number that no other thing of this world has.
    pub(crate) fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    pub(crate) fn at(&mut self, at: Timestamp, event: Event) {
        let number = self.number();
        let at = at.max(self.now);
        self.agenda.insert((at, number), event);
    }

    pub(crate) fn after(&mut self, millis: i64, event: Event) {
        let at = plus(self.now, millis);
        self.at(at, event);
    }

    /// A line of the story; it is only made where somebody reads it.
    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(story) = &mut self.story {
            story.push(format!("{now:.3} {}", line()));
        }
    }

    /// What somebody else could read.
    pub(crate) fn outside(&mut self, place: &str, text: &str) {
        if text.contains(MARKER) {
            self.breaks(format!("invariant 10: a secret value in {place}: {text}"));
        }
    }

    /// An invariant does not hold; the first one ends the story.
    pub(crate) fn breaks(&mut self, what: String) {
        self.tell(|| format!("VIOLATED {what}"));
        self.broken.get_or_insert(what);
    }

    pub(crate) fn story(&self) -> String {
        self.story
            .as_ref()
            .map_or(String::new(), |it| it.join("\n"))
    }
}

pub(crate) fn plus(at: Timestamp, millis: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_millis(millis))
        .unwrap_or(Timestamp::MAX)
}

pub(crate) const SECOND: i64 = 1000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
