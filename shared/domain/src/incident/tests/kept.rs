//! Incidents in the ledger.

use super::{TIMING, at, channels, closed_at, open, owed, terms, unit};
use crate::finding::Finding;
use crate::incident::{
    Incident, Settled, State, Transition, asked, by_id, of_finding, settle, told, watch,
};
use crate::testing::{Fault, MemoryStore, block_on, scan};
use crate::timer;

fn see(store: &MemoryStore, minute: i64) -> Incident {
    let routing = |_: &Finding| (TIMING, channels(&["team"]));
    let watched = block_on(watch(store, &open().id, routing, at(minute)));
    watched.unwrap().unwrap()
}

fn fired() -> MemoryStore {
    let store = MemoryStore::new();
    store.put_finding(open());
    see(&store, 0);
    store
}

fn timers(store: &MemoryStore) -> usize {
    block_on(timer::due(store, at(100_000), 99)).unwrap().len()
}

#[test]
fn watching_twice_writes_once() {
    let store = fired();
    let before = store.all_items();
    assert_eq!(owed(&see(&store, 1)), ["fire.1"]);
    assert_eq!(store.all_items(), before);
    let incident = block_on(of_finding(&store, &open().id)).unwrap().unwrap();
    assert_eq!(
        block_on(by_id(&store, &incident.id)).unwrap(),
        Some(incident)
    );
}

#[test]
fn a_closing_brings_its_timer_in_the_same_transaction() {
    let store = fired();
    store.put_finding(closed_at(1));
    store.faults().fail_at(3, Fault::DeadBefore);
    let routing = |_: &Finding| (TIMING, channels(&["team"]));
    assert!(block_on(watch(&store, &open().id, routing, at(1))).is_err());
    store.faults().end();
    assert_eq!(timers(&store), 0);
    assert_eq!(see(&store, 1).state, State::Settling);
    assert_eq!(see(&store, 1).state, State::Settling);
    assert_eq!(timers(&store), 1);
    assert_eq!(block_on(timer::due(&store, at(6), 9)).unwrap().len(), 1);
}

#[test]
fn settling_writes_the_resolve_once() {
    let store = fired();
    store.put_finding(closed_at(1));
    let id = see(&store, 1).id;
    let go = |minute| block_on(settle(&store, &id, |_| terms(minute))).unwrap();
    assert_eq!(go(7).0, Settled::NotBefore(at(6)));
    store.put_scan(scan(&unit(), 2, at(6)));
    let (verdict, incident) = go(7);
    assert!(matches!(verdict, Settled::Over(_)));
    assert_eq!(owed(&incident.unwrap()), ["fire.1", "resolve.1"]);
    assert_eq!(go(8).0, Settled::Moot);
    let unknown = block_on(settle(&store, "i-none", |_| terms(8))).unwrap();
    assert_eq!(unknown, (Settled::Moot, None));
}

#[test]
fn repeated_messages_ask_for_one_look() {
    let store = fired();
    store.put_finding(closed_at(1));
    let seen = see(&store, 1);
    let ask = |seen: &Incident, minute| {
        block_on(asked(&store, seen, (Some(at(minute)), at(minute + 2)))).unwrap();
    };
    ask(&seen, 6);
    ask(&seen, 6);
    assert_eq!(timers(&store), 2, "the settle timer and one check");
    let now = see(&store, 7);
    assert_eq!((now.asked_at, now.check_at), (Some(at(6)), Some(at(8))));
    // One who read before that has nothing to write.
    ask(&seen, 7);
    assert_eq!(see(&store, 7), now);
    store.put_finding(open());
    assert_eq!(see(&store, 8).check_at, None);
    ask(&now, 9);
    assert_eq!(see(&store, 9).check_at, None, "it does not settle any more");
}

#[test]
fn what_was_told_is_owed_no_more_and_what_failed_is_remembered_by_its_message() {
    let store = fired();
    let incident = see(&store, 0);
    let fire = incident.owed[0].clone();
    let note = |message: &str, failed: &[&str]| {
        let failed = channels(failed);
        block_on(told(&store, &incident.id, &fire, (message, &failed))).unwrap();
        see(&store, 0)
    };
    let after = note("m.1", &["team"]);
    assert!(after.owed.is_empty());
    assert_eq!(after.failed.len(), 1);
    assert_eq!(note("m.1", &["team"]).failed.len(), 1);
    assert_eq!(
        note("m.2", &[]).failed.len(),
        1,
        "another message's dead letter"
    );
    assert!(note("m.1", &[]).failed.is_empty());
    let other = Transition {
        number: 7,
        ..fire.clone()
    };
    block_on(told(&store, &incident.id, &other, ("m.3", &[]))).unwrap();
}
