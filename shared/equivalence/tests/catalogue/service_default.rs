use serde_json::{Value, json};

use crate::harness::{BOTH, ask, differences, rule, rules};

const FUNCTION: &str = "AWS::Lambda::Function";

#[test]
fn a_documented_default_where_the_template_sets_nothing_is_no_difference() {
    for (resource_type, path, default) in [
        ("AWS::SQS::Queue", "/VisibilityTimeout", json!(30)),
        ("AWS::SQS::Queue", "/VisibilityTimeout", json!("30")),
        ("AWS::SQS::Queue", "/SqsManagedSseEnabled", json!(true)),
        ("AWS::IAM::Role", "/Path", json!("/")),
        ("AWS::DynamoDB::Table", "/BillingMode", json!("PROVISIONED")),
        ("AWS::Logs::LogGroup", "/LogGroupClass", json!("STANDARD")),
        (FUNCTION, "/Architectures", json!(["x86_64"])),
        (FUNCTION, "/TracingConfig", json!({"Mode": "PassThrough"})),
        (FUNCTION, "/EphemeralStorage", json!({"Size": 512})),
    ] {
        let (expected, actual) = (json!({"A": 1}), json!({"A": 1, &path[1..]: default}));
        assert_eq!(
            rule(resource_type, path, &expected, &actual),
            Some("service-default"),
            "{path}"
        );
    }
    let (expected, actual) = (
        json!({"TracingConfig": {}}),
        json!({"TracingConfig": {"Mode": "PassThrough"}}),
    );
    assert_eq!(
        rule(FUNCTION, "/TracingConfig/Mode", &expected, &actual),
        Some("service-default")
    );
}

#[test]
fn a_real_drift_to_another_value_than_the_default_stays() {
    for (resource_type, path, value) in [
        ("AWS::SQS::Queue", "/VisibilityTimeout", json!(31)),
        ("AWS::SQS::Queue", "/SqsManagedSseEnabled", json!(false)),
        ("AWS::IAM::Role", "/Path", json!("/admin/")),
        ("AWS::IAM::Role", "/MaxSessionDuration", json!(43_200)),
        (FUNCTION, "/Architectures", json!(["x86_64", "arm64"])),
        (FUNCTION, "/TracingConfig", json!({"Mode": "Active"})),
        (
            FUNCTION,
            "/TracingConfig",
            json!({"Mode": "PassThrough", "Other": 1}),
        ),
        (FUNCTION, "/TracingConfig", json!({})),
        (FUNCTION, "/TracingConfig", json!("PassThrough")),
        // Another type's default.
        ("AWS::SNS::Topic", "/VisibilityTimeout", json!(30)),
        (FUNCTION, "/Path", json!("/")),
        (
            "AWS::S3::Bucket",
            "/PublicAccessBlockConfiguration",
            json!({"BlockPublicAcls": true, "BlockPublicPolicy": false, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}),
        ),
    ] {
        let (expected, actual) = (json!({"A": 1}), json!({"A": 1, &path[1..]: value}));
        assert_eq!(
            rule(resource_type, path, &expected, &actual),
            None,
            "{path}"
        );
    }
}

#[test]
fn where_the_template_says_otherwise_the_default_is_drift() {
    let (expected, actual) = (
        json!({"VisibilityTimeout": 60}),
        json!({"VisibilityTimeout": 30}),
    );
    assert_eq!(
        rule("AWS::SQS::Queue", "/VisibilityTimeout", &expected, &actual),
        None
    );
    let (expected, actual) = (json!({"Path": null}), json!({"Path": "/"}));
    assert_eq!(rule("AWS::IAM::Role", "/Path", &expected, &actual), None);
    let (expected, actual) = (
        json!({"TracingConfig": {"Mode": "Active"}}),
        json!({"TracingConfig": {"Mode": "PassThrough"}}),
    );
    for lists in BOTH {
        assert_eq!(rules(FUNCTION, &expected, &actual, lists), [""; 0]);
    }
}

#[test]
fn what_the_templates_tree_says_counts_whatever_the_difference_says() {
    let (silent, says) = (json!({"A": 1}), json!({"Path": "/admin/"}));
    let actual = json!({"Path": "/"});
    let added = differences(&json!({}), &actual, BOTH[0]);
    let said = |expected: &Value| ask("AWS::IAM::Role", expected, &actual, &added[0]);
    assert!(said(&silent).is_some());
    assert!(said(&says).is_none());
}

#[test]
fn without_the_templates_tree_nothing_is_known() {
    let actual = json!({"VisibilityTimeout": 30});
    assert_eq!(
        rule(
            "AWS::SQS::Queue",
            "/VisibilityTimeout",
            &Value::Null,
            &actual
        ),
        None
    );
}

#[test]
fn defaults_below_lists_are_known_but_an_added_item_is_drift() {
    let task = "AWS::ECS::TaskDefinition";
    let containers = |items: Value| json!({ "ContainerDefinitions": items });
    let expected = containers(json!([{"Name": "a", "PortMappings": [{"ContainerPort": 80}]}]));
    let actual = containers(
        json!([{"Name": "a", "Essential": true, "PortMappings": [{"ContainerPort": 80, "Protocol": "tcp"}]}]),
    );
    for lists in BOTH {
        assert_eq!(
            rules(task, &expected, &actual, lists),
            ["service-default"; 2]
        );
    }
    // An item of nothing but defaults.
    let actual = containers(json!([expected["ContainerDefinitions"][0], {"Essential": true}]));
    assert_eq!(
        rule(task, "/ContainerDefinitions/1", &expected, &actual),
        None
    );
    // Below an item that the template does not have.
    assert_eq!(
        rule(
            task,
            "/ContainerDefinitions/1/Essential",
            &expected,
            &actual
        ),
        None
    );
}

#[test]
fn the_table_is_long_sourced_sorted_and_json() {
    let page = equivalence::Catalogue::all().document();
    let section = page.split("\n## service-default").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows: Vec<Vec<&str>> = section
        .lines()
        .filter(|line| line.starts_with("| `AWS::"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 25, "{} rows", rows.len());
    for row in &rows {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(
            serde_json::from_str::<Value>(row[2].trim_matches('`')).is_ok(),
            "{row:?}"
        );
        assert!(row[3].len() > 20, "{row:?}");
    }
    assert!(rows.is_sorted(), "the rows are sorted by type and path");
}
