use serde_json::{Value, json};

use crate::harness::rule;

const TYPE: &str = "AWS::Lambda::Function";

fn said(expected: Value, actual: Value) -> Option<&'static str> {
    rule(
        TYPE,
        "/Timeout",
        &json!({ "Timeout": expected }),
        &json!({ "Timeout": actual }),
    )
}

#[test]
fn a_number_or_boolean_and_its_text_are_no_difference() {
    for (one, other) in [
        (json!(30), json!("30")),
        (json!(-1), json!("-1")),
        (json!(0), json!("0")),
        (json!(1.5), json!("1.5")),
        (json!(1.0), json!("1")),
        (json!(1.0), json!(1)),
        (json!(true), json!("true")),
        (json!(false), json!("false")),
        (json!(123_456_789_012_u64), json!("123456789012")),
        (json!(u64::MAX), json!("18446744073709551615")),
        (json!([1, {"a": true}]), json!(["1", {"a": "true"}])),
    ] {
        assert_eq!(
            said(one.clone(), other.clone()),
            Some("number-string"),
            "{one} {other}"
        );
        assert_eq!(
            said(other.clone(), one.clone()),
            Some("number-string"),
            "{other} {one}"
        );
    }
}

#[test]
fn a_real_drift_of_a_number_stays() {
    for (one, other) in [
        (json!(30), json!("31")),
        (json!(30), json!(31)),
        (json!(true), json!("false")),
        (json!(1), json!(true)),
        (json!("1"), json!(true)),
        (json!(0), json!(false)),
        (json!(0), json!("")),
        (json!(0), json!(null)),
        (json!(false), json!(null)),
        (json!([1, 2]), json!(["2", "1"])),
        (json!([1]), json!("1")),
        (json!({"a": 1}), json!({"a": "1", "b": 2})),
    ] {
        assert_eq!(said(one.clone(), other.clone()), None, "{one} {other}");
        assert_eq!(said(other.clone(), one.clone()), None, "{other} {one}");
    }
}

#[test]
fn the_text_must_be_just_how_the_number_is_written() {
    for (number, text) in [
        (json!(30), "030"),
        (json!(30), "+30"),
        (json!(30), " 30"),
        (json!(30), "30.0"),
        (json!(30), "0x1e"),
        (json!(1000), "1e3"),
        (json!(1000), "1,000"),
        (json!(1.1), "1.10"),
        (json!(0.5), ".5"),
        (json!(0), "-0"),
        (json!(true), "True"),
        (json!(true), "yes"),
        (json!(12_345_678_901_u64), "012345678901"),
    ] {
        assert_eq!(said(number.clone(), json!(text)), None, "{number} {text}");
        assert_eq!(said(json!(text), number.clone()), None, "{text} {number}");
    }
}

#[test]
fn two_texts_that_differ_differ() {
    for (one, other) in [
        ("30", "30.0"),
        ("1", "01"),
        ("true", "TRUE"),
        ("1.0", "1"),
        ("1e3", "1000"),
    ] {
        assert_eq!(said(json!(one), json!(other)), None, "{one} {other}");
    }
}

#[test]
fn large_ids_stay_text() {
    let large: Value = serde_json::from_str("123456789012345678901234").unwrap();
    assert_eq!(said(json!("123456789012345678901234"), large.clone()), None);
    assert_eq!(said(json!("123456789012345678901235"), large), None);
}

#[test]
fn in_typed_documents_a_number_and_its_text_are_two_values() {
    for property in [
        "EventPattern",
        "FilterPolicy",
        "Definition",
        "Input",
        "Schema",
    ] {
        let tree = |value: Value| json!({ property: { "n": [value] } });
        let path = format!("/{property}/n/0");
        assert_eq!(
            rule(TYPE, &path, &tree(json!(5)), &tree(json!("5"))),
            None,
            "{property}"
        );
        let (expected, actual) = (
            json!({"Targets": [tree(json!(5))]}),
            json!({"Targets": [tree(json!("5"))]}),
        );
        assert_eq!(
            rule(TYPE, "/Targets/0", &expected, &actual),
            None,
            "{property}"
        );
    }
}

#[test]
fn values_of_two_tags_are_not_compared() {
    let tag = |key: &str, value: Value| json!({"Key": key, "Value": value});
    // Compared by key, `a` changed to 7; by index, its 5 meets the 5 of `b`.
    let expected = json!({"Tags": [tag("a", json!("5"))]});
    let actual = json!({"Tags": [tag("b", json!(5)), tag("a", json!("7"))]});
    assert_eq!(rule(TYPE, "/Tags/0/Value", &expected, &actual), None);
    let actual = json!({"Tags": [tag("a", json!(5))]});
    assert_eq!(
        rule(TYPE, "/Tags/0/Value", &expected, &actual),
        Some("number-string")
    );
}

#[test]
fn a_change_that_the_values_do_not_show_is_drift() {
    assert_eq!(said(json!(5), json!(5)), None);
    assert_eq!(said(json!("5"), json!("5")), None);
}
