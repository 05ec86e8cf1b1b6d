//! `plumbline invoke`: one function's handler, here, over a ledger and the real AWS.

mod sent;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use alerts::HttpChannels;
use attachments::AwsEvidence;
use aws::Connection;
use cloudformation::AwsAccounts;
use domain::current;
use domain::handled::Handled;
use domain::ports::{PortError, PortErrorKind};
use domain::work::Queue;
use jiff::{SignedDuration, Timestamp};
use local::bus::Delivery;
use serde::Serialize;
use serde_json::Value;

use crate::args::{Function, Invoke, PlainFormat};
use crate::clock::SystemClock;
use crate::clusters::{Here, root};
use crate::commands::{CONFIG, out};
use crate::failure::Failure;
use crate::functions::Outside;
use crate::ledger::Place;
use crate::outside::LazySecrets;
use crate::{ledger, screen};
use sent::{Recorder, Sent, undelivered};

impl Function {
    /// The queue that feeds it; none for those of schedules and the stream.
    const fn queue(self) -> Option<Queue> {
        match self {
            Function::StackDrift => Some(stack_drift::QUEUE),
            Function::ClusterDrift => Some(cluster_drift::QUEUE),
            Function::ConfigChange => Some(config_change::QUEUE),
            Function::Notify => Some(notify::QUEUE),
            Function::ImagePush => Some(image_push::QUEUE),
            Function::DriftScan | Function::Publish | Function::Clock => None,
        }
    }

    /// What feeds it.
    const fn fed_by(self) -> &'static str {
        match self {
            Function::Publish => "the table's stream",
            Function::DriftScan | Function::Clock => "a schedule",
            _ => "SQS",
        }
    }
}

/// How long a run of a schedule's function may take, as in the deployment.
const RUN: SignedDuration = SignedDuration::from_secs(50);

/// What became of one record.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    /// The record's id in the event.
    record: String,
    /// `done`, `later`, `drop`, `retry` or `fail`.
    outcome: &'static str,
    /// Why, or until when.
    reason: String,
}

/// What `-o json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ran<'r> {
    api_version: &'static str,
    kind: &'static str,
    function: &'static str,
    records: &'r [Outcome],
    sent: &'r [Sent],
}

/// Runs the function over each record of the event, alone. 1 where a record
/// was not dealt with.
pub(crate) async fn run(
    config: Option<&Path>,
    place: &Place,
    asked: &Invoke,
) -> Result<u8, Failure> {
    let event = read(&asked.event)?;
    let sent = Arc::new(Recorder::default());
    let outside = outside(config, place, &sent).await?;
    let outcomes = match asked.function.queue() {
        Some(queue) => {
            let handler = outside.fed_by(queue);
            let mut outcomes = Vec::new();
            for record in records(&event, asked)? {
                let (delivery, outcome) = match message(record) {
                    Ok(delivery) => {
                        let handled = handler.handle(&delivery).await;
                        (delivery.id, handled)
                    }
                    Err(reason) => (id(record, "messageId"), Handled::Fail(reason)),
                };
                outcomes.push(told(delivery, outcome));
            }
            outcomes
        }
        None => match asked.function {
            Function::Publish => {
                let deps = outside.publish();
                let mut outcomes = Vec::new();
                for record in records(&event, asked)? {
                    let handled = publish::handle(&deps, &change(record)).await;
                    outcomes.push(told(id(record, "eventID"), handled));
                }
                outcomes
            }
            Function::DriftScan => vec![drift_scan(&outside, event).await?],
            _ => vec![clock(&outside).await],
        },
    };
    let is_done = outcomes
        .iter()
        .all(|it| matches!(it.outcome, "done" | "later" | "drop"));
    print(asked, &outcomes, &sent.take())?;
    Ok(u8::from(!is_done))
}

