use jiff::{SignedDuration, Timestamp};

use super::{PATIENCE, begin, had_look, of, tell_if_whole, told, wait_for};
use crate::message::{Kind, Outgoing};
use crate::ports::Items as _;
use crate::testing::{MemoryStore, block_on};
use crate::timer::{self, Timer};
use crate::unit::Unit;

fn at(minute: i64) -> Timestamp {
    Timestamp::new(1_790_000_000 + minute * 60, 0).unwrap()
}

fn unit(name: &str) -> Unit {
    Unit::stack("111122223333", "eu-west-1", name)
}

fn asked(store: &MemoryStore) -> Vec<String> {
    let items = store.items_in("OUTBOX#");
    let messages = items
        .iter()
        .map(|it| it.read::<Outgoing>().unwrap().message);
    messages
        .inspect(|it| assert_eq!(it.kind, Kind::BaselineTaken))
        .map(|it| it.id)
        .collect()
}

fn look(store: &MemoryStore, name: &str) {
    block_on(store.write(&[had_look("shop", &unit(name))])).unwrap();
    block_on(tell_if_whole(store, ("shop", "production"), at(5))).unwrap();
}

#[test]
fn a_digest_is_asked_for_once_when_the_last_unit_had_its_look() {
    let store = MemoryStore::new();
    for name in ["a", "b"] {
        block_on(store.write(&[wait_for("shop", &unit(name)).unwrap()])).unwrap();
    }
    block_on(begin(&store, "shop", at(0))).unwrap();
    look(&store, "a");
    assert!(asked(&store).is_empty());
    look(&store, "b");
    look(&store, "b");
    assert_eq!(asked(&store), ["shop.1"]);
    assert!(block_on(of(&store, "shop")).unwrap().unwrap().is_due(at(5)));
}

#[test]
fn after_an_hour_it_is_told_without_the_others() {
    let store = MemoryStore::new();
    block_on(store.write(&[wait_for("shop", &unit("stuck")).unwrap()])).unwrap();
    block_on(begin(&store, "shop", at(0))).unwrap();
    block_on(begin(&store, "shop", at(30))).unwrap();
    let due = block_on(timer::due(&store, at(60), 9)).unwrap();
    let timers: Vec<Timer> = due.iter().map(|it| it.read().unwrap()).collect();
    assert_eq!(timers.len(), 1, "the first look's hour and no other");
    assert_eq!(timers[0].due_at, at(60));
    let baseline = block_on(of(&store, "shop")).unwrap().unwrap();
    let nearly = at(0).checked_add(PATIENCE).unwrap() - SignedDuration::from_nanos(1);
    assert!(!baseline.is_due(nearly));
    assert!(baseline.is_due(at(60)));
}

#[test]
fn units_that_join_later_make_another_round() {
    let store = MemoryStore::new();
    block_on(begin(&store, "shop", at(0))).unwrap();
    look(&store, "a");
    block_on(told(&store, ("shop", 1), at(6))).unwrap();
    assert!(
        !block_on(of(&store, "shop"))
            .unwrap()
            .unwrap()
            .is_due(at(99))
    );
    block_on(begin(&store, "shop", at(500))).unwrap();
    let second = block_on(of(&store, "shop")).unwrap().unwrap();
    assert_eq!((second.round, second.since), (2, Some(at(6))));
    // A repeated word on the first round says nothing about the second.
    block_on(told(&store, ("shop", 1), at(501))).unwrap();
    assert_eq!(block_on(of(&store, "shop")).unwrap().unwrap(), second);
    look(&store, "b");
    let mut ids = asked(&store);
    ids.sort();
    assert_eq!(ids, ["shop.1", "shop.2"]);
}

#[test]
fn targets_do_not_wait_for_each_other() {
    let store = MemoryStore::new();
    block_on(store.write(&[wait_for("other", &unit("a")).unwrap()])).unwrap();
    block_on(begin(&store, "shop", at(0))).unwrap();
    look(&store, "b");
    assert_eq!(asked(&store), ["shop.1"]);
    assert_eq!(block_on(of(&store, "other")).unwrap(), None);
}
