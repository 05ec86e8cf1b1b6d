//! Batches of a queue.

use std::fmt;
use std::sync::Arc;

use domain::handled::{Handled, Step};
use domain::ports::{Items, PortError, PortErrorKind, Queues};
use domain::timer;
use domain::work::Queue;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout_at;
use tracing::{Instrument as _, info_span};

use crate::dead_letters::DeadLetters;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::guard::guarded;

/// One message of a queue, for its handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The queue's id of it; empty where the event has none.
    pub id: String,
    /// Its body, as it was sent.
    pub body: String,
    /// How often it was received, this time included; 0 where the event does not say.
    pub times: u32,
}

/// What a queue's function needs besides its handler.
#[derive(Clone)]
pub struct Feed {
    /// The function's own queue, for messages that come again.
    pub queue: Queue,
    /// Sends to that queue.
    pub queues: Arc<dyn Queues>,
    /// Keeps the timers of messages that come again later than a queue can hold back.
    pub items: Arc<dyn Items>,
    /// Takes messages that no further try can help.
    pub dead_letters: DeadLetters,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

/// Handles the batches of a function's queue, record by record, until Lambda
/// ends the process. The event source mapping must ask for
/// `ReportBatchItemFailures`.
///
/// Each record is read, handled and answered for alone. A record that panics,
/// takes longer than its share of the time, or cannot be sent on, is returned
/// to the queue; so is, untouched, each for which no time is left. A returned
/// record without an id fails the invocation as a whole, since the queue could
/// not know which it is: then every record comes again.
///
/// # Errors
/// Where the runtime cannot go on; Lambda then starts the function anew.
pub async fn run_sqs<H, F>(feed: Feed, handler: H) -> Result<(), Error>
where
    H: Fn(Message) -> F,
    F: Future<Output = Handled>,
{
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        // Boxed: the runtime's layers and a handler together are deeper than the compiler follows.
        batch(&feed, &handler, event).boxed_local()
    }))
    .await
    .map_err(|error| Error::Runtime(error.to_string()))
}

/// What a record of the event says; what else stands in it is not needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    message_id: Option<String>,
    body: String,
    #[serde(rename = "eventSourceARN", default)]
    source: String,
    #[serde(default)]
    attributes: Value,
}

async fn batch<H, F>(
    feed: &Feed,
    handler: &H,
    event: LambdaEvent<Value>,
) -> Result<Value, Diagnostic>
where
    H: Fn(Message) -> F,
    F: Future<Output = Handled>,
{
    let deadline = Deadline::at(event.context.deadline());
    let records = records(event.payload, "SQS")?;
    let total = records.len();
    let mut returned = Vec::new();
    for (index, record) in records.into_iter().enumerate() {
        let id = record["messageId"].as_str().unwrap_or_default().to_owned();
        let span = info_span!(
            "record",
            message.id = id,
            correlation.id = correlation(&record)
        );
        let done = one(feed, handler, (record, total - index), deadline)
            .instrument(span)
            .await;
        if !done {
            returned.push(id);
        }
    }
    if returned.iter().any(String::is_empty) {
        return Err(Diagnostic {
            error_type: "Plumbline.RecordWithoutId".to_owned(),
            error_message:
                "a record without messageId has to come again, so the whole batch has to".to_owned(),
        });
    }
    Ok(failures(returned.iter().map(String::as_str)))
}