async fn outside(
    config: Option<&Path>,
    place: &Place,
    sent: &Arc<Recorder>,
) -> Result<Outside, Failure> {
    let connection = Arc::new(Connection::from_env(aws::Options::default()).await);
    let opened = ledger::store(place, &connection).await?;
    let secrets = Arc::new(LazySecrets(Arc::clone(&connection)));
    let channels = HttpChannels::new(Arc::clone(&secrets) as _, Arc::new(SystemClock))
        .map_err(Failure::unusable)?;
    let config = config.map_or_else(|| PathBuf::from(CONFIG), Path::to_path_buf);
    Ok(Outside {
        store: opened.store,
        queues: Arc::clone(sent) as _,
        topic: Arc::clone(sent) as _,
        accounts: Arc::new(AwsAccounts(Arc::clone(&connection))),
        evidence: Arc::new(AwsEvidence(Arc::clone(&connection))),
        ways: Arc::new(Here::new(connection, root(Some(&config)))),
        channels: Arc::new(channels),
        secrets,
        hash_key: opened.hash_key,
        config: config.display().to_string(),
    })
}

async fn drift_scan(outside: &Outside, event: Value) -> Result<Outcome, Failure> {
    let request: drift_scan::Request = serde_json::from_value(event)
        .map_err(|error| Failure::unusable(format!("the event: {error}")))?;
    let asked = drift_scan::handle(&outside.drift_scan(), &request).await;
    Ok(ended(asked.map(|it| {
        format!(
            "{} looks asked for, {} looked at recently, {} findings no longer watched",
            it.looks, it.fresh, it.unwatched
        )
    })))
}

async fn clock(outside: &Outside) -> Outcome {
    let until = Timestamp::now().checked_add(RUN).unwrap_or(Timestamp::MAX);
    let deps = outside.clock();
    let done = match ::clock::handle(&deps, until).await {
        Ok(()) => configuration(&deps).await,
        Err(error) => Err(error),
    };
    ended(done)
}

/// What is in force after a run. A deployment waits for a configuration that is
/// missing, and tells its channels of one that is refused; whoever runs the
/// function here is told here.
async fn configuration(deps: &::clock::Deps) -> Result<String, PortError> {
    let location = &deps.config;
    let missing = |kind, what: String| Err(PortError::new(kind, "clock:configuration", what));
    let in_force = current::in_force(&*deps.store).await?;
    if in_force.is_none()
        && let Err(error) = std::fs::File::open(location)
    {
        return missing(
            PortErrorKind::NotFound,
            format!(
                "none is in force, and {location}: {error}; name it with --config or PLUMBLINE_CONFIG"
            ),
        );
    }
    if let Some(refused) = current::refused(&*deps.store).await? {
        let stays = match in_force {
            Some(_) => "the last good one stays in force",
            None => "none is in force",
        };
        return missing(
            PortErrorKind::Invalid,
            format!("{location} is refused, and {stays}:\n{}", refused.errors),
        );
    }
    Ok(in_force.map_or_else(String::new, |it| format!("in force: {}", it.location)))
}

/// The outcome of a schedule's run, which has no records.
fn ended(result: Result<String, PortError>) -> Outcome {
    let handled = match result {
        Ok(reason) => {
            return Outcome {
                record: "run".to_owned(),
                outcome: "done",
                reason,
            };
        }
        Err(error) => Handled::Retry(error.to_string()),
    };
    told("run".to_owned(), handled)
}

fn told(record: String, handled: Handled) -> Outcome {
    let (outcome, reason) = match handled {
        Handled::Done => ("done", String::new()),
        Handled::Later { at, .. } => ("later", format!("at {at:.0}")),
        Handled::Drop(reason) => ("drop", reason),
        Handled::Retry(reason) => ("retry", reason),
        Handled::Fail(reason) => ("fail", reason),
    };
    Outcome {
        record,
        outcome,
        reason,
    }
}

fn read(path: &Path) -> Result<Value, Failure> {
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| {
        Failure::unusable(format!("cannot read the event {}: {error}", path.display()))
    })?;
    serde_json::from_str(&text).map_err(|error| {
        // The parser's message names line and column, and quotes nothing.
        Failure::unusable(format!("the event {} is not JSON: {error}", path.display()))
    })
}

fn records<'e>(event: &'e Value, asked: &Invoke) -> Result<&'e [Value], Failure> {
    event["Records"].as_array().map(Vec::as_slice).ok_or_else(|| {
        let (function, fed) = (asked.function.as_str(), asked.function.fed_by());
        Failure::unusable(format!(
            "the event {} has no Records: {function} is fed by {fed}, and an event of it is a whole batch",
            asked.event.display()
        ))
    })
}

