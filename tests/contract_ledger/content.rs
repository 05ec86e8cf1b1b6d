//! What is written comes back as it was, whatever is in it.

use domain::attribution::Attribution;
use domain::finding::Finding;
use domain::life::{self, Word};
use domain::unit::Unit;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::fixture::{
    Store, at, comes_back, difference, known, moment, noted, opened, scan, sighting,
    with_differences,
};

pub(super) async fn an_empty_ledger_knows_nothing(store: Store) {
    let (ledger, id) = (store(), opened("shop", "Queue").finding.id);
    let unit = Unit::stack("111122223333", "eu-west-1", "shop");
    assert_eq!(known(&*ledger, &id).await, (None, vec![]));
    assert_eq!(ledger.scan(&unit).await.unwrap(), None);
    assert_eq!(ledger.units().await.unwrap(), []);
    assert_eq!(ledger.unit_findings(&unit).await.unwrap(), []);
    assert_eq!(ledger.findings().await.unwrap(), []);
    assert_eq!(ledger.ids("f-", 10).await.unwrap(), []);
}

pub(super) async fn a_finding_comes_back_as_it_was_written(store: Store) {
    let mut seen = sighting("shop", "Queue");
    let by = Attribution {
        who: "arn:aws:iam::111122223333:user/ana".to_owned(),
        at: Some(Timestamp::from_second(1_790_000_000).unwrap()),
        how: "SetQueueAttributes".to_owned(),
        console: false,
    };
    seen.differences[0].attribution = Some(by.clone());
    seen.differences[0].sensitive = true;
    seen.differences[0].potential = true;
    seen.attribution = Some(by);
    let mut decision = life::opened(&seen, moment(0));
    comes_back(&*store(), &decision).await;
    let (reason, until) = ("so be it".to_owned(), at(9));
    for word in [
        Word::Acknowledge { reason: None },
        Word::Silence {
            reason: reason.clone(),
            until,
        },
        Word::Accept { reason, until },
    ] {
        decision = life::said(&decision.finding, &word, "ana", at(1)).unwrap();
        comes_back(&*store(), &decision).await;
    }
    decision = life::not_seen(&decision.finding, moment(2)).unwrap();
    comes_back(&*store(), &decision).await;
    assert_eq!(
        store().history(&decision.finding.id).await.unwrap().len(),
        5
    );
}

pub(super) async fn null_is_a_value_and_absent_is_none(store: Store) {
    let sides = [
        None,
        Some(json!(null)),
        Some(json!("")),
        Some(json!([])),
        Some(json!({"a": null})),
    ];
    let pairs = sides
        .iter()
        .flat_map(|one| sides.iter().map(move |other| (one.clone(), other.clone())));
    let differences = pairs
        .enumerate()
        .map(|(i, (one, other))| difference(&format!("/P{i:02}"), one, other));
    with_differences(store, differences.collect()).await;
}

pub(super) async fn numbers_come_back_to_the_bit(store: Store) {
    // Written short and read back carelessly, the first of these changes its last bit, and would be a new drift at each look.
    let floats = [
        122_416_294_033_786_585.0,
        0.1 + 0.2,
        5e-324,
        f64::MAX,
        -0.0,
        1e23,
        9_007_199_254_740_993.0,
    ];
    let mut values: Vec<Value> = floats.iter().map(|it| json!(it)).collect();
    let mut random = 88_172_645_463_325_252_u64;
    while values.len() < 2_000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // Infinities and NaN have no JSON.
        values.extend(serde_json::Number::from_f64(f64::from_bits(random)).map(Value::Number));
    }
    values.extend([json!(u64::MAX), json!(i64::MIN), json!(1), json!(1.0)]);
    with_differences(
        store,
        vec![difference("/N", Some(Value::Array(values)), None)],
    )
    .await;
}

pub(super) async fn a_value_as_deep_as_any_parser_reads_comes_back(store: Store) {
    let deep: Value =
        serde_json::from_str(&format!("{}{}", "[".repeat(127), "]".repeat(127))).unwrap();
    with_differences(store, vec![difference("/Deep", None, Some(deep))]).await;
}

pub(super) async fn names_and_values_of_any_script_come_back(store: Store) {
    for name in [
        "Größe",
        "注文",
        "🛒",
        "a'b\"c",
        "x#y%z*",
        "sp ace",
        "nul\u{0}l",
        "right\u{202e}left",
        "e\u{301}",
        "é",
    ] {
        let mut seen = sighting(name, name);
        seen.differences = vec![difference(name, Some(json!({ name: name })), None)];
        let decision = life::opened(&seen, moment(0));
        let ledger = store();
        comes_back(&*ledger, &decision).await;
        comes_back(&*ledger, &noted(&decision.finding, name)).await;
        assert_eq!(
            ledger.history(&decision.finding.id).await.unwrap()[1]
                .by
                .as_deref(),
            Some(name)
        );
        ledger.close_look(&scan(&seen.unit, 1), &[]).await.unwrap();
        assert_eq!(ledger.unit_findings(&seen.unit).await.unwrap().len(), 1);
        assert!(ledger.units().await.unwrap().contains(&seen.unit));
    }
}

pub(super) async fn a_finding_with_a_megabyte_of_differences_is_kept(store: Store) {
    let mut seen = sighting("shop", "Queue");
    seen.differences = (0..256)
        .map(|i| {
            difference(
                &format!("/P{i:03}"),
                Some(json!("é".repeat(2_000))),
                Some(json!(i)),
            )
        })
        .collect();
    let decision = life::opened(&seen, moment(0));
    let ledger = store();
    ledger.commit(&decision).await.unwrap();
    let without = |it: Finding| Finding {
        differences: vec![],
        cut: None,
        ..it
    };
    let stored = ledger.finding(&decision.finding.id).await.unwrap().unwrap();
    assert_eq!(without(stored), without(decision.finding));
}

/// Only a ledger without a limit for one item keeps all of it.
pub(super) async fn a_megabyte_of_differences_comes_back_whole(store: Store) {
    with_differences(
        store,
        vec![difference(
            "/Body",
            Some(json!("é".repeat(500_000))),
            Some(json!("x")),
        )],
    )
    .await;
}
