//! Batches of a stream, and schedules.

use std::time::Duration;

use serde_json::{Value, json};

use super::lambda::{Play, event};

const STREAM_ARN: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/plumbline/stream/1";

fn record(sequence: &str, sk: &str) -> Value {
    json!({"eventID": "e", "eventName": "INSERT", "eventSource": "aws:dynamodb", "eventSourceARN": STREAM_ARN,
           "dynamodb": {"Keys": {"PK": {"S": "OUTBOX#3"}, "SK": {"S": sk}}, "SequenceNumber": sequence,
                        "NewImage": {"PK": {"S": "OUTBOX#3"}, "version": {"N": "1"},
                                     "body": {"M": {"tags": {"SS": ["a", "b"]}, "list": {"L": [{"BOOL": true}, {"NULL": true}]}}}}}})
}

#[tokio::test]
async fn the_first_record_that_must_come_again_ends_the_batch_so_that_order_holds() {
    let events = vec![
        event(&[
            record("1", "done"),
            record("2", "retry"),
            record("3", "done"),
        ]),
        event(&[record("4", "panic"), record("5", "done")]),
        event(&[record("6", "later:60"), record("7", "done")]),
        event(&[record("8", "drop"), record("9", "done")]),
    ];
    let outcome = Play::of("stream", events).run().await;
    assert_eq!(outcome.returned(0), ["2"]);
    assert_eq!(outcome.returned(1), ["4"]);
    assert_eq!(outcome.returned(2), ["6"]);
    assert!(outcome.returned(3).is_empty());
    for (sequence, seen) in [
        ("1", true),
        ("3", false),
        ("5", false),
        ("7", false),
        ("9", true),
    ] {
        let is_seen = outcome.output.contains(&format!("SEEN {sequence} "));
        assert_eq!(is_seen, seen, "{sequence}");
    }
}

#[tokio::test]
async fn what_never_will_go_well_is_buried_and_the_stream_goes_on() {
    let odd = json!({"eventName": "INSERT", "eventSourceARN": STREAM_ARN, "dynamodb": {"SequenceNumber": "2"}});
    let events = vec![event(&[
        record("1", "fail:why"),
        odd.clone(),
        record("3", "done"),
    ])];
    let outcome = Play::of("stream", events).run().await;
    assert!(outcome.returned(0).is_empty());
    assert_eq!(outcome.sent.len(), 2);
    let attributes = &outcome.sent[0]["MessageAttributes"];
    assert_eq!(attributes["source"]["StringValue"], STREAM_ARN);
    assert_eq!(attributes["reason"]["StringValue"], "why");
    assert_eq!(outcome.sent[1]["MessageBody"], odd.to_string());

    let mut play = Play::of(
        "stream",
        vec![event(&[record("1", "fail:why"), record("2", "done")])],
    );
    play.sqs_refuses = true;
    let outcome = play.run().await;
    assert_eq!(outcome.returned(0), ["1"]);
    assert!(!outcome.output.contains("SEEN 2 "));
}

#[tokio::test]
async fn an_image_comes_as_plain_json() {
    let outcome = Play::of("stream", vec![event(&[record("1", "done")])])
        .run()
        .await;
    let line = outcome
        .output
        .lines()
        .find(|line| line.contains("SEEN 1 "))
        .unwrap();
    assert!(
        line.contains("Insert") && line.contains(r#""version": Number(1)"#),
        "{line}"
    );
    assert!(
        line.contains(r#""tags": Array [String("a"), String("b")]"#),
        "{line}"
    );
    assert!(line.contains("Array [Bool(true), Null]"), "{line}");
}

#[tokio::test]
async fn a_stream_record_without_a_sequence_fails_the_batch_and_is_not_passed_over() {
    let mut nameless = record("1", "done");
    nameless["dynamodb"]
        .as_object_mut()
        .unwrap()
        .remove("SequenceNumber");
    let mut play = Play::of("stream", vec![event(&[nameless, record("2", "done")])]);
    play.sqs_refuses = true;
    let outcome = play.run().await;
    let (kind, error) = &outcome.answers[0];
    assert_eq!(
        (kind.as_str(), &error["errorType"]),
        ("error", &json!("Plumbline.RecordWithoutId"))
    );
}

#[tokio::test]
async fn a_schedule_is_answered_and_its_errors_have_a_type() {
    let mut play = Play::of(
        "schedule",
        ["", "error", "panic", "hang"]
            .map(|what| json!({"do": what}))
            .to_vec(),
    );
    play.limit = Duration::from_secs(2);
    let outcome = play.run().await;
    assert_eq!(outcome.answers[0], ("response".to_owned(), Value::Null));
    let errors: Vec<_> = outcome.answers[1..]
        .iter()
        .map(|(kind, error)| (kind.as_str(), error["errorType"].as_str().unwrap()))
        .collect();
    assert_eq!(
        errors,
        [
            ("error", "Plumbline.Throttled"),
            ("error", "Plumbline.Panicked"),
            ("error", "Plumbline.TooLong")
        ]
    );
    assert_eq!(
        outcome.answers[1].1["errorMessage"],
        "sqs:SendMessage: slow, at password=[hidden]"
    );
    assert!(!outcome.output.contains("hunter2"), "{}", outcome.output);
}
