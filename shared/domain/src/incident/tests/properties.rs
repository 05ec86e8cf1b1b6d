//! What holds of every life of an incident.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{TIMING, at, channels, open, terms, unit};
use crate::finding::{Closed, Closing, Finding};
use crate::incident::{Incident, State, Step, Transition, of_finding, settle, told, watch};
use crate::severity::Severity;
use crate::testing::{MemoryStore, block_on, scan};

/// What can happen to a finding or to the messages about it.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Open(Severity),
    Close,
    Look,
    /// A message about the finding arrives, whichever it was.
    Message,
    SettleTimer,
    Tell,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        prop::sample::select(&Severity::ALL[..]).prop_map(Happening::Open),
        Just(Happening::Close),
        Just(Happening::Look),
        Just(Happening::Message),
        Just(Happening::Message),
        Just(Happening::SettleTimer),
        Just(Happening::Tell),
    ]
}

struct World {
    store: MemoryStore,
    finding: Finding,
    minute: i64,
    generation: u64,
    /// Every transition that was owed, by incident, in the order in which it came to be.
    told: BTreeMap<String, Vec<Transition>>,
}

impl World {
    fn new() -> Self {
        let world = Self {
            store: MemoryStore::new(),
            finding: open(),
            minute: 0,
            generation: 0,
            told: BTreeMap::new(),
        };
        world.store.put_finding(world.finding.clone());
        world
    }

    fn incident(&self) -> Option<Incident> {
        block_on(of_finding(&self.store, &self.finding.id)).unwrap()
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Open(severity) => {
                if self.finding.closed.take().is_some() {
                    self.finding.occurrences += 1;
                }
                self.finding.severity = severity;
                self.store.put_finding(self.finding.clone());
            }
            Happening::Close if self.finding.closed.is_none() => {
                self.finding.closed = Some(Closed {
                    at: at(self.minute),
                    how: Closing::Resolved,
                });
                self.store.put_finding(self.finding.clone());
                self.look();
            }
            Happening::Look if self.finding.closed.is_some() => self.look(),
            Happening::Message => {
                let routing = |_: &Finding| (TIMING, channels(&["team"]));
                let now = at(self.minute);
                block_on(watch(&self.store, &self.finding.id, routing, now)).unwrap();
            }
            Happening::SettleTimer => {
                if let Some(incident) = self.incident() {
                    let now = self.minute;
                    block_on(settle(&self.store, &incident.id, |_| terms(now))).unwrap();
                }
            }
            Happening::Tell => self.tell(),
            Happening::Close | Happening::Look => {}
        }
    }

    fn look(&mut self) {
        self.generation += 1;
        let look = scan(&unit(), self.generation, at(self.minute));
        self.store.put_scan(look);
    }

    fn tell(&mut self) {
        let Some(incident) = self.incident() else {
            return;
        };
        for transition in incident.owed {
            block_on(told(&self.store, &incident.id, &transition, ("m", &[]))).unwrap();
            let all = self.told.entry(incident.id.clone()).or_default();
            all.push(transition);
        }
    }

    fn count(&self, step: Step) -> usize {
        let all = self.told.values().flatten();
        all.filter(|it| it.step == step).count()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn each_fire_gets_one_resolve_and_nothing_is_told_twice(
        happenings in prop::collection::vec((happening(), 0_i64..20), 1..60)
    ) {
        let mut world = World::new();
        for (what, pause) in happenings {
            world.minute += pause;
            world.happen(what);
            let open_incident = world.incident().is_some_and(|it| it.state != State::Resolved);
            world.tell();
            let (fires, resolves) = (world.count(Step::Fire), world.count(Step::Resolve));
            prop_assert_eq!(fires, resolves + usize::from(open_incident));
        }
        // Things settle: the finding is seen as it stands, and looked at once more.
        world.happen(Happening::Message);
        let was_open = world.finding.closed.is_none();
        world.minute += TIMING.settle.as_secs() / 60;
        world.happen(Happening::Look);
        world.happen(Happening::SettleTimer);
        world.tell();
        if let Some(incident) = world.incident() {
            let state = if was_open { State::Firing } else { State::Resolved };
            prop_assert_eq!(incident.state, state);
        } else {
            prop_assert!(!was_open);
        }
        for all in world.told.values() {
            let mut names: Vec<String> = all.iter().map(Transition::name).collect();
            names.sort();
            let count = names.len();
            names.dedup();
            prop_assert_eq!(names.len(), count, "told twice: {:?}", all);
        }
    }

    #[test]
    fn a_resolve_comes_never_before_the_settle_time_and_a_look_after_it(
        happenings in prop::collection::vec((happening(), 0_i64..8), 1..60)
    ) {
        let mut world = World::new();
        for (what, pause) in happenings {
            world.minute += pause;
            let before = world.count(Step::Resolve);
            world.happen(what);
            world.tell();
            if world.count(Step::Resolve) > before {
                let closed = world.finding.closed.as_ref().map(|it| it.at);
                let settled_at = closed.unwrap() + TIMING.settle;
                prop_assert!(at(world.minute) >= settled_at);
                let look = block_on(crate::ports::Ledger::scan(&world.store, &unit()));
                prop_assert!(look.unwrap().unwrap().started_at >= settled_at);
            }
        }
    }
}
