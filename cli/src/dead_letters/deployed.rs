//! The dead letters of a deployment, in its queues.
//!
//! SQS can only be read by receiving: what was received is hidden from others
//! for a while, so it is let go at the end. A message that a function gave up
//! carries `source` and `reason`; one that SQS itself moved has neither.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws::{Access, Connection, Letter as Sending, Options, Received, Sqs};
use domain::ports::{PortError, PortErrorKind};
use jiff::Timestamp;

use super::{Letter, body};
use crate::failure::Failure;

/// How long what was received is hidden from others, should this command be cut off.
const HIDE: Duration = Duration::from_secs(60);

/// How many empty answers in a row mean that a queue is empty; one may come from a part of it.
const EMPTY: usize = 2;

/// The most messages of one queue that are read.
const MOST: usize = 1000;

/// A dead letter queue.
struct Source {
    name: String,
    url: String,
    /// The queue that it belongs to, where that is known.
    origin: Option<String>,
}

/// The queues, and what was received from them.
pub(super) struct Deployed {
    sqs: Sqs,
    access: Access,
    sources: Vec<Source>,
    received: Vec<(usize, Received)>,
}

impl Deployed {
    /// The dead letter queues among the outputs of a stack: `XDeadLettersUrl`, which belongs to `XQueueUrl`.
    pub(super) async fn of_stack(stack: &str) -> Result<Self, Failure> {
        let access = access().await?;
        let outputs = outputs(&access, stack).await.map_err(Failure::unusable)?;
        let url = |name: &str| {
            let output = outputs.iter().find(|(key, _)| key == name);
            output.map(|(_, url)| url.clone())
        };
        let sources: Vec<Source> = outputs
            .iter()
            .filter_map(|(key, dead)| {
                let function = key.strip_suffix("DeadLettersUrl")?;
                Some(Source {
                    name: last_part(dead).to_owned(),
                    url: dead.clone(),
                    origin: url(&format!("{function}QueueUrl")),
                })
            })
            .collect();
        if sources.is_empty() {
            return Err(Failure::unusable(format!(
                "stack {stack} has no output that ends in DeadLettersUrl: name the stack of Plumbline's template, or a queue with --queue"
            )));
        }
        Ok(Self::new(access, sources))
    }

    /// These dead letter queues, by name or URL.
    pub(super) async fn of_queues(names: &[String]) -> Result<Self, Failure> {
        let access = access().await?;
        let mut sources = Vec::new();
        for name in names {
            let url = url_of(&access, name, None)
                .await
                .map_err(Failure::unusable)?;
            sources.push(Source {
                name: last_part(&url).to_owned(),
                url,
                origin: None,
            });
        }
        Ok(Self::new(access, sources))
    }

    fn new(access: Access, sources: Vec<Source>) -> Self {
        Self {
            sqs: Sqs::new(&access),
            access,
            sources,
            received: Vec::new(),
        }
    }

    pub(super) async fn letters(&mut self) -> Result<Vec<Letter>, Failure> {
        for place in 0..self.sources.len() {
            if let Err(error) = self.receive(place).await {
                self.release().await;
                return Err(Failure::unusable(format!(
                    "{}: {error}",
                    self.sources[place].name
                )));
            }
        }
        let letters = self.received.iter().enumerate();
        Ok(letters
            .map(|(place, (source, it))| Letter {
                id: it.id.clone(),
                queue: self.sources[*source].name.clone(),
                source: it.attributes.get("source").cloned(),
                reason: it.attributes.get("reason").cloned(),
                at: it
                    .sent_at
                    .and_then(|it| Timestamp::from_millisecond(it).ok()),
                about: body::about(&it.body),
                body: it.body.clone(),
                place,
            })
            .collect())
    }

    async fn receive(&mut self, place: usize) -> Result<(), PortError> {
        let url = &self.sources[place].url;
        let mut known = BTreeSet::new();
        let mut empty = 0;
        while empty < EMPTY && known.len() < MOST {
            let batch = self.sqs.receive(url, HIDE).await?;
            let before = known.len();
            for it in batch {
                if known.insert(it.id.clone()) {
                    self.received.push((place, it));
                }
            }
            empty = if known.len() == before { empty + 1 } else { 0 };
        }
        Ok(())
    }

