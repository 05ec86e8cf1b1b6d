//! The sandbox from outside, over HTTP.

mod accounts;
mod attaching;
mod client;
mod detecting;
mod failing;
mod groups;
mod holders;
mod neighbours;
mod rest;
mod stacks;
mod story;
mod telling;
mod trail;
mod updating;

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{NewResource, NewStack, Options, Sandbox};
use client::Client;

const PLACE: &str = "111122223333";

/// A clock that stands until it is moved.
#[derive(Clone)]
struct Stopwatch(Arc<Mutex<Timestamp>>);

impl Stopwatch {
    fn at(start: &str) -> Self {
        Self(Arc::new(Mutex::new(start.parse().unwrap())))
    }

    fn pass(&self, millis: i64) {
        let mut now = self.0.lock().unwrap();
        *now += SignedDuration::from_millis(millis);
    }

    fn options(&self) -> Options {
        let clock = self.clone();
        Options {
            clock: Some(Arc::new(move || *clock.0.lock().unwrap())),
            account: PLACE.to_owned(),
            region: "eu-west-1".to_owned(),
            detection_time: std::time::Duration::from_secs(30),
            ..Options::default()
        }
    }
}

/// A sandbox with a clock that stands, and a client in its default place.
async fn start() -> (Sandbox, Client, Stopwatch) {
    let watch = Stopwatch::at("2026-11-24T06:00:00.250Z");
    let sandbox = Sandbox::start(watch.options()).await.unwrap();
    let client = Client::new(&sandbox.endpoint());
    (sandbox, client, watch)
}

/// Somebody with a user in the default account.
fn operator() -> crate::Actor {
    crate::Actor::new("arn:aws:iam::111122223333:user/operator")
}

/// A queue, a topic without tags, and a resource of a type without drift support.
fn shop(name: &str) -> NewStack {
    let tags = json!([{"Key": "team", "Value": "a"}, {"Key": "env", "Value": "test"}]);
    let queue = json!({"QueueName": format!("{name}-orders"), "VisibilityTimeout": 30, "DelaySeconds": 5, "Tags": tags});
    let topic = json!({"TopicName": format!("{name}-news"), "DisplayName": "News & more"});
    NewStack::new(
        name,
        vec![
            NewResource::new("Queue", "AWS::SQS::Queue", queue),
            NewResource::new("Topic", "AWS::SNS::Topic", topic),
            NewResource::new("Custom", "Custom::Thing", json!({"ServiceToken": "x"})),
        ],
    )
}
