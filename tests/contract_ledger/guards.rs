//! What is refused changes nothing; what is listed is in order and complete.

use domain::identity::FindingId;
use domain::layer::Layer;
use domain::life;
use domain::ports::PortErrorKind;
use domain::unit::Unit;

use super::fixture::{Store, comes_back, known, moment, noted, opened, scan, sighting};

pub(super) async fn only_the_next_version_is_written(store: Store) {
    let ledger = store();
    let first = opened("shop", "Queue");
    let id = &first.finding.id.clone();
    let mut early = noted(&first.finding, "eve");
    for version in [0, 2, 7] {
        early.finding.version = version;
        assert_eq!(
            ledger.commit(&early).await.unwrap_err().kind,
            PortErrorKind::Conflict
        );
        assert_eq!(known(&*ledger, id).await, (None, vec![]));
    }
    ledger.commit(&first).await.unwrap();
    let second = noted(&first.finding, "ana");
    ledger.commit(&second).await.unwrap();
    let before = known(&*ledger, id).await;
    assert_eq!(
        before,
        (
            Some(second.finding.clone()),
            [first.history.clone(), second.history.clone()].concat()
        )
    );
    // Somebody who still has an older state, who is ahead, or who writes the same once more.
    let late = noted(&second.finding, "eve");
    for version in [0, 1, 2, 4, 5] {
        let mut wrong = late.clone();
        wrong.finding.version = version;
        assert_eq!(
            ledger.commit(&wrong).await.unwrap_err().kind,
            PortErrorKind::Conflict
        );
        assert_eq!(known(&*ledger, id).await, before, "version {version}");
    }
    for again in [first, second] {
        assert_eq!(
            ledger.commit(&again).await.unwrap_err().kind,
            PortErrorKind::Conflict
        );
        assert_eq!(known(&*ledger, id).await, before);
    }
    ledger.commit(&late).await.unwrap();
}

pub(super) async fn the_history_is_in_order_and_only_grows(store: Store) {
    let ledger = store();
    let mut decision = opened("shop", "Queue");
    ledger.commit(&decision).await.unwrap();
    for round in 0..11 {
        decision = noted(&decision.finding, &format!("user {round}"));
        ledger.commit(&decision).await.unwrap();
    }
    let before = known(&*ledger, &decision.finding.id).await;
    assert!(before.1.iter().map(|it| it.seq).eq(1..=12));
    // The version is right, but the history would be rewritten, or have a hole, or be miscounted.
    let next = noted(&decision.finding, "eve");
    for (seq, entries) in [
        (1, 12),
        (12, 12),
        (12, 13),
        (14, 14),
        (14, 13),
        (13, 14),
        (0, 13),
    ] {
        let mut wrong = next.clone();
        wrong.history[0].seq = seq;
        wrong.finding.entries = entries;
        assert_eq!(
            ledger.commit(&wrong).await.unwrap_err().kind,
            PortErrorKind::Invalid
        );
        assert_eq!(
            known(&*ledger, &decision.finding.id).await,
            before,
            "entry {seq} of {entries}"
        );
    }
    ledger.commit(&next).await.unwrap();
}

pub(super) async fn ids_are_found_by_their_beginning(store: Store) {
    let ledger = store();
    let mut all = Vec::new();
    for i in 0..100 {
        let decision = opened("shop", &format!("Queue{i}"));
        ledger.commit(&decision).await.unwrap();
        all.push(decision.finding.id.clone());
        if i % 2 == 0 {
            ledger
                .commit(&life::not_seen(&decision.finding, moment(2)).unwrap())
                .await
                .unwrap();
        }
    }
    all.sort();
    let findings: Vec<FindingId> = ledger
        .findings()
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.id)
        .collect();
    assert_eq!(findings, all);
    assert_eq!(ledger.ids("f-", 1_000).await.unwrap(), all);
    assert_eq!(ledger.ids("f-", 7).await.unwrap(), all[..7]);
    assert_eq!(ledger.ids("f-", 0).await.unwrap(), []);
    for length in 3..=18 {
        let prefix = &all[50].as_str()[..length];
        let expected: Vec<_> = all
            .iter()
            .filter(|it| it.as_str().starts_with(prefix))
            .cloned()
            .collect();
        assert_eq!(
            ledger.ids(prefix, 1_000).await.unwrap(),
            expected,
            "{prefix}"
        );
    }
    for none in [
        "f-%",
        "f-_",
        "f-*",
        "f-?",
        "g-",
        "%",
        "f-000000000000000000",
    ] {
        assert_eq!(ledger.ids(none, 10).await.unwrap(), [], "{none}");
    }
}

