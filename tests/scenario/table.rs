//! The ledger of a deployment instead of a file.

use std::fs;

use plumbline_tests::{aws::Aws, emulator::Emulator};
use serde_json::{Value, json};

use crate::support::{REGION, Ran, Workshop, text};

const TABLE: &str = "shop";

fn dynamodb(aws: &Aws, operation: &str, body: &Value) -> Value {
    let target = format!("DynamoDB_20120810.{operation}");
    let answer = aws.json("dynamodb", &target, body).good();
    serde_json::from_str(&answer.body).unwrap()
}

/// The table of `infra/template.yaml`.
pub(crate) fn make_table(aws: &Aws) {
    let types = ["PK", "SK", "GSI1PK", "GSI1SK"]
        .map(|name| json!({"AttributeName": name, "AttributeType": "S"}));
    let keys = |pk: &str, sk: &str| json!([{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]);
    let index = json!({"IndexName": "GSI1", "KeySchema": keys("GSI1PK", "GSI1SK"),
        "Projection": {"ProjectionType": "ALL"}});
    let table = json!({"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": types,
        "KeySchema": keys("PK", "SK"), "GlobalSecondaryIndexes": [index]});
    dynamodb(aws, "CreateTable", &table);
}

/// The kinds of the messages that wait to be sent.
fn outbox(aws: &Aws) -> Vec<String> {
    let all = dynamodb(
        aws,
        "Scan",
        &json!({"TableName": TABLE, "ConsistentRead": true}),
    );
    let mut kinds: Vec<String> = all["Items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| text(&it["PK"]["S"]).starts_with("OUTBOX#"))
        .map(|it| {
            let body: Value = serde_json::from_str(it["body"]["S"].as_str().unwrap()).unwrap();
            text(&body["message"]["kind"])
        })
        .collect();
    kinds.sort();
    kinds
}

fn set_timeout(aws: &Aws, queue: &str, seconds: u64) {
    let attributes = json!({"VisibilityTimeout": seconds});
    aws.set_queue_attributes(queue, attributes.as_object().unwrap());
}

#[test]
fn a_scan_into_the_ledger_of_a_deployment_is_told_as_its_own() {
    let emulator = Emulator::start();
    let aws = emulator.aws();
    make_table(&aws);
    let queue = |name: &str| {
        json!({"Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": name, "VisibilityTimeout": 30}})
    };
    aws.create_stack(
        "orders",
        &json!({"Resources": {"Old": queue("Old"), "New": queue("New")}}),
    );
    set_timeout(&aws, "Old", 60);
    let workshop = Workshop::new(&emulator.endpoint());
    let workshop = workshop.with("PLUMBLINE_HMAC_KEY", "file:hmac-key");
    workshop.watch(&[REGION], &["*"]);
    fs::write(workshop.path("hmac-key"), "a long and random text").unwrap();
    let scan = || -> Ran { workshop.run(&["scan", "--table", TABLE, "-o", "json"]) };

    // The first look is the baseline: only its digest is to be told.
    let first = scan();
    assert_eq!(first.code, 1, "{first:?}");
    assert!(first.stderr.contains("not the configuration"), "{first:?}");
    assert_eq!(outbox(&aws), ["BaselineTaken"]);
    set_timeout(&aws, "New", 60);
    let second = scan();
    assert_eq!(second.code, 1, "{second:?}");
    assert_eq!(outbox(&aws), ["BaselineTaken", "FindingOpened"]);

    // The other commands read the same ledger, and nothing is kept here.
    let ids = workshop.run(&["findings", "--table", TABLE, "-o", "name"]);
    assert_eq!(ids.stdout.lines().count(), 2, "{ids:?}");
    let id = ids.stdout.lines().next().unwrap();
    let explain = workshop.run(&["explain", "--table", TABLE, id]);
    assert_eq!(explain.code, 0, "{explain:?}");
    let report = workshop.run(&["report", "--table", TABLE, "--html", "-"]);
    assert!(report.stdout.contains(id), "{report:?}");
    let ack = workshop.run(&["findings", "ack", id, "--table", TABLE]);
    assert_eq!(ack.code, 0, "{ack:?}");
    assert!(fs::metadata(workshop.path(".plumbline")).is_err());

    let wrong = workshop.run(&["findings", "--table", "not-there"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(
        wrong.stderr.contains("--table not-there") && wrong.stderr.contains("us-east-1"),
        "{wrong:?}"
    );
    assert!(!wrong.stderr.contains("PLUMBLINE_TABLE"), "{wrong:?}");
}

#[test]
fn a_name_that_no_table_has_is_a_slip_before_anything_is_called() {
    // Nobody answers there: a call would be told as one that failed.
    let workshop = Workshop::new("http://127.0.0.1:1").with("AWS_MAX_ATTEMPTS", "1");
    for name in ["", " ", "ab", "my table"] {
        let ran = workshop.run(&["findings", "--table", name]);
        assert_eq!(ran.code, 2, "{name}: {ran:?}");
        assert!(
            ran.stderr.contains("--table <NAME>") && ran.stderr.contains("output `Table`"),
            "{name}: {ran:?}"
        );
    }
}

#[test]
fn where_a_table_would_be_passed_over_or_harmed_it_is_refused() {
    let workshop = Workshop::new("http://127.0.0.1:1");
    for (arguments, says) in [
        (&["dead-letters"][..], "--stack"),
        (&["demo", "--exit"], "ledger of its own"),
        (&["invoke", "clock", "--event", "-"], "aws lambda invoke"),
        (&["invoke", "publish", "--event", "-"], "aws lambda invoke"),
    ] {
        let ran = workshop.run(&[arguments, &["--table", TABLE]].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(says), "{arguments:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}
