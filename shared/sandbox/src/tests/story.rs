//! Events, generated worlds, and what is bent in them.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::{shop, start};
use crate::compare::value_text;
use crate::{Actor, Edit, Options, Sandbox, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_detection_tells_its_start_and_its_end_as_eventbridge_does() {
    let (sandbox, client, watch) = start().await;
    let stack = sandbox.create_stack(shop("shop")).unwrap();
    sandbox
        .bend("shop", "Topic", Edit::Delete, Actor::new("x"))
        .unwrap();
    let mut events = sandbox.events();
    let answer = client
        .call("DetectStackDrift", &[("StackName", "shop")])
        .good();
    let detection = answer.text("StackDriftDetectionId").unwrap();
    let started = events.next().await.unwrap();
    assert!(events.try_next().is_none());
    watch.pass(30_000);
    // Nobody asks: the clock alone brings it.
    let ended = events.next().await.unwrap();
    assert_ne!(started["id"], ended["id"]);
    let event = |id: &Value, time: &str, detail: Value| {
        json!({"version": "0", "id": id, "detail-type": "CloudFormation Drift Detection Status Change",
               "source": "aws.cloudformation", "account": "111122223333", "time": time, "region": "eu-west-1",
               "resources": [stack], "detail": detail})
    };
    let detail = |drift: &str, status: &str, count: i64| {
        json!({"stack-id": stack, "stack-drift-detection-id": detection,
               "status-details": {"stack-drift-status": drift, "detection-status": status},
               "drift-detection-details": {"drifted-stack-resource-count": count}})
    };
    let first = detail("", "DETECTION_IN_PROGRESS", -1);
    assert_eq!(
        started,
        event(&started["id"], "2026-11-24T06:00:00Z", first)
    );
    let mut last = detail("DRIFTED", "DETECTION_COMPLETE", 1);
    last["client-request-token"] = "".into();
    assert_eq!(ended, event(&ended["id"], "2026-11-24T06:00:30Z", last));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_machines_own_clock_ends_a_detection_too_and_events_can_be_lost() {
    let options = Options {
        detection_time: Duration::from_millis(50),
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = super::Client::new(&sandbox.endpoint()).with("000000000000", "us-east-1");
    sandbox.create_stack(shop("shop")).unwrap();
    let mut events = sandbox.events();
    sandbox.faults().lose_events(1);
    client
        .call("DetectStackDrift", &[("StackName", "shop")])
        .good();
    let event = tokio::time::timeout(Duration::from_secs(5), events.next()).await;
    let event = event.unwrap().unwrap();
    assert_eq!(
        event["detail"]["status-details"]["detection-status"],
        "DETECTION_COMPLETE"
    );
}

#[test]
fn the_same_seed_gives_the_same_world_with_every_kind_of_resource() {
    let world = World::generate(7, 6);
    assert_eq!(world, World::generate(7, 6));
    assert_ne!(world, World::generate(8, 6));
    let resources = world.stacks.iter().flat_map(|stack| &stack.resources);
    let types: BTreeSet<_> = resources
        .map(|resource| resource.resource_type.as_str())
        .collect();
    assert_eq!(types.len(), 16);
    let names: BTreeSet<_> = world.stacks.iter().map(|stack| &stack.name).collect();
    assert_eq!(names.len(), 6);
    let spread = World::generate(7, 3).over(&[("1", "a"), ("2", "b")]);
    let places: Vec<_> = spread
        .stacks
        .iter()
        .map(|stack| stack.place.clone().unwrap().0)
        .collect();
    assert_eq!(places, ["1", "2", "1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_bending_says_is_exactly_what_detections_find() {
    let (sandbox, client, watch) = start().await;
    let world = World::generate(3, 40);
    let stacks = sandbox.create_world(&world).unwrap();
    let bent = sandbox.bend_some(5, 60);
    assert_eq!(bent.len(), 60);
    assert!(bent.iter().any(|bent| bent.deleted));
    for stack in &stacks {
        client
            .call("DetectStackDrift", &[("StackName", stack)])
            .good();
    }
    watch.pass(30_000);
    let mut found = BTreeSet::new();
    for stack in &stacks {
        let filters = [
            ("StackName", stack.as_str()),
            ("StackResourceDriftStatusFilters.member.1", "MODIFIED"),
            ("StackResourceDriftStatusFilters.member.2", "DELETED"),
        ];
        let answer = client.call("DescribeStackResourceDrifts", &filters).good();
        let rows = answer.body.split("<LogicalResourceId>").skip(1);
        for row in rows {
            let id = row.split('<').next().unwrap();
            let row = super::client::Answer {
                status: 200,
                date: String::new(),
                retry_after: None,
                error: String::new(),
                body: row.to_owned(),
            };
            let kinds = row.texts("DifferenceType").join(",");
            let actual = row.texts("ActualValue").join(",");
            found.insert((
                stack.clone(),
                id.to_owned(),
                row.texts("PropertyPath").join(","),
                kinds,
                actual,
            ));
        }
    }
    let said: BTreeSet<_> = bent
        .iter()
        .map(|bent| {
            let join = |text: &dyn Fn(&crate::Difference) -> String| {
                bent.differences
                    .iter()
                    .map(text)
                    .collect::<Vec<_>>()
                    .join(",")
            };
            assert!(
                bent.deleted == bent.differences.is_empty(),
                "every bend shows: {bent:?}"
            );
            (
                bent.stack_id.clone(),
                bent.logical_id.clone(),
                join(&|difference| difference.path.clone()),
                join(&|difference| difference.kind.as_str().to_owned()),
                join(&|difference| value_text(difference.actual.as_ref())),
            )
        })
        .collect();
    assert_eq!(found, said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_bending_follows_from_the_same_seed() {
    let mut told = Vec::new();
    for _ in 0..2 {
        let (sandbox, _, _) = start().await;
        sandbox.create_world(&World::generate(1, 10)).unwrap();
        told.push(sandbox.bend_some(9, 12));
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_would_change_nothing_is_refused() {
    let (sandbox, _, _) = start().await;
    sandbox.create_stack(shop("shop")).unwrap();
    let bend = |id: &str, edit| sandbox.bend("shop", id, edit, Actor::new("x"));
    let remove = |path: &str| Edit::Remove {
        path: path.to_owned(),
    };
    assert!(bend("Queue", remove("/Nothing")).is_err());
    assert!(bend("Queue", remove("/Tags/9")).is_err());
    assert!(
        bend(
            "Queue",
            Edit::Add {
                path: "/DelaySeconds".to_owned(),
                value: json!(1)
            }
        )
        .is_err()
    );
    assert!(bend("Nothing", Edit::Delete).is_err());
    assert!(
        sandbox
            .bend("nothing", "Queue", Edit::Delete, Actor::new("x"))
            .is_err()
    );
    bend("Queue", Edit::Delete).unwrap();
    assert!(
        bend("Queue", Edit::Delete)
            .unwrap_err()
            .to_string()
            .contains("mend")
    );
    sandbox.mend("shop", "Queue", Actor::new("x")).unwrap();
    bend("Queue", remove("/Tags/0")).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_world_with_attachments_is_straight_and_what_is_hung_on_it_is_told_exactly() {
    let (sandbox, client, watch) = start().await;
    let plain = World::generate(3, 40);
    let world = World::generate(3, 40).with_attachments();
    for (with, without) in world.stacks.iter().zip(&plain.stacks) {
        let shared = without.resources.len();
        assert_eq!(
            with.resources[..shared],
            without.resources,
            "the stream is the same"
        );
    }
    let stacks = sandbox.create_world(&world).unwrap();
    let rows = client
        .call("ListStackResources", &[("StackName", &stacks[0])])
        .good();
    assert!(
        rows.texts("ResourceType")
            .contains(&"AWS::EKS::Nodegroup".to_owned())
    );
    let attached = sandbox.attach_some(5, 30);
    assert_eq!(attached.len(), 30);
    assert!(attached.iter().any(|it| it.is_seen) && attached.iter().any(|it| !it.is_seen));
    for stack in &stacks {
        client
            .call("DetectStackDrift", &[("StackName", stack)])
            .good();
    }
    watch.pass(30_000);
    let drifted = |stack: &&String| {
        let stacks = client
            .call("DescribeStacks", &[("StackName", stack.as_str())])
            .good();
        stacks.text("StackDriftStatus").unwrap() == "DRIFTED"
    };
    let found: BTreeSet<_> = stacks.iter().filter(drifted).cloned().collect();
    let seen = attached.iter().filter(|it| it.is_seen);
    let said: BTreeSet<_> = seen.map(|it| it.stack_id.clone()).collect();
    assert_eq!(found, said);
    let (again, _, _) = start().await;
    again.create_world(&world).unwrap();
    assert_eq!(again.attach_some(5, 30), attached);
}
