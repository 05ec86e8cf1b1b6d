use serde_json::{Value, json};

use crate::harness::{BOTH, drift, rule, rules};

const TYPE: &str = "AWS::S3::BucketPolicy";

fn policy(condition: &Value) -> Value {
    json!({"PolicyDocument": {"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition,
    }]}})
}

#[test]
fn condition_keys_in_another_case_are_the_same() {
    for (expected, actual) in [
        (
            json!({"IpAddress": {"aws:SourceIP": "10.0.0.0/8"}}),
            json!({"IpAddress": {"AWS:SourceIp": ["10.0.0.0/8"]}}),
        ),
        (
            json!({"Bool": {"aws:securetransport": "false"}}),
            json!({"Bool": {"aws:SecureTransport": false}}),
        ),
        (
            json!({"StringEquals": {"AWS:RequestTag/Team": "a"}}),
            json!({"StringEquals": {"aws:requesttag/Team": "a"}}),
        ),
    ] {
        let (expected, actual) = (policy(&expected), policy(&actual));
        for lists in BOTH {
            let said = rules(TYPE, &expected, &actual, lists);
            assert!(!said.is_empty() && said.iter().all(|rule| *rule == "condition-key-case"));
            assert_eq!(drift(TYPE, &expected, &actual, lists), [""; 0]);
        }
        let said = rule(TYPE, "/PolicyDocument", &expected, &actual);
        assert_eq!(said, Some("condition-key-case"));
    }
}

#[test]
fn a_real_drift_of_a_condition_stays() {
    let secure = json!({"Bool": {"aws:SecureTransport": "false"}});
    for actual in [
        json!({"Bool": {"aws:securetransport": "true"}}),
        json!({"BoolIfExists": {"aws:securetransport": "false"}}),
        json!({"Bool": {"aws:securetransport2": "false"}}),
        json!({"Bool": {"s3:securetransport": "false"}}),
        json!({}),
        json!({"Bool": {"aws:securetransport": "false", "aws:MultiFactorAuthPresent": "false"}}),
        // A key that is said twice, in two cases.
        json!({"Bool": {"aws:securetransport": "false", "aws:SecureTransport": "false"}}),
    ] {
        let (expected, actual) = (policy(&secure), policy(&actual));
        for lists in BOTH {
            assert_eq!(rules(TYPE, &expected, &actual, lists), [""; 0], "{actual}");
        }
        assert_eq!(
            rule(TYPE, "/PolicyDocument", &expected, &actual),
            None,
            "{actual}"
        );
    }
}

#[test]
fn values_and_what_a_key_names_have_a_case() {
    for (expected, actual) in [
        (
            json!({"StringEquals": {"aws:username": "John"}}),
            json!({"StringEquals": {"aws:UserName": "john"}}),
        ),
        (
            json!({"StringEquals": {"aws:RequestTag/Team": "a"}}),
            json!({"StringEquals": {"aws:RequestTag/team": "a"}}),
        ),
        (
            json!({"StringEquals": {"kms:EncryptionContext:App": "a"}}),
            json!({"StringEquals": {"kms:EncryptionContext:app": "a"}}),
        ),
        (
            json!({"StringEquals": {"oidc.eks.eu-central-1.amazonaws.com/id/AB:sub": "a"}}),
            json!({"StringEquals": {"oidc.eks.eu-central-1.amazonaws.com/id/ab:sub": "a"}}),
        ),
    ] {
        let (expected, actual) = (policy(&expected), policy(&actual));
        assert_eq!(
            rule(TYPE, "/PolicyDocument", &expected, &actual),
            None,
            "{actual}"
        );
    }
}
