use domain::judge::SuppressionKind;
use serde_json::{Value, json};

use crate::harness::{at, rule};

const TYPE: &str = "AWS::EKS::Nodegroup";
const PATH: &str = "/ScalingConfig/DesiredSize";

fn group(least: Value, most: Value, desired: Value) -> Value {
    json!({"ScalingConfig": {"MinSize": least, "MaxSize": most, "DesiredSize": desired}})
}

#[test]
fn what_lies_within_the_bounds_is_the_work_of_scaling() {
    let expected = group(json!("2"), json!(10), json!("2"));
    for desired in [json!(3), json!("10"), json!(10)] {
        let actual = group(json!(2), json!("10"), desired);
        assert_eq!(
            rule(TYPE, PATH, &expected, &actual),
            Some("nodegroup-desired-size")
        );
    }
    // Down to the minimum as well.
    let (high, low) = (
        group(json!(2), json!(10), json!(8)),
        group(json!(2), json!(10), json!(2)),
    );
    let suppression = at(TYPE, PATH, &high, &low).unwrap();
    assert_eq!(
        (suppression.rule, suppression.kind),
        ("nodegroup-desired-size", SuppressionKind::NotOurs)
    );
}

#[test]
fn a_real_drift_outside_the_bounds_stays() {
    let expected = group(json!(2), json!(10), json!(2));
    for actual in [
        group(json!(2), json!(10), json!(11)),
        group(json!(2), json!(10), json!(1)),
        group(json!(2), json!(10), json!(0)),
        group(json!(2), json!(10), json!("3.5")),
        // A bound was changed by hand.
        group(json!(2), json!(50), json!(5)),
        group(json!(0), json!(10), json!(5)),
    ] {
        assert_eq!(rule(TYPE, PATH, &expected, &actual), None, "{actual}");
    }
    let raised = group(json!(2), json!(50), json!(2));
    assert_eq!(
        rule(TYPE, "/ScalingConfig/MaxSize", &expected, &raised),
        None
    );
}

#[test]
fn without_stated_bounds_nothing_is_known() {
    let silent = json!({"ScalingConfig": {"DesiredSize": 5, "MaxSize": 10}});
    let actual = group(json!(2), json!(10), json!(6));
    assert_eq!(rule(TYPE, PATH, &silent, &actual), None);
    assert_eq!(
        rule(
            "AWS::ECS::Service",
            PATH,
            &actual,
            &group(json!(2), json!(10), json!(7))
        ),
        None
    );
}
