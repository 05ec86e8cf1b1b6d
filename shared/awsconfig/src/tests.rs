#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

use serde_json::{Value, json};

use super::*;

/// The body of the first record of an event of the `events` folder.
fn body(case: &str) -> String {
    let mut cases = eventbridge::testing::cases("config-change").into_iter();
    cases.find(|(name, _)| name == case).expect(case).1
}

fn of(read: Result<Read, Malformed>) -> Event {
    match read.unwrap() {
        Read::Event(event) => *event,
        Read::NotForUs(why) => panic!("{why}"),
    }
}

fn event(case: &str) -> Event {
    of(read(&body(case)))
}

fn changed(case: &str, change: impl Fn(&mut Value)) -> Result<Read, Malformed> {
    let mut value: Value = serde_json::from_str(&body(case)).unwrap();
    change(&mut value);
    read(&value.to_string())
}

fn compliance(case: &str) -> Compliance {
    match event(case).what {
        What::ComplianceChange(it) => it,
        other => panic!("{other:?}"),
    }
}

fn item(case: &str) -> ItemChange {
    match event(case).what {
        What::ItemChange(it) => it,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_judgement_names_rule_resource_and_both_results() {
    let it = compliance("non-compliant");
    assert_eq!(it.rule, "volumes-prod-tags");
    assert_eq!(it.resource_type, "AWS::EC2::Volume");
    assert_eq!(it.resource_id, "vol-0f0b1ec8ced432a26");
    assert_eq!(it.compliance.as_deref(), Some("NON_COMPLIANT"));
    assert_eq!(it.before.as_deref(), Some("COMPLIANT"));
    assert_eq!(it.ordered_at.as_deref(), Some("2026-11-24T06:00:08.000Z"));
    let event = event("non-compliant");
    assert_eq!(
        (event.account.as_str(), event.region.as_str()),
        ("111122223333", "eu-central-1")
    );
}

#[test]
fn every_result_is_kept_as_aws_calls_it() {
    let results = |case| {
        let it = compliance(case);
        (it.compliance, it.before)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        results("compliant"),
        (some("COMPLIANT"), some("NON_COMPLIANT"))
    );
    assert_eq!(results("first"), (some("COMPLIANT"), None));
    assert_eq!(
        results("not-applicable"),
        (some("NOT_APPLICABLE"), some("NON_COMPLIANT"))
    );
    assert_eq!(
        results("insufficient-data"),
        (some("INSUFFICIENT_DATA"), some("COMPLIANT"))
    );
    assert_eq!(results("deleted"), (None, some("NON_COMPLIANT")));
    let null = |event: &mut Value| event["detail"]["newEvaluationResult"] = Value::Null;
    let What::ComplianceChange(it) = of(changed("non-compliant", null)).what else {
        panic!("no judgement")
    };
    assert_eq!((it.compliance, it.before), (None, some("COMPLIANT")));
}

#[test]
fn one_judgement_has_one_key_in_two_events_and_two_have_two() {
    let key = event("non-compliant").key();
    assert_eq!(
        key,
        "111122223333#eu-central-1#volumes-prod-tags#AWS::EC2::Volume#vol-0f0b1ec8ced432a26\
         #2026-11-24T06:00:08.000Z"
    );
    let again = of(changed("non-compliant", |event| {
        event["id"] = json!("another")
    }));
    assert_eq!(again.key(), key);
    assert_ne!(event("compliant").key(), key);
    let hashed = |event: &mut Value| event["detail"]["resourceId"] = json!("a#b%23");
    assert!(
        of(changed("non-compliant", hashed))
            .key()
            .contains("#a%23b%2523#")
    );
    // Where nothing orders the judgement, and for everything else, the event's id is the key.
    for case in ["deleted", "item-updated", "item-oversized", "re-evaluation"] {
        assert_eq!(event(case).key(), event(case).id, "{case}");
    }
}

#[test]
fn a_change_names_the_resource_and_the_paths_that_changed() {
    let it = item("item-updated");
    assert_eq!(
        (it.resource_type.as_str(), it.resource_id.as_str()),
        ("AWS::EFS::FileSystem", "fs-01f0d526165b57f95")
    );
    assert_eq!(
        (it.change.as_str(), it.status.as_deref()),
        ("UPDATE", Some("OK"))
    );
    assert!(
        it.stack
            .as_deref()
            .unwrap()
            .contains(":stack/shop-network/")
    );
    let paths: Vec<(&str, Option<&str>)> = it
        .paths
        .iter()
        .map(|it| (it.path.as_str(), it.change.as_deref()))
        .collect();
    assert_eq!(
        paths,
        [
            ("Configuration.FileSystemTags.1", Some("CREATE")),
            ("Configuration.PerformanceMode", Some("UPDATE")),
            ("Tags.tier", Some("CREATE")),
        ]
    );
    assert_eq!(it.changed, 3);
}

#[test]
fn a_configuration_as_text_is_the_same_as_one_as_object() {
    assert_eq!(item("item-updated-text"), item("item-updated"));
}

#[test]
fn creation_and_deletion_are_told_also_without_a_difference() {
    assert_eq!(item("item-created").change, "CREATE");
    assert_eq!(item("item-deleted").change, "DELETE");
    let no_difference = |event: &mut Value| event["detail"]["configurationItemDiff"] = Value::Null;
    for (case, change) in [
        ("item-created", "CREATE"),
        ("item-updated", "UPDATE"),
        ("item-deleted", "DELETE"),
    ] {
        let What::ItemChange(it) = of(changed(case, no_difference)).what else {
            panic!("no item")
        };
        assert_eq!((it.change.as_str(), it.changed), (change, 0));
    }
    let neither = |event: &mut Value| {
        no_difference(event);
        event["detail"]["configurationItem"]["configurationItemStatus"] = json!("Odd");
    };
    let error = changed("item-created", neither).unwrap_err();
    assert_eq!(error.path, "detail.configurationItemDiff.changeType");
}

#[test]
fn an_item_too_large_for_an_event_says_where_it_is() {
    let it = item("item-oversized");
    assert_eq!(it.resource_type, "AWS::SSM::ManagedInstanceInventory");
    assert_eq!(it.change, "UPDATE");
    let oversized = it.oversized.unwrap();
    assert!(oversized.location.unwrap().ends_with("/item.json.gz"));
    let failed = |event: &mut Value| {
        event["detail"]["s3DeliverySummary"] =
            json!({"s3BucketLocation": null, "errorCode": "AccessDenied", "errorMessage": "x"});
    };
    let What::ItemChange(it) = of(changed("item-oversized", failed)).what else {
        panic!("no item")
    };
    let error = Some("AccessDenied".to_owned());
    assert_eq!(
        it.oversized,
        Some(Oversized {
            location: None,
            error
        })
    );
}

#[test]
fn rules_that_are_judged_anew_are_named() {
    let What::Reevaluation(it) = event("re-evaluation").what else {
        panic!("no rules")
    };
    assert_eq!(it.rules, ["iam-password-policy"]);
    assert_eq!(it.message_type, "ConfigRulesEvaluationStarted");
}

#[test]
fn no_value_of_a_resource_is_in_the_facts() {
    for case in [
        "item-updated",
        "item-updated-text",
        "item-created",
        "item-deleted",
        "non-compliant",
    ] {
        let facts = serde_json::to_string(&event(case)).unwrap();
        for value in [
            "gold",
            "uploads",
            "AFTER_30_DAYS",
            "generalPurpose",
            "maxIO",
            "costcenter",
        ] {
            assert!(
                body(case).contains(value)
                    || !case.starts_with("item-updated")
                    || value == "costcenter"
            );
            assert!(!facts.contains(value), "{case}: {value} in {facts}");
        }
    }
    let forged = |event: &mut Value| {
        event["detail"]["configurationItem"]["tags"]["aws:cloudformation:stack-id"] =
            json!("my secret");
    };
    let What::ItemChange(it) = of(changed("item-updated", forged)).what else {
        panic!("no item")
    };
    assert_eq!(it.stack, None);
}

#[test]
fn a_change_of_many_places_keeps_a_hundred_and_their_number() {
    let many = |event: &mut Value| {
        let properties = &mut event["detail"]["configurationItemDiff"]["changedProperties"];
        for number in 0..250 {
            let path = format!("Configuration.{number:03}.{}", "é".repeat(400));
            properties[path] = json!({"changeType": "UPDATE"});
        }
    };
    let What::ItemChange(it) = of(changed("item-created", many)).what else {
        panic!("no item")
    };
    assert_eq!((it.paths.len(), it.changed), (100, 250));
    assert!(it.paths.iter().all(|it| it.path.len() <= 512));
}

#[test]
fn what_is_not_known_is_left_with_its_name() {
    let other = |event: &mut Value| event["detail-type"] = json!("Config Snapshot Delivery Status");
    let Read::NotForUs(why) = changed("compliant", other).unwrap() else {
        panic!("read")
    };
    assert!(why.contains("`Config Snapshot Delivery Status`"));
}

#[test]
fn what_is_missing_or_wrong_is_named_by_its_path_and_never_quoted() {
    let wrong = |case: &str, pointer: &str, value: Value| {
        changed(case, |event| {
            *event.pointer_mut(pointer).unwrap() = value.clone()
        })
        .unwrap_err()
        .to_string()
    };
    assert_eq!(
        wrong(
            "item-updated",
            "/detail/configurationItem/resourceId",
            json!("")
        ),
        "detail.configurationItem.resourceId: is empty"
    );
    assert_eq!(
        wrong(
            "item-updated",
            "/detail/configurationItem/resourceId",
            json!({"hush": 1})
        ),
        "detail.configurationItem.resourceId: is not a string"
    );
    assert_eq!(
        wrong(
            "non-compliant",
            "/detail/newEvaluationResult",
            json!("hush")
        ),
        "detail.newEvaluationResult: is not an object"
    );
    assert_eq!(
        wrong(
            "item-updated",
            "/detail/configurationItemDiff/changedProperties",
            json!("hush")
        ),
        "detail.configurationItemDiff.changedProperties: is not a map"
    );
    let neither = changed("first", |event| {
        event["detail"]
            .as_object_mut()
            .unwrap()
            .remove("newEvaluationResult");
    });
    assert_eq!(
        neither.unwrap_err().to_string(),
        "detail: has neither newEvaluationResult nor oldEvaluationResult"
    );
    assert_eq!(
        read("{").unwrap_err().to_string(),
        "body: the JSON ends too early"
    );
    assert_eq!(
        read("hush").unwrap_err().to_string(),
        "body: no JSON at line 1, column 1"
    );
}
