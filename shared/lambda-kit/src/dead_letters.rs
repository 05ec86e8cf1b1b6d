//! Where messages go that no further try can help.

use std::time::Duration;

use aws::{Access, Letter, Sqs};
use domain::conceal;
use domain::ports::PortError;

/// Characters of a reason. SQS counts attributes into the size of a message,
/// and a reason is one line for a person.
const REASON: usize = 1000;

/// A function's dead letter queue.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    sqs: Sqs,
    url: String,
}

impl DeadLetters {
    /// The queue of that URL; nothing is asked of it yet.
    #[must_use]
    pub fn new(access: &Access, url: &str) -> Self {
        Self {
            sqs: Sqs::new(access),
            url: url.to_owned(),
        }
    }

    /// Puts a message there, with where it came from (the ARN of a queue or
    /// stream), why, and the id it had there.
    pub(crate) async fn put(
        &self,
        body: &str,
        (source, message_id): (&str, &str),
        reason: &str,
    ) -> Result<(), PortError> {
        // Who reads the queue need not be who may read what an error quotes.
        let reason = one_line(&conceal::text(reason));
        let attributes = [
            ("source", source),
            ("reason", reason.as_str()),
            ("messageId", message_id),
        ];
        let letter = Letter {
            // SQS takes no empty body.
            body: if body.is_empty() { " " } else { body },
            delay: Duration::ZERO,
            attributes: &attributes,
        };
        self.sqs.send(&self.url, letter).await
    }
}

/// SQS refuses most control characters, and a log line must stay one.
fn one_line(reason: &str) -> String {
    reason
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .take(REASON)
        .collect()
}
