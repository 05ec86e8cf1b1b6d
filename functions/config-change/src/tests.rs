#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

use std::sync::{Arc, LazyLock};

use domain::ports::{Item, Key};
use domain::testing::{Fault, Faults, ManualClock, MemoryStore, block_on};
use eventbridge::testing;
use serde_json::{Value, json};

use super::*;

const NOW: &str = "2026-11-24T12:00:00Z";

/// The cases of the `events` folder with the bodies of their first records.
fn cases() -> &'static [(String, String)] {
    static CASES: LazyLock<Vec<(String, String)>> = LazyLock::new(read_cases);
    &CASES
}

fn read_cases() -> Vec<(String, String)> {
    let cases = testing::cases("config-change");
    assert!(cases.len() > 10, "{}", cases.len());
    cases
}

fn body(case: &str) -> &'static str {
    let found = cases().iter().find(|(name, _)| name == case);
    &found.expect(case).1
}

struct World {
    store: Arc<MemoryStore>,
    deps: Deps,
}

impl World {
    fn new() -> Self {
        Self::over(MemoryStore::new())
    }

    fn over(store: MemoryStore) -> Self {
        let store = Arc::new(store);
        let deps = Deps {
            store: store.clone(),
            clock: Arc::new(ManualClock::at(NOW.parse().unwrap())),
        };
        Self { store, deps }
    }

    fn hear(&self, body: &str) -> Handled {
        block_on(handle(&self.deps, body))
    }

    fn items(&self) -> Vec<Item> {
        self.store.all_items()
    }
}

#[test]
fn every_case_is_recorded_once_for_fifteen_days() {
    for (case, body) in cases() {
        let world = World::new();
        assert_eq!(world.hear(body), Handled::Done, "{case}");
        let items = world.items();
        assert_eq!(items.len(), 1, "{case}");
        assert!(items[0].key.pk.starts_with("IDEM#config#"), "{case}");
        assert_eq!(items[0].key.sk, "META");
        assert_eq!(
            items[0].expires,
            Some("2026-12-09T12:00:00Z".parse().unwrap())
        );
        assert_eq!(world.hear(body), Handled::Done, "{case}");
        assert_eq!(world.items(), items, "{case}");
    }
}

#[test]
fn a_judgement_that_comes_in_a_second_event_is_recorded_once() {
    let world = World::new();
    assert_eq!(world.hear(body("non-compliant")), Handled::Done);
    let items = world.items();
    assert_eq!(items[0].body["kind"], "ComplianceChange");
    assert_eq!(items[0].body["compliance"], "NON_COMPLIANT");
    let mut again: Value = serde_json::from_str(body("non-compliant")).unwrap();
    again["id"] = json!("another");
    assert_eq!(world.hear(&again.to_string()), Handled::Done);
    assert_eq!(world.items(), items);
    assert_eq!(world.hear(body("compliant")), Handled::Done);
    assert_eq!(world.items().len(), 2);
}

#[test]
fn no_value_of_a_resource_is_stored() {
    let world = World::new();
    for (_, body) in cases() {
        world.hear(body);
    }
    let stored: String = world.items().iter().map(|it| it.body.to_string()).collect();
    for value in [
        "gold",
        "uploads",
        "AFTER_30_DAYS",
        "generalPurpose",
        "maxIO",
        "costcenter",
    ] {
        assert!(
            cases().iter().any(|(_, body)| body.contains(value)),
            "{value}"
        );
        assert!(!stored.contains(value), "{value} in {stored}");
    }
    assert!(stored.contains("Configuration.PerformanceMode"));
}

#[test]
fn what_is_not_known_is_dropped_with_its_name_and_not_recorded() {
    let world = World::new();
    let mut event: Value = serde_json::from_str(body("compliant")).unwrap();
    event["detail-type"] = json!("Config History Delivery Status");
    let handled = world.hear(&event.to_string());
    assert!(
        matches!(&handled, Handled::Drop(why) if why.contains("Config History Delivery Status"))
    );
    assert!(world.items().is_empty());
}

#[test]
fn whatever_call_fails_the_next_delivery_ends_in_the_same_state() {
    let whole = World::new();
    whole.hear(body("non-compliant"));
    for fault in Fault::ALL {
        let faults = Arc::new(Faults::default());
        let world = World::over(MemoryStore::with(faults.clone()));
        faults.fail_at(0, fault);
        let first = world.hear(body("non-compliant"));
        assert!(matches!(first, Handled::Retry(_)), "{first:?}");
        faults.end();
        assert_eq!(world.hear(body("non-compliant")), Handled::Done);
        assert_eq!(world.items(), whole.items(), "{fault:?}");
    }
}

#[test]
fn a_body_cut_at_any_byte_fails_with_a_word_and_records_nothing() {
    for (case, body) in cases() {
        for cut in testing::cuts(body) {
            let (world, end) = (World::new(), cut.len());
            let Handled::Fail(reason) = world.hear(cut) else {
                panic!("{case} cut at {end} was taken");
            };
            assert!(reason.contains("ends too early"), "{case} {end}: {reason}");
            assert!(world.items().is_empty());
        }
    }
}

/// The keys without which a case fails, each with the reason.
fn needed(body: &str) -> Vec<(String, String)> {
    let whole = World::new();
    assert_eq!(whole.hear(body), Handled::Done);
    let mut needed = Vec::new();
    for (pointer, rest) in testing::without_each(body) {
        let world = World::new();
        match world.hear(&rest) {
            Handled::Fail(reason) => {
                assert!(world.items().is_empty(), "{pointer}");
                needed.push((pointer, reason));
            }
            Handled::Done => {
                let keys = |world: &World| -> Vec<Key> {
                    let items = world.items().into_iter();
                    items.map(|it| it.key).collect()
                };
                // Whatever is missing, the facts are about the same thing. Without its new
                // result an event says that the judgement is gone, which is another fact.
                let is_other = pointer == "/detail/newEvaluationResult";
                assert_eq!(keys(&world) != keys(&whole), is_other, "{pointer}");
            }
            Handled::Drop(_) => assert!(world.items().is_empty(), "{pointer}"),
            other => panic!("{pointer}: {other:?}"),
        }
    }
    needed
}

#[test]
fn a_key_that_is_missing_is_named_or_not_needed() {
    for (case, body) in cases() {
        for (pointer, reason) in needed(body) {
            assert!(
                testing::is_named(&pointer, &reason),
                "{case} {pointer}: {reason}"
            );
        }
    }
}

#[test]
fn exactly_what_a_judgement_cannot_do_without_is_needed() {
    let mut keys: Vec<String> = needed(body("first")).into_iter().map(|it| it.0).collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "/account",
            "/detail",
            "/detail-type",
            "/detail/newEvaluationResult",
            "/detail/newEvaluationResult/complianceType",
            "/detail/newEvaluationResult/evaluationResultIdentifier",
            "/detail/newEvaluationResult/evaluationResultIdentifier/orderingTimestamp",
            "/id",
            "/region",
            "/time",
        ]
    );
}
