use domain::judge::SuppressionKind;
use serde_json::{Value, json};

use crate::harness::{BOTH, Lists, at, drift, rule, rules};

const TYPE: &str = "AWS::EC2::Instance";

fn tags(pairs: &[(&str, &str)]) -> Value {
    let items: Vec<Value> = pairs
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    json!({ "Tags": items })
}

#[test]
fn tags_that_aws_set_are_not_ours() {
    let expected = tags(&[("a", "1")]);
    let actual = tags(&[("a", "1"), ("aws:cloudformation:stack-name", "s")]);
    for lists in BOTH {
        assert_eq!(
            rules(TYPE, &expected, &actual, lists),
            ["aws-tags"],
            "{lists:?}"
        );
    }
    let said = at(TYPE, "/Tags/1", &expected, &actual).unwrap();
    assert_eq!(said.kind, SuppressionKind::NotOurs);
    assert_eq!(rule(TYPE, "/Tags", &expected, &actual), Some("aws-tags"));
    assert_eq!(
        rule(TYPE, "/Tags", &json!({}), &tags(&[("aws:x", "1")])),
        Some("aws-tags")
    );
}

#[test]
fn they_may_stand_before_the_others() {
    let expected = tags(&[("a", "1"), ("b", "2")]);
    let actual = tags(&[("aws:x", "s"), ("b", "2"), ("aws:y", "t"), ("a", "1")]);
    for lists in BOTH {
        assert_eq!(drift(TYPE, &expected, &actual, lists), [""; 0], "{lists:?}");
    }
}

#[test]
fn maps_of_tags_are_known_too() {
    let expected = json!({"Tags": {"a": "1"}});
    let actual = json!({"Tags": {"a": "1", "aws:cloudformation:stack-id": "arn", "aws:a/b": "1"}});
    for lists in BOTH {
        assert_eq!(rules(TYPE, &expected, &actual, lists), ["aws-tags"; 2]);
    }
    let actual = json!({"Tags": {"a": "1", "awsome:x": "1"}});
    assert_eq!(rule(TYPE, "/Tags/awsome:x", &expected, &actual), None);
}

#[test]
fn a_real_drift_beside_them_stays() {
    let expected = tags(&[("a", "1"), ("b", "2")]);
    // Removed, changed and added, each with a tag of AWS in its place.
    for actual in [
        tags(&[("aws:x", "s"), ("b", "2")]),
        tags(&[("aws:x", "s"), ("a", "9"), ("b", "2")]),
        tags(&[("aws:x", "s"), ("new", "1"), ("a", "1"), ("b", "2")]),
    ] {
        for lists in BOTH {
            assert!(
                !drift(TYPE, &expected, &actual, lists).is_empty(),
                "{lists:?}"
            );
        }
        assert_eq!(rule(TYPE, "/Tags", &expected, &actual), None);
    }
}

#[test]
fn the_prefix_counts_as_it_is_written() {
    let expected = tags(&[("a", "1")]);
    for key in ["awsome:x", "aws", "AWS:x", "aws-x", " aws:x", "my:aws:x"] {
        let actual = tags(&[("a", "1"), (key, "v")]);
        assert_eq!(
            drift(TYPE, &expected, &actual, Lists::ByIndex),
            ["/Tags/1"],
            "{key}"
        );
    }
}

#[test]
fn a_tag_of_the_prefix_that_both_sides_have_is_compared() {
    let expected = tags(&[("aws:x", "1"), ("b", "2")]);
    for actual in [tags(&[("aws:x", "9"), ("b", "2")]), tags(&[("b", "2")])] {
        for lists in BOTH {
            assert!(!drift(TYPE, &expected, &actual, lists).is_empty());
        }
    }
}

#[test]
fn a_changed_tag_of_the_prefix_is_not_taken_for_an_added_one() {
    let expected = tags(&[("aws:x", "1")]);
    let actual = tags(&[("b", "2"), ("aws:x", "9")]);
    assert_eq!(rule(TYPE, "/Tags/1", &expected, &actual), None);
}

#[test]
fn a_map_that_is_no_tags_is_none() {
    let (expected, actual) = (
        json!({"Variables": {}}),
        json!({"Variables": {"aws:x": "1"}}),
    );
    assert_eq!(rule(TYPE, "/Variables/aws:x", &expected, &actual), None);
}
