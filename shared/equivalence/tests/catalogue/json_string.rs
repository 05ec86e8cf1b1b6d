use serde_json::{Value, json};

use crate::harness::{at, rule};

const TYPE: &str = "AWS::CloudWatch::Dashboard";

fn said(expected: Value, actual: Value) -> Option<&'static str> {
    rule(
        TYPE,
        "/DashboardBody",
        &json!({ "DashboardBody": expected }),
        &json!({ "DashboardBody": actual }),
    )
}

#[test]
fn white_space_key_order_and_number_spelling_mean_nothing() {
    let compact = json!(r#"{"widgets":[{"x":0,"y":1.5}],"start":"-PT6H"}"#);
    let others = [
        json!("{\n  \"start\": \"-PT6H\",\n  \"widgets\": [ {\"y\": 1.50, \"x\": 0.0} ]\n}\n"),
        json!({"start": "-PT6H", "widgets": [{"x": 0, "y": 1.5}]}),
        json!(r#"{"start":"-PT6\u0048","widgets":[{"y":15e-1,"x":0}]}"#),
    ];
    for other in others {
        assert_eq!(
            said(compact.clone(), other.clone()),
            Some("json-string"),
            "{other}"
        );
        assert_eq!(
            said(other.clone(), compact.clone()),
            Some("json-string"),
            "{other}"
        );
    }
    assert_eq!(said(json!("[1, 2]"), json!([1, 2])), Some("json-string"));
}

#[test]
fn a_real_drift_in_a_document_stays() {
    let document = |x: &str| json!(format!(r#"{{"widgets": [{{"x": {x}}}]}}"#));
    for other in ["1", "\"0\"", "null", "false", "[0]", "0.1"] {
        assert_eq!(said(document("0"), document(other)), None, "{other}");
    }
    assert_eq!(said(json!(r#"{"a":1}"#), json!({"a": 1, "b": 2})), None);
    assert_eq!(said(json!(r#"{"a":1,"b":null}"#), json!({"a": 1})), None);
}

#[test]
fn the_order_of_lists_is_meaningful() {
    assert_eq!(said(json!("[1,2]"), json!("[2,1]")), None);
    assert_eq!(
        said(
            json!(r#"{"source":["a","b"]}"#),
            json!({"source": ["b", "a"]})
        ),
        None
    );
}

#[test]
fn a_document_that_says_a_key_twice_equals_nothing() {
    assert_eq!(said(json!(r#"{"a":1,"a":1}"#), json!({"a": 1})), None);
    assert_eq!(
        said(json!(r#"{"b":{"a":1,"a":2}}"#), json!(r#"{"b": {"a":2}}"#)),
        None
    );
}

#[test]
fn numbers_too_large_to_be_read_exactly_equal_nothing() {
    let with = |number: &str| json!(format!(r#"{{"id": {number}}}"#));
    assert_eq!(
        said(with("18446744073709551615"), json!({"id": u64::MAX})),
        Some("json-string")
    );
    assert_eq!(
        said(with("18446744073709551616"), with(" 18446744073709551617")),
        None
    );
    assert_eq!(
        said(with("9007199254740993"), with(" 9007199254740992")),
        None
    );
    assert_eq!(
        said(with("9007199254740993.0"), with("9007199254740992.0")),
        None
    );
}

#[test]
fn text_that_is_no_document_is_text() {
    for (one, other) in [
        ("{", "{ "),
        ("a", " a"),
        ("1", " 1"),
        ("\"a\"", " \"a\""),
        ("{'a':1}", "{'a': 1}"),
        (r#"{"a":1} x"#, r#"{"a": 1} x"#),
        (r#"{"a":NaN}"#, r#"{"a": NaN}"#),
    ] {
        assert_eq!(said(json!(one), json!(other)), None, "{one}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(said(json!(deep), json!(format!(" {deep}"))), None);
}

#[test]
fn where_the_text_is_the_content_white_space_is_content() {
    let (one, other) = (r#"{"a":1}"#, r#"{"a": 1}"#);
    for path in [
        "/Value",
        "/SecretString",
        "/UserData",
        "/Description",
        "/Environment/Variables/CONFIG",
        "/ContainerDefinitions/0/Environment/0/Value",
    ] {
        let tree = |text: &str| {
            path.split('/')
                .skip(1)
                .collect::<Vec<_>>()
                .iter()
                .rev()
                .fold(json!(text), |value, segment| {
                    if *segment == "0" {
                        json!([value])
                    } else {
                        json!({ *segment: value })
                    }
                })
        };
        assert_eq!(
            rule("AWS::X::Y", path, &tree(one), &tree(other)),
            None,
            "{path}"
        );
    }
}

#[test]
fn documents_deep_in_a_resource_are_known_and_no_value_is_said() {
    let expected =
        json!({"A": [{"RedrivePolicy": {"deadLetterTargetArn": "s3cr3t", "maxReceiveCount": 5}}]});
    let actual = json!({"A": [{"RedrivePolicy": r#"{"maxReceiveCount":5,"deadLetterTargetArn":"s3cr3t"}"#}]});
    let said = at("AWS::SQS::Queue", "/A/0/RedrivePolicy", &expected, &actual).unwrap();
    assert_eq!(said.rule, "json-string");
    assert!(!said.detail.contains("s3cr3t"));
}
