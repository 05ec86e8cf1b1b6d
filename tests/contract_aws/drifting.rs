//! How drift is told: paths, kinds, values.

use domain::difference::DifferenceKind::{Added, Changed, Removed};
use domain::stack::DriftStatus;
use serde_json::{Value, json};

use super::account::{Account, Bend};

pub(super) async fn a_changed_property_is_told_with_both_values(account: &Account) {
    account.queue("orders");
    account.bend("orders", Bend::Attribute("VisibilityTimeout", 77));
    account.bend("orders", Bend::Attribute("DelaySeconds", 0));
    let changed = |path: &str, from: u64, to: u64| {
        (path.to_owned(), Changed, Some(json!(from)), Some(json!(to)))
    };
    assert_eq!(
        account.differences("orders").await,
        [
            changed("/DelaySeconds", 5, 0),
            changed("/VisibilityTimeout", 30, 77)
        ]
    );
    let drift = &account.stacks.drifts("orders").await.unwrap()[0];
    assert_eq!(
        (
            &drift.expected["VisibilityTimeout"],
            &drift.actual["VisibilityTimeout"]
        ),
        (&json!(30), &json!(77))
    );
}

pub(super) async fn a_removed_property_is_told_with_the_expected_value(account: &Account) {
    let properties = json!({"LogGroupName": "orders-logs", "RetentionInDays": 30});
    account.create(
        "orders",
        &[(
            "Logs",
            json!({"Type": "AWS::Logs::LogGroup", "Properties": properties}),
        )],
    );
    account.bend("orders", Bend::NoRetention);
    let removed = (
        "/RetentionInDays".to_owned(),
        Removed,
        Some(json!(30)),
        None,
    );
    assert_eq!(account.differences("orders").await, [removed]);
}

pub(super) async fn entries_of_a_map_are_added_removed_and_changed(account: &Account) {
    let properties = json!({
        "FunctionName": "orders-function", "Runtime": "python3.12", "Handler": "index.handler", "Timeout": 10,
        "Role": "arn:aws:iam::000000000000:role/any", "Code": {"ZipFile": "def handler(event, context): pass"},
        "Environment": {"Variables": {"KEPT": "1", "CHANGED": "a", "REMOVED": "b"}}
    });
    account.create(
        "orders",
        &[(
            "Function",
            json!({"Type": "AWS::Lambda::Function", "Properties": properties}),
        )],
    );
    account.bend(
        "orders",
        Bend::Variables(&json!({"KEPT": "1", "CHANGED": "z", "ADDED": "new"})),
    );
    let path = |name: &str| format!("/Environment/Variables/{name}");
    let text = |text: &str| Some(Value::from(text));
    assert_eq!(
        account.differences("orders").await,
        [
            (path("ADDED"), Added, None, text("new")),
            (path("CHANGED"), Changed, text("a"), text("z")),
            (path("REMOVED"), Removed, text("b"), None),
        ]
    );
}

pub(super) async fn tags_are_added_removed_and_changed_at_their_place(account: &Account) {
    account.queue("orders");
    let tag = |key: &str, value: &str| Some(json!({"Key": key, "Value": value}));
    account.bend("orders", Bend::Tag("team", "z"));
    let changed = (
        "/Tags/0/Value".to_owned(),
        Changed,
        Some(json!("a")),
        Some(json!("z")),
    );
    assert_eq!(
        account.differences("orders").await,
        std::slice::from_ref(&changed)
    );
    account.bend("orders", Bend::Tag("owner", "me"));
    let added = ("/Tags/2".to_owned(), Added, None, tag("owner", "me"));
    assert_eq!(
        account.differences("orders").await,
        [changed.clone(), added]
    );
    account.bend("orders", Bend::Untag("env"));
    // An addition is at its place in the live list, a removal at its place in the template's.
    let added = ("/Tags/1".to_owned(), Added, None, tag("owner", "me"));
    let removed = ("/Tags/1".to_owned(), Removed, tag("env", "test"), None);
    let mut told = account.differences("orders").await;
    told.sort_by_key(|difference| (difference.0.clone(), difference.1 == Removed));
    assert_eq!(told, [changed, added, removed]);
}

pub(super) async fn an_element_deep_in_a_list_is_told_with_its_path(account: &Account) {
    let trust = |service: &str, more: &[&str]| {
        let statement = |service: &str| json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"});
        let statements: Vec<_> = std::iter::once(&service)
            .chain(more)
            .map(|service| statement(service))
            .collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    };
    let properties = json!({"RoleName": "orders-role", "AssumeRolePolicyDocument": trust("lambda.amazonaws.com", &[])});
    account.create(
        "orders",
        &[(
            "Role",
            json!({"Type": "AWS::IAM::Role", "Properties": properties}),
        )],
    );
    let changed = trust("ec2.amazonaws.com", &[]);
    account.bend("orders", Bend::Trust(&changed));
    let statement = "/AssumeRolePolicyDocument/Statement";
    let (path, kind, expected, actual) = account.differences("orders").await.remove(0);
    assert_eq!(
        (path, kind),
        (format!("{statement}/0/Principal/Service"), Changed)
    );
    assert_eq!(
        (expected, actual),
        (
            Some(json!("lambda.amazonaws.com")),
            Some(json!("ec2.amazonaws.com"))
        )
    );
    let more = trust("lambda.amazonaws.com", &["ec2.amazonaws.com"]);
    account.bend("orders", Bend::Trust(&more));
    let added = (
        format!("{statement}/1"),
        Added,
        None,
        Some(more["Statement"][1].clone()),
    );
    assert_eq!(account.differences("orders").await, [added]);
}

pub(super) async fn a_deleted_resource_is_deleted_and_has_no_properties(account: &Account) {
    account.queue("orders");
    account.bend("orders", Bend::NoQueue);
    account.detect("orders").await;
    let drifts = account.stacks.drifts("orders").await.unwrap();
    assert_eq!(drifts.len(), 1);
    let drift = &drifts[0];
    assert_eq!(drift.status, DriftStatus::Deleted);
    assert_eq!(
        (&drift.expected, &drift.actual),
        (&Value::Null, &Value::Null)
    );
    assert!(drift.differences.is_empty());
    let row = &account.stacks.resources("orders").await.unwrap()[0];
    assert_eq!(
        (row.drift_status, row.status.as_str()),
        (DriftStatus::Deleted, "CREATE_COMPLETE")
    );
}

pub(super) async fn a_mended_resource_is_in_sync_again(account: &Account) {
    account.queue("orders");
    account.bend("orders", Bend::Attribute("VisibilityTimeout", 77));
    assert_eq!(account.differences("orders").await.len(), 1);
    account.bend("orders", Bend::Attribute("VisibilityTimeout", 30));
    account.detect("orders").await;
    assert_eq!(account.stacks.drifts("orders").await.unwrap().len(), 0);
    let row = &account.stacks.resources("orders").await.unwrap()[0];
    assert_eq!(row.drift_status, DriftStatus::InSync);
}
