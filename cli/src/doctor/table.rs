//! The ledger and the queues of a deployment.

use std::sync::Arc;

use aws::{Connection, Sqs};
use aws_sdk_dynamodb::types::{KeySchemaElement, TableDescription};
use domain::message::Outgoing;
use domain::ports::{Item, Items, PortError};
use domain::timer::Timer;
use domain::{counter, current, outbox, timer};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use policy::Loaded;

use super::{Check, within};
use crate::ledger;

const TABLE: &str = "dynamodb:DescribeTable";
const OUTPUTS: &str = "cloudformation:DescribeStacks";

/// How late something may be before it says that `clock` does not run.
const LATE_MINUTES: i64 = 5;

/// How many late things of a shard are counted.
const MOST: usize = 100;

/// Whether the table is there with its keys, which configuration is in force, and whether `clock` runs.
pub(super) async fn look(
    name: &str,
    connection: &Arc<Connection>,
    loaded: Option<&Loaded>,
) -> Vec<Check> {
    let what = format!("table {name}");
    let mut checks = Vec::new();
    match within(TABLE, describe(name, connection)).await {
        Ok(table) => checks.push(schema(what, &table)),
        Err(error) => {
            let fix = "name the output Table of the stack, in the region it was deployed to, with a caller that may read it";
            checks.push(Check::of_error(what, &error, fix));
            return checks;
        }
    }
    checks.push(match ledger::hmac_key() {
        Ok(reference) => Check::ok(
            "key of the hashes",
            format!("PLUMBLINE_HMAC_KEY is {reference}"),
        ),
        Err(failure) => Check::warn(
            "key of the hashes",
            failure,
            "a scan needs it; findings and explain do not",
        ),
    });
    let store = match ledger::table(name, connection).await {
        Ok(store) => store,
        Err(failure) => {
            checks.push(Check::fail("table", failure, "set AWS_REGION"));
            return checks;
        }
    };
    checks.extend(in_force(&store, loaded).await);
    checks.extend(running(&store, Timestamp::now()).await);
    checks
}

async fn describe(name: &str, connection: &Connection) -> Result<TableDescription, PortError> {
    let access = connection.access(None, None).await?;
    let answer = aws_sdk_dynamodb::Client::new(&access.config)
        .describe_table()
        .table_name(name)
        .send()
        .await
        .map_err(|error| access.place.error(TABLE, &error))?;
    answer
        .table
        .ok_or_else(|| aws::invalid(TABLE, "the answer has no Table"))
}

fn schema(what: String, table: &TableDescription) -> Check {
    let keys = |schema: &[KeySchemaElement]| -> Vec<(String, String)> {
        schema
            .iter()
            .map(|it| (it.attribute_name.clone(), it.key_type.as_str().to_owned()))
            .collect()
    };
    let expected = |hash: &str, range: &str| {
        vec![
            (hash.to_owned(), "HASH".to_owned()),
            (range.to_owned(), "RANGE".to_owned()),
        ]
    };
    let index = table
        .global_secondary_indexes()
        .iter()
        .find(|it| it.index_name() == Some("GSI1"));
    let fix = "name the table of infra/template.yaml; another one cannot be used";
    if keys(table.key_schema()) != expected("PK", "SK") {
        return Check::fail(what, "its keys are not PK and SK", fix);
    }
    match index {
        None => Check::fail(what, "it has no index GSI1", fix),
        Some(it) if keys(it.key_schema()) != expected("GSI1PK", "GSI1SK") => Check::fail(
            what,
            "the keys of its index GSI1 are not GSI1PK and GSI1SK",
            fix,
        ),
        Some(_) => Check::ok(what, "is there, with the keys and the index of a ledger"),
    }
}

async fn in_force(items: &dyn Items, loaded: Option<&Loaded>) -> Vec<Check> {
    let what = "configuration in force";
    let fetched = "clock fetches it from PLUMBLINE_CONFIG within a minute; its log says why not";
    let mut checks = Vec::new();
    checks.push(
        match within("ledger:config", current::in_force(items)).await {
            Ok(None) => Check::fail(what, "there is none", fetched),
            Ok(Some(it)) => {
                let hash: String = it.hash.chars().take(12).collect();
                let found = format!("{hash}… of {}, since {:.0}", it.location, it.since);
                match loaded {
                    Some(loaded) if loaded.hash != it.hash => Check::warn(
                        what,
                        format!("{found}; {} says something else", loaded.file()),
                        "upload the file, or scan with the one in force",
                    ),
                    _ => Check::ok(what, found),
                }
            }
            Err(error) => Check::of_error(what, &error, "the caller needs to read the table"),
        },
    );
    if let Ok(Some(it)) = within("ledger:config", current::refused(items)).await {
        checks.push(Check::warn(
            what,
            format!(
                "the version {} was refused at {:.0}: {}",
                it.tag, it.at, it.errors
            ),
            "mend the file; plumbline policy check says the same",
        ));
    }
    checks
}

