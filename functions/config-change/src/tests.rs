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
            config: InForce::new(),
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
        "\"uploads\"",
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

const CONFIG: &str = "apiVersion: plumbline/v1
environment: production
accounts:
  - {id: '111122223333'}
targets:
  - name: shops
    cloudformation: {regions: [eu-west-1], stacks: ['shop*'], accounts: ['111122223333']}
";

/// A change of a resource that a stack owns, as its tags say.
fn owned(account: &str, region: &str, (id, stack): (&str, &str)) -> String {
    json!({
        "version": "0", "id": id, "detail-type": "Config Configuration Item Change",
        "source": "aws.config", "account": account, "time": "2026-11-24T12:00:00Z",
        "region": region, "resources": [],
        "detail": {
            "recordVersion": "1.3", "messageType": "ConfigurationItemChangeNotification",
            "configurationItemDiff": {"changedProperties": {}, "changeType": "UPDATE"},
            "configurationItem": {
                "resourceType": "AWS::EC2::SecurityGroup", "resourceId": format!("sg-{id}"),
                "awsAccountId": account, "awsRegion": region, "configuration": {},
                "configurationItemStatus": "OK",
                "configurationItemCaptureTime": format!("2026-11-24T12:00:00.00{id}Z"),
                "tags": {
                    "aws:cloudformation:stack-id":
                        format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/{stack}/guid"),
                    "aws:cloudformation:logical-id": "Group"
                }
            }
        }
    })
    .to_string()
}

impl World {
    fn with_config() -> Self {
        Self::with(Self::new(), CONFIG)
    }

    /// The same for a function that knows which account it is in.
    fn in_account(own: Option<&str>, config: &str) -> Self {
        let mut world = Self::new();
        world.deps.config = InForce::new().in_account(own.map(str::to_owned));
        Self::with(world, config)
    }

    fn with(world: Self, config: &str) -> Self {
        let current = domain::current::Current {
            location: "s3://config/plumbline.yaml".to_owned(),
            text: config.to_owned(),
            hash: "c0ffee".to_owned(),
            environment: "production".to_owned(),
            tag: "1".to_owned(),
            since: NOW.parse().unwrap(),
        };
        block_on(domain::current::take(&*world.store, &current)).unwrap();
        world
    }

    fn looks(&self) -> Vec<timer::Timer> {
        let all = self.store.items_in("TIMER#");
        all.iter().map(|it| it.read().unwrap()).collect()
    }
}

#[test]
fn a_change_of_a_watched_stacks_resource_is_looked_at_once_a_minute() {
    let world = World::with_config();
    for id in ["1", "2", "1"] {
        let body = owned("111122223333", "eu-west-1", (id, "shop-net"));
        assert_eq!(world.hear(&body), Handled::Done);
    }
    let looks = world.looks();
    assert_eq!(looks.len(), 1, "{looks:?}");
    assert_eq!(looks[0].queue, Queue::StackDrift);
    assert!(looks[0].due_at >= NOW.parse().unwrap());
    let work = Work::read(&serde_json::from_str(&looks[0].body).unwrap());
    let Work::LookAtResource {
        stack_id,
        logical_id,
        ..
    } = work.unwrap().unwrap()
    else {
        panic!("another work")
    };
    assert!(stack_id.ends_with("stack/shop-net/guid"));
    assert_eq!(logical_id, "Group");
}

#[test]
fn what_nobody_watches_and_what_a_tag_alone_claims_is_recorded_only() {
    for (account, region, stack) in [
        ("111122223333", "eu-west-1", "other"),
        ("444455556666", "eu-west-1", "shop-net"),
        ("111122223333", "us-east-1", "shop-net"),
    ] {
        let world = World::with_config();
        let body = owned(account, region, ("1", stack));
        assert_eq!(world.hear(&body), Handled::Done);
        assert!(world.looks().is_empty(), "{account} {region} {stack}");
        assert_eq!(world.store.items_in("IDEM#").len(), 1);
    }
}

#[test]
fn a_target_without_accounts_looks_at_no_stack_of_an_account_that_nobody_knows() {
    let without = CONFIG
        .replace("accounts:\n  - {id: '111122223333'}\n", "")
        .replace(", accounts: ['111122223333']", "");
    let named = CONFIG.replace(", accounts: ['111122223333']", "");
    for (own, config, looks) in [
        (Some("111122223333"), &without, 1),
        (Some("444455556666"), &without, 0),
        (Some("444455556666"), &named, 1),
        // Which account the function is in may not be known: then any may be its own.
        (None, &without, 1),
    ] {
        let world = World::in_account(own, config);
        let body = owned("111122223333", "eu-west-1", ("1", "shop-net"));
        assert_eq!(world.hear(&body), Handled::Done);
        assert_eq!(world.looks().len(), looks, "{own:?} {config}");
        assert_eq!(world.store.items_in("IDEM#").len(), 1, "it is recorded");
    }
}

#[test]
fn a_nested_stacks_resource_is_looked_at_for_the_stack_around_it() {
    let world = World::with_config();
    let unit = |name: &str| Unit::stack("111122223333", "eu-west-1", name);
    let nested = nest::remember(&unit("inner"), &unit("shop-net")).unwrap();
    block_on(world.store.write(&[nested])).unwrap();
    world.hear(&owned("111122223333", "eu-west-1", ("1", "inner")));
    assert_eq!(world.looks().len(), 1);
}

#[test]
fn a_configuration_that_cannot_be_read_keeps_no_event_from_being_recorded() {
    let world = World::with_config();
    let current = domain::current::Current {
        location: "s3://config/plumbline.yaml".to_owned(),
        text: "targets: [".to_owned(),
        hash: "other".to_owned(),
        environment: "production".to_owned(),
        tag: "2".to_owned(),
        since: NOW.parse().unwrap(),
    };
    block_on(domain::current::take(&*world.store, &current)).unwrap();
    let body = owned("111122223333", "eu-west-1", ("1", "shop-net"));
    assert_eq!(world.hear(&body), Handled::Done);
    assert_eq!(world.store.items_in("IDEM#").len(), 1);
}

#[test]
fn a_resource_of_no_region_is_looked_at_where_its_stack_is() {
    let world = World::with_config();
    world.hear(&owned("111122223333", "global", ("1", "shop-net")));
    assert_eq!(world.looks().len(), 1);
}