    /// Sends a letter to the queue it came from, or to the one named, and only then takes it away here.
    pub(super) async fn send_back(
        &self,
        letter: &Letter,
        to: Option<&str>,
    ) -> Result<String, Failure> {
        let (source, message) = self
            .received
            .get(letter.place)
            .ok_or_else(|| Failure::not_done("it is gone"))?;
        let source = &self.sources[*source];
        let url = self.destination(source, message, to).await?;
        let sending = Sending {
            body: &message.body,
            delay: Duration::ZERO,
            attributes: &[],
        };
        self.sqs
            .send(&url, sending)
            .await
            .map_err(Failure::not_done)?;
        self.sqs
            .delete(&source.url, &message.receipt)
            .await
            .map_err(|error| {
                Failure::not_done(format!(
                    "it was sent to {}, and is still a dead letter: {error}",
                    last_part(&url)
                ))
            })?;
        Ok(last_part(&url).to_owned())
    }

    async fn destination(
        &self,
        source: &Source,
        message: &Received,
        to: Option<&str>,
    ) -> Result<String, Failure> {
        if let Some(name) = to {
            return url_of(&self.access, name, None)
                .await
                .map_err(Failure::unusable);
        }
        let from = message.attributes.get("source").map(String::as_str);
        if let Some((account, name)) = from.and_then(queue_of_arn) {
            return url_of(&self.access, name, Some(account))
                .await
                .map_err(Failure::not_done);
        }
        source.origin.clone().ok_or_else(|| {
            Failure::not_done(format!(
                "nothing says which queue it came from (source: {}): name one with --to",
                from.unwrap_or("none")
            ))
        })
    }

    /// Lets others see what was received here and is still there.
    pub(super) async fn release(&self) {
        let client = aws_sdk_sqs::Client::new(&self.access.config);
        for (source, message) in &self.received {
            // What was deleted meanwhile cannot be let go, and need not be.
            let _ = client
                .change_message_visibility()
                .queue_url(&self.sources[*source].url)
                .receipt_handle(&message.receipt)
                .visibility_timeout(0)
                .send()
                .await;
        }
    }
}

async fn access() -> Result<Access, Failure> {
    let connection = Arc::new(Connection::from_env(Options::default()).await);
    connection
        .access(None, None)
        .await
        .map_err(Failure::unusable)
}

/// `cloudformation:DescribeStacks`: the outputs of a stack.
async fn outputs(access: &Access, stack: &str) -> Result<Vec<(String, String)>, PortError> {
    const OP: &str = "cloudformation:DescribeStacks";
    let answer = aws_sdk_cloudformation::Client::new(&access.config)
        .describe_stacks()
        .stack_name(stack)
        .send()
        .await
        .map_err(|error| access.place.error(OP, &error))?;
    let stacks = answer.stacks.unwrap_or_default();
    let outputs = stacks.into_iter().next().and_then(|it| it.outputs);
    Ok(outputs
        .unwrap_or_default()
        .into_iter()
        .filter_map(|it| Some((it.output_key?, it.output_value?)))
        .collect())
}

/// `sqs:GetQueueUrl` for a name; a URL is taken as it is.
async fn url_of(access: &Access, name: &str, account: Option<&str>) -> Result<String, PortError> {
    const OP: &str = "sqs:GetQueueUrl";
    if name.starts_with("https://") || name.starts_with("http://") {
        return Ok(name.to_owned());
    }
    let answer = aws_sdk_sqs::Client::new(&access.config)
        .get_queue_url()
        .queue_name(name)
        .set_queue_owner_aws_account_id(account.map(str::to_owned))
        .send()
        .await
        .map_err(|error| access.place.error(OP, &error))?;
    answer
        .queue_url
        .ok_or_else(|| PortError::new(PortErrorKind::Invalid, OP, "the answer has no QueueUrl"))
}

/// Account and name of a queue, from its ARN.
fn queue_of_arn(arn: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts[..] {
        ["arn", _, "sqs", _, account, name] => Some((account, name)),
        _ => None,
    }
}

fn last_part(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_queue_is_somewhere_to_go_back_to() {
        assert_eq!(
            queue_of_arn("arn:aws:sqs:eu-west-1:111122223333:plumbline-notify"),
            Some(("111122223333", "plumbline-notify"))
        );
        for other in [
            "arn:aws:dynamodb:eu-west-1:1:table/plumbline/stream/2026-11-01T00:00:00.000",
            "stack-drift",
            "",
        ] {
            assert_eq!(queue_of_arn(other), None, "{other}");
        }
    }
}
