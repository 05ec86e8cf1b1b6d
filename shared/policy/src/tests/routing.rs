//! Which channels are told of which finding.

use domain::difference::Change;
use domain::finding::Finding;
use domain::severity::Severity;
use domain::unit::Unit;
use serde_json::json;

use super::{now, parse, with};
use crate::{Policy, Routed};

const CHANNELS: &str = "  channels:\n    oncall: {slack: {webhook: 'env:A'}}\n    team: {slack: {webhook: 'env:B'}}\n    audit: {webhook: {url: 'https://audit.example.com'}}\n";

fn routed(routes: &str, finding: &Finding) -> Routed {
    let text = with(&format!("notify:\n{routes}{CHANNELS}"));
    Policy::new(&parse(&text).unwrap()).channels_for(finding)
}

fn finding() -> Finding {
    domain::testing::finding(
        &Unit::stack("111122223333", "eu-west-1", "shop"),
        "Queue",
        now(),
    )
}

#[test]
fn without_routes_every_channel_is_told_everything() {
    let routed = routed("", &finding());
    assert_eq!(routed.channels, ["audit", "oncall", "team"]);
}

#[test]
fn every_route_that_matches_counts_and_a_channel_is_named_once() {
    let routes = "  routes:\n    - {when: 'finding.severity == \"critical\"', to: [oncall, team]}\n    - {when: 'true', to: [team, audit]}\n";
    assert_eq!(routed(routes, &finding()).channels, ["team", "audit"]);
    let critical = Finding {
        severity: Severity::Critical,
        ..finding()
    };
    assert_eq!(
        routed(routes, &critical).channels,
        ["oncall", "team", "audit"]
    );
    let none = "  routes: [{when: 'false', to: [team]}]\n";
    assert_eq!(routed(none, &finding()), Routed::default());
}

#[test]
fn one_difference_that_matches_is_enough() {
    let mut many = finding();
    let mut other = many.differences[0].clone();
    other.path = "/KmsMasterKeyId".to_owned();
    other.actual = Some(json!("k"));
    many.differences.push(other);
    let routes = "  routes: [{when: 'difference.path == \"/KmsMasterKeyId\" && resource.stack == \"shop\"', to: [team]}]\n";
    assert_eq!(routed(routes, &many).channels, ["team"]);
    assert!(routed(routes, &finding()).channels.is_empty());
}

#[test]
fn a_finding_without_differences_is_asked_about_once() {
    let deleted = Finding {
        change: Change::Deleted,
        differences: Vec::new(),
        ..finding()
    };
    let routes = "  routes: [{when: 'finding.change == \"deleted\" && difference.kind == \"removed\" && difference.actual == null', to: [team]}]\n";
    assert_eq!(routed(routes, &deleted).channels, ["team"]);
}

#[test]
fn a_route_that_cannot_be_evaluated_matches_nothing_and_is_named() {
    let routes = "  routes:\n    - {when: 'true', to: [team]}\n    - {when: 'difference.actual.deep == 1', to: [oncall]}\n";
    let routed = routed(routes, &finding());
    assert_eq!(routed.channels, ["team"]);
    let [failed] = &routed.failed[..] else {
        panic!("{routed:?}");
    };
    assert_eq!(
        (failed.place.as_str(), failed.line),
        ("notify.routes[1]", 6)
    );
    assert_eq!(failed.file, "plumbline.yaml");
    // One difference of which it can say yes makes up for another of which it cannot say anything.
    let mut many = finding();
    let mut other = many.differences[0].clone();
    other.actual = Some(json!({"deep": 1}));
    many.differences.push(other);
    let both = self::routed(routes, &many);
    assert_eq!(both.channels, ["team", "oncall"]);
    assert!(both.failed.is_empty());
}
