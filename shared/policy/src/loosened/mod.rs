//! What a change of the configuration loosens, and what it tightens.
//!
//! There is one question, asked in both directions: where is one configuration
//! looser than another? So what loosens from the old to the new is exactly what
//! would tighten on the way back. What cannot be put on that scale (another
//! environment, another cluster) is told as a change and judged by people.
//!
//! Besides comparing entries, both sets of rules are asked about a built-in list
//! of differences, one for every default rule and layer, and about every
//! difference that a condition of either file names.

mod doing;
mod judging;
pub(crate) mod samples;
mod watching;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::load::Loaded;
use crate::rules::Policy;

/// Two configurations, the one against the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What is looser now.
    pub loosens: Vec<Step>,
    /// What is stricter now.
    pub tightens: Vec<Step>,
    /// What is different, and neither.
    pub changes: Vec<String>,
}

/// One thing that became looser, or stricter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Step {
    /// Where it stands, `target shop`, `ignore`, or what it is about.
    pub place: String,
    /// What is compared, `regions`, `severity of a security group rule`.
    pub what: String,
    /// How it was.
    pub before: String,
    /// How it is now.
    pub after: String,
}

/// A place where one configuration is looser than another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Looser {
    place: String,
    what: String,
    strict: String,
    loose: String,
}

/// Compares two configurations as of `now`, which decides which ignores and waivers are in force.
#[must_use]
pub fn compare(before: &Loaded, after: &Loaded, now: Timestamp) -> Comparison {
    let (was, is) = (Side::new(before, now), Side::new(after, now));
    let step = |it: Looser, loosens: bool| {
        let (before, after) = if loosens {
            (it.strict, it.loose)
        } else {
            (it.loose, it.strict)
        };
        Step {
            place: it.place,
            what: it.what,
            before,
            after,
        }
    };
    Comparison {
        loosens: looser(&was, &is)
            .into_iter()
            .map(|it| step(it, true))
            .collect(),
        tightens: looser(&is, &was)
            .into_iter()
            .map(|it| step(it, false))
            .collect(),
        changes: watching::changes(&was, &is),
    }
}

/// One of the two configurations.
struct Side<'c> {
    loaded: &'c Loaded,
    policy: Policy,
    now: Timestamp,
}

impl<'c> Side<'c> {
    fn new(loaded: &'c Loaded, now: Timestamp) -> Self {
        Self {
            policy: Policy::new(loaded),
            loaded,
            now,
        }
    }

    fn config(&self) -> &'c crate::Config {
        &self.loaded.config
    }
}

/// Everything in which `loose` is looser than `strict`, sorted, each once.
fn looser(strict: &Side<'_>, loose: &Side<'_>) -> BTreeSet<Looser> {
    let mut found = Found::default();
    watching::compare(strict, loose, &mut found);
    judging::compare(strict, loose, &mut found);
    doing::compare(strict, loose, &mut found);
    found.0
}

/// Collects what is looser.
#[derive(Default)]
struct Found(BTreeSet<Looser>);

impl Found {
    fn add(
        &mut self,
        (place, what): (impl Into<String>, impl Into<String>),
        strict: impl ToString,
        loose: impl ToString,
    ) {
        self.0.insert(Looser {
            place: place.into(),
            what: what.into(),
            strict: strict.to_string(),
            loose: loose.to_string(),
        });
    }

    /// A measure that loosens as it grows.
    fn more<T: PartialOrd + ToString>(&mut self, at: (&str, &str), strict: T, loose: T) {
        if loose > strict {
            self.add(at, strict, loose);
        }
    }

    /// Names that only the stricter side has, where being named is strict.
    fn lost(&mut self, at: (&str, &str), strict: &BTreeSet<String>, loose: &BTreeSet<String>) {
        let lost: Vec<&str> = strict.difference(loose).map(String::as_str).collect();
        if !lost.is_empty() {
            self.add(at, lost.join(", "), NOTHING);
        }
    }

    /// Names that only the looser side has, where being named is loose.
    fn gained(&mut self, at: (&str, &str), strict: &BTreeSet<String>, loose: &BTreeSet<String>) {
        let gained: Vec<&str> = loose.difference(strict).map(String::as_str).collect();
        if !gained.is_empty() {
            self.add(at, NOTHING, gained.join(", "));
        }
    }
}

/// What stands where a side has nothing.
const NOTHING: &str = "none";

/// Names as a set.
fn set<T: ToString>(names: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    names.into_iter().map(|it| it.to_string()).collect()
}

/// Names as a set, where none stands for a default.
fn set_or(names: BTreeSet<String>, default: &str) -> BTreeSet<String> {
    if names.is_empty() {
        return BTreeSet::from([default.to_owned()]);
    }
    names
}
