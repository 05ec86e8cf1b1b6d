//! Batches of a queue.

use std::time::Duration;

use serde_json::{Value, json};

use super::lambda::{Play, QUEUE_ARN, event, message};

fn sqs(events: Vec<Value>) -> Play {
    Play::of("sqs", events)
}

#[tokio::test]
async fn a_poisoned_record_in_the_middle_does_not_hold_up_its_batch() {
    let records = [
        message("m-1", "done"),
        message("m-2", "panic:hunter2"),
        message("m-3", "done"),
        json!({"messageId": "m-4", "body": 7, "eventSourceARN": QUEUE_ARN}),
        message("m-5", "retry"),
        message("m-6", "drop"),
    ];
    let outcome = sqs(vec![event(&records)]).run().await;
    assert_eq!(outcome.returned(0), ["m-2", "m-5"]);
    for id in ["m-1 2", "m-3 2", "m-6 2"] {
        assert!(outcome.output.contains(&format!("HANDLED {id}")), "{id}");
    }
    // What is no record at all is buried, and whole.
    assert_eq!(outcome.sent.len(), 1);
    let attributes = &outcome.sent[0]["MessageAttributes"];
    assert_eq!(attributes["messageId"]["StringValue"], "m-4");
    let body = outcome.sent[0]["MessageBody"].as_str().unwrap();
    assert!(body.contains(r#""body":7"#), "{body}");
}

#[tokio::test]
async fn a_panic_is_logged_by_its_place_and_without_what_it_said() {
    let outcome = sqs(vec![event(&[message("m-1", "panic:hunter2")])])
        .run()
        .await;
    assert_eq!(outcome.returned(0), ["m-1"]);
    assert!(outcome.output.contains("child.rs:"), "{}", outcome.output);
    assert!(!outcome.output.contains("hunter2"), "{}", outcome.output);
}

#[tokio::test]
async fn what_comes_later_is_a_delayed_message_or_beyond_that_a_timer() {
    let records = [
        message("m-1", "later:60"),
        message("m-2", "changed:1"),
        message("m-3", "later:-5"),
        message("m-4", "later:4000"),
        message("m-5", "changed:4000"),
    ];
    let outcome = sqs(vec![event(&records)]).run().await;
    assert!(outcome.returned(0).is_empty());
    let sent: Vec<_> = outcome
        .sent
        .iter()
        .map(|it| {
            (
                it["MessageBody"].as_str().unwrap(),
                it["DelaySeconds"].as_u64(),
                it["QueueUrl"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        sent,
        [
            ("later:60", Some(60), "http://sqs/own"),
            ("another body", Some(1), "http://sqs/own"),
            ("later:-5", None, "http://sqs/own"),
        ]
    );
    let timers: Vec<_> = outcome
        .output
        .lines()
        .filter(|line| line.contains("WRITTEN TIMER#"))
        .collect();
    assert_eq!(timers.len(), 2, "{}", outcome.output);
    assert!(timers[0].contains("#later#stack-drift#m-4") && timers[0].contains("later:4000"));
    assert!(timers[1].contains("another body") && timers[1].contains("\"queue\":\"stack-drift\""));
}

#[tokio::test]
async fn what_never_will_go_well_is_buried_with_source_reason_and_id() {
    let records = [
        message("m-1", "fail:no\nsuch stack, password=willow-quoted"),
        message("m-2", "done"),
    ];
    let outcome = sqs(vec![event(&records)]).run().await;
    assert!(outcome.returned(0).is_empty());
    assert_eq!(outcome.sent.len(), 1);
    let letter = &outcome.sent[0];
    assert_eq!(letter["QueueUrl"], "http://sqs/dead");
    assert_eq!(
        letter["MessageBody"],
        "fail:no\nsuch stack, password=willow-quoted"
    );
    for (name, value) in [
        ("source", QUEUE_ARN),
        ("reason", "no such stack, password=[hidden]"),
        ("messageId", "m-1"),
    ] {
        assert_eq!(letter["MessageAttributes"][name]["StringValue"], value);
    }
}

#[tokio::test]
async fn what_cannot_be_sent_on_stays_on_the_queue() {
    let records = [
        message("m-1", "later:60"),
        message("m-2", "fail:why"),
        message("m-3", "done"),
    ];
    let mut play = sqs(vec![event(&records)]);
    play.sqs_refuses = true;
    let outcome = play.run().await;
    assert_eq!(outcome.returned(0), ["m-1", "m-2"]);
    assert!(
        outcome.output.contains("sqs:SendMessage: AccessDenied"),
        "{}",
        outcome.output
    );
}

#[tokio::test]
async fn a_record_delivered_twice_is_handled_and_answered_for_twice() {
    let records = [message("m-1", "done"), message("m-2", "retry")];
    let outcome = sqs(vec![event(&records), event(&records)]).run().await;
    assert_eq!(
        (outcome.returned(0), outcome.returned(1)),
        (vec!["m-2".to_owned()], vec!["m-2".to_owned()])
    );
    assert_eq!(outcome.output.matches("HANDLED m-1").count(), 2);
}

#[tokio::test]
async fn near_the_deadline_the_rest_of_a_batch_is_returned_untouched() {
    let records: Vec<_> = (0..10)
        .map(|number| message(&format!("m-{number}"), "sleep:400"))
        .collect();
    let mut play = sqs(vec![event(&records)]);
    play.limit = Duration::from_secs(3);
    let begin = std::time::Instant::now();
    let outcome = play.run().await;
    assert!(
        begin.elapsed() < Duration::from_secs(20),
        "{:?}",
        begin.elapsed()
    );
    let returned = outcome.returned(0);
    assert!((4..10).contains(&returned.len()), "{returned:?}");
    for id in &returned {
        assert!(
            !outcome.output.contains(&format!("HANDLED {id} ")),
            "{id} was begun"
        );
    }
    assert_eq!(
        outcome.output.matches("HANDLED").count() + returned.len(),
        10
    );
}

#[tokio::test]
async fn a_record_that_takes_more_than_its_share_leaves_the_others_theirs() {
    let records = [message("m-1", "sleep:60000"), message("m-2", "done")];
    let mut play = sqs(vec![event(&records)]);
    play.limit = Duration::from_secs(4);
    let outcome = play.run().await;
    assert_eq!(outcome.returned(0), ["m-1"]);
    assert!(
        outcome.output.contains("HANDLED m-2") && outcome.output.contains("longer than its share")
    );
}

#[tokio::test]
async fn a_record_without_an_id_is_never_answered_for_with_an_empty_one() {
    let nameless = |body: &str| {
        let mut record = message("x", body);
        record.as_object_mut().unwrap().remove("messageId");
        record
    };
    let events = vec![
        event(&[nameless("done"), message("m-2", "retry")]),
        event(&[nameless("retry"), message("m-2", "done")]),
        event(&[nameless("fail:why")]),
    ];
    let outcome = sqs(events).run().await;
    assert_eq!(outcome.returned(0), ["m-2"]);
    let (kind, error) = &outcome.answers[1];
    assert_eq!(kind, "error");
    assert_eq!(error["errorType"], "Plumbline.RecordWithoutId");
    assert!(outcome.returned(2).is_empty());
    assert!(
        outcome.sent[0]["MessageAttributes"]
            .get("messageId")
            .is_none()
    );
}

#[tokio::test]
async fn an_event_that_is_no_batch_fails_its_invocation_and_says_who_feeds_the_function() {
    let outcome = sqs(vec![json!({"detail-type": "x"}), json!([]), event(&[])])
        .run()
        .await;
    for (kind, error) in &outcome.answers[..2] {
        assert_eq!(
            (kind.as_str(), &error["errorType"]),
            ("error", &json!("Plumbline.NotABatch"))
        );
    }
    assert!(outcome.returned(2).is_empty());
}

#[tokio::test]
async fn each_record_is_logged_with_its_own_id_and_that_of_its_message_and_never_its_body() {
    let body =
        json!({"apiVersion": "plumbline/v1", "id": "f-7k3q.4", "secret": "hunter2"}).to_string();
    let odd = json!({"id": "two words\n", "secret": "hunter2"}).to_string();
    let mut play = sqs(vec![event(&[
        message("m-1", &body),
        message("m-2", &odd),
        message("m-3", "fail:why"),
    ])]);
    play.variables = vec![("AWS_LAMBDA_LOG_LEVEL", "TRACE")];
    let outcome = play.run().await;
    let lines: Vec<Value> = outcome
        .output
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let of = |id: &str| {
        lines
            .iter()
            .find(|it| it["span"]["message.id"] == id && !it["outcome"].is_null())
    };
    let first = of("m-1").unwrap_or_else(|| panic!("{}", outcome.output));
    assert_eq!(
        (&first["outcome"], &first["span"]["correlation.id"]),
        (&json!("done"), &json!("f-7k3q.4"))
    );
    assert!(of("m-2").unwrap()["span"].get("correlation.id").is_none());
    assert_eq!(of("m-3").unwrap()["reason"], "why");
    assert!(!outcome.output.contains("hunter2"), "{}", outcome.output);
    assert!(!outcome.output.contains("not-a-real-secret"));
}
