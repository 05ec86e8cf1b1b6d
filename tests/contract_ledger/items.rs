//! Items: what is written comes back, guards hold, and writes are all or nothing.

use domain::ports::{Guard, Item, Items, Key, PortErrorKind, Range, Write};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::fixture::{
    Handle, Store, at, at_once, block_on, item, key, known, noted, opened, put, refused, scan,
};

async fn body(items: &dyn Items, sk: &str) -> Option<Value> {
    items.get(&key(sk)).await.unwrap().map(|it| it.body)
}

pub(super) async fn an_item_comes_back_as_it_was_written(store: Store) {
    let deep: Value =
        serde_json::from_str(&format!("{}{}", "[".repeat(127), "]".repeat(127))).unwrap();
    let bodies = [
        json!(null),
        json!(""),
        json!({}),
        json!({"a": null, "Größe": ["注文", "🛒", "nul\u{0}l"]}),
        json!([
            122_416_294_033_786_585.0,
            5e-324,
            f64::MAX,
            u64::MAX,
            i64::MIN,
            1.0,
            1
        ]),
        json!({"n": 7}),
        json!({"n": -7}),
        json!({"n": 7.5}),
        json!({"n": "7", "m": 1}),
        json!({"n": 7, "m": 1}),
        deep,
        json!("é".repeat(100_000)),
    ];
    let times = [
        None,
        Some(Timestamp::from_second(1_790_000_000).unwrap()),
        Some(at(5)),
        Some(Timestamp::new(1_790_000_000, 1).unwrap()),
        Some(Timestamp::new(-5, -500_000_000).unwrap()),
    ];
    let ledger = store();
    for (number, body) in bodies.into_iter().enumerate() {
        let written = Item {
            key: Key::new("TEST#ö", format!("place {number}#~")),
            version: 1 + number as u64 * 7,
            body,
            expires: times[number % times.len()],
        };
        // One alone and one among others go different ways.
        let other = Item {
            key: key(&number.to_string()),
            ..written.clone()
        };
        let alone = Write::Put(written.clone(), Guard::Absent);
        ledger.write(&[alone]).await.unwrap();
        let among = [Write::Put(other.clone(), Guard::None), put("x", json!(1))];
        ledger.write(&among).await.unwrap();
        for it in [written, other] {
            assert_eq!(store().get(&it.key).await.unwrap(), Some(it.clone()));
            let place = Range::Prefix(it.key.sk.clone());
            let found = ledger.query(&it.key.pk, &place, 1).await.unwrap();
            assert_eq!(found, [it]);
        }
    }
    assert_eq!(ledger.get(&key("none")).await.unwrap(), None);
}

pub(super) async fn an_item_is_replaced_as_a_whole(store: Store) {
    let ledger = store();
    let first = item("A", json!({"n": 3})).until(at(9));
    ledger
        .write(&[Write::Put(first, Guard::None)])
        .await
        .unwrap();
    let second = item("A", json!({"other": true}));
    ledger
        .write(&[Write::Put(second.clone(), Guard::Version(1))])
        .await
        .unwrap();
    assert_eq!(ledger.get(&second.key).await.unwrap(), Some(second));
}

pub(super) async fn a_guard_that_does_not_hold_writes_nothing(store: Store) {
    let ledger = store();
    ledger.write(&[put("there", json!("old"))]).await.unwrap();
    ledger.write(&[Write::Add(key("count"), 3)]).await.unwrap();
    let new = |sk: &str, guard| Write::Put(item(sk, json!("new")), guard);
    let wrong = [
        new("there", Guard::Absent),
        new("there", Guard::Version(0)),
        new("there", Guard::Version(2)),
        new("not there", Guard::Version(0)),
        new("not there", Guard::Version(1)),
        Write::Delete(key("there"), Guard::Absent),
        Write::Delete(key("there"), Guard::Version(2)),
        Write::Delete(key("not there"), Guard::Version(1)),
        new("count", Guard::Absent),
        new("count", Guard::Version(2)),
    ];
    for wrong in wrong {
        refused(
            ledger.write(std::slice::from_ref(&wrong)).await,
            PortErrorKind::Conflict,
        );
        // Neither what is before it nor what is behind it is written.
        let among = [
            put("before", json!(1)),
            Write::Add(key("counter"), 1),
            wrong.clone(),
            put("behind", json!(1)),
            Write::Delete(key("there too"), Guard::None),
        ];
        ledger.write(&[put("there too", json!(1))]).await.unwrap();
        refused(ledger.write(&among).await, PortErrorKind::Conflict);
        assert_eq!(
            body(&*ledger, "there").await,
            Some(json!("old")),
            "{wrong:?}"
        );
        assert_eq!(body(&*ledger, "there too").await, Some(json!(1)));
        assert_eq!(body(&*ledger, "count").await, Some(json!({"n": 3})));
        for none in ["not there", "before", "behind", "counter"] {
            assert_eq!(body(&*ledger, none).await, None, "{none} {wrong:?}");
        }
    }
}

