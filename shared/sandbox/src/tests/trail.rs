//! CloudTrail and STS.

use serde_json::{Value, json};

use super::{PLACE, shop, start};
use crate::{Actor, Edit, NewResource, NewStack, Sandbox};

fn bend(sandbox: &Sandbox, path: &str, actor: Actor) {
    let edit = Edit::Set {
        path: path.to_owned(),
        value: json!(9),
    };
    sandbox.bend("shop", "Queue", edit, actor).unwrap();
}

fn record(event: &Value) -> Value {
    serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_bent_it_is_found_by_the_resource_the_newest_first() {
    let (sandbox, client, watch) = start().await;
    sandbox.create_stack(shop("shop")).unwrap();
    bend(
        &sandbox,
        "/DelaySeconds",
        Actor::new("arn:aws:iam::111122223333:user/operator"),
    );
    watch.pass(60_000);
    let console = "arn:aws:sts::111122223333:assumed-role/admin/console";
    bend(
        &sandbox,
        "/VisibilityTimeout",
        Actor::new(console).in_console(),
    );
    sandbox
        .bend("shop", "Topic", Edit::Delete, Actor::new(console))
        .unwrap();
    let queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/shop-orders";
    let ask =
        json!({"LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": queue}]});
    let events = client.lookup(&ask).good().json();
    let events = events["Events"].as_array().unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(
        (&events[0]["Username"], &events[1]["Username"]),
        (&json!("console"), &json!("operator"))
    );
    assert_eq!(events[0]["EventName"], "SetQueueAttributes");
    assert_eq!(events[0]["EventSource"], "sqs.amazonaws.com");
    assert_eq!(events[1]["EventTime"], 1_795_500_000.25);
    let (by_console, by_api) = (record(&events[0]), record(&events[1]));
    assert_eq!(by_console["sessionCredentialFromConsole"], "true");
    assert_eq!(by_console["userIdentity"]["type"], "AssumedRole");
    assert_eq!(by_console["userIdentity"]["arn"], console);
    assert_eq!(
        by_console["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"],
        "admin"
    );
    assert_eq!(by_api.get("sessionCredentialFromConsole"), None);
    assert_eq!(by_api["userIdentity"]["userName"], "operator");
    assert_eq!(by_api["eventTime"], "2026-11-24T06:00:00Z");
    assert_eq!(by_api["awsRegion"], "eu-west-1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lookups_are_paged_filtered_by_time_and_two_a_second() {
    let (sandbox, client, watch) = start().await;
    sandbox.create_stack(shop("shop")).unwrap();
    for index in 0..60 {
        bend(
            &sandbox,
            &format!("/Extra{index}"),
            Actor::new("arn:aws:iam::111122223333:user/operator"),
        );
        watch.pass(1000);
    }
    let first = client.lookup(&json!({})).good().json();
    assert_eq!(first["Events"].as_array().unwrap().len(), 50);
    let second = client
        .lookup(&json!({"NextToken": first["NextToken"]}))
        .good()
        .json();
    assert_eq!(second["Events"].as_array().unwrap().len(), 10);
    assert_eq!(second.get("NextToken"), None);
    let third = client.lookup(&json!({}));
    assert_eq!(
        (third.status, third.json()["__type"].as_str().unwrap()),
        (400, "ThrottlingException")
    );
    watch.pass(1000);
    let range = json!({"StartTime": 1_795_500_010, "EndTime": 1_795_500_012.5});
    assert_eq!(
        client.lookup(&range).good().json()["Events"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    sandbox.limit("cloudtrail:LookupEvents", None);
    let two = json!([{"AttributeKey": "EventName", "AttributeValue": "a"}, {"AttributeKey": "EventId", "AttributeValue": "b"}]);
    for (ask, code) in [
        (
            json!({"LookupAttributes": two}),
            "InvalidLookupAttributesException",
        ),
        (
            json!({"LookupAttributes": [{"AttributeKey": "Colour", "AttributeValue": "a"}]}),
            "InvalidLookupAttributesException",
        ),
        (json!({"MaxResults": 51}), "InvalidMaxResultsException"),
        (json!({"NextToken": "x"}), "InvalidNextTokenException"),
        (
            json!({"StartTime": 2, "EndTime": 1}),
            "InvalidTimeRangeException",
        ),
    ] {
        let answer = client.lookup(&ask);
        assert_eq!(
            (answer.status, answer.json()["__type"].as_str().unwrap()),
            (400, code),
            "{ask}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trail_that_lags_shows_an_event_later() {
    let watch = super::Stopwatch::at("2026-11-24T06:00:00Z");
    let options = crate::Options {
        trail_lag: std::time::Duration::from_secs(300),
        keep_trail: 2,
        ..watch.options()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = super::Client::new(&sandbox.endpoint());
    sandbox.create_stack(shop("shop")).unwrap();
    for index in 0..5 {
        bend(
            &sandbox,
            &format!("/Extra{index}"),
            Actor::new("arn:aws:iam::111122223333:user/operator"),
        );
    }
    let seen = || {
        client.lookup(&json!({})).good().json()["Events"]
            .as_array()
            .unwrap()
            .len()
    };
    watch.pass(299_000);
    assert_eq!(seen(), 0);
    watch.pass(1000);
    assert_eq!(seen(), 2, "only the newest are kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_a_global_service_show_in_one_region_only() {
    let (sandbox, client, _) = start().await;
    let role = NewResource::new("Role", "AWS::IAM::Role", json!({"RoleName": "r"}));
    sandbox
        .create_stack(NewStack::new("shop", vec![role]))
        .unwrap();
    let edit = Edit::Set {
        path: "/Description".to_owned(),
        value: json!("by hand"),
    };
    let operator = Actor::new("arn:aws:iam::111122223333:user/operator");
    sandbox.bend("shop", "Role", edit, operator).unwrap();
    let here = client.lookup(&json!({})).good().json();
    assert_eq!(here["Events"], json!([]));
    let there = client.with(PLACE, "us-east-1").lookup(&json!({}));
    let there = there.good().json();
    assert_eq!(there["Events"][0]["EventName"], "UpdateRole");
    assert_eq!(record(&there["Events"][0])["awsRegion"], "us-east-1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stack_operations_over_http_are_in_the_trail_by_their_caller() {
    let (_sandbox, client, _) = start().await;
    let template = json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}).to_string();
    client
        .call(
            "CreateStack",
            &[("StackName", "shop"), ("TemplateBody", &template)],
        )
        .good();
    let events = client.lookup(&json!({})).good().json();
    assert_eq!(events["Events"][0]["EventName"], "CreateStack");
    assert_eq!(events["Events"][0]["Username"], "sandbox");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_is_assumed_and_its_session_acts_in_the_roles_account() {
    let (sandbox, client, _) = start().await;
    let mut there = shop("shop");
    there.place = Some(("222222222222".to_owned(), "eu-west-1".to_owned()));
    sandbox.create_stack(there).unwrap();
    let own = client
        .query("sts", "GetCallerIdentity", &[])
        .unwrap()
        .good();
    assert_eq!(own.text("Account").unwrap(), PLACE);
    let role = [
        ("RoleArn", "arn:aws:iam::222222222222:role/plumbline-read"),
        ("RoleSessionName", "plumbline"),
    ];
    let session = client.query("sts", "AssumeRole", &role).unwrap().good();
    let again = client.query("sts", "AssumeRole", &role).unwrap().good();
    let key = session.text("AccessKeyId").unwrap();
    assert_eq!(again.text("AccessKeyId").unwrap(), key);
    let client = client.with(&key, "eu-west-1");
    let identity = client
        .query("sts", "GetCallerIdentity", &[])
        .unwrap()
        .good();
    assert_eq!(
        identity.text("Arn").unwrap(),
        "arn:aws:sts::222222222222:assumed-role/plumbline-read/plumbline"
    );
    assert_eq!(
        client.call("ListStacks", &[]).good().texts("StackName"),
        ["shop"]
    );
    let bad = client
        .query(
            "sts",
            "AssumeRole",
            &[("RoleArn", "x"), ("RoleSessionName", "s")],
        )
        .unwrap();
    assert_eq!(bad.refusal().1, "ValidationError");
}
