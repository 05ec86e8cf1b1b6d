//! What stacks say: templates, times, and the properties that CloudFormation expects.

use domain::ports::PortErrorKind::NotFound;
use domain::stack::DriftStatus;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::{Account, Bend, queue};

pub(super) async fn a_template_in_json_comes_back(account: &Account) {
    let template = json!({
        "Description": "kept", "Parameters": {"Delay": {"Type": "Number", "Default": 7}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": {"Ref": "Delay"}}}},
    });
    let id = account.aws.create_stack("orders", &template);
    for name in ["orders", &id] {
        let text = account.stacks.template(name).await.unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, template, "references are as they were written");
    }
    let next = json!({"Resources": {"Queue": queue("orders")}});
    account.aws.update_stack("orders", &next);
    let text = account.stacks.template("orders").await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), next);
    let error = account.stacks.template("nothing").await.unwrap_err();
    assert_eq!(error.kind, NotFound, "{error}");
}

/// The sandbox reads templates in JSON only.
pub(super) async fn a_template_in_yaml_comes_back_as_it_was_written(account: &Account) {
    let template = "# of the shop\nResources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      \
                    DelaySeconds: 7 # seconds\n  Topic: {Type: 'AWS::SNS::Topic'}\n";
    let parameters = [("StackName", "orders"), ("TemplateBody", template)];
    account
        .aws
        .cloudformation("CreateStack", &parameters)
        .good();
    let text = account.stacks.template("orders").await.unwrap();
    assert_eq!(text.trim_end(), template.trim_end());
}

pub(super) async fn a_stack_says_when_it_was_made_and_then_when_it_was_updated(account: &Account) {
    let begun = Timestamp::now();
    account.queue("orders");
    let made = changed_at(account).await;
    // Times of the API have milliseconds.
    let elapsed = made.duration_since(begun).as_secs_f64();
    assert!((-0.01..20.0).contains(&elapsed), "{elapsed} s");
    assert_eq!(
        changed_at(account).await,
        made,
        "looking at it changes nothing"
    );
    account.detect("orders").await;
    assert_eq!(
        changed_at(account).await,
        made,
        "detecting its drift changes nothing"
    );
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let handle = json!({"Type": "AWS::CloudFormation::WaitConditionHandle"});
    let template = json!({"Resources": {"Queue": queue("orders"), "Handle": handle}});
    account.aws.update_stack("orders", &template);
    let updated = changed_at(account).await;
    assert!(updated > made, "{updated} after {made}");
}

/// By the list, as which a described stack must say the same.
async fn changed_at(account: &Account) -> Timestamp {
    let list = account.stacks.list().await.unwrap();
    let described = account.stacks.describe("orders").await.unwrap();
    assert_eq!(list[0].changed_at, described.changed_at);
    list[0].changed_at.expect("a time")
}

pub(super) async fn every_checked_resource_tells_what_is_expected_of_it(account: &Account) {
    let logs = json!({"LogGroupName": "orders-logs", "RetentionInDays": 30});
    let logs = json!({"Type": "AWS::Logs::LogGroup", "Properties": logs});
    let handle = json!({"Type": "AWS::CloudFormation::WaitConditionHandle"});
    let resources = [
        ("Queue", queue("orders")),
        ("Logs", logs),
        ("Handle", handle),
    ];
    account.create("orders", &resources);
    account.bend("orders", Bend::NoRetention);
    assert_eq!(
        account.stacks.all_drifts("orders").await.unwrap().len(),
        0,
        "nothing was checked yet"
    );
    account.detect("orders").await;
    let mut rows = account.stacks.all_drifts("orders").await.unwrap();
    rows.retain(|row| row.status != DriftStatus::NotChecked);
    rows.sort_by(|one, other| one.logical_id.cmp(&other.logical_id));
    let [logs, queue] = rows.as_slice() else {
        panic!("{} rows", rows.len());
    };
    assert_eq!(
        (logs.status, queue.status),
        (DriftStatus::Modified, DriftStatus::InSync)
    );
    assert_eq!(logs.expected["RetentionInDays"], json!(30));
    assert_eq!(
        (
            &queue.expected["VisibilityTimeout"],
            &queue.expected["QueueName"]
        ),
        (&json!(30), &json!("orders-queue"))
    );
    assert_eq!(queue.differences.len(), 0);
    let drifted = account.stacks.drifts("orders").await.unwrap();
    assert_eq!(
        drifted.len(),
        1,
        "the filter leaves out what is in sync: {drifted:?}"
    );
}