fn message(record: &Value) -> Result<Delivery, String> {
    let body = record["body"].as_str();
    let body = body.ok_or("the record has no body: it is none of a queue")?;
    let times = record["attributes"]["ApproximateReceiveCount"].as_str();
    Ok(Delivery {
        id: id(record, "messageId"),
        body: body.to_owned(),
        times: times.and_then(|it| it.parse().ok()).unwrap_or(1),
    })
}

fn id(record: &Value, key: &str) -> String {
    record[key].as_str().unwrap_or("-").to_owned()
}

/// A record of the table's stream, its attributes as plain JSON.
fn change(record: &Value) -> publish::Record {
    publish::Record {
        is_new: record["eventName"] == "INSERT",
        keys: plain(&record["dynamodb"]["Keys"]),
        image: record["dynamodb"].get("NewImage").map(plain),
    }
}

fn plain(attributes: &Value) -> Value {
    let Some(attributes) = attributes.as_object() else {
        return Value::Null;
    };
    let value = |it: &Value| match (it.get("S"), it.get("N").and_then(Value::as_str)) {
        (Some(text), _) => text.clone(),
        (None, Some(number)) => number.parse::<i64>().map_or(Value::Null, Value::from),
        (None, None) => it.clone(),
    };
    attributes
        .iter()
        .map(|(name, it)| (name.clone(), value(it)))
        .collect()
}

fn print(asked: &Invoke, outcomes: &[Outcome], sent: &[Sent]) -> Result<(), Failure> {
    if !sent.is_empty() {
        screen::tell("warning", &undelivered(sent.len()));
    }
    if asked.output == PlainFormat::Json {
        let ran = Ran {
            api_version: domain::report::API_VERSION,
            kind: "Invocation",
            function: asked.function.as_str(),
            records: outcomes,
            sent,
        };
        return out(&render::json(&ran).map_err(Failure::unusable)?);
    }
    let width = outcomes.iter().map(|it| it.record.len()).max().unwrap_or(0);
    let mut text = String::new();
    for it in outcomes {
        let line = format!("{:width$}  {:5}  {}", it.record, it.outcome, it.reason);
        text.push_str(screen::clean(&line).trim_end());
        text.push('\n');
    }
    for it in sent {
        text.push_str(&screen::clean(&it.to_string()));
        text.push('\n');
    }
    out(&text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_of_the_stream_becomes_plain_json() {
        let record = json!({"eventName": "INSERT", "dynamodb": {
            "Keys": {"PK": {"S": "OUTBOX#3"}, "SK": {"S": "x"}},
            "NewImage": {"version": {"N": "7"}, "body": {"S": "{}"}}}});
        let change = change(&record);
        assert!(change.is_new);
        assert_eq!(change.keys, json!({"PK": "OUTBOX#3", "SK": "x"}));
        assert_eq!(change.image, Some(json!({"version": 7, "body": "{}"})));
    }

    #[test]
    fn a_record_without_a_body_is_said_to_be_none_of_a_queue() {
        let delivery = message(&json!({"messageId": "m", "body": "b",
            "attributes": {"ApproximateReceiveCount": "3"}}));
        let expected = Delivery {
            id: "m".to_owned(),
            body: "b".to_owned(),
            times: 3,
        };
        assert_eq!(delivery, Ok(expected));
        assert!(
            message(&json!({"detail-type": "x"}))
                .unwrap_err()
                .contains("body")
        );
    }

    #[test]
    fn each_outcome_has_its_word() {
        let words: Vec<&str> = [
            Handled::Done,
            Handled::Later {
                at: Timestamp::UNIX_EPOCH,
                body: None,
            },
            Handled::Drop(String::new()),
            Handled::Retry(String::new()),
            Handled::Fail(String::new()),
        ]
        .into_iter()
        .map(|it| told(String::new(), it).outcome)
        .collect();
        assert_eq!(words, ["done", "later", "drop", "retry", "fail"]);
    }
}
