//! Queues of SQS.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::ports::PortErrorKind::{self, Denied, Invalid, NotFound, Throttled, TooLarge};
use domain::work::Queue;
use serde_json::{Value, json};

use super::always;
use crate::queues::{Backlog, Letter, Sqs, account_of, queues};

const URL: &str = "https://sqs.eu-west-1.amazonaws.com/111122223333/stack-drift";

fn sent() -> String {
    json!({"MessageId": "m", "MD5OfMessageBody": "d"}).to_string()
}

fn letter(delay: Duration) -> Letter<'static> {
    Letter {
        body: "the body",
        delay,
        attributes: &[("reason", "why"), ("source", "")],
    }
}

#[tokio::test]
async fn work_goes_to_its_own_queue_with_its_delay_in_whole_seconds() {
    let (server, access) = always(200, sent()).await;
    let port = queues(
        &access,
        BTreeMap::from([(Queue::StackDrift, URL.to_owned())]),
    );
    for delay in [
        Duration::ZERO,
        Duration::from_millis(1200),
        Duration::from_secs(900),
    ] {
        port.send(Queue::StackDrift, "the body", delay)
            .await
            .unwrap();
    }
    let delays: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| {
            let body: Value = serde_json::from_str(&seen.form).unwrap();
            assert_eq!(
                (&body["QueueUrl"], &body["MessageBody"]),
                (&json!(URL), &json!("the body"))
            );
            body["DelaySeconds"].as_u64()
        })
        .collect();
    assert_eq!(delays, [None, Some(2), Some(900)]);
    let error = port
        .send(
            Queue::StackDrift,
            "the body",
            Duration::from_millis(900_001),
        )
        .await
        .unwrap_err();
    assert_eq!(error.kind, Invalid);
    let error = port
        .send(Queue::Notify, "the body", Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(error.kind, Invalid);
    assert!(error.detail.contains("PLUMBLINE_QUEUE_NOTIFY"), "{error}");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn attributes_are_text_and_empty_ones_are_left_out() {
    let (server, access) = always(200, sent()).await;
    Sqs::new(&access)
        .send(URL, letter(Duration::ZERO))
        .await
        .unwrap();
    let body: Value = serde_json::from_str(&server.seen()[0].form).unwrap();
    assert_eq!(
        body["MessageAttributes"],
        json!({"reason": {"DataType": "String", "StringValue": "why"}})
    );
}

#[tokio::test]
async fn letters_are_received_with_what_redriving_needs_and_deleted_by_receipt() {
    let answer = json!({"Messages": [{
        "MessageId": "m-1", "ReceiptHandle": "r-1", "Body": "the body", "MD5OfBody": "d",
        "Attributes": {"SentTimestamp": "1790000000123", "ApproximateReceiveCount": "3"},
        "MessageAttributes": {"source": {"DataType": "String", "StringValue": "arn"}}}]});
    let (server, access) = always(200, answer.to_string()).await;
    let got = Sqs::new(&access)
        .receive(URL, Duration::from_secs(30))
        .await
        .unwrap();
    assert_eq!(got.len(), 1);
    assert_eq!(
        (
            got[0].id.as_str(),
            got[0].receipt.as_str(),
            got[0].body.as_str()
        ),
        ("m-1", "r-1", "the body")
    );
    assert_eq!(
        (got[0].sent_at, got[0].times),
        (Some(1_790_000_000_123), Some(3))
    );
    assert_eq!(
        got[0].attributes,
        BTreeMap::from([("source".to_owned(), "arn".to_owned())])
    );
    let body: Value = serde_json::from_str(&server.seen()[0].form).unwrap();
    assert_eq!(
        (&body["VisibilityTimeout"], &body["MaxNumberOfMessages"]),
        (&json!(30), &json!(10))
    );

    let (server, access) = always(200, "{}").await;
    assert!(
        Sqs::new(&access)
            .receive(URL, Duration::ZERO)
            .await
            .unwrap()
            .is_empty()
    );
    Sqs::new(&access).delete(URL, "r-1").await.unwrap();
    assert!(server.seen()[1].form.contains(r#""ReceiptHandle":"r-1""#));
    let (_server, access) = always(200, json!({"Messages": [{"Body": "x"}]}).to_string()).await;
    assert_eq!(
        Sqs::new(&access)
            .receive(URL, Duration::ZERO)
            .await
            .unwrap_err()
            .kind,
        Invalid
    );
}

#[tokio::test]
async fn a_backlog_has_all_its_numbers_or_is_none() {
    let answer = json!({"Attributes": {"ApproximateNumberOfMessages": "3",
        "ApproximateNumberOfMessagesNotVisible": "2", "ApproximateNumberOfMessagesDelayed": "1"}});
    let (_server, access) = always(200, answer.to_string()).await;
    let backlog = Sqs::new(&access).backlog(URL).await.unwrap();
    assert_eq!(
        backlog,
        Backlog {
            waiting: 3,
            in_work: 2,
            delayed: 1
        }
    );
    let (_server, access) = always(
        200,
        json!({"Attributes": {"ApproximateNumberOfMessages": "3"}}).to_string(),
    )
    .await;
    let error = Sqs::new(&access).backlog(URL).await.unwrap_err();
    assert!(error.detail.contains("NotVisible"), "{error}");
}

#[tokio::test]
async fn every_refusal_has_its_kind() {
    let cases: [(&str, &str, PortErrorKind); 5] = [
        ("com.amazonaws.sqs#QueueDoesNotExist", "gone", NotFound),
        (
            "com.amazonaws.sqs#InvalidParameterValue",
            "Message must be shorter than 1048576 bytes",
            TooLarge,
        ),
        ("com.amazonaws.sqs#KmsAccessDenied", "no", Denied),
        ("com.amazonaws.sqs#RequestThrottled", "slow", Throttled),
        ("com.amazonaws.sqs#InvalidParameterValue", "what", Invalid),
    ];
    for (code, message, kind) in cases {
        let (_server, access) =
            always(400, json!({"__type": code, "message": message}).to_string()).await;
        let error = Sqs::new(&access)
            .send(URL, letter(Duration::ZERO))
            .await
            .unwrap_err();
        assert_eq!(error.kind, kind, "{code}: {error}");
        assert_eq!(error.op, "sqs:SendMessage");
    }
}

#[test]
fn a_queues_url_says_whose_it_is_and_no_other_text_does() {
    for url in [
        "https://sqs.eu-west-1.amazonaws.com/111122223333/plumbline-config-change",
        "http://127.0.0.1:4566/111122223333/q.fifo",
    ] {
        assert_eq!(account_of(url).as_deref(), Some("111122223333"), "{url}");
    }
    for url in [
        "",
        "q",
        "https://sqs.eu-west-1.amazonaws.com/q",
        "https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com/queue/name",
        "https://sqs.eu-west-1.amazonaws.com/11112222333/q",
    ] {
        assert_eq!(account_of(url), None, "{url}");
    }
}
