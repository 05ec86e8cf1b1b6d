//! Any sequence of looks, words and time, against a model that knows the truth.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::double::{Double, State, block_on};
use super::{expected, look, standing, without_times, write};
use crate::finding::{Closing, Event, Finding};
use crate::identity::FindingId;
use crate::judge::Judged;
use crate::life::tests::{at, sighting, unit};
use crate::life::{self, Telling, Word};
use crate::record::commit_with;

const NAMES: [&str; 3] = ["A", "B", "C"];

/// What can happen.
#[derive(Clone, Debug)]
enum Step {
    /// A resource drifts, or with `None` is put straight.
    Bend(usize, Option<u8>),
    /// A look begins; it will know nothing of the resources in the set.
    Look(BTreeSet<usize>),
    /// A look begins that fails as a whole.
    Fail,
    /// A look that has begun, the n-th of those, is written, up to so many writes, and perhaps once more.
    Write {
        which: usize,
        cut: Option<usize>,
        again: bool,
    },
    /// Somebody says something.
    Say(usize, u8),
    /// The unit leaves the config.
    Unwatch,
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let cut = prop_oneof![3 => Just(None), 2 => (0..6_usize).prop_map(Some)];
    let blind = proptest::collection::btree_set(0..NAMES.len(), 0..3);
    let step = prop_oneof![
        5 => (0..NAMES.len(), proptest::option::of(0..3_u8)).prop_map(|(i, to)| Step::Bend(i, to)),
        3 => Just(Step::Look(BTreeSet::new())),
        2 => blind.prop_map(Step::Look),
        1 => Just(Step::Fail),
        8 => (0..4_usize, cut, any::<bool>())
            .prop_map(|(which, cut, again)| Step::Write { which, cut, again }),
        2 => (0..NAMES.len(), 0..4_u8).prop_map(|(i, word)| Step::Say(i, word)),
        1 => Just(Step::Unwatch),
    ];
    proptest::collection::vec((1..20_i64, step), 1..60)
}

/// A look on its way, and what it stands for.
#[derive(Clone)]
struct Begun {
    began: i64,
    failed: bool,
    judged: Judged,
}

/// The world, the ledger, and what the test knows by itself of which look spoke last.
#[derive(Default)]
struct World {
    ledger: Double,
    now: i64,
    truth: BTreeMap<&'static str, u8>,
    begun: Vec<Begun>,
    newest: BTreeMap<FindingId, i64>,
    complete: Option<i64>,
    looks: BTreeSet<i64>,
}

impl World {
    fn step(&mut self, pause: i64, step: Step) {
        self.now += pause;
        match step {
            Step::Bend(i, Some(value)) => {
                self.truth.insert(NAMES[i], value);
            }
            Step::Bend(i, None) => {
                self.truth.remove(NAMES[i]);
            }
            Step::Look(blind) => self.begin(&blind),
            Step::Fail => self.begun.push(Begun {
                began: self.now,
                failed: true,
                judged: look(self.now, false, &[]),
            }),
            Step::Write { which, cut, again } if !self.begun.is_empty() => {
                let begun = self.begun[which % self.begun.len()].clone();
                self.write(&begun, cut);
                if again && cut.is_none() {
                    self.write_again(&begun);
                }
            }
            Step::Write { .. } => {}
            Step::Say(i, word) => self.say(NAMES[i], word),
            Step::Unwatch => self.unwatch(),
        }
    }

    fn begin(&mut self, blind: &BTreeSet<usize>) {
        let drift: Vec<(&str, u8)> = NAMES
            .iter()
            .enumerate()
            .filter(|(i, _)| !blind.contains(i))
            .filter_map(|(_, name)| Some((*name, *self.truth.get(name)?)))
            .collect();
        self.begun.push(Begun {
            began: self.now,
            failed: false,
            judged: look(self.now, blind.is_empty(), &drift),
        });
    }

