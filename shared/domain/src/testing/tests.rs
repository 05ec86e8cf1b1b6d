use jiff::Timestamp;
use serde_json::json;

use super::{Fault, MemoryQueues, MemoryStore, block_on, finding, scan};
use crate::life::Decision;
use crate::ports::{Guard, Item, Items, Key, Ledger, PortErrorKind, Queues, Range, Write};
use crate::unit::Unit;
use crate::work::Queue;

fn at(second: i64) -> Timestamp {
    Timestamp::new(1_790_000_000 + second, 0).unwrap()
}

fn put(sk: &str, guard: Guard) -> Write {
    Write::Put(Item::first(Key::new("P", sk), &json!({})).unwrap(), guard)
}

#[test]
fn a_write_whose_guard_does_not_hold_writes_nothing() {
    let store = MemoryStore::new();
    let write = |writes: &[Write]| block_on(store.write(writes));
    write(&[put("a", Guard::Absent)]).unwrap();
    let error = write(&[put("b", Guard::Absent), put("a", Guard::Absent)]).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict);
    let error = write(&[put("b", Guard::Version(1))]).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict);
    assert_eq!(store.all_items().len(), 1);
    let gone = Write::Delete(Key::new("P", "a"), Guard::Version(2));
    assert_eq!(write(&[gone]).unwrap_err().kind, PortErrorKind::Conflict);
    write(&[Write::Delete(Key::new("P", "a"), Guard::Version(1))]).unwrap();
    assert!(store.all_items().is_empty());
}

#[test]
fn one_transaction_holds_a_hundred_writes_of_different_items() {
    let store = MemoryStore::new();
    let many: Vec<Write> = (0..101).map(|n| put(&n.to_string(), Guard::None)).collect();
    assert!(block_on(store.write(&many[..100])).is_ok());
    let error = block_on(store.write(&many)).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
    let twice = [put("a", Guard::None), put("a", Guard::None)];
    let error = block_on(store.write(&twice)).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
}

#[test]
fn a_query_gives_its_range_in_order() {
    let store = MemoryStore::new();
    for place in ["b", "a", "ab", "c"] {
        block_on(store.write(&[put(place, Guard::None)])).unwrap();
    }
    let query = |range: Range, limit| {
        let items = block_on(store.query("P", &range, limit)).unwrap();
        items.into_iter().map(|it| it.key.sk).collect::<Vec<_>>()
    };
    assert_eq!(query(Range::All, 9), ["a", "ab", "b", "c"]);
    assert_eq!(query(Range::Prefix("a".to_owned()), 9), ["a", "ab"]);
    assert_eq!(query(Range::UpTo("b".to_owned()), 9), ["a", "ab", "b"]);
    assert_eq!(query(Range::All, 2), ["a", "ab"]);
}

#[test]
fn counters_add_up() {
    let store = MemoryStore::new();
    for by in [1, 2] {
        block_on(store.write(&[Write::Add(Key::new("P", "n"), by)])).unwrap();
    }
    assert_eq!(store.all_items()[0].body, json!({ "n": 3 }));
}

#[test]
fn findings_and_looks_are_guarded_and_bring_their_other_writes() {
    let store = MemoryStore::new();
    let unit = Unit::stack("1", "r", "s");
    let mut decision = Decision {
        finding: finding(&unit, "Queue", at(0)),
        history: Vec::new(),
        also: vec![put("told", Guard::None)],
    };
    let error = block_on(store.commit(&decision)).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
    decision.finding.entries = 0;
    block_on(store.commit(&decision)).unwrap();
    assert_eq!(store.items_in("P").len(), 1);
    let error = block_on(store.commit(&decision)).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict);
    block_on(store.close_look(&scan(&unit, 1, at(0)), &[put("scan", Guard::None)])).unwrap();
    let error = block_on(store.close_look(&scan(&unit, 1, at(0)), &[])).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict);
    assert_eq!(store.items_in("P").len(), 2);
    assert_eq!(block_on(store.units()).unwrap(), [unit]);
}

#[test]
fn faults_come_where_they_are_planned() {
    let store = MemoryStore::new();
    let write = |sk: &str| block_on(store.write(&[put(sk, Guard::None)]));
    for (fault, written) in [
        (Fault::Refused, vec!["a", "c"]),
        (Fault::AnswerLost, vec!["a", "b", "c"]),
        (Fault::DeadBefore, vec!["a"]),
        (Fault::DeadAfter, vec!["a", "b"]),
    ] {
        store.faults().fail_at(1, fault);
        let answers: Vec<bool> = ["a", "b", "c"].map(|it| write(it).is_ok()).into();
        assert!(answers[0] && !answers[1], "{fault:?}");
        let places: Vec<String> = store.all_items().into_iter().map(|it| it.key.sk).collect();
        assert_eq!(places, written, "{fault:?}");
        store.faults().end();
        for item in store.all_items() {
            block_on(store.write(&[Write::Delete(item.key, Guard::None)])).unwrap();
        }
    }
}

#[test]
fn a_queue_refuses_to_hold_a_message_back_too_long() {
    let queues = MemoryQueues::new();
    let long = Queue::LONGEST_DELAY + std::time::Duration::from_secs(1);
    assert!(block_on(queues.send(Queue::Notify, "{}", long)).is_err());
    assert!(queues.take().is_empty());
}
