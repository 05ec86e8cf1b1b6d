use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::judge::Counts;
use crate::look::{Pending, Uncovered, UncoveredReason};
use crate::severity::Cause;
use crate::unit::Unit;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn judged(counts: Counts) -> Judged {
    Judged {
        unit: Unit::stack("1", "r", "shop"),
        target: "all".to_owned(),
        started_at: at("2026-11-24T06:00:00Z"),
        complete: true,
        sightings: Vec::new(),
        ignored: Vec::new(),
        unknown: Vec::new(),
        uncovered: Vec::new(),
        pending: Vec::new(),
        counts,
        equivalences: BTreeMap::from([("tag-order".to_owned(), 2)]),
    }
}

fn entry(status: Status, potential: bool) -> FindingEntry {
    let difference: Difference = serde_json::from_value(json!({
        "path": "/A", "kind": "changed", "expected": 1, "actual": 2, "sensitive": false,
        "potential": potential, "severity": "medium", "cause": "property-change", "attribution": null,
    }))
    .unwrap();
    FindingEntry {
        id: crate::identity::Identity::stack_resource("1", "r", "shop", "Q").id(),
        layer: Layer::CloudFormation,
        target: "all".to_owned(),
        change: Change::Modified,
        resource: Resource::default(),
        severity: Severity::Medium,
        cause: Cause::PropertyChange,
        status,
        attribution: None,
        differences: vec![difference],
        cut: None,
        first_seen: at("2026-11-24T06:00:02.9Z"),
        last_seen: at("2026-11-24T06:00:02.9Z"),
        occurrences: 1,
    }
}

fn report() -> ScanReport {
    ReportBuilder::new("production", at("2026-11-24T06:00:00.999Z"))
        .finish(at("2026-11-24T06:00:03.5Z"), 37)
}

#[test]
fn the_contract_has_every_key_and_whole_seconds() {
    let mut report = report();
    report.findings.push(entry(Status::Open, false));
    report.unknown.push(Entry {
        layer: Layer::CloudFormation,
        target: "t".to_owned(),
        resource: None,
        path: None,
        reason: "matched-nothing".to_owned(),
        detail: String::new(),
    });
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["startedAt"], "2026-11-24T06:00:00Z");
    assert_eq!(json["finishedAt"], "2026-11-24T06:00:03Z");
    assert_eq!(json["findings"][0]["firstSeen"], "2026-11-24T06:00:02Z");
    let keys = |value: &serde_json::Value| -> Vec<String> {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    assert_eq!(
        keys(&json),
        [
            "apiVersion",
            "environment",
            "findings",
            "finishedAt",
            "ignored",
            "kind",
            "pending",
            "startedAt",
            "summary",
            "uncovered",
            "unknown"
        ]
    );
    assert_eq!(
        keys(&json["summary"]),
        [
            "drifted",
            "equivalences",
            "ignored",
            "inSync",
            "pending",
            "potential",
            "requests",
            "resources",
            "uncovered",
            "units",
            "unknown"
        ]
    );
    assert_eq!(
        keys(&json["findings"][0]),
        [
            "attribution",
            "cause",
            "change",
            "differences",
            "firstSeen",
            "id",
            "lastSeen",
            "layer",
            "occurrences",
            "resource",
            "severity",
            "status",
            "target"
        ]
    );
    assert_eq!(
        keys(&json["findings"][0]["resource"]),
        [
            "account",
            "address",
            "cluster",
            "id",
            "name",
            "namespace",
            "region",
            "rule",
            "stack",
            "type"
        ]
    );
    assert_eq!(
        keys(&json["findings"][0]["differences"][0]),
        [
            "actual",
            "attribution",
            "cause",
            "expected",
            "kind",
            "path",
            "potential",
            "sensitive",
            "severity"
        ]
    );
    assert_eq!(
        json["unknown"][0],
        json!({"layer": "cloudformation", "target": "t", "resource": null, "path": null,
            "reason": "matched-nothing", "detail": ""})
    );
    assert_eq!(
        serde_json::from_value::<ScanReport>(json)
            .unwrap()
            .findings
            .len(),
        1
    );
}

#[test]
fn resources_are_the_sum_and_a_unit_counts_once_however_often_it_is_looked_at() {
    let mut builder = ReportBuilder::new("production", at("2026-11-24T06:00:00Z"));
    let counts = Counts {
        in_sync: 1,
        drifted: 2,
        ignored: 3,
        pending: 4,
        unknown: 5,
        uncovered: 6,
    };
    builder.look(&judged(counts), &[], at("2026-11-24T06:00:00Z"));
    builder.look(&judged(Counts::default()), &[], at("2026-11-24T06:00:00Z"));
    let layer = (Layer::Kubernetes, "cluster");
    builder.gap(layer, None, &matched_nothing("no such thing"));
    builder.gap(
        layer,
        Some(Resource::default()),
        &Gap::new(Reason::Denied, "no"),
    );
    let report = builder.finish(at("2026-11-24T06:00:03Z"), 37);
    let summary = &report.summary;
    assert_eq!(
        (summary.units, summary.unknown, summary.resources),
        (1, 6, 22)
    );
    assert_eq!(
        (summary.requests, summary.equivalences["tag-order"]),
        (37, 4)
    );
    assert_eq!(report.unknown.len(), 2);
}