    fn write(&mut self, begun: &Begun, cut: Option<usize>) {
        let before = self.ledger.state();
        *self.ledger.left.lock().unwrap() = cut;
        let done = write(&self.ledger, &begun.judged, self.now);
        *self.ledger.left.lock().unwrap() = None;
        let after = self.ledger.state();
        assert!(done.is_ok() || cut.is_some(), "{done:?}");

        let late = self.complete.is_some_and(|it| it > begun.began);
        if begun.failed || late {
            assert_eq!(after, before, "a failed or overtaken look wrote something");
            return;
        }
        let seen: BTreeSet<FindingId> = begun
            .judged
            .sightings
            .iter()
            .map(|it| it.identity.id())
            .collect();
        for (id, finding) in &after.findings {
            let old = before.findings.get(id);
            if old == Some(finding) {
                continue;
            }
            let newest = self.newest.insert(id.clone(), begun.began);
            assert!(
                newest <= Some(begun.began),
                "an older look changed {finding:?}"
            );
            if let Some(closed) = finding
                .closed
                .as_ref()
                .filter(|_| old.is_some_and(|it| it.closed.is_none()))
            {
                assert_eq!(closed.how, Closing::Resolved);
                assert!(
                    begun.judged.complete && !seen.contains(id),
                    "closed without having been missed"
                );
            }
            if seen.contains(id) {
                assert_eq!(finding.closed, None);
            }
        }
        if done.is_ok() && begun.judged.complete {
            self.looks.insert(begun.began);
            self.complete = Some(begun.began);
            self.check_complete(begun, &seen, &after);
        } else {
            assert_eq!(
                after.scans, before.scans,
                "an incomplete look, or half a one, became the unit's look"
            );
        }
        check(&before, &after);
    }

    /// After a complete look, open is what it saw, but for findings on which something newer has spoken.
    fn check_complete(&self, begun: &Begun, seen: &BTreeSet<FindingId>, after: &State) {
        for finding in after.findings.values() {
            if self.newest[&finding.id] <= begun.began {
                assert_eq!(finding.closed.is_none(), seen.contains(&finding.id));
            }
        }
        let scan = &after.scans[&unit()];
        assert_eq!(scan.started_at, at(begun.began));
        assert_eq!(
            scan.generation,
            self.looks.len() as u64,
            "a look counted twice, or not"
        );
    }

    fn write_again(&mut self, begun: &Begun) {
        let once = self.ledger.state();
        self.now += 1;
        write(&self.ledger, &begun.judged, self.now).unwrap();
        assert_eq!(without_times(self.ledger.state()), without_times(once));
    }

    fn say(&mut self, name: &str, word: u8) {
        let reason = "because".to_owned();
        let until = at(self.now + 50);
        let word = match word {
            0 => Word::Acknowledge { reason: None },
            1 => Word::Silence { reason, until },
            2 => Word::Accept { reason, until },
            _ => Word::Reopen,
        };
        let before = self.ledger.state();
        let now = at(self.now);
        let say = |it: Option<&Finding>| life::said(it?, &word, "ana", now).ok();
        let id = sighting(name, 0).identity.id();
        block_on(commit_with(&self.ledger, &id, say)).unwrap();
        check(&before, &self.ledger.state());
        assert_eq!(standing(&before), standing(&self.ledger.state()));
    }

    fn unwatch(&mut self) {
        let before = self.ledger.state();
        for id in before.findings.keys() {
            let now = at(self.now);
            let leave = |it: Option<&Finding>| life::unwatched(it?, Telling::Nobody, now);
            block_on(commit_with(&self.ledger, id, leave)).unwrap();
            if before.findings[id].closed.is_none() {
                self.newest.insert(id.clone(), self.now);
            }
        }
        check(&before, &self.ledger.state());
    }

    /// One more look, undisturbed: then the ledger says the truth, whatever happened before.
    fn settle(&mut self) {
        self.now += 1;
        self.begin(&BTreeSet::new());
        let last = self.begun.last().unwrap().clone();
        self.write(&last, None);
        let truth: Vec<(&str, u8)> = self
            .truth
            .iter()
            .map(|(name, value)| (*name, *value))
            .collect();
        assert_eq!(standing(&self.ledger.state()), expected(&truth));
    }
}

/// What holds from any state of the ledger to any later one.
fn check(before: &State, after: &State) {
    for (id, old) in &before.findings {
        let new = after.findings.get(id).expect("a finding is never removed");
        assert_eq!(
            (&new.id, &new.identity, new.first_seen),
            (&old.id, &old.identity, old.first_seen)
        );
        assert!(new.version >= old.version && new.last_seen >= old.last_seen);
        assert!(
            new.version > old.version || new == old,
            "changed without a new version"
        );
        assert!(
            after.history[id].starts_with(&before.history[id]),
            "history was rewritten"
        );
    }
    for (id, finding) in &after.findings {
        let history = &after.history[id];
        assert_eq!(*id, finding.identity.id());
        assert!(history.iter().map(|it| it.seq).eq(1..=finding.entries));
        let openings = history
            .iter()
            .filter(|it| matches!(it.event, Event::Opened | Event::Reopened));
        assert_eq!(finding.occurrences, openings.count() as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_sequence_of_looks_keeps_the_rules_and_ends_with_the_truth(steps in steps()) {
        let mut world = World::default();
        for (pause, step) in steps {
            world.step(pause, step);
        }
        world.settle();
    }
}
