//! The first day in an account where much has drifted.

use std::collections::BTreeSet;

use plumbline_tests::deploy::STACK;
use plumbline_tests::proxy::Exchange;
use serde_json::Value;

use super::support::{End, Stack, System};

const STACKS: usize = 30;
const QUEUES: usize = 10;

#[test]
fn e2e_first_deployment_with_300_old_drifts() {
    let system = System::start();
    let plumbline = &system.plumbline;
    let stacks: Vec<Stack> = (0..STACKS)
        .map(|index| {
            let name = format!("shop-{index:02}");
            let queues: Vec<String> = (0..QUEUES).map(|it| format!("{name}-{it}")).collect();
            let stack = system.make_stack(&name, &queues);
            queues.iter().for_each(|it| system.bend(it));
            stack
        })
        .collect();

    system.scan(&stacks, End::Event);
    plumbline.wait("the digest", || (system.told() == [1, 1]).then_some(()));
    system.once_more();
    plumbline.run_schedule("clock", 1);
    plumbline.wait_until_quiet();

    assert_eq!(system.kinds(), ["BaselineDigest"]);
    assert_eq!(system.told(), [1, 1], "one digest and nothing else");
    let digest = &system.sink.posts("/hook")[0].body["baseline"];
    assert_eq!(digest["findings"], STACKS * QUEUES);
    assert_eq!(digest["units"], STACKS);
    assert_eq!(digest["waiting"], 0);
    let findings: usize = stacks.iter().map(|it| system.findings(it).len()).sum();
    assert_eq!(findings, STACKS * QUEUES);
    // A page would have failed here: nothing listens at the pager's end, and its key is nowhere.
    assert!(plumbline.count_dead_letters().is_empty());

    let calls = plumbline.calls();
    let forbidden: Vec<&Exchange> = calls.iter().filter(|it| !is_allowed(&system, it)).collect();
    assert!(forbidden.is_empty(), "{forbidden:#?}");
    let detections = calls.iter().filter(|it| it.action == "DetectStackDrift");
    let looked_at: BTreeSet<&str> = detections.map(|it| it.body.as_str()).collect();
    assert_eq!(looked_at.len(), STACKS);
}

/// Whether a call reads, or writes nothing but Plumbline's own.
fn is_allowed(system: &System, call: &Exchange) -> bool {
    let plumbline = &system.plumbline;
    let body: Value = serde_json::from_str(&call.body).unwrap_or_default();
    let is = |name: &str, value: &str| body[name] == value;
    match call.action.as_str() {
        // A detection changes nothing but what CloudFormation knows of drift.
        "ListStacks"
        | "DetectStackDrift"
        | "DescribeStackDriftDetectionStatus"
        | "ListStackResources"
        | "DescribeStackResourceDrifts"
        | "DescribeStacks"
        | "DetectStackResourceDrift"
        | "GetCallerIdentity" => true,
        "GetSecretValue" => {
            is("SecretId", "plumbline/slack") || is("SecretId", plumbline.output("HmacKeyArn"))
        }
        "GetParameter" => is("Name", "/plumbline/hook-key"),
        "GetItem" | "Query" | "PutItem" | "UpdateItem" | "DeleteItem" => {
            is("TableName", plumbline.output("Table"))
        }
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().unwrap();
            items
                .iter()
                .flat_map(|it| it.as_object().unwrap().values())
                .all(|it| it["TableName"] == plumbline.output("Table"))
        }
        "SendMessage" => {
            let url = body["QueueUrl"].as_str().unwrap_or_default();
            url.rsplit('/').next().is_some_and(|name| {
                ["stack-drift", "notify"]
                    .iter()
                    .any(|it| name == format!("{STACK}-{it}"))
            })
        }
        "Publish" => call.body.contains(plumbline.output("Topic")),
        other => {
            let object = plumbline
                .output("ConfigLocation")
                .trim_start_matches("s3://");
            other.starts_with("GET ") && other.contains(object)
        }
    }
}
