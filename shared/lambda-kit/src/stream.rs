//! Batches of a DynamoDB stream.

use domain::handled::{Handled, Step};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::{Map, Number, Value};
use tokio::time::timeout_at;
use tracing::{Instrument as _, info_span};

use crate::dead_letters::DeadLetters;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::guard::guarded;
use crate::sqs::{failures, note, records};

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Change {
    /// It was written where there was none.
    Insert,
    /// It was written over another.
    Modify,
    /// It was taken away.
    Remove,
}

/// One change of one item, for its handler. Attributes are plain JSON: numbers
/// are numbers, sets are lists, binary stays Base64 text.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its place in the stream.
    pub sequence: String,
    /// What happened.
    pub change: Change,
    /// The item's key.
    pub keys: Value,
    /// The item as it is now, where there is one and the stream carries it.
    pub image: Option<Value>,
}

/// Handles the batches of a stream, record by record and in their order, until
/// Lambda ends the process. The event source mapping must ask for
/// `ReportBatchItemFailures`.
///
/// Order holds within a shard: the first record that must come again is named,
/// and what follows it comes again with it. A stream holds nothing back, so
/// [`Handled::Later`] is a return here. [`Handled::Fail`] goes to the dead
/// letters, and the stream goes on.
///
/// # Errors
/// Where the runtime cannot go on; Lambda then starts the function anew.
pub async fn run_stream<H, F>(dead_letters: DeadLetters, handler: H) -> Result<(), Error>
where
    H: Fn(Record) -> F,
    F: Future<Output = Handled>,
{
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        // Boxed: the runtime's layers and a handler together are deeper than the compiler follows.
        batch(&dead_letters, &handler, event).boxed_local()
    }))
    .await
    .map_err(|error| Error::Runtime(error.to_string()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    event_name: Change,
    dynamodb: Stored,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stored {
    sequence_number: String,
    keys: Map<String, Value>,
    #[serde(default)]
    new_image: Option<Map<String, Value>>,
}

async fn batch<H, F>(
    dead_letters: &DeadLetters,
    handler: &H,
    event: LambdaEvent<Value>,
) -> Result<Value, Diagnostic>
where
    H: Fn(Record) -> F,
    F: Future<Output = Handled>,
{
    let deadline = Deadline::at(event.context.deadline());
    let records = records(event.payload, "a DynamoDB stream")?;
    let total = records.len();
    for (index, record) in records.into_iter().enumerate() {
        let sequence = record["dynamodb"]["SequenceNumber"].as_str();
        let sequence = sequence.unwrap_or_default().to_owned();
        let span = info_span!("record", message.id = sequence);
        let done = one(dead_letters, handler, (record, total - index), deadline)
            .instrument(span)
            .await;
        if done {
            continue;
        }
        if sequence.is_empty() {
            return Err(Diagnostic {
                error_type: "Plumbline.RecordWithoutId".to_owned(),
                error_message:
                    "a record without SequenceNumber has to come again, so the whole batch has to"
                        .to_owned(),
            });
        }
        return Ok(failures(std::iter::once(sequence.as_str())));
    }
    Ok(failures(std::iter::empty()))
}

/// Whether the stream may go on after a record.
async fn one<H, F>(
    dead_letters: &DeadLetters,
    handler: &H,
    (record, left): (Value, usize),
    deadline: Deadline,
) -> bool
where
    H: Fn(Record) -> F,
    F: Future<Output = Handled>,
{
    let Some(until) = deadline.share(left) else {
        tracing::warn!(outcome = "untouched", "no time is left for this record");
        return false;
    };
    let handled = match read(&record) {
        Some(record) => guarded(until, || handler(record))
            .await
            .unwrap_or_else(|broken| Handled::Retry(broken.to_string())),
        None => Handled::Fail("it is no record of a DynamoDB stream".to_owned()),
    };
    note(&handled);
    let reason = match Step::of(handled, Timestamp::now()) {
        Step::Acknowledge => return true,
        Step::Return(_) | Step::SendAgain { .. } | Step::SetTimer { .. } => return false,
        Step::Bury(reason) => reason,
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (source, id) = (
        text(&record["eventSourceARN"]),
        text(&record["dynamodb"]["SequenceNumber"]),
    );
    let body = record.to_string();
    let put = dead_letters.put(&body, (&source, &id), &reason);
    match timeout_at(deadline.last(), put).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::error!(outcome = "returned", error = %error, "no dead letter could be sent");
            false
        }
        Err(_) => {
            tracing::error!(
                outcome = "returned",
                "no time was left to send a dead letter"
            );
            false
        }
    }
}

fn read(record: &Value) -> Option<Record> {
    let wire = Wire::deserialize(record).ok()?;
    Some(Record {
        sequence: wire.dynamodb.sequence_number,
        change: wire.event_name,
        keys: plain_map(&wire.dynamodb.keys)?,
        image: match wire.dynamodb.new_image {
            Some(image) => Some(plain_map(&image)?),
            None => None,
        },
    })
}

fn plain_map(attributes: &Map<String, Value>) -> Option<Value> {
    attributes
        .iter()
        .map(|(name, value)| Some((name.clone(), plain(value)?)))
        .collect::<Option<Map<_, _>>>()
        .map(Value::Object)
}

/// An attribute without its type; `None` where it is none.
fn plain(attribute: &Value) -> Option<Value> {
    let object = attribute.as_object().filter(|it| it.len() == 1)?;
    let (kind, value) = object.iter().next()?;
    let list = |one: fn(&Value) -> Option<Value>| {
        let values: Option<Vec<Value>> = value.as_array()?.iter().map(one).collect();
        values.map(Value::Array)
    };
    match kind.as_str() {
        "S" | "B" if value.is_string() => Some(value.clone()),
        "BOOL" if value.is_boolean() => Some(value.clone()),
        "N" => number(value),
        "NULL" => Some(Value::Null),
        "M" => plain_map(value.as_object()?),
        "L" => list(plain),
        "SS" | "BS" => list(|text| text.is_string().then(|| text.clone())),
        "NS" => list(number),
        _ => None,
    }
}

fn number(text: &Value) -> Option<Value> {
    text.as_str()?.parse::<Number>().ok().map(Value::Number)
}
