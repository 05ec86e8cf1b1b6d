mod misread;

use serde_json::{Value, json};

use crate::harness::{BOTH, Lists, at, drift, rule, rules};

const TYPE: &str = "AWS::SQS::Queue";

fn tags(pairs: &[(&str, &str)]) -> Value {
    let items: Vec<Value> = pairs
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    json!({ "Tags": items })
}

#[test]
fn the_same_tags_in_another_order_are_no_difference() {
    let expected = tags(&[("a", "1"), ("b", "2"), ("c", "3")]);
    let actual = tags(&[("c", "3"), ("a", "1"), ("b", "2")]);
    for lists in BOTH {
        assert_eq!(drift(TYPE, &expected, &actual, lists), [""; 0], "{lists:?}");
    }
    assert_eq!(
        rules(TYPE, &expected, &actual, Lists::ByIndex),
        ["tag-order"; 6]
    );
    assert_eq!(rule(TYPE, "/Tags", &expected, &actual), Some("tag-order"));
    assert_eq!(rule(TYPE, "/Tags/1", &expected, &actual), Some("tag-order"));
}

#[test]
fn tags_are_known_at_any_depth_and_under_their_other_names() {
    let (one, other) = (
        tags(&[("a", "1"), ("b", "2")]),
        tags(&[("b", "2"), ("a", "1")]),
    );
    for path in [
        "/TagSpecifications/0/Tags",
        "/TagList",
        "/HostedZoneTags",
        "/FileSystemTags",
    ] {
        let name = path.rsplit('/').next().unwrap();
        let wrap = |tags: &Value| {
            let holder = json!({ name: tags["Tags"] });
            if path.contains("TagSpecifications") {
                json!({ "TagSpecifications": [holder] })
            } else {
                holder
            }
        };
        let leaf = format!("{path}/0/Value");
        assert_eq!(
            rule(TYPE, &leaf, &wrap(&one), &wrap(&other)),
            Some("tag-order"),
            "{path}"
        );
    }
}

#[test]
fn a_map_and_a_list_of_the_same_tags_are_no_difference() {
    let list = tags(&[("a", "1"), ("b", "2")]);
    let map = json!({"Tags": {"b": "2", "a": "1"}});
    assert_eq!(rule(TYPE, "/Tags", &list, &map), Some("tag-order"));
    assert_eq!(rule(TYPE, "/Tags", &map, &list), Some("tag-order"));
    assert_eq!(
        rule(TYPE, "/Tags", &list, &json!({"Tags": {"b": "2", "a": "2"}})),
        None
    );
}

#[test]
fn a_real_drift_in_a_reordered_list_stays_at_exactly_its_difference() {
    let expected = tags(&[("a", "1"), ("b", "2"), ("c", "3")]);
    // Changed: where the template has it.
    let changed = tags(&[("c", "3"), ("a", "9"), ("b", "2")]);
    for lists in BOTH {
        assert_eq!(
            drift(TYPE, &expected, &changed, lists),
            ["/Tags/0/Value"],
            "{lists:?}"
        );
    }
    // Added: where reality has it.
    let added = tags(&[("b", "2"), ("c", "3"), ("a", "1"), ("d", "4")]);
    for lists in BOTH {
        assert_eq!(
            drift(TYPE, &expected, &added, lists),
            ["/Tags/3"],
            "{lists:?}"
        );
    }
    // Removed: where the template has it.
    let removed = tags(&[("c", "3"), ("a", "1")]);
    assert_eq!(
        drift(TYPE, &expected, &removed, Lists::ByPartner),
        ["/Tags/1"]
    );
    assert_eq!(
        drift(TYPE, &expected, &removed, Lists::ByIndex),
        ["/Tags/1/Key", "/Tags/1/Value"]
    );
}

#[test]
fn a_tag_of_another_key_with_the_same_value_is_drift() {
    let expected = tags(&[("a", "1"), ("b", "2")]);
    let actual = tags(&[("b", "2"), ("x", "1")]);
    for lists in BOTH {
        assert!(
            !drift(TYPE, &expected, &actual, lists).is_empty(),
            "{lists:?}"
        );
    }
    // Keys differ in case: two tags.
    let actual = tags(&[("b", "2"), ("A", "1")]);
    assert!(!drift(TYPE, &expected, &actual, Lists::ByIndex).is_empty());
}

#[test]
fn values_that_changed_places_between_keys_are_drift() {
    let expected = tags(&[("a", "1"), ("b", "2")]);
    let actual = tags(&[("a", "2"), ("b", "1")]);
    for lists in BOTH {
        assert_eq!(
            drift(TYPE, &expected, &actual, lists),
            ["/Tags/0/Value", "/Tags/1/Value"]
        );
    }
    // The same with the tags in another order: the keys differ and the values do not.
    let actual = tags(&[("b", "1"), ("a", "2")]);
    assert_eq!(
        drift(TYPE, &expected, &actual, Lists::ByIndex),
        ["/Tags/0/Key", "/Tags/1/Key"]
    );
}

#[test]
fn a_list_that_says_a_key_twice_is_left_alone() {
    let expected = tags(&[("a", "1"), ("a", "2")]);
    let actual = tags(&[("a", "2"), ("a", "1")]);
    assert_eq!(rule(TYPE, "/Tags", &expected, &actual), None);
    assert_eq!(rule(TYPE, "/Tags/0/Value", &expected, &actual), None);
}

#[test]
fn a_tag_has_more_than_key_and_value_where_its_type_says_so() {
    let tag = |key: &str, propagate: bool| json!({"Key": key, "Value": "v", "PropagateAtLaunch": propagate});
    let expected = json!({"Tags": [tag("a", true), tag("b", true)]});
    let actual = json!({"Tags": [tag("b", true), tag("a", false)]});
    let group = "AWS::AutoScaling::AutoScalingGroup";
    for lists in BOTH {
        assert!(
            !drift(group, &expected, &actual, lists).is_empty(),
            "{lists:?}"
        );
    }
}

#[test]
fn what_looks_like_tags_elsewhere_is_none_and_nothing_of_a_value_is_said() {
    let expected = json!({"Steps": [{"Key": "a", "Value": "s3cr3t"}, {"Key": "b", "Value": "2"}]});
    let actual = json!({"Steps": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "s3cr3t"}]});
    assert_eq!(rule(TYPE, "/Steps/0/Value", &expected, &actual), None);
    let (expected, actual) = (
        json!({"Tags": expected["Steps"]}),
        json!({"Tags": actual["Steps"]}),
    );
    let said = at(TYPE, "/Tags/0/Value", &expected, &actual).unwrap();
    assert!(!said.detail.contains("s3cr3t"));
}
