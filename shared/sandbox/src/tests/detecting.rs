//! Detections: what they see, how long they take, what they leave.

use serde_json::json;

use super::client::{Answer, Client};
use super::{shop, start};
use crate::{Actor, Edit, NewResource, NewStack};

fn detect(client: &Client, stack: &str) -> String {
    let answer = client.call("DetectStackDrift", &[("StackName", stack)]);
    answer.good().text("StackDriftDetectionId").unwrap()
}

fn status(client: &Client, id: &str) -> Answer {
    let parameters = [("StackDriftDetectionId", id)];
    client
        .call("DescribeStackDriftDetectionStatus", &parameters)
        .good()
}

fn drifts(client: &Client, stack: &str) -> Answer {
    client
        .call("DescribeStackResourceDrifts", &[("StackName", stack)])
        .good()
}

fn set(path: &str, value: serde_json::Value) -> Edit {
    Edit::Set {
        path: path.to_owned(),
        value,
    }
}

fn somebody() -> Actor {
    Actor::new("arn:aws:iam::111122223333:user/operator")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_detection_takes_its_time_by_the_clock_and_another_is_refused_meanwhile() {
    let (sandbox, client, watch) = start().await;
    let stack = sandbox.create_stack(shop("shop")).unwrap();
    let answer = client
        .call("DetectStackDrift", &[("StackName", &stack)])
        .good();
    assert_eq!(answer.date, "Tue, 24 Nov 2026 06:00:00 GMT");
    let id = answer.text("StackDriftDetectionId").unwrap();
    watch.pass(29_999);
    let running = status(&client, &id);
    assert_eq!(
        running.text("DetectionStatus").unwrap(),
        "DETECTION_IN_PROGRESS"
    );
    assert_eq!(running.text("DriftedStackResourceCount"), None);
    assert_eq!(running.text("StackDriftStatus"), None);
    let (code, text) = (
        "ValidationError".to_owned(),
        "Drift detection is already in progress for stack",
    );
    let refusal = client
        .call("DetectStackDrift", &[("StackName", "shop")])
        .refusal();
    assert_eq!(refusal, (400, code, format!("{text} {stack}")));
    watch.pass(1);
    let ended = status(&client, &id);
    assert_eq!(ended.text("DetectionStatus").unwrap(), "DETECTION_COMPLETE");
    assert_eq!(ended.text("StackDriftStatus").unwrap(), "IN_SYNC");
    assert_eq!(ended.text("DriftedStackResourceCount").unwrap(), "0");
    assert_eq!(
        ended.text("Timestamp").unwrap(),
        "2026-11-24T06:00:00.250Z",
        "its start"
    );
    let listed = client.call("ListStacks", &[]).good();
    assert_eq!(
        listed.text("LastCheckTimestamp").unwrap(),
        "2026-11-24T06:00:00.250Z",
        "a stack says when its detection began"
    );
    assert_ne!(detect(&client, "shop"), id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_bent_is_told_with_path_kind_and_both_values() {
    let (sandbox, client, watch) = start().await;
    sandbox.create_stack(shop("shop")).unwrap();
    let bend = |id: &str, edit: Edit| sandbox.bend("shop", id, edit, somebody()).unwrap();
    bend("Queue", set("/VisibilityTimeout", json!(77)));
    bend(
        "Queue",
        Edit::Remove {
            path: "/DelaySeconds".to_owned(),
        },
    );
    bend(
        "Queue",
        Edit::Add {
            path: "/Tags".to_owned(),
            value: json!({"Key": "x", "Value": "<y>"}),
        },
    );
    let gone = bend("Topic", Edit::Delete);
    assert!(gone.deleted && gone.differences.is_empty());
    let id = detect(&client, "shop");
    watch.pass(30_000);
    assert_eq!(
        status(&client, &id)
            .text("DriftedStackResourceCount")
            .unwrap(),
        "2"
    );
    let rows = drifts(&client, "shop");
    assert_eq!(
        rows.texts("StackResourceDriftStatus"),
        ["MODIFIED", "DELETED"]
    );
    // The order of properties is that of their names.
    assert_eq!(
        rows.texts("PropertyPath"),
        ["/DelaySeconds", "/Tags/2", "/VisibilityTimeout"]
    );
    assert_eq!(rows.texts("DifferenceType"), ["REMOVE", "ADD", "NOT_EQUAL"]);
    assert_eq!(rows.texts("ExpectedValue"), ["5", "null", "30"]);
    assert_eq!(
        rows.texts("ActualValue"),
        ["null", r#"{"Key":"x","Value":"<y>"}"#, "77"]
    );
    assert_eq!(
        rows.texts("ExpectedProperties").len(),
        1,
        "a deleted resource has none"
    );
    let actual: serde_json::Value =
        serde_json::from_str(&rows.text("ActualProperties").unwrap()).unwrap();
    assert_eq!(actual["VisibilityTimeout"], 77);
    for (filter, expected) in [("DELETED", vec!["Topic"]), ("IN_SYNC", vec![])] {
        let parameters = [
            ("StackName", "shop"),
            ("StackResourceDriftStatusFilters.member.1", filter),
        ];
        let rows = client
            .call("DescribeStackResourceDrifts", &parameters)
            .good();
        assert_eq!(rows.texts("LogicalResourceId"), expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_keep_what_an_earlier_detection_saw_until_the_next_ends() {
    let (sandbox, client, watch) = start().await;
    sandbox.create_stack(shop("shop")).unwrap();
    assert_eq!(
        drifts(&client, "shop").texts("Timestamp").len(),
        0,
        "nothing was checked yet"
    );
    sandbox
        .bend("shop", "Queue", set("/DelaySeconds", json!(9)), somebody())
        .unwrap();
    detect(&client, "shop");
    watch.pass(30_000);
    sandbox.mend("shop", "Queue", somebody()).unwrap();
    let first = "2026-11-24T06:00:30.250Z";
    let rows = drifts(&client, "shop");
    assert_eq!(
        rows.texts("StackResourceDriftStatus"),
        ["MODIFIED", "IN_SYNC"]
    );
    assert_eq!(rows.texts("Timestamp"), [first, first]);
    detect(&client, "shop");
    watch.pass(29_999);
    assert_eq!(drifts(&client, "shop").texts("Timestamp"), [first, first]);
    watch.pass(1);
    let rows = drifts(&client, "shop");
    assert_eq!(
        rows.texts("StackResourceDriftStatus"),
        ["IN_SYNC", "IN_SYNC"]
    );
    assert_eq!(rows.texts("Timestamp")[0], "2026-11-24T06:01:00.250Z");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn types_without_drift_support_are_not_checked_and_refused_alone() {
    let (sandbox, client, watch) = start().await;
    sandbox.create_stack(shop("shop")).unwrap();
    detect(&client, "shop");
    watch.pass(30_000);
    let rows = client
        .call("ListStackResources", &[("StackName", "shop")])
        .good();
    assert_eq!(
        rows.texts("StackResourceDriftStatus"),
        ["IN_SYNC", "IN_SYNC", "NOT_CHECKED"]
    );
    assert_eq!(rows.texts("LastCheckTimestamp").len(), 2);
    assert_eq!(
        drifts(&client, "shop").texts("LogicalResourceId"),
        ["Queue", "Topic"]
    );
    let alone = |id| {
        client.call(
            "DetectStackResourceDrift",
            &[("StackName", "shop"), ("LogicalResourceId", id)],
        )
    };
    let (_, code, message) = alone("Custom").refusal();
    assert_eq!(code, "ValidationError");
    assert_eq!(
        message,
        "Drift detection is not supported for resource type [Custom::Thing]"
    );
    let (_, code, message) = alone("Nothing").refusal();
    assert_eq!(code, "ValidationError");
    assert!(message.contains("does not exist"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_resource_is_checked_at_once_and_the_stack_knows_when() {
    let (sandbox, client, watch) = start().await;
    sandbox.create_stack(shop("shop")).unwrap();
    sandbox
        .bend("shop", "Queue", set("/DelaySeconds", json!(9)), somebody())
        .unwrap();
    watch.pass(1000);
    let parameters = [("StackName", "shop"), ("LogicalResourceId", "Queue")];
    let row = client.call("DetectStackResourceDrift", &parameters).good();
    assert_eq!(row.text("StackResourceDriftStatus").unwrap(), "MODIFIED");
    assert_eq!(row.text("PropertyPath").unwrap(), "/DelaySeconds");
    let stacks = client.call("ListStacks", &[]).good();
    assert_eq!(stacks.text("StackDriftStatus").unwrap(), "DRIFTED");
    assert_eq!(
        stacks.text("LastCheckTimestamp").unwrap(),
        "2026-11-24T06:00:01.250Z"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_stacks_at_rest_can_be_checked() {
    let (sandbox, client, _) = start().await;
    let stack = sandbox.create_stack(shop("shop")).unwrap();
    for (state, allowed) in [
        ("UPDATE_IN_PROGRESS", false),
        ("ROLLBACK_COMPLETE", false),
        ("REVIEW_IN_PROGRESS", false),
        ("UPDATE_ROLLBACK_FAILED", true),
    ] {
        sandbox.set_stack_status(&stack, state).unwrap();
        let answer = client.call("DetectStackDrift", &[("StackName", "shop")]);
        assert_eq!(answer.status == 200, allowed, "{state}");
        assert!(allowed || answer.body.contains("ValidationError") && answer.body.contains(state));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_fails_fails_its_detection_with_the_resource_and_the_reason() {
    let (sandbox, client, watch) = start().await;
    sandbox.create_stack(shop("shop")).unwrap();
    sandbox.faults().fail_check(
        "shop",
        "Queue",
        "AccessDenied: sqs:GetQueueAttributes",
        Some(1),
    );
    let id = detect(&client, "shop");
    watch.pass(30_000);
    let ended = status(&client, &id);
    assert_eq!(ended.text("DetectionStatus").unwrap(), "DETECTION_FAILED");
    assert_eq!(ended.text("StackDriftStatus").unwrap(), "UNKNOWN");
    let reason = ended.text("DetectionStatusReason").unwrap();
    let reason: serde_json::Value = serde_json::from_str(&reason).unwrap();
    let failure =
        json!({"Resource": "Queue", "FailureReason": "AccessDenied: sqs:GetQueueAttributes"});
    assert_eq!(reason["Failures"], json!([failure]));
    let rows = drifts(&client, "shop");
    assert_eq!(
        rows.texts("StackResourceDriftStatus"),
        ["UNKNOWN", "IN_SYNC"]
    );
    assert!(
        rows.text("DriftStatusReason")
            .unwrap()
            .contains("AccessDenied")
    );
    sandbox
        .faults()
        .fail_detection("shop", "out of order", None);
    let id = detect(&client, "shop");
    watch.pass(30_000);
    assert_eq!(
        status(&client, &id).text("DetectionStatusReason").unwrap(),
        "out of order"
    );
    let still = drifts(&client, "shop").texts("Timestamp");
    assert_eq!(still[0], "2026-11-24T06:00:30.250Z", "nothing was checked");
    sandbox.faults().clear();
    let id = detect(&client, "shop");
    watch.pass(30_000);
    assert_eq!(
        status(&client, &id).text("DetectionStatus").unwrap(),
        "DETECTION_COMPLETE"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_come_in_pages() {
    let (sandbox, client, watch) = start().await;
    let queues = (0..230).map(|index| {
        let name = format!("Queue{index}");
        NewResource::new(&name, "AWS::SQS::Queue", json!({"DelaySeconds": 1}))
    });
    sandbox
        .create_stack(NewStack::new("big", queues.collect()))
        .unwrap();
    let id = detect(&client, "big");
    watch.pass(30_000);
    status(&client, &id);
    for (action, sizes) in [
        ("ListStackResources", [100, 100, 30]),
        ("DescribeStackResourceDrifts", [100, 100, 30]),
    ] {
        let (mut token, mut seen) = (String::new(), Vec::new());
        for size in sizes {
            let page = client
                .call(action, &[("StackName", "big"), ("NextToken", &token)])
                .good();
            let ids = page.texts("LogicalResourceId");
            assert_eq!(ids.len(), size, "{action}");
            seen.extend(ids);
            token = page.text("NextToken").unwrap_or_default();
        }
        assert_eq!(token, "");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 230, "{action}");
    }
    let few = client
        .call(
            "DescribeStackResourceDrifts",
            &[("StackName", "big"), ("MaxResults", "7")],
        )
        .good();
    assert_eq!(few.texts("LogicalResourceId").len(), 7);
    let bad = client.call(
        "ListStackResources",
        &[("StackName", "big"), ("NextToken", "x")],
    );
    assert_eq!(bad.refusal().1, "ValidationError");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_detections_are_forgotten_so_that_memory_stays_flat() {
    let (sandbox, client, watch) = start().await;
    sandbox.create_stack(shop("shop")).unwrap();
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(detect(&client, "shop"));
        watch.pass(30_000);
    }
    status(&client, ids.last().unwrap());
    let first = client.call(
        "DescribeStackDriftDetectionStatus",
        &[("StackDriftDetectionId", &ids[0])],
    );
    assert!(first.refusal().2.contains("does not exist"));
    let state = crate::lock(&sandbox.shared.state);
    let kept: usize = state
        .places
        .values()
        .map(|place| place.detections.len())
        .sum();
    assert_eq!(kept, 8);
}
