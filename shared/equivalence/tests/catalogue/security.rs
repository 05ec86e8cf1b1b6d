//! Changes that open, grant or unprotect something: no rule recognises one, in any spelling.

mod changes;

use domain::difference::{DifferenceKind, RawDifference};
use serde_json::{Value, json};

use crate::harness::{BOTH, ask, at, differences, drift};
use changes::{BUCKET, Change, GROUP, KEY, ROLE, all, but, policy, read_objects, tcp};

/// The tree with every value below its first level as JSON text.
fn as_text(tree: &Value) -> Value {
    tree.as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let text = match value {
                Value::Object(_) => json!(value.to_string()),
                other => other.clone(),
            };
            (name.clone(), text)
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The tree with every list turned round, and numbers and booleans as text.
fn respelled(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), respelled(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().rev().map(respelled).collect::<Vec<_>>().into(),
        Value::Bool(_) | Value::Number(_) => json!(value.to_string()),
        other => other.clone(),
    }
}

#[test]
fn no_rule_recognises_any_difference_of_a_change_that_matters() {
    let changes = all();
    assert!(changes.len() >= 60, "{} changes", changes.len());
    for change in &changes {
        let Change {
            what,
            resource_type,
            expected,
            actual,
        } = change;
        for lists in BOTH {
            let found = differences(expected, actual, lists);
            assert!(!found.is_empty(), "{what}: no change at all");
            for difference in &found {
                let said = ask(resource_type, expected, actual, difference);
                assert!(said.is_none(), "{what}: {said:?} at {}", difference.path);
            }
        }
    }
}

#[test]
fn nor_where_the_whole_property_is_reported() {
    for Change {
        what,
        resource_type,
        expected,
        actual,
    } in all()
    {
        let (one, other) = (expected.as_object().unwrap(), actual.as_object().unwrap());
        for name in one
            .keys()
            .chain(other.keys())
            .filter(|name| one.get(*name) != other.get(*name))
        {
            let said = at(resource_type, &format!("/{name}"), &expected, &actual);
            assert!(said.is_none(), "{what}: {said:?} at /{name}");
        }
    }
}

#[test]
fn a_change_that_matters_stays_drift_in_every_spelling() {
    for Change {
        what,
        resource_type,
        expected,
        actual,
    } in all()
    {
        let (expected_text, actual_text) = (as_text(&expected), as_text(&actual));
        let turned = respelled(&actual);
        for (expected, actual) in [
            (&expected, &turned),
            (&respelled(&expected), &turned),
            (&expected_text, &actual_text),
            (&expected, &actual_text),
            (&expected_text, &actual),
            (&expected_text, &as_text(&turned)),
        ] {
            for lists in BOTH {
                let left = drift(resource_type, expected, actual, lists);
                assert!(!left.is_empty(), "{what}: {expected} {actual} {lists:?}");
            }
        }
    }
}

#[test]
fn what_somebody_added_beside_the_template_is_recognised_by_no_rule() {
    let rule = tcp(22, "0.0.0.0/0");
    for (resource_type, path, value) in [
        (
            GROUP,
            r#"/SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp="0.0.0.0/0"]"#,
            rule.clone(),
        ),
        (
            GROUP,
            r#"/SecurityGroupEgress[IpProtocol=-1,CidrIpv6="::/0"]"#,
            json!({"IpProtocol": "-1", "CidrIpv6": "::/0"}),
        ),
        (
            ROLE,
            r#"/ManagedPolicyArns["arn:aws:iam::aws:policy/AdministratorAccess"]"#,
            json!("arn:aws:iam::aws:policy/AdministratorAccess"),
        ),
        (
            ROLE,
            "/Policies[PolicyName=break-glass]",
            json!({"PolicyName": "break-glass", "PolicyDocument": policy(read_objects())}),
        ),
        (
            BUCKET,
            "/BucketPolicy",
            policy(but(read_objects(), "Principal", json!("*"))),
        ),
        (
            BUCKET,
            "/PublicAccessBlockConfiguration/BlockPublicPolicy",
            json!(false),
        ),
        (
            "AWS::EC2::RouteTable",
            r#"/Routes[DestinationCidrBlock="0.0.0.0/0"]"#,
            json!({"GatewayId": "igw-1"}),
        ),
        (
            KEY,
            "/Grants[GranteePrincipal=x]",
            json!({"Operations": ["Decrypt"]}),
        ),
    ] {
        let difference = RawDifference {
            entry: None,
            path: path.to_owned(),
            kind: DifferenceKind::Added,
            expected: None,
            actual: Some(value),
            potential: false,
            attribution: None,
            cause: None,
        };
        for (expected, actual) in [
            (json!({}), json!({})),
            (
                json!({"SecurityGroupIngress": [], "Policies": []}),
                json!({"SecurityGroupIngress": [rule]}),
            ),
        ] {
            let said = ask(resource_type, &expected, &actual, &difference);
            assert!(said.is_none(), "{path}: {said:?}");
        }
    }
}
