//! The functions' queues, their dead letters, and what feeds them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Deployment, PLACE, STACK, items, text};

/// A message of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its body.
    pub body: String,
    /// Its message attributes, those of type String.
    pub attributes: BTreeMap<String, String>,
    receipt: String,
}

impl Deployment {
    /// Sends a body to a function's queue.
    #[track_caller]
    pub fn send(&self, function: &str, body: &str) {
        self.send_to(&queue_arn(function), body);
    }

    /// Sends a body to the queue of this ARN.
    #[track_caller]
    pub fn send_to(&self, arn: &str, body: &str) {
        let name = arn.rsplit(':').next().unwrap_or_default();
        let body = json!({"QueueUrl": self.aws.queue_url(name), "MessageBody": body});
        self.sqs("SendMessage", &body);
    }

    /// What is in a function's dead letter queue; it stays there, and is seen again after half a minute.
    #[must_use]
    #[track_caller]
    pub fn dead_letters(&self, function: &str) -> Vec<Letter> {
        let url = self
            .aws
            .queue_url(&format!("{STACK}-{function}-dead-letters"));
        let mut letters = Vec::new();
        loop {
            let body = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0,
                "VisibilityTimeout": 30, "MessageAttributeNames": ["All"]});
            let answer = self.sqs("ReceiveMessage", &body);
            let before = letters.len();
            letters.extend(items(&answer, "Messages").map(letter));
            if letters.len() == before {
                return letters;
            }
        }
    }

    /// Takes a letter out of a function's dead letter queue.
    #[track_caller]
    pub fn delete_dead_letter(&self, function: &str, letter: &Letter) {
        let url = self
            .aws
            .queue_url(&format!("{STACK}-{function}-dead-letters"));
        let body = json!({"QueueUrl": url, "ReceiptHandle": letter.receipt});
        self.sqs("DeleteMessage", &body);
    }

    /// How many letters lie in all dead letter queues of the stack.
    #[must_use]
    #[track_caller]
    pub fn count_dead_letters(&self) -> BTreeMap<String, u64> {
        let urls = self.outputs.iter();
        urls.filter_map(|(name, url)| {
            let name = name.strip_suffix("DeadLettersUrl")?;
            let [seen, received, _] = self.waiting(url);
            let count = seen + received;
            (count > 0).then(|| (name.to_owned(), count))
        })
        .collect()
    }

    /// Waits until so many messages wait for a function.
    #[track_caller]
    pub fn wait_for_messages(&self, function: &str, count: u64) {
        let url = self.aws.queue_url(&format!("{STACK}-{function}"));
        let what = format!("{count} messages for {function}");
        self.wait(&what, || (self.waiting(&url)[0] == count).then_some(()));
    }

    /// Waits until no queue of a function has a message that could be received, and nothing is left to be told.
    #[track_caller]
    pub fn wait_until_quiet(&self) {
        let mut quiet = 0;
        self.wait("the system to be quiet", || {
            let is_quiet =
                self.outputs.iter().all(|(name, url)| {
                    !name.ends_with("QueueUrl") || self.waiting(url)[..2] == [0, 0]
                }) && self.table().outbox().is_empty();
            quiet = if is_quiet { quiet + 1 } else { 0 };
            (quiet == 3).then_some(())
        });
    }

    /// Starts or stops what feeds a function.
    #[track_caller]
    pub fn feed(&self, function: &str, enabled: bool) {
        let name = format!("{STACK}-{function}");
        let path = format!("/2015-03-31/event-source-mappings/?FunctionName={name}");
        let mappings = self.get("lambda", &path);
        let mut found = 0;
        for mapping in items(&mappings, "EventSourceMappings") {
            found += 1;
            let path = format!(
                "/2015-03-31/event-source-mappings/{}",
                text(mapping, "UUID")
            );
            let body = json!({"Enabled": enabled}).to_string();
            self.aws.rest("lambda", ("PUT", &path), &body).good();
        }
        assert!(found > 0, "nothing feeds {function}: {mappings}");
    }

    /// Messages of a queue that can be received, that were, and that are held back.
    fn waiting(&self, url: &str) -> [u64; 3] {
        let names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ];
        let body = json!({"QueueUrl": url, "AttributeNames": names});
        let answer = self.sqs("GetQueueAttributes", &body);
        names.map(|name| {
            let count = text(&answer["Attributes"], name).parse();
            count.expect("a queue counts its messages")
        })
    }

    #[track_caller]
    pub(super) fn sqs(&self, operation: &str, body: &Value) -> Value {
        self.call("sqs", &format!("AmazonSQS.{operation}"), body)
    }
}

/// The ARN of a function's queue.
#[must_use]
pub fn queue_arn(function: &str) -> String {
    let (account, region) = PLACE;
    format!("arn:aws:sqs:{region}:{account}:{STACK}-{function}")
}

fn letter(message: &Value) -> Letter {
    let attributes = message["MessageAttributes"].as_object();
    let attributes = attributes.into_iter().flatten().map(|(name, value)| {
        let value = text(value, "StringValue").to_owned();
        (name.clone(), value)
    });
    Letter {
        body: text(message, "Body").to_owned(),
        attributes: attributes.collect(),
        receipt: text(message, "ReceiptHandle").to_owned(),
    }
}