pub(super) async fn units_are_in_order_and_keep_to_themselves(store: Store) {
    let ledger = store();
    let unit = |layer, account: &str, region: &str, name: &str| Unit {
        layer,
        account: account.to_owned(),
        region: region.to_owned(),
        name: name.to_owned(),
    };
    // In the order of the domain: by layer as reports list them, then by name.
    let units = [
        unit(Layer::CloudFormation, "1", "eu-west-1", "Shop"),
        unit(Layer::CloudFormation, "1", "eu-west-1", "shop"),
        unit(Layer::CloudFormation, "1", "eu-west-1", "shop-db"),
        unit(Layer::CloudFormation, "1", "eu-west-1#shop", "db"),
        unit(Layer::CloudFormation, "2", "eu-west-1", "shop"),
        unit(Layer::Kubernetes, "-", "-", "shop"),
        unit(Layer::Configuration, "-", "-", "shop"),
        unit(Layer::Inventory, "1", "eu-west-1", "shop"),
    ];
    for (i, unit) in units.iter().enumerate().rev() {
        // Some have a finding, some a look, some both.
        if i % 3 != 0 {
            ledger.close_look(&scan(unit, 1), &[]).await.unwrap();
        }
        if i % 3 != 1 {
            for name in ["A", "B"] {
                let mut seen = sighting(&unit.key(), name);
                seen.unit = unit.clone();
                ledger
                    .commit(&life::opened(&seen, moment(0)))
                    .await
                    .unwrap();
            }
        }
    }
    assert_eq!(ledger.units().await.unwrap(), units);
    for (i, unit) in units.iter().enumerate() {
        let findings = ledger.unit_findings(unit).await.unwrap();
        assert_eq!(findings.len(), if i % 3 == 1 { 0 } else { 2 });
        assert!(
            findings.iter().all(|it| it.unit == *unit) && findings.is_sorted_by_key(|it| &it.id)
        );
        assert_eq!(
            ledger.scan(unit).await.unwrap(),
            (i % 3 != 0).then(|| scan(unit, 1))
        );
    }
}

pub(super) async fn a_finding_that_another_unit_took_over_is_found_there_alone(store: Store) {
    let ledger = store();
    let first = opened("shop", "Queue");
    ledger.commit(&first).await.unwrap();
    let mut seen = sighting("shop", "Queue");
    seen.unit = Unit::stack("111122223333", "eu-west-1", "other");
    let moved = life::seen(Some(&first.finding), &seen, moment(2)).unwrap();
    comes_back(&*ledger, &moved).await;
    assert_eq!(ledger.unit_findings(&first.finding.unit).await.unwrap(), []);
    assert_eq!(ledger.units().await.unwrap(), [seen.unit]);
    assert_eq!(ledger.findings().await.unwrap().len(), 1);
    assert_eq!(
        ledger.history(&moved.finding.id).await.unwrap(),
        first.history
    );
}

pub(super) async fn only_the_next_generation_is_written(store: Store) {
    let ledger = store();
    let unit = Unit::stack("111122223333", "eu-west-1", "shop");
    for generation in [0, 2, 9] {
        let error = ledger
            .close_look(&scan(&unit, generation), &[])
            .await
            .unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Conflict);
        assert_eq!(ledger.scan(&unit).await.unwrap(), None);
    }
    ledger.close_look(&scan(&unit, 1), &[]).await.unwrap();
    ledger.close_look(&scan(&unit, 2), &[]).await.unwrap();
    for generation in [0, 1, 2, 4] {
        let error = ledger
            .close_look(&scan(&unit, generation), &[])
            .await
            .unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Conflict);
        assert_eq!(ledger.scan(&unit).await.unwrap(), Some(scan(&unit, 2)));
    }
}

pub(super) async fn what_one_handle_writes_another_sees_at_once(store: Store) {
    let (one, other) = (store(), store());
    let mut decision = opened("shop", "Queue");
    one.commit(&decision).await.unwrap();
    for round in 0..10 {
        let (writer, reader) = if round % 2 == 0 {
            (&other, &one)
        } else {
            (&one, &other)
        };
        decision = noted(&decision.finding, "ana");
        writer.commit(&decision).await.unwrap();
        let (finding, history) = known(&**reader, &decision.finding.id).await;
        assert_eq!(
            (finding.as_ref(), history.last()),
            (Some(&decision.finding), decision.history.last())
        );
        writer
            .close_look(&scan(&decision.finding.unit, round + 1), &[])
            .await
            .unwrap();
        let seen = reader.scan(&decision.finding.unit).await.unwrap();
        assert_eq!(seen.unwrap().generation, round + 1);
    }
}