/// Whether a record is done with.
async fn one<H, F>(
    feed: &Feed,
    handler: &H,
    (record, left): (Value, usize),
    deadline: Deadline,
) -> bool
where
    H: Fn(Message) -> F,
    F: Future<Output = Handled>,
{
    let Some(until) = deadline.share(left) else {
        tracing::warn!(outcome = "untouched", "no time is left for this record");
        return false;
    };
    let (wire, handled) = match Wire::deserialize(&record) {
        Ok(wire) => {
            let message = Message {
                id: wire.message_id.clone().unwrap_or_default(),
                body: wire.body.clone(),
                times: received(&wire.attributes),
            };
            let handled = guarded(until, || handler(message)).await;
            let handled = handled.unwrap_or_else(|broken| Handled::Retry(broken.to_string()));
            (wire, handled)
        }
        // The parser's message would quote from the record.
        Err(_) => (
            whole(&record),
            Handled::Fail("it is no record of an SQS event".to_owned()),
        ),
    };
    note(&handled);
    let carried = timeout_at(deadline.last(), carry_out(feed, &wire, handled)).await;
    let error = match carried {
        Ok(Ok(done)) => return done,
        Ok(Err(error)) => error,
        Err(_) => PortError::new(
            PortErrorKind::Timeout,
            "lambda:record",
            "the invocation's time ended before the message was sent on",
        ),
    };
    tracing::error!(outcome = "returned", error = %error, "the message could not be sent on");
    false
}

/// A record that cannot be read, as the body of its dead letter.
fn whole(record: &Value) -> Wire {
    let text = |key: &str| record[key].as_str().map(str::to_owned);
    Wire {
        message_id: text("messageId"),
        body: record.to_string(),
        source: text("eventSourceARN").unwrap_or_default(),
        attributes: Value::Null,
    }
}

/// Does what the table says; whether the message is done with.
async fn carry_out(feed: &Feed, wire: &Wire, handled: Handled) -> Result<bool, PortError> {
    let id = wire.message_id.as_deref().unwrap_or_default();
    match Step::of(handled, Timestamp::now()) {
        Step::Acknowledge => {}
        Step::Return(_) => return Ok(false),
        Step::SendAgain { delay, body } => {
            let body = body.as_deref().unwrap_or(&wire.body);
            feed.queues.send(feed.queue, body, delay).await?;
        }
        Step::SetTimer { at, body } => {
            let body = body.unwrap_or_else(|| wire.body.clone());
            // The same message, delivered twice, is one timer.
            let key = format!("later#{}#{id}", feed.queue);
            let timer = timer::put_body(at, feed.queue, (&key, body))?;
            feed.items.write(&[timer]).await?;
        }
        Step::Bury(reason) => {
            let from = (wire.source.as_str(), id);
            feed.dead_letters.put(&wire.body, from, &reason).await?;
        }
    }
    Ok(true)
}

/// Says once what became of a record.
pub(crate) fn note(handled: &Handled) {
    match handled {
        Handled::Done => tracing::info!(outcome = "done"),
        Handled::Later { at, .. } => tracing::info!(outcome = "later", at = %at),
        Handled::Drop(reason) => tracing::info!(outcome = "dropped", reason),
        Handled::Retry(reason) => tracing::warn!(outcome = "returned", reason),
        Handled::Fail(reason) => tracing::error!(outcome = "failed", reason),
    }
}

/// The records of an event, each still to be read.
pub(crate) fn records(event: Value, source: &str) -> Result<Vec<Value>, Diagnostic> {
    match event {
        Value::Object(mut event) => match event.remove("Records") {
            Some(Value::Array(records)) => Ok(records),
            _ => Err(no_batch(source)),
        },
        _ => Err(no_batch(source)),
    }
}

fn no_batch(source: &str) -> Diagnostic {
    Diagnostic {
        error_type: "Plumbline.NotABatch".to_owned(),
        error_message: format!("the event has no Records: this function is fed by {source}"),
    }
}

/// The partial answer of a batch; none failed where there are no ids.
pub(crate) fn failures<'a>(ids: impl Iterator<Item = &'a str>) -> Value {
    let failures: Vec<Value> = ids.map(|id| json!({"itemIdentifier": id})).collect();
    json!({ "batchItemFailures": failures })
}

/// The id of the message or event that a body is, to follow it through the functions.
fn correlation(record: &Value) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        id: String,
    }
    let body: Body = serde_json::from_str(record["body"].as_str()?).ok()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_#:".contains(c);
    (body.id.len() <= 200 && body.id.chars().all(is_plain)).then_some(body.id)
}

fn received(attributes: &Value) -> u32 {
    attributes["ApproximateReceiveCount"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}
