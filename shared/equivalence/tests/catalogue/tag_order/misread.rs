//! Tags that CloudFormation reads in another form or order, and tags that it does not read.

use serde_json::{Value, json};

use crate::harness::{BOTH, drift, rule};

fn tags(pairs: &[(&str, &str)]) -> Value {
    pairs
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

#[test]
fn the_tags_of_a_resource_group_are_a_set() {
    let group = "AWS::Inspector::ResourceGroup";
    let stated = json!({"ResourceGroupTags": tags(&[("team", "shop"), ("stage", "live")])});
    let turned = json!({"ResourceGroupTags": tags(&[("stage", "live"), ("team", "shop")])});
    for lists in BOTH {
        assert_eq!(drift(group, &stated, &turned, lists), [""; 0], "{lists:?}");
    }
    let path = "/ResourceGroupTags";
    assert_eq!(rule(group, path, &stated, &turned), Some("tag-order"));
    // They say which instances are assessed: another one is drift.
    let wider = json!({"ResourceGroupTags": tags(&[("stage", "live")])});
    for lists in BOTH {
        assert_ne!(drift(group, &stated, &wider, lists), [""; 0], "{lists:?}");
    }
}

#[test]
fn tags_that_reality_does_not_show_are_never_taken_for_read() {
    let stated = tags(&[("team", "shop"), ("stage", "live")]);
    for resource_type in ["AWS::CloudFront::Distribution", "AWS::EC2::EIP"] {
        let expected = json!({"A": 1, "Tags": stated});
        for actual in [json!({"A": 1}), json!({"A": 1, "Tags": []})] {
            assert_eq!(rule(resource_type, "/Tags", &expected, &actual), None);
            for lists in BOTH {
                let left = drift(resource_type, &expected, &actual, lists);
                assert_ne!(left, [""; 0], "{resource_type} {actual}");
            }
        }
    }
}