pub(super) async fn a_guard_that_holds_lets_through(store: Store) {
    let ledger = store();
    for among in [false, true] {
        let write = async |write: Write| {
            let mut writes = vec![write];
            writes.extend(among.then(|| put("other", json!(1))));
            ledger.write(&writes).await.unwrap();
        };
        let first = item("A", json!("first"));
        write(Write::Put(first.clone(), Guard::Absent)).await;
        let second = first.next(&"second").unwrap();
        write(Write::Put(second.clone(), Guard::Version(1))).await;
        assert_eq!(ledger.get(&key("A")).await.unwrap(), Some(second));
        write(Write::Delete(key("A"), Guard::Version(2))).await;
        assert_eq!(body(&*ledger, "A").await, None);
        write(Write::Delete(key("A"), Guard::Absent)).await;
        // What is not there is gone.
        write(Write::Delete(key("A"), Guard::None)).await;
        write(put("A", json!(1))).await;
        write(Write::Delete(key("A"), Guard::None)).await;
        assert_eq!(body(&*ledger, "A").await, None);
    }
}

pub(super) async fn the_same_write_twice_is_two_writes(store: Store) {
    let ledger = store();
    let count = || Write::Add(key("count"), 1);
    for _ in 0..2 {
        ledger.write(&[count()]).await.unwrap();
    }
    for _ in 0..2 {
        ledger.write(&[count(), put("x", json!(1))]).await.unwrap();
    }
    assert_eq!(body(&*ledger, "count").await, Some(json!({"n": 4})));
    // There, gone, and there again with the very same content.
    let lease = || Write::Put(item("lease", json!("ours")), Guard::Absent);
    for _ in 0..2 {
        ledger.write(&[lease()]).await.unwrap();
        refused(ledger.write(&[lease()]).await, PortErrorKind::Conflict);
        let release = Write::Delete(key("lease"), Guard::Version(1));
        ledger.write(&[release]).await.unwrap();
        ledger.write(&[lease(), put("x", json!(1))]).await.unwrap();
        refused(
            ledger.write(&[lease(), put("x", json!(1))]).await,
            PortErrorKind::Conflict,
        );
        let release = Write::Delete(key("lease"), Guard::Version(1));
        ledger.write(&[release]).await.unwrap();
    }
    for round in [1, 2, 1] {
        let writes = [put("A", json!(round)), put("B", json!(round))];
        ledger.write(&writes).await.unwrap();
        assert_eq!(body(&*ledger, "A").await, Some(json!(round)));
    }
}

pub(super) async fn a_counter_counts_and_keeps_its_version(store: Store) {
    let ledger = store();
    let key = key("count");
    for by in [0, 1, 41] {
        ledger.write(&[Write::Add(key.clone(), by)]).await.unwrap();
    }
    let counted = Item {
        key: key.clone(),
        version: 1,
        body: json!({"n": 42}),
        expires: None,
    };
    assert_eq!(ledger.get(&key).await.unwrap(), Some(counted.clone()));
    // What somebody put there is counted on.
    let put = Write::Put(counted.next(&json!({"n": 100})).unwrap(), Guard::Version(1));
    ledger.write(&[put]).await.unwrap();
    ledger.write(&[Write::Add(key.clone(), 1)]).await.unwrap();
    let next = ledger.get(&key).await.unwrap().unwrap();
    assert_eq!((next.version, next.body), (2, json!({"n": 101})));
}

pub(super) async fn a_query_gives_a_range_in_order(store: Store) {
    let ledger = store();
    // In the order of their bytes.
    let places = [
        "A", "A#", "A#1", "A#10", "A#2", "B", "a", "a~", "é", "注文", "🛒",
    ];
    for place in places.iter().rev() {
        let other = Item::first(Key::new("TEST#2", *place), &"another partition").unwrap();
        let writes = [put(place, json!(place)), Write::Put(other, Guard::None)];
        ledger.write(&writes).await.unwrap();
    }
    let query = async |range: Range, limit| -> Vec<String> {
        let found = ledger.query("TEST#1", &range, limit).await.unwrap();
        assert!(found.iter().all(|it| it.body == json!(it.key.sk)));
        found.into_iter().map(|it| it.key.sk).collect()
    };
    let prefix = |text: &str| Range::Prefix(text.to_owned());
    let up_to = |text: &str| Range::UpTo(text.to_owned());
    assert_eq!(query(Range::All, 100).await, places);
    assert_eq!(query(Range::All, usize::MAX).await, places);
    assert_eq!(query(Range::All, 3).await, places[..3]);
    assert_eq!(query(Range::All, 0).await, places[..0]);
    assert_eq!(query(prefix(""), 100).await, places);
    assert_eq!(query(prefix("A#"), 100).await, places[1..5]);
    assert_eq!(query(prefix("A#"), 2).await, places[1..3]);
    assert_eq!(query(prefix("%"), 100).await, places[..0]);
    assert_eq!(query(up_to("A#2"), 100).await, places[..5]);
    assert_eq!(query(up_to("A#2"), 4).await, places[..4]);
    assert_eq!(query(up_to("A#1~"), 100).await, places[..4]);
    assert_eq!(query(up_to("🛒"), 100).await, places);
    assert_eq!(query(up_to(""), 100).await, places[..0]);
    assert_eq!(ledger.query("TEST", &Range::All, 9).await.unwrap(), []);
}

