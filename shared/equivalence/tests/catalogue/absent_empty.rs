use serde_json::{Value, json};

use crate::harness::{at, rule};

const TYPE: &str = "AWS::Lambda::Function";

#[test]
fn empty_and_absent_are_no_difference_either_way() {
    for (name, empty) in [
        ("Description", json!("")),
        ("Layers", json!([])),
        ("Tags", json!([])),
        ("Tags", json!({})),
        ("Parameters", json!({})),
        ("AlarmActions", json!([])),
    ] {
        let (with, without) = (json!({ name: empty, "A": 1 }), json!({"A": 1}));
        let path = format!("/{name}");
        assert_eq!(
            rule(TYPE, &path, &with, &without),
            Some("absent-empty"),
            "{name}"
        );
        assert_eq!(
            rule(TYPE, &path, &without, &with),
            Some("absent-empty"),
            "{name}"
        );
    }
    let (with, without) = (json!({"E": {"Variables": {}}}), json!({"E": {}}));
    assert_eq!(
        rule(TYPE, "/E/Variables", &with, &without),
        Some("absent-empty")
    );
}

#[test]
fn a_real_drift_from_or_to_nothing_stays() {
    for value in [
        json!(0),
        json!(false),
        json!(" "),
        json!("x"),
        json!([0]),
        json!([""]),
        json!([[]]),
        json!({"a": ""}),
    ] {
        let (with, without) = (json!({ "Tags": value, "A": 1 }), json!({"A": 1}));
        assert_eq!(rule(TYPE, "/Tags", &with, &without), None, "{value}");
        assert_eq!(rule(TYPE, "/Tags", &without, &with), None, "{value}");
    }
    // A null is no empty value: null-absent decides of it, and only where the template is silent.
    let (null, without) = (json!({"Tags": null}), json!({"A": 1}));
    assert_eq!(rule(TYPE, "/Tags", &null, &without), None);
    // Emptied is not absent.
    let (full, empty) = (json!({"Layers": ["a"]}), json!({"Layers": []}));
    assert_eq!(rule(TYPE, "/Layers", &full, &empty), None);
    assert_eq!(rule(TYPE, "/Layers", &empty, &full), None);
}

#[test]
fn one_empty_value_is_not_another() {
    for (one, other) in [
        (json!(""), json!([])),
        (json!([]), json!({})),
        (json!(""), json!(null)),
    ] {
        let tree = |value: &Value| json!({ "Tags": value });
        assert_eq!(
            rule(
                "T",
                "/Description",
                &json!({"Description": one}),
                &json!({"Description": other})
            ),
            None
        );
        assert_ne!(
            rule("T", "/Tags", &tree(&one), &tree(&other)),
            Some("absent-empty")
        );
    }
}

#[test]
fn an_empty_object_may_turn_something_on() {
    for name in [
        "EventBridgeConfiguration",
        "Allow",
        "None",
        "AllQueryArguments",
        "Method",
    ] {
        let (with, without) = (json!({ name: {} }), json!({"A": 1}));
        assert_eq!(
            rule("AWS::S3::Bucket", &format!("/{name}"), &with, &without),
            None,
            "{name}"
        );
    }
}

#[test]
fn an_empty_item_of_a_list_is_an_item() {
    let (longer, shorter) = (json!({"L": ["a", ""]}), json!({"L": ["a"]}));
    assert_eq!(rule(TYPE, "/L/1", &longer, &shorter), None);
    assert_eq!(rule(TYPE, "/L/1", &shorter, &longer), None);
}

#[test]
fn where_empty_and_absent_differ_in_meaning_they_are_compared() {
    for (resource_type, path, empty) in [
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress",
            json!([]),
        ),
        ("AWS::EC2::SecurityGroup", "/SecurityGroupEgress", json!([])),
        ("AWS::EC2::SecurityGroup", "/GroupDescription", json!("")),
        ("AWS::EC2::NetworkAclEntry", "/CidrBlock", json!("")),
        ("AWS::WAFv2::WebACL", "/Rules", json!([])),
        ("AWS::IAM::Role", "/Policies", json!([])),
        (
            "AWS::IAM::Role",
            "/AssumeRolePolicyDocument/Statement",
            json!([]),
        ),
        (
            "AWS::IAM::ManagedPolicy",
            "/ManagedPolicyDocument",
            json!(""),
        ),
        (
            "AWS::S3::Bucket",
            "/NotificationConfiguration/QueueConfigurations",
            json!([]),
        ),
        (
            "AWS::S3::Bucket",
            "/PublicAccessBlockConfiguration",
            json!({}),
        ),
        ("AWS::S3::Bucket", "/LoggingConfiguration", json!({})),
        (
            "AWS::S3::Bucket",
            "/LoggingConfiguration/LogFilePrefix",
            json!(""),
        ),
        ("AWS::Logs::SubscriptionFilter", "/FilterPattern", json!("")),
        ("AWS::SQS::Queue", "/KmsMasterKeyId", json!("")),
        ("AWS::RDS::DBInstance", "/VPCSecurityGroups", json!([])),
        ("AWS::Cognito::UserPoolClient", "/ReadAttributes", json!([])),
        (
            "AWS::EKS::Cluster",
            "/ResourcesVpcConfig/PublicAccessCidrs",
            json!([]),
        ),
        (TYPE, "/VpcConfig/SubnetIds", json!([])),
    ] {
        let (mut with, mut without) = (empty, None);
        for segment in path.split('/').skip(1).collect::<Vec<_>>().iter().rev() {
            with = json!({ *segment: with });
            without = Some(match without {
                None => json!({}),
                Some(inner) => json!({ *segment: inner }),
            });
        }
        let without = without.unwrap();
        assert_eq!(rule(resource_type, path, &with, &without), None, "{path}");
        assert_eq!(rule(resource_type, path, &without, &with), None, "{path}");
    }
}

#[test]
fn what_was_recognised_is_said_by_side() {
    let (with, without) = (json!({"Description": ""}), json!({}));
    let removed = at(TYPE, "/Description", &with, &without).unwrap();
    let added = at(TYPE, "/Description", &without, &with).unwrap();
    assert_eq!(removed.detail, "the template's empty text is absent");
    assert_eq!(added.detail, "an empty text that the template leaves out");
}