#[test]
fn the_exit_code_says_incomplete_before_drift_before_in_sync() {
    let verdict = |findings: &[FindingEntry]| {
        let mut report = report();
        report.findings = findings.to_vec();
        report.verdict(false)
    };
    assert_eq!(verdict(&[]), ScanVerdict::InSync);
    for status in [Status::Open, Status::Reopened, Status::Acknowledged] {
        assert_eq!(
            verdict(&[entry(status, false)]),
            ScanVerdict::Drift,
            "{status}"
        );
        assert_eq!(
            verdict(&[entry(status, true)]),
            ScanVerdict::Incomplete,
            "{status}"
        );
    }
    for status in [Status::Silenced, Status::Accepted] {
        assert_eq!(
            verdict(&[entry(status, false)]),
            ScanVerdict::InSync,
            "{status}"
        );
        assert_eq!(
            verdict(&[entry(status, true)]),
            ScanVerdict::InSync,
            "{status}"
        );
    }
    let mut unknown = report();
    let mut builder = ReportBuilder::new("e", at("2026-11-24T06:00:00Z"));
    builder.gap((Layer::Policy, "rules"), None, &matched_nothing("x"));
    unknown.unknown = builder.finish(at("2026-11-24T06:00:00Z"), 0).unknown;
    unknown.findings.push(entry(Status::Open, false));
    assert_eq!(unknown.verdict(false), ScanVerdict::Incomplete);
    let codes = [
        ScanVerdict::InSync,
        ScanVerdict::Drift,
        ScanVerdict::Incomplete,
    ];
    assert_eq!(codes.map(ScanVerdict::exit_code), [0, 1, 2]);
}

#[test]
fn only_strict_counts_what_cannot_be_compared() {
    let mut judged = judged(Counts::default());
    judged.uncovered.push((
        Resource::default(),
        Uncovered {
            reason: UncoveredReason::StackState,
            detail: "ROLLBACK_COMPLETE".to_owned(),
        },
    ));
    let mut builder = ReportBuilder::new("e", at("2026-11-24T06:00:00Z"));
    builder.look(&judged, &[], at("2026-11-24T06:00:00Z"));
    let report = builder.finish(at("2026-11-24T06:00:00Z"), 0);
    assert_eq!(report.verdict(false), ScanVerdict::InSync);
    assert_eq!(report.verdict(true), ScanVerdict::Incomplete);
    assert_eq!(report.uncovered[0].reason, "stack-state");
}

#[test]
fn an_entry_of_a_cluster_is_of_the_layer_of_its_content() {
    let mut judged = judged(Counts::default());
    judged.unit = crate::unit::Unit::application("shop", "web");
    let config = Resource {
        kind: "v1/ConfigMap".to_owned(),
        ..Resource::default()
    };
    let at_path = |path: &str| Pending {
        path: Some(path.to_owned()),
        detail: "a1 is deployed, b2 is in Git".to_owned(),
    };
    judged.pending = vec![
        (config.clone(), at_path("/data/a")),
        (config.clone(), at_path("/metadata/labels/a")),
    ];
    judged.unknown = vec![(config, Gap::new(Reason::Denied, "no right to list"))];
    let mut builder = ReportBuilder::new("e", at("2026-11-24T06:00:00Z"));
    builder.look(&judged, &[], at("2026-11-24T06:00:00Z"));
    let report = builder.finish(at("2026-11-24T06:00:00Z"), 0);
    let layers: Vec<Layer> = report.pending.iter().map(|it| it.layer).collect();
    assert_eq!(layers, [Layer::Configuration, Layer::Kubernetes]);
    assert_eq!(report.unknown[0].layer, Layer::Configuration);
    assert_eq!(
        (
            report.pending[0].path.as_deref(),
            report.pending[0].reason.as_str()
        ),
        (Some("/data/a"), "ahead-of-deployed")
    );
}

#[test]
fn the_entry_of_a_finding_is_of_its_own_layer_not_of_its_units() {
    let unit = Unit::application("shop", "web");
    let mut finding = crate::testing::finding(&unit, "A", at("2026-11-24T06:00:00Z"));
    let config = ("", "ConfigMap");
    finding.identity = crate::identity::Identity::object(
        Layer::Configuration,
        "shop",
        config,
        (Some("web"), "cart"),
    );
    let entry = FindingEntry::of(&finding, at("2026-11-24T06:00:00Z"));
    assert_eq!(entry.layer, Layer::Configuration);
}
