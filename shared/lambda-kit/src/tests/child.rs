//! The functions under test; a body or key says what its handler does.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::handled::Handled;
use domain::ports::{Item, Items, Key, PortError, PortErrorKind, Range, Write};
use domain::work::Queue;
use jiff::{Timestamp, ToSpan as _};

use crate::{
    DeadLetters, Error, Feed, Message, Record, Tick, queue_urls, run_schedule, run_sqs, run_stream,
    start, variable,
};

/// Tells of its writes on standard output.
struct Told;

#[async_trait]
impl Items for Told {
    async fn get(&self, _: &Key) -> Result<Option<Item>, PortError> {
        Ok(None)
    }

    async fn query(&self, _: &str, _: &Range, _: usize) -> Result<Vec<Item>, PortError> {
        Ok(Vec::new())
    }

    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        for write in writes {
            if let Write::Put(item, _) = write {
                println!("WRITTEN {} {} {}", item.key.pk, item.key.sk, item.body);
            }
        }
        Ok(())
    }
}

/// Does nothing but in a process that a test has started for it.
#[tokio::test]
async fn function() {
    let Ok(kind) = std::env::var("FUNCTION") else {
        return;
    };
    let error = run(&kind).await.unwrap_err();
    println!("ENDED {error:?}");
}

async fn run(kind: &str) -> Result<(), Error> {
    let (_connection, access) = start().await?;
    let dead_letters = DeadLetters::new(&access, &variable("PLUMBLINE_DEAD_LETTER_QUEUE")?);
    match kind {
        "sqs" => {
            let feed = Feed {
                queue: Queue::StackDrift,
                queues: aws::queues(&access, queue_urls(&[Queue::StackDrift])?),
                items: Arc::new(Told),
                dead_letters,
            };
            run_sqs(feed, handle).await
        }
        "stream" => run_stream(dead_letters, see).await,
        _ => run_schedule(tick).await,
    }
}

async fn handle(message: Message) -> Handled {
    let (what, rest) = message.body.split_once(':').unwrap_or((&message.body, ""));
    let in_seconds = |text: &str| Timestamp::now() + text.parse::<i64>().unwrap().seconds();
    println!("HANDLED {} {}", message.id, message.times);
    match what {
        "drop" => Handled::Drop("nothing to do".to_owned()),
        "retry" => Handled::Retry("not now".to_owned()),
        "fail" => Handled::Fail(rest.to_owned()),
        "panic" => panic!("the body was {}", message.body),
        "sleep" => {
            tokio::time::sleep(Duration::from_millis(rest.parse().unwrap())).await;
            Handled::Done
        }
        "later" => Handled::Later {
            at: in_seconds(rest),
            body: None,
        },
        "changed" => Handled::Later {
            at: in_seconds(rest),
            body: Some("another body".to_owned()),
        },
        _ => Handled::Done,
    }
}

async fn see(record: Record) -> Handled {
    println!("SEEN {} {:?}", record.sequence, record);
    handle(Message {
        id: record.sequence,
        body: record.keys["SK"].as_str().unwrap().to_owned(),
        times: 0,
    })
    .await
}

async fn tick(tick: Tick) -> Result<(), PortError> {
    println!("TICK {}", tick.input);
    match tick.input["do"].as_str() {
        Some("error") => Err(PortError::new(
            PortErrorKind::Throttled,
            "sqs:SendMessage",
            "slow, at password=willow-quoted",
        )),
        Some("panic") => panic!("hunter2"),
        Some("hang") => std::future::pending().await,
        _ => Ok(()),
    }
}
