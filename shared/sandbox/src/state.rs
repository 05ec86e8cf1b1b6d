//! The pretend accounts: their stacks, what was bent, what a detection saw of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::attach::ByHand;
use crate::trail::Trail;

/// An account and a region.
pub(crate) type Where = (String, String);

/// Everything CloudFormation and CloudTrail know.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) places: BTreeMap<Where, Place>,
    /// What happens by itself, and when.
    pub(crate) due: BTreeSet<(Timestamp, u64, Due)>,
    seed: u64,
    last: u64,
}

/// What the clock brings about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A detection ends.
    Detection(Where, String),
    /// A stack operation ends in this status.
    Status(Where, u64, &'static str),
}

/// One account and region.
#[derive(Debug, Default)]
pub(crate) struct Place {
    /// By the order of their making.
    pub(crate) stacks: BTreeMap<u64, Stack>,
    /// The stacks that are not deleted.
    pub(crate) names: HashMap<String, u64>,
    pub(crate) ids: HashMap<Arc<str>, u64>,
    pub(crate) detections: HashMap<String, Detection>,
    pub(crate) trail: Trail,
    /// What was hung on resources by hand, the oldest first.
    pub(crate) by_hand: Vec<ByHand>,
}

/// A stack, also a deleted one.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) id: Arc<str>,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Option<Timestamp>,
    pub(crate) deleted: Option<Timestamp>,
    pub(crate) parent: Option<Arc<str>>,
    pub(crate) root: Option<Arc<str>>,
    pub(crate) tags: Vec<(String, String)>,
    /// Its template as somebody sent it; `None` where the Rust interface made it or changed it last.
    pub(crate) template: Option<Arc<str>>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) drift: &'static str,
    pub(crate) checked: Option<Timestamp>,
    /// The detection that is under way.
    pub(crate) running: Option<String>,
    /// Detections that can still be asked after, the oldest first.
    pub(crate) past: VecDeque<String>,
}

/// A resource of a stack.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) resource_type: String,
    pub(crate) status: &'static str,
    pub(crate) updated: Timestamp,
    pub(crate) expected: Properties,
    pub(crate) live: Live,
    pub(crate) check: Option<Check>,
}

/// A resource's properties, kept as JSON text: a tenth of what they weigh as
/// values, and most answers want the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Properties(Arc<str>);

impl Properties {
    pub(crate) fn new(value: &Value) -> Self {
        Self(value.to_string().into())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    pub(crate) fn value(&self) -> Value {
        // Only what `new` has written is ever read.
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

/// How a resource stands in the account.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Live {
    /// As the template has it.
    Straight,
    /// Otherwise.
    Bent(Properties),
    /// Not at all.
    Gone,
}

/// What the last check of a resource saw; it stays when the resource moves on.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) status: &'static str,
    pub(crate) at: Timestamp,
    pub(crate) reason: Option<String>,
    pub(crate) expected: Option<Properties>,
    pub(crate) actual: Option<Properties>,
}

/// A detection of a stack.
#[derive(Debug)]
pub(crate) struct Detection {
    pub(crate) stack: u64,
    pub(crate) started: Timestamp,
    /// Only these logical ids; empty: all.
    pub(crate) only: Vec<String>,
    pub(crate) end: Option<End>,
}

/// How a detection ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) failure: Option<String>,
    pub(crate) drift: &'static str,
    pub(crate) drifted: usize,
}

impl State {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// A number that was not given before.
    pub(crate) fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// A UUID that was not given before.
    pub(crate) fn uuid(&mut self) -> String {
        let number = self.next();
        uuid(self.seed, number)
    }

    pub(crate) fn place(&mut self, place: &Where) -> &mut Place {
        if !self.places.contains_key(place) {
            self.places.insert(place.clone(), Place::default());
        }
        self.places.entry(place.clone()).or_default()
    }

    pub(crate) fn at(&mut self, when: Timestamp, due: Due) {
        let number = self.next();
        self.due.insert((when, number, due));
    }

    /// The place and number of a stack, by ARN, or by a name that one live stack has.
    pub(crate) fn locate(&self, stack: &str) -> Option<(Where, u64)> {
        let mut found = self.places.iter().filter_map(|(place, content)| {
            let number = content
                .ids
                .get(stack)
                .or_else(|| content.names.get(stack))?;
            Some((place.clone(), *number))
        });
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}

impl Place {
    /// A stack by ARN, or by name if it is not deleted.
    pub(crate) fn number(&self, stack: &str) -> Option<u64> {
        let number = self.ids.get(stack).or_else(|| self.names.get(stack));
        number.copied()
    }
}

impl Resource {
    /// The live properties; `None` where there is no resource.
    pub(crate) fn actual(&self) -> Option<Properties> {
        match &self.live {
            Live::Straight => Some(self.expected.clone()),
            Live::Bent(actual) => Some(actual.clone()),
            Live::Gone => None,
        }
    }
}

/// A UUID that follows from a seed and a number.
pub(crate) fn uuid(seed: u64, number: u64) -> String {
    let mut rng = fastrand::Rng::with_seed(seed ^ number.rotate_left(32));
    let (high, low) = (rng.u64(..), rng.u64(..));
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        0x4000 | (high & 0x0fff),
        0x8000 | (low >> 50),
        low & 0xffff_ffff_ffff
    )
}
