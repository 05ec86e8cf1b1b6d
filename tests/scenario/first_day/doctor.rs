//! `doctor`: each thing that can be wrong is one line, and nothing else is hidden by it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use plumbline_tests::emulator::Emulator;
use sandbox::{Effect, Fault};
use serde_json::Value;

use super::{Account, parsed};
use crate::support::{Ran, Workshop, text};

/// The lines of a state, as `what: found`.
#[track_caller]
fn lines(ran: &Ran, state: &str) -> Vec<String> {
    let report = parsed(ran);
    assert_eq!(report["kind"], "DoctorReport");
    let checks = report["checks"].as_array().unwrap().clone();
    assert_eq!(
        report[state],
        checks.iter().filter(|it| it["state"] == state).count()
    );
    for it in checks.iter().filter(|it| it["state"] != "ok") {
        assert_ne!(it["fix"], Value::Null, "{it} has no fix");
    }
    checks
        .iter()
        .filter(|it| it["state"] == state)
        .map(|it| format!("{}: {}", text(&it["what"]), text(&it["found"])))
        .collect()
}

#[track_caller]
fn assert_one(lines: &[String], part: &str) {
    assert!(
        lines.iter().any(|it| it.contains(part)),
        "no {part:?} in {lines:#?}"
    );
}

