use serde_json::{Value, json};

use crate::harness::{BOTH, drift, rule, rules};

const RULE: &str = "AWS::Events::Rule";
const SERVICE: &str = "AWS::ECS::Service";

fn targets(retry: &Value) -> Value {
    json!({"Targets": [{"Id": "a", "Arn": "arn:aws:sqs:eu-central-1:111122223333:q", "RetryPolicy": retry}]})
}

fn silent() -> Value {
    json!({"Targets": [{"Id": "a", "Arn": "arn:aws:sqs:eu-central-1:111122223333:q"}]})
}

#[test]
fn a_stated_default_that_reality_leaves_out_is_no_difference() {
    for retry in [
        json!({"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}),
        json!({"MaximumRetryAttempts": "185"}),
    ] {
        for lists in BOTH {
            let said = rules(RULE, &targets(&retry), &silent(), lists);
            assert_eq!(said, ["declared-default"], "{retry} {lists:?}");
        }
    }
    let expected = json!({"DeploymentController": {"Type": "ECS"}});
    let said = rule(SERVICE, "/DeploymentController", &expected, &json!({}));
    assert_eq!(said, Some("declared-default"));
    let path = "/DeploymentController/Type";
    let hollow = json!({"DeploymentController": {}});
    assert_eq!(
        rule(SERVICE, path, &expected, &hollow),
        Some("declared-default")
    );
    let expected = json!({"FifoQueue": false});
    let said = rule("AWS::SQS::Queue", "/FifoQueue", &expected, &json!({}));
    assert_eq!(said, Some("declared-default"));
}

#[test]
fn a_real_drift_away_from_what_is_stated_stays() {
    for retry in [
        json!({"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 185}),
        json!({"MaximumRetryAttempts": 4}),
        json!({"MaximumRetryAttempts": 185, "Other": 1}),
        json!({}),
    ] {
        for lists in BOTH {
            assert!(
                !drift(RULE, &targets(&retry), &silent(), lists).is_empty(),
                "{retry}"
            );
        }
    }
    // Another value in reality.
    let (expected, actual) = (
        targets(&json!({"MaximumRetryAttempts": 185})),
        targets(&json!({"MaximumRetryAttempts": 0})),
    );
    for lists in BOTH {
        assert!(!drift(RULE, &expected, &actual, lists).is_empty());
    }
    let external = json!({"DeploymentController": {"Type": "EXTERNAL"}});
    assert_eq!(
        rule(SERVICE, "/DeploymentController", &external, &json!({})),
        None
    );
    let fifo = json!({"FifoQueue": true});
    assert_eq!(
        rule("AWS::SQS::Queue", "/FifoQueue", &fifo, &json!({})),
        None
    );
}

#[test]
fn a_dead_letter_queue_and_a_target_that_are_gone_are_drift() {
    let mut expected = silent();
    expected["Targets"][0]["DeadLetterConfig"] =
        json!({"Arn": "arn:aws:sqs:eu-central-1:111122223333:dlq"});
    let path = "/Targets/0/DeadLetterConfig";
    assert_eq!(rule(RULE, path, &expected, &silent()), None);
    let retry = targets(&json!({"MaximumRetryAttempts": 185}));
    assert_eq!(
        rule(RULE, "/Targets/0", &retry, &json!({"Targets": []})),
        None
    );
    let below = "/Targets/0/RetryPolicy";
    assert_eq!(rule(RULE, below, &retry, &json!({"Targets": []})), None);
}

#[test]
fn what_protects_has_no_default_that_may_be_left_out() {
    let all = json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true,
        "IgnorePublicAcls": true, "RestrictPublicBuckets": true}});
    let path = "/PublicAccessBlockConfiguration";
    assert_eq!(rule("AWS::S3::Bucket", path, &all, &json!({})), None);
    let encrypted = json!({"SqsManagedSseEnabled": true});
    let path = "/SqsManagedSseEnabled";
    assert_eq!(rule("AWS::SQS::Queue", path, &encrypted, &json!({})), None);
}
