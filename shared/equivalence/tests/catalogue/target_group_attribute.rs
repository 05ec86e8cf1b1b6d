use serde_json::{Value, json};

use crate::harness::{BOTH, drift, rule, rules};

const TYPE: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";

fn group(attributes: &[(&str, Value)]) -> Value {
    let attributes: Vec<Value> = attributes
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    json!({ "TargetGroupAttributes": attributes })
}

fn stated() -> (&'static str, Value) {
    ("stickiness.enabled", json!("true"))
}

#[test]
fn an_attribute_at_its_default_is_no_difference() {
    let expected = group(&[stated()]);
    let actual = group(&[
        stated(),
        ("deregistration_delay.timeout_seconds", json!("300")),
        ("slow_start.duration_seconds", json!(0)),
    ]);
    for lists in BOTH {
        assert_eq!(
            rules(TYPE, &expected, &actual, lists),
            ["target-group-attribute"; 2]
        );
    }
    let path = "/TargetGroupAttributes/1";
    assert_eq!(
        rule(TYPE, path, &expected, &actual),
        Some("target-group-attribute")
    );
}

#[test]
fn a_real_drift_of_an_attribute_stays() {
    let expected = group(&[stated()]);
    for added in [
        ("deregistration_delay.timeout_seconds", json!("0")),
        (
            "load_balancing.algorithm.type",
            json!("least_outstanding_requests"),
        ),
        ("proxy_protocol_v2.enabled", json!("false")),
        // The template says otherwise.
        ("stickiness.enabled", json!("false")),
    ] {
        let actual = group(&[stated(), added.clone()]);
        let left = drift(TYPE, &expected, &actual, BOTH[0]);
        assert_eq!(left, ["/TargetGroupAttributes/1"], "{added:?}");
    }
    let changed = group(&[("stickiness.enabled", json!("false"))]);
    for lists in BOTH {
        assert_eq!(
            drift(TYPE, &expected, &changed, lists),
            ["/TargetGroupAttributes/0/Value"]
        );
    }
    let actual = group(&[stated(), ("slow_start.duration_seconds", json!("0"))]);
    let path = "/TargetGroupAttributes/1";
    assert_eq!(rule(TYPE, path, &json!({}), &actual), None);
    let balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer";
    assert_eq!(rule(balancer, path, &expected, &actual), None);
}
