use serde_json::{Value, json};

use crate::harness::{BOTH, drift, rule, rules};

const TYPE: &str = "AWS::DMS::Endpoint";

#[test]
fn a_null_where_the_template_says_nothing_is_no_difference() {
    let expected = json!({"EngineName": "s3", "S3Settings": {"BucketName": "b"}});
    let actual = json!({"EngineName": "s3", "KmsKeyId": null, "S3Settings": {"BucketName": "b", "CsvDelimiter": null}});
    for lists in BOTH {
        assert_eq!(rules(TYPE, &expected, &actual, lists), ["null-absent"; 2]);
    }
    assert_eq!(
        rule(TYPE, "/KmsKeyId", &expected, &actual),
        Some("null-absent")
    );
}

#[test]
fn a_real_drift_to_or_from_null_stays() {
    for (expected, actual) in [
        (json!({"KmsKeyId": "k"}), json!({"KmsKeyId": null})),
        (json!({"KmsKeyId": null}), json!({"KmsKeyId": "k"})),
        (json!({"KmsKeyId": null}), json!({})),
        (json!({}), json!({"KmsKeyId": false})),
        (json!({}), json!({"KmsKeyId": 0})),
        (json!({"Items": [1]}), json!({"Items": [1, null]})),
        (json!({}), json!({"A": {"B": null}})),
    ] {
        for lists in BOTH {
            assert!(
                !drift(TYPE, &expected, &actual, lists).is_empty(),
                "{expected} {actual}"
            );
        }
    }
    assert_eq!(
        rule(TYPE, "/KmsKeyId", &Value::Null, &json!({"KmsKeyId": null})),
        None
    );
}

#[test]
fn in_a_document_null_is_a_value() {
    for path in [
        "EventPattern",
        "AssumeRolePolicyDocument",
        "Definition",
        "Body",
    ] {
        let (expected, actual) = (json!({path: {"a": 1}}), json!({path: {"a": 1, "b": null}}));
        let said = rule(
            "AWS::Events::Rule",
            &format!("/{path}/b"),
            &expected,
            &actual,
        );
        assert_eq!(said, None, "{path}");
    }
}
