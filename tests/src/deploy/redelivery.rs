//! Everything once more: what a queue, a topic or a stream delivers at least once, delivered twice.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Deployment, items, text};

/// What was delivered again already.
#[derive(Debug, Default)]
pub(super) struct Redelivered {
    bodies: BTreeSet<(String, String)>,
    sequences: BTreeSet<String>,
}

impl Deployment {
    /// Delivers again whatever was delivered since the last time: every message that a function sent to another one's
    /// queue, and every batch that the table's stream gave to `publish`, which thereby publishes it again.
    #[track_caller]
    pub fn redeliver(&self) {
        let mut redelivered = self.redelivered.lock().expect("no test failed here");
        for call in self.calls().iter().filter(|it| it.action == "SendMessage") {
            let body: Value = serde_json::from_str(&call.body).expect("SQS is asked in JSON");
            let (url, message) = (text(&body, "QueueUrl"), text(&body, "MessageBody"));
            let is_new = redelivered
                .bodies
                .insert((url.to_owned(), message.to_owned()));
            if is_new && !url.ends_with("-dead-letters") {
                self.sqs(
                    "SendMessage",
                    &json!({"QueueUrl": url, "MessageBody": message}),
                );
            }
        }
        let (again, _): (Vec<Value>, Vec<Value>) = self
            .stream()
            .into_iter()
            .filter(|it| it["eventName"] == "INSERT")
            .filter(|it| text(&it["dynamodb"]["Keys"]["PK"], "S").starts_with("OUTBOX#"))
            .partition(|it| {
                let sequence = text(&it["dynamodb"], "SequenceNumber").to_owned();
                redelivered.sequences.insert(sequence)
            });
        if !again.is_empty() {
            let answer = self.invoke("publish", &json!({"Records": again}));
            assert_eq!(answer, json!({"batchItemFailures": []}));
        }
    }

    /// Every record of the table's stream.
    fn stream(&self) -> Vec<Value> {
        let table = self.output("Table");
        let described = self.call(
            "dynamodb",
            "DynamoDB_20120810.DescribeTable",
            &json!({"TableName": table}),
        );
        let stream = text(&described["Table"], "LatestStreamArn");
        let asked = json!({"StreamArn": stream});
        let described = self.streams("DescribeStream", &asked);
        let mut records = Vec::new();
        for shard in items(&described["StreamDescription"], "Shards") {
            let asked = json!({"StreamArn": stream, "ShardId": text(shard, "ShardId"), "ShardIteratorType": "TRIM_HORIZON"});
            let answer = self.streams("GetShardIterator", &asked);
            let mut next = answer["ShardIterator"].as_str().map(str::to_owned);
            while let Some(iterator) = next.take() {
                let answer = self.streams("GetRecords", &json!({"ShardIterator": iterator}));
                let before = records.len();
                records.extend(items(&answer, "Records").cloned());
                if records.len() > before {
                    next = answer["NextShardIterator"].as_str().map(str::to_owned);
                }
            }
        }
        records
    }

    fn streams(&self, operation: &str, body: &Value) -> Value {
        self.call(
            "dynamodb",
            &format!("DynamoDBStreams_20120810.{operation}"),
            body,
        )
    }
}