pub(super) async fn a_query_of_several_megabytes_is_whole(store: Store) {
    let ledger = store();
    let large = "x".repeat(150_000);
    for number in 10..30 {
        let write = put(&format!("A#{number}"), json!([number, large]));
        ledger.write(&[write]).await.unwrap();
    }
    let query = async |range: Range, limit| -> Vec<u64> {
        let found = ledger.query("TEST#1", &range, limit).await.unwrap();
        let number = |it: &Item| it.body[0].as_u64().unwrap();
        found.iter().map(number).collect()
    };
    let all: Vec<u64> = (10..30).collect();
    assert_eq!(query(Range::All, usize::MAX).await, all);
    assert_eq!(query(Range::Prefix("A#".to_owned()), 20).await, all);
    assert_eq!(query(Range::UpTo("A#28".to_owned()), 100).await, all[..19]);
    assert_eq!(query(Range::All, 13).await, all[..13]);
}

pub(super) async fn a_hundred_writes_go_at_once_and_no_more(store: Store) {
    let ledger = store();
    let writes = |many: usize, value: &str| -> Vec<Write> {
        (0..many)
            .map(|number| match number % 10 {
                0 => Write::Add(key(&format!("C{number}")), 1),
                _ => put(&format!("P{number}"), json!(value)),
            })
            .collect()
    };
    ledger.write(&[]).await.unwrap();
    ledger.write(&writes(100, "first")).await.unwrap();
    let all = ledger.query("TEST#1", &Range::All, 200).await.unwrap();
    assert_eq!(all.len(), 100);
    refused(
        ledger.write(&writes(101, "second")).await,
        PortErrorKind::Invalid,
    );
    // One guard at the end undoes all of it.
    let mut guarded = writes(99, "second");
    guarded.push(Write::Put(item("P1000", json!(1)), Guard::Version(1)));
    refused(ledger.write(&guarded).await, PortErrorKind::Conflict);
    assert_eq!(ledger.query("TEST#1", &Range::All, 200).await.unwrap(), all);
}

pub(super) async fn what_belongs_to_a_decision_is_written_with_it_or_not_at_all(store: Store) {
    let ledger = store();
    let also = || {
        let remembered = Write::Put(item("remembered", json!(1)), Guard::Absent);
        vec![remembered, Write::Add(key("count"), 1)]
    };
    // The finding is right, what belongs to it is not.
    ledger.write(&[put("taken", json!(1))]).await.unwrap();
    let mut first = opened("shop", "Queue");
    let taken = Write::Put(item("taken", json!(2)), Guard::Absent);
    first.also = [also(), vec![taken.clone()]].concat();
    refused(ledger.commit(&first).await, PortErrorKind::Conflict);
    let id = first.finding.id.clone();
    assert_eq!(known(&*ledger, &id).await, (None, vec![]));
    assert_eq!(ledger.units().await.unwrap(), []);
    assert_eq!(ledger.ids("f-", 9).await.unwrap(), []);
    assert_eq!(body(&*ledger, "count").await, None);
    first.also = also();
    ledger.commit(&first).await.unwrap();
    assert_eq!(body(&*ledger, "count").await, Some(json!({"n": 1})));
    // The other way round.
    let mut second = noted(&first.finding, "ana");
    second.also = vec![Write::Add(key("count"), 1)];
    second.finding.version = 3;
    refused(ledger.commit(&second).await, PortErrorKind::Conflict);
    second.finding.version = 2;
    second.finding.entries = 3;
    second.history[0].seq = 3;
    refused(ledger.commit(&second).await, PortErrorKind::Invalid);
    assert_eq!(body(&*ledger, "count").await, Some(json!({"n": 1})));
    // A later version with something that does not hold.
    let mut third = noted(&first.finding, "ana");
    third.also = vec![taken.clone(), Write::Add(key("count"), 1)];
    refused(ledger.commit(&third).await, PortErrorKind::Conflict);
    let stored = known(&*ledger, &id).await;
    assert_eq!(stored, (Some(first.finding.clone()), first.history.clone()));
    third.also.remove(0);
    ledger.commit(&third).await.unwrap();
    assert_eq!(body(&*ledger, "count").await, Some(json!({"n": 2})));
    assert_eq!(body(&*ledger, "taken").await, Some(json!(1)));
}

