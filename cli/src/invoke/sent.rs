//! What a function sends to others while it runs alone.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::message::Outgoing;
use domain::ports::{PortError, Queues, Topic};
use domain::work::Queue;
use serde::Serialize;
use serde_json::{Value, json};

/// What the function sent, which nobody receives: only one function runs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent {
    /// The queue, or `topic`.
    to: String,
    /// How long it is held back.
    delay_seconds: u64,
    /// The message.
    body: Value,
}

impl Sent {
    /// What the message is about: a message's own id, else what the work is to look at.
    fn about(&self) -> &str {
        ["id", "stackId", "incident", "target"]
            .iter()
            .find_map(|key| self.body[key].as_str())
            .unwrap_or("-")
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.body["kind"].as_str().unwrap_or("message");
        write!(f, "would go to {}: {kind} {}", self.to, self.about())?;
        match self.delay_seconds {
            0 => Ok(()),
            seconds => write!(f, ", held back for {seconds} s"),
        }
    }
}

/// That what the function sent is not delivered. From a ledger of this machine
/// it is gone then, since nothing sends it again.
pub(super) fn undelivered(messages: usize) -> String {
    let (messages, them) = match messages {
        1 => ("1 message was".to_owned(), "it is"),
        several => (format!("{several} messages were"), "they are"),
    };
    format!(
        "{messages} produced and not delivered: only one function runs here, and {them} not sent again; \
         -o json shows all of it"
    )
}

/// Queues and topic that only remember.
#[derive(Debug, Default)]
pub(super) struct Recorder(Mutex<Vec<Sent>>);

impl Recorder {
    fn add(&self, sent: Sent) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sent);
    }

    /// What was sent so far, which is forgotten here.
    pub(super) fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Queues for Recorder {
    async fn send(&self, queue: Queue, body: &str, delay: Duration) -> Result<(), PortError> {
        self.add(Sent {
            to: queue.to_string(),
            delay_seconds: delay.as_secs(),
            body: serde_json::from_str(body).unwrap_or_else(|_| json!(body)),
        });
        Ok(())
    }
}

#[async_trait]
impl Topic for Recorder {
    async fn publish(&self, outgoing: &Outgoing) -> Result<(), PortError> {
        self.add(Sent {
            to: format!("topic, audience {}", outgoing.audience.as_str()),
            delay_seconds: 0,
            body: json!(outgoing.message),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(delay_seconds: u64, body: Value) -> String {
        let to = "stack-drift".to_owned();
        let sent = Sent {
            to,
            delay_seconds,
            body,
        };
        sent.to_string()
    }

    #[test]
    fn each_message_is_told_with_what_it_is_about() {
        let look = json!({"kind": "LookAtStack", "stackId": "arn:x", "target": "network"});
        assert_eq!(sent(0, look), "would go to stack-drift: LookAtStack arn:x");
        let settle = json!({"kind": "SettleIncident", "incident": "i-1"});
        assert_eq!(
            sent(90, settle),
            "would go to stack-drift: SettleIncident i-1, held back for 90 s"
        );
        let message = json!({"kind": "FindingOpened", "id": "f-1.3", "subject": "f-1"});
        assert_eq!(
            sent(0, message),
            "would go to stack-drift: FindingOpened f-1.3"
        );
        assert_eq!(sent(0, json!("x")), "would go to stack-drift: message -");
    }

    #[test]
    fn it_is_said_how_many_were_not_delivered() {
        assert!(undelivered(1).starts_with("1 message was produced and not delivered"));
        assert!(undelivered(7).starts_with("7 messages were produced and not delivered"));
    }
}
