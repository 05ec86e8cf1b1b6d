use std::collections::BTreeSet;

use domain::report::ScanReport;
use render::sarif;
use serde_json::{Value, json};

use crate::sample::{self, HOSTILE};

fn run(report: &ScanReport) -> Value {
    let log: Value = serde_json::from_str(&sarif(report).unwrap()).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    log["runs"][0].clone()
}

/// The results that are findings; the others are ignored entries.
fn findings(run: &Value) -> Vec<&Value> {
    let results = run["results"].as_array().unwrap().iter();
    results
        .filter(|it| it.get("partialFingerprints").is_some())
        .collect()
}

#[test]
fn one_result_reads_like_this() {
    let run = run(&sample::report());
    insta::assert_snapshot!(serde_json::to_string_pretty(&run["results"][0]).unwrap());
}

#[test]
fn every_finding_is_one_result_that_its_id_identifies() {
    let report = sample::report();
    let run = run(&report);
    let ids: Vec<&Value> = findings(&run)
        .into_iter()
        .map(|it| &it["partialFingerprints"]["plumbline/v1"])
        .collect();
    let expected: Vec<&str> = report.findings.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, expected);
}

#[test]
fn every_result_names_its_rule_and_a_place() {
    for text in HOSTILE.into_iter().chain(["plain"]) {
        let run = run(&sample::hostile_report(text));
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: BTreeSet<&str> = rules.iter().map(|it| it["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rules.len());
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let uri =
                result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str();
            assert_uri(uri.unwrap());
            let message = result["message"]["text"].as_str().unwrap();
            assert!(!message.is_empty() && !message.contains("]("), "{message}");
            assert!(!message.chars().any(char::is_control), "{message:?}");
        }
    }
}

/// A relative reference of RFC 3986 that does not climb.
fn assert_uri(uri: &str) {
    for segment in uri.split('/') {
        assert!(
            !segment.is_empty() && !segment.bytes().all(|byte| byte == b'.'),
            "{uri}"
        );
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~.%".contains(&byte);
        assert!(segment.bytes().all(allowed), "{uri}");
    }
}

#[test]
fn levels_follow_the_severity_and_rules_have_their_own() {
    let run = run(&sample::report());
    for result in findings(&run) {
        let level = match result["properties"]["severity"].as_str().unwrap() {
            "critical" | "high" => "error",
            "medium" => "warning",
            _ => "note",
        };
        assert_eq!(result["level"], level);
    }
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let tags = rules.iter().find(|it| it["id"] == "tag-change").unwrap();
    assert_eq!(tags["defaultConfiguration"]["level"], "note");
    assert!(
        tags["help"]["text"]
            .as_str()
            .unwrap()
            .starts_with("Set it in code")
    );
}

#[test]
fn only_what_somebody_accepted_silenced_or_ignored_is_suppressed() {
    let report = sample::report();
    let run = run(&report);
    for result in findings(&run) {
        let quiet = ["accepted", "silenced"]
            .map(Value::from)
            .contains(&result["properties"]["status"]);
        assert_eq!(
            result["suppressions"].as_array().unwrap().len(),
            usize::from(quiet)
        );
    }
    let results = run["results"].as_array().unwrap();
    let ignored: Vec<&Value> = results
        .iter()
        .filter(|it| it["ruleId"] == "ignored")
        .collect();
    assert_eq!(ignored.len(), report.ignored.len());
    assert_eq!(
        ignored[0]["suppressions"][0],
        json!({"kind": "external", "status": "accepted", "justification": "plumbline.yaml ignore[0]: minor versions are upgraded by AWS"})
    );
}

#[test]
fn what_could_not_be_looked_at_makes_the_run_unsuccessful() {
    let report = sample::report();
    let invocation = run(&report)["invocations"][0].clone();
    assert_eq!(invocation["executionSuccessful"], false);
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    let errors: Vec<&Value> = notifications
        .iter()
        .filter(|it| it["level"] == "error")
        .collect();
    assert_eq!(errors.len(), report.unknown.len());
    assert_eq!(errors[2]["descriptor"]["id"], "throttled");
    let clean = run(&sample::clean_report());
    assert_eq!(clean["invocations"][0]["executionSuccessful"], true);
    assert_eq!(clean["results"], json!([]));
}