pub(super) async fn what_belongs_to_a_look_is_written_with_it_or_not_at_all(store: Store) {
    let ledger = store();
    let unit = opened("shop", "Queue").finding.unit;
    let count = || Write::Add(key("count"), 1);
    let wrong = Write::Delete(key("none"), Guard::Version(1));
    let looks =
        async |scan_of: u64, also: &[Write]| ledger.close_look(&scan(&unit, scan_of), also).await;
    refused(
        looks(1, &[count(), wrong.clone()]).await,
        PortErrorKind::Conflict,
    );
    assert_eq!(ledger.scan(&unit).await.unwrap(), None);
    assert_eq!(ledger.units().await.unwrap(), []);
    looks(1, &[count()]).await.unwrap();
    refused(looks(1, &[count()]).await, PortErrorKind::Conflict);
    refused(looks(3, &[count()]).await, PortErrorKind::Conflict);
    refused(looks(2, &[wrong, count()]).await, PortErrorKind::Conflict);
    assert_eq!(ledger.scan(&unit).await.unwrap(), Some(scan(&unit, 1)));
    assert_eq!(body(&*ledger, "count").await, Some(json!({"n": 1})));
    looks(2, &[count()]).await.unwrap();
    assert_eq!(body(&*ledger, "count").await, Some(json!({"n": 2})));
}

pub(super) async fn findings_and_looks_are_no_items(store: Store) {
    let ledger = store();
    let finding = opened("shop", "Queue");
    ledger.commit(&finding).await.unwrap();
    let (unit, id) = (&finding.finding.unit, &finding.finding.id);
    ledger.close_look(&scan(unit, 1), &[]).await.unwrap();
    let beside = [
        Key::new(unit.key(), "LEASE"),
        Key::new(format!("FIND#{id}"), "INC"),
    ];
    for key in beside {
        let beside = Item::first(key.clone(), &"beside").unwrap();
        let write = Write::Put(beside.clone(), Guard::Absent);
        ledger.write(&[write]).await.unwrap();
        for limit in [1, 9] {
            let found = ledger.query(&key.pk, &Range::All, limit).await.unwrap();
            assert_eq!(found, std::slice::from_ref(&beside));
        }
    }
    let stored = ledger.finding(id).await.unwrap();
    assert_eq!(stored.as_ref(), Some(&finding.finding));
    assert_eq!(ledger.unit_findings(unit).await.unwrap().len(), 1);
    assert_eq!(ledger.history(id).await.unwrap(), finding.history);
}

const WRITERS: u64 = 4;
const EACH: u64 = 15;

pub(super) async fn of_many_writers_of_one_version_one_wins(store: Store) {
    let wins = at_once(&store, WRITERS, |ledger: Handle, writer| {
        let mut won = Vec::new();
        loop {
            let stored = block_on(ledger.get(&key("A"))).unwrap();
            let version = stored.as_ref().map_or(0, |it| it.version);
            if version >= EACH * WRITERS {
                return won;
            }
            let write = domain::ports::replace(&key("A"), stored.as_ref(), &"the same").unwrap();
            // Some alone and some with another write, which go different ways.
            let also = Write::Add(key("count"), 1);
            let writes = [write, also];
            let writes = &writes[..1 + usize::try_from(writer % 2).unwrap()];
            match block_on(ledger.write(writes)) {
                Ok(()) => won.push(version + 1),
                Err(error) => assert_eq!(error.kind, PortErrorKind::Conflict, "{error}"),
            }
        }
    });
    let with_others: usize = wins.iter().skip(1).step_by(2).map(Vec::len).sum();
    let mut won = wins.concat();
    won.sort_unstable();
    assert!(
        won.into_iter().eq(1..=EACH * WRITERS),
        "a version was won twice, or by nobody"
    );
    let count = body(&*store(), "count").await.unwrap_or(json!({"n": 0}));
    assert_eq!(count, json!({ "n": with_others }));
}

pub(super) async fn counts_of_many_at_once_are_exact(store: Store) {
    at_once(&store, WRITERS, |ledger: Handle, writer| {
        for round in 0..EACH {
            let mine = put(&format!("{writer}"), json!(round));
            let writes = [Write::Add(key("count"), 2), mine];
            let writes = &writes[..1 + usize::try_from(round % 2).unwrap()];
            // A conflict says that nothing was written; anything else would be a lie about the count.
            while let Err(error) = block_on(ledger.write(writes)) {
                assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
            }
        }
    });
    let count = body(&*store(), "count").await;
    assert_eq!(count, Some(json!({"n": 2 * WRITERS * EACH})));
}