#[test]
fn all_is_in_order_on_an_account_that_answers() {
    let account = Account::start();
    account.put("us-east-1", "orders");
    let workshop = account.workshop();
    workshop.watch(&["us-east-1"], &["*"]);
    workshop.scan(&[]);
    let ran = workshop.run(&["doctor", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!((lines(&ran, "fail"), lines(&ran, "warn")), (vec![], vec![]));
    let ok = lines(&ran, "ok");
    for part in [
        "config: plumbline.yaml is in order",
        "region: us-east-1",
        "endpoint: calls go to 127.0.0.1:",
        "clock: 0 s",
        "in account 000000000000",
        "ledger .plumbline/ledger: can be read and written",
        "key .plumbline/ledger.key: belongs to the ledger",
        "000000000000/us-east-1 cloudformation:ListStacks: 1 stack(s)",
        "000000000000/us-east-1 cloudformation:DetectStackDrift: permitted",
        "000000000000/us-east-1 cloudformation:DescribeStackDriftDetectionStatus: permitted",
        "000000000000/us-east-1 cloudformation:ListStackResources: permitted",
        "000000000000/us-east-1 cloudformation:DescribeStackResourceDrifts: permitted",
        "target stacks: 1 stack(s) match",
        "clock function: not looked at",
    ] {
        assert_one(&ok, part);
    }
    // It starts no detection: the only ones were the scan's.
    assert_eq!(account.sandbox.count("cloudformation:DetectStackDrift"), 2);
}

#[test]
fn each_right_that_is_missing_is_named_and_the_others_are_looked_at_all_the_same() {
    for call in [
        "ListStacks",
        "DetectStackDrift",
        "DescribeStackDriftDetectionStatus",
        "ListStackResources",
        "DescribeStackResourceDrifts",
    ] {
        let account = Account::start();
        account.put("us-east-1", "orders");
        let call = format!("cloudformation:{call}");
        account.sandbox.faults().add(Fault::on(&call, Effect::Deny));
        let workshop = account.workshop();
        workshop.watch(&["us-east-1"], &["*"]);
        let ran = workshop.run(&["doctor", "-o", "json"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        let fail = lines(&ran, "fail");
        assert_eq!(fail.len(), 1, "{fail:#?}");
        assert!(
            fail[0].starts_with(&format!("000000000000/us-east-1 {call}: ")),
            "{fail:?}"
        );
        let permitted = lines(&ran, "ok")
            .iter()
            .filter(|it| it.ends_with(": permitted"))
            .count();
        assert_eq!(permitted, if call.ends_with("ListStacks") { 4 } else { 3 });
    }
}

#[test]
fn what_hangs_ends_in_time_and_is_no_missing_right() {
    let account = Account::start();
    account.put("us-east-1", "orders");
    account
        .sandbox
        .faults()
        .add(Fault::on("cloudformation:ListStackResources", Effect::Hang));
    let workshop = account.workshop();
    workshop.watch(&["us-east-1"], &["*"]);
    let ran = workshop.run(&["doctor", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_one(&lines(&ran, "warn"), "cloudformation:ListStackResources: ");
    assert!(ran.took < Duration::from_secs(25), "{:?}", ran.took);
}

#[test]
fn without_anything_each_line_says_what_to_do() {
    let workshop = Workshop::new("http://127.0.0.1:9")
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .without("AWS_REGION");
    let ran = workshop.run(&["doctor", "-o", "json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_one(
        &lines(&ran, "warn"),
        "config: there is no plumbline.yaml here",
    );
    assert_one(&lines(&ran, "fail"), "credentials: ");
    assert_one(
        &lines(&ran, "ok"),
        "ledger .plumbline/ledger: is not there yet",
    );
    assert!(
        !workshop.path(".plumbline").exists(),
        "doctor makes nothing"
    );
}

#[test]
fn files_that_are_not_as_they_should_be_fail() {
    let account = Account::start();
    account.put("us-east-1", "orders");
    let workshop = account.workshop();
    workshop.watch(&["us-east-1"], &["nothing-*"]);
    workshop.scan(&[]);
    let key = workshop.path(".plumbline/ledger.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(workshop.path("roots.pem"), "no certificate").unwrap();
    let fail = lines(&workshop.run(&["doctor", "-o", "json"]), "fail");
    assert_one(&fail, "key .plumbline/ledger.key: ");
    assert_one(&fail, "target stacks: none of 1 stack(s) matches");
    let broken = workshop.with("SSL_CERT_FILE", "roots.pem");
    let ran = broken.run(&["doctor", "-o", "json"]);
    assert_one(
        &lines(&ran, "fail"),
        "SSL_CERT_FILE (roots.pem): has no certificate in PEM",
    );
    broken.configure("apiVersion: plumbline/v1\nenvironmnt: x\n");
    let ran = broken.run(&["doctor", "-o", "json"]);
    assert_eq!(ran.code, 1);
    assert_one(&lines(&ran, "fail"), "did you mean \"environment\"?");
}

#[test]
fn secrets_are_looked_for_and_never_shown_and_nothing_is_sent_unless_asked() {
    let account = Account::start();
    account.put("us-east-1", "orders");
    let hook = format!("{}/hook/marker-secret", account.sandbox.endpoint());
    let workshop = account.workshop().with("HOOK", &hook);
    workshop.configure(
        "apiVersion: plumbline/v1\nenvironment: test\ntargets: [{name: a, cloudformation: {}}]\nnotify:\n  channels:\n    there: {webhook: {url: \"env:HOOK\"}}\n    gone: {slack: {webhook: \"env:NOT_SET\"}}\n",
    );
    let ran = workshop.run(&["doctor", "-o", "json"]);
    assert_one(
        &lines(&ran, "ok"),
        "channel there url: env:HOOK leads to a secret",
    );
    assert_one(&lines(&ran, "fail"), "channel gone webhook: ");
    assert!(account.sandbox.hook_deliveries("marker-secret").is_empty());
    let sent = workshop.run(&["doctor", "--send"]);
    assert!(
        sent.stdout.contains("channel there test message"),
        "{}",
        sent.stdout
    );
    for ran in [&ran, &sent] {
        assert!(!format!("{ran:?}").contains("marker-secret"), "{ran:?}");
    }
}

#[test]
fn channels_that_come_in_a_later_version_are_warned_of_and_get_no_test_message() {
    let account = Account::start();
    account.put("us-east-1", "orders");
    let hook = format!("{}/hook/there", account.sandbox.endpoint());
    let workshop = account.workshop().with("HOOK", &hook).with("KEY", "k");
    workshop.configure(
        "apiVersion: plumbline/v1\nenvironment: test\ntargets: [{name: a, cloudformation: {}}]\nnotify:\n  channels:\n    pager: {pagerduty: {routingKey: \"env:KEY\"}}\n    there: {webhook: {url: \"env:HOOK\"}}\n",
    );
    let ran = workshop.run(&["doctor", "--send", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let warn = lines(&ran, "warn");
    assert_eq!(warn.len(), 1, "{warn:#?}");
    assert!(
        warn[0].starts_with("config: plumbline.yaml:6:13: notify.channels.pager.pagerduty: PagerDuty comes with a later version"),
        "{warn:?}"
    );
    assert_one(&lines(&ran, "ok"), "channel there test message");
    assert_eq!(account.sandbox.hook_deliveries("there").len(), 1);
}

#[test]
fn a_table_that_is_not_a_ledgers_fails_and_one_without_a_configuration_says_so() {
    let emulator = Emulator::start();
    let aws = emulator.aws();
    let workshop = Workshop::new(&emulator.endpoint());
    workshop.watch(&["us-east-1"], &["*"]);
    let doctor = |name: &str| workshop.run(&["doctor", "--table", name, "-o", "json"]);
    assert_one(&lines(&doctor("nowhere"), "fail"), "table nowhere: ");
    let keys = serde_json::json!([{"AttributeName": "id", "KeyType": "HASH"}]);
    let wrong = serde_json::json!({"TableName": "wrong", "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]});
    aws.json("dynamodb", "DynamoDB_20120810.CreateTable", &wrong)
        .good();
    assert_one(
        &lines(&doctor("wrong"), "fail"),
        "table wrong: its keys are not PK and SK",
    );
    crate::table::make_table(&aws);
    let ran = doctor("shop");
    assert_one(&lines(&ran, "ok"), "table shop: is there, with the keys");
    assert_one(
        &lines(&ran, "fail"),
        "configuration in force: there is none",
    );
    assert_one(&lines(&ran, "fail"), "clock function: it has never run");
}
