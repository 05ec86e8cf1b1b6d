//! Limits, and failures on purpose.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{shop, start};
use crate::{Effect, Fault, Rate, Sandbox};

const LIST: &str = "cloudformation:ListStacks";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_refuses_what_is_too_often_per_account_region_and_call() {
    let (sandbox, client, watch) = start().await;
    let rate = Rate {
        per_second: 1.0,
        burst: 2,
    };
    sandbox.limit(LIST, Some(rate));
    let ask = || client.call("ListStacks", &[]);
    assert_eq!((ask().status, ask().status), (200, 200));
    assert_eq!(
        ask().refusal(),
        (400, "Throttling".to_owned(), "Rate exceeded".to_owned())
    );
    assert_eq!(
        client
            .with("222222222222", "eu-west-1")
            .call("ListStacks", &[])
            .status,
        200
    );
    assert_eq!(client.call("DescribeStacks", &[]).status, 200);
    watch.pass(1000);
    assert_eq!((ask().status, ask().status), (200, 400));
    sandbox.limit(LIST, None);
    assert_eq!((ask().status, ask().status), (200, 200));
    let counts = sandbox.counts();
    assert_eq!(counts[&(LIST.to_owned(), 400)], 2);
    assert_eq!(counts[&(LIST.to_owned(), 200)], 6);
    assert_eq!(sandbox.count(LIST), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_are_played_on_what_they_are_meant_for() {
    let (sandbox, client, _) = start().await;
    sandbox.create_stack(shop("shop")).unwrap();
    sandbox.create_stack(shop("other")).unwrap();
    let faults = sandbox.faults();
    let rows = |stack: &str| client.call("ListStackResources", &[("StackName", stack)]);
    let on = |effect| Fault::on("cloudformation:ListStackResources", effect).stack("shop");
    faults.add(on(Effect::Throttle).times(1));
    assert_eq!(rows("other").status, 200);
    assert_eq!(rows("shop").refusal().1, "Throttling");
    assert_eq!(rows("shop").status, 200);

    faults.add(on(Effect::Deny));
    let (status, code, message) = rows("shop").refusal();
    assert_eq!((status, code.as_str()), (403, "AccessDenied"));
    assert!(
        message.contains(
            "user/sandbox is not authorized to perform: cloudformation:ListStackResources"
        ),
        "{message}"
    );
    faults.clear();

    faults.add(
        on(Effect::Refuse(
            503,
            "ServiceUnavailable".to_owned(),
            "later".to_owned(),
        ))
        .times(1),
    );
    assert_eq!(
        rows("shop").refusal(),
        (503, "ServiceUnavailable".to_owned(), "later".to_owned())
    );

    faults.add(on(Effect::Delay(Duration::from_millis(60))).times(1));
    let begun = Instant::now();
    assert_eq!(rows("shop").status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(60));

    let parameters = [("StackName", "shop"), ("LogicalResourceId", "Queue")];
    faults.add(Fault::on("*", Effect::Throttle).resource("Queue").times(1));
    assert_eq!(
        client
            .call("DetectStackResourceDrift", &parameters)
            .refusal()
            .1,
        "Throttling"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_call_was_not_made_and_one_whose_answer_is_lost_was() {
    let (sandbox, client, _) = start().await;
    let post = || client.post("/hook/sink", &[], b"x");
    sandbox
        .faults()
        .add(Fault::on("hook:sink", Effect::Drop).times(1));
    assert!(post().is_err());
    assert_eq!(sandbox.hook_deliveries("sink").len(), 0);
    sandbox
        .faults()
        .add(Fault::on("hook:sink", Effect::LoseAnswer).times(1));
    assert!(post().is_err());
    assert_eq!(sandbox.hook_deliveries("sink").len(), 1);
    assert_eq!(sandbox.counts()[&("hook:sink".to_owned(), 0)], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_hangs_gets_no_answer_and_does_not_hold_up_the_end() {
    let (sandbox, client, _) = start().await;
    sandbox.faults().add(Fault::on(LIST, Effect::Hang));
    let hanging = client.clone();
    let call = tokio::task::spawn_blocking(move || {
        hanging.query("cloudformation", "ListStacks", &[]).is_err()
    });
    while sandbox.count(LIST) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let begun = Instant::now();
    sandbox.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(call.await.unwrap(), "it got no answer");
    assert!(
        client.query("cloudformation", "ListStacks", &[]).is_err(),
        "nobody listens"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sandbox_that_is_dropped_ends() {
    let (sandbox, client, _) = start().await;
    let mut events = sandbox.events();
    drop(sandbox);
    assert_eq!(events.next().await, None);
    for _ in 0..100 {
        if client.query("cloudformation", "ListStacks", &[]).is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it still listens");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_served_is_refused_and_says_so() {
    let (sandbox, client, _) = start().await;
    assert_eq!(
        client.call("DescribeEverything", &[]).refusal().1,
        "InvalidAction"
    );
    assert_eq!(
        client
            .query("sts", "GetSessionToken", &[])
            .unwrap()
            .refusal()
            .1,
        "InvalidAction"
    );
    assert_eq!(client.query("sqs", "SendMessage", &[]).unwrap().status, 501);
    assert_eq!(client.post("/elsewhere", &[], b"").unwrap().status, 404);
    let missing = client.call("ListStackResources", &[]).refusal();
    assert!(
        missing.2.contains("Value null at 'stackName'"),
        "{missing:?}"
    );
    assert_eq!(sandbox.count("unknown"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_keeps_the_newest_and_counts_all_and_holds_no_secret() {
    let watch = super::Stopwatch::at("2026-11-24T06:00:00Z");
    let options = crate::Options {
        keep: 3,
        ..watch.options()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = super::Client::new(&sandbox.endpoint());
    for _ in 0..10 {
        client.call("ListStacks", &[]).good();
    }
    let body = json!({"text": "x"}).to_string();
    client
        .post("/slack/services/T1/B1/Xsecret", &[], body.as_bytes())
        .unwrap()
        .good();
    let requests = sandbox.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(sandbox.count(LIST), 10);
    let last = requests.last().unwrap();
    assert_eq!(
        (last.call.as_str(), last.status, last.method.as_str()),
        ("slack:webhook", 200, "POST")
    );
    let list = &requests[0];
    assert_eq!(
        (list.account.as_str(), list.region.as_str()),
        (super::PLACE, "eu-west-1")
    );
    assert_eq!(list.principal, "arn:aws:iam::111122223333:user/sandbox");
    assert!(!format!("{requests:?} {:?}", sandbox.slack_messages()).contains("secret"));
}