/// Whether `clock` has ever run, and whether anything waits that it should have done.
async fn running(items: &dyn Items, now: Timestamp) -> Vec<Check> {
    let what = "clock function";
    let fix = "look at its log: aws logs tail /aws/lambda/plumbline-clock --since 10m";
    let beats = within(
        "ledger:counter",
        counter::value(items, counter::HEARTBEATS, &[]),
    )
    .await;
    let late = now.checked_sub(LATE_MINUTES.minutes()).unwrap_or(now);
    let timers = within("ledger:timers", timer::due(items, late, MOST)).await;
    let unsent = within("ledger:outbox", outbox::forgotten(items, late, MOST)).await;
    match (beats, timers, unsent) {
        (Ok(0), ..) => vec![Check::fail(what, "it has never run", fix)],
        (Ok(beats), Ok(timers), Ok(unsent)) => {
            if let Some(waits) = longest(&timers, &unsent, now) {
                let found = format!(
                    "{} timer(s) and {} message(s) wait for longer than {LATE_MINUTES} min, the oldest for {} min",
                    timers.len(),
                    unsent.len(),
                    waits.as_mins()
                );
                return vec![Check::fail(what, found, fix)];
            }
            // The ledger counts the runs and keeps the time of none.
            vec![Check::ok(
                what,
                format!(
                    "it ran {beats} time(s), and nothing has waited for it for {LATE_MINUTES} min; how long ago it \
                     ran last cannot be told from the ledger, which keeps no time of it"
                ),
            )]
        }
        (Err(error), ..) | (_, Err(error), _) | (_, _, Err(error)) => {
            vec![Check::of_error(
                what,
                &error,
                "the caller needs to read the table",
            )]
        }
    }
}

/// How long the oldest of what waits has done so; `None` where nothing waits.
fn longest(timers: &[Item], unsent: &[Item], now: Timestamp) -> Option<SignedDuration> {
    let due = timers
        .iter()
        .filter_map(|it| Some(it.read::<Timer>().ok()?.due_at));
    let written = unsent
        .iter()
        .filter_map(|it| Some(it.read::<Outgoing>().ok()?.message.time));
    let oldest = due.chain(written).min();
    match oldest {
        Some(oldest) => Some(now.duration_since(oldest)),
        // What cannot be read waits all the same, for as long as it was looked for at least.
        None if timers.is_empty() && unsent.is_empty() => None,
        None => Some(SignedDuration::from_mins(LATE_MINUTES)),
    }
}

/// The dead letters of a deployment, by the outputs of its stack.
pub(super) async fn queues(stack: &str, connection: &Arc<Connection>) -> Vec<Check> {
    let what = "dead letters";
    let urls = match within(OUTPUTS, outputs(stack, connection)).await {
        Ok(urls) => urls,
        Err(error) => {
            return vec![Check::of_error(
                what,
                &error,
                "name the stack of Plumbline's template",
            )];
        }
    };
    if urls.is_empty() {
        let found = format!("stack {stack} has no output that ends in DeadLettersUrl");
        return vec![Check::fail(
            what,
            found,
            "name the stack of Plumbline's template",
        )];
    }
    let Ok(access) = connection.access(None, None).await else {
        return Vec::new();
    };
    let sqs = Sqs::new(&access);
    let mut waiting = 0;
    for url in &urls {
        match within("sqs:GetQueueAttributes", sqs.backlog(url)).await {
            Ok(it) => waiting += it.waiting + it.in_work + it.delayed,
            Err(error) => {
                let fix = "the caller needs sqs:GetQueueAttributes";
                return vec![Check::of_error(what, &error, fix)];
            }
        }
    }
    vec![if waiting == 0 {
        Check::ok(what, format!("none in {} queue(s)", urls.len()))
    } else {
        Check::warn(
            what,
            format!("{waiting} in {} queue(s)", urls.len()),
            format!("plumbline dead-letters --stack {stack} says why"),
        )
    }]
}

async fn outputs(stack: &str, connection: &Connection) -> Result<Vec<String>, PortError> {
    let access = connection.access(None, None).await?;
    let answer = aws_sdk_cloudformation::Client::new(&access.config)
        .describe_stacks()
        .stack_name(stack)
        .send()
        .await
        .map_err(|error| access.place.error(OUTPUTS, &error))?;
    Ok(answer
        .stacks()
        .iter()
        .flat_map(|it| it.outputs())
        .filter(|it| {
            it.output_key()
                .is_some_and(|key| key.ends_with("DeadLettersUrl"))
        })
        .filter_map(|it| it.output_value().map(str::to_owned))
        .collect())
}

#[cfg(test)]
mod tests;
