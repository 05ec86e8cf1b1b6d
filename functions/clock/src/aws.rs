//! The function on AWS.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws::{Access, Connection, Letter, Sqs};
use domain::ports::{Objects, PortError};
use domain::work::Queue;
use github::web::Patience;
use github::{Github, Location, Options};
use lambda_kit::{Error, SystemClock, queue_urls, variable, variable_or_empty};
use ledger::DynamoLedger;

use crate::{DeadLetter, DeadLetters, Deps, files};

/// Bytes of what an item held that go into its dead letter: less than any queue takes.
const BODY: usize = 200 * 1024;

/// Bytes of an attribute.
const ATTRIBUTE: usize = 1000;

/// How patient it is with GitHub: the next run asks again, and this one has
/// more to do. Three tries for a token and three for the file end within its time.
const PATIENCE: Patience = Patience {
    answer: Duration::from_secs(4),
    limits: Duration::ZERO,
};

/// What the function works with, by its environment.
///
/// # Errors
///
/// Where a variable is missing; names it.
pub fn deps((_, access): (Connection, Access)) -> Result<Deps, Error> {
    let config = variable("PLUMBLINE_CONFIG")?;
    let credentials = variable_or_empty("PLUMBLINE_GITHUB")?;
    let objects = if config.starts_with(Location::SCHEME) {
        from_github(&access, credentials)?
    } else if config.starts_with("s3://") {
        aws::objects(&access)
    } else {
        files()
    };
    Ok(Deps {
        store: Arc::new(DynamoLedger::new(&access, &variable("PLUMBLINE_TABLE")?)),
        queues: aws::queues(&access, queue_urls(&Queue::ALL)?),
        topic: aws::topic(&access, &variable("PLUMBLINE_TOPIC_ARN")?),
        objects,
        dead_letters: Arc::new(DeadLetterQueue {
            sqs: Sqs::new(&access),
            url: variable("PLUMBLINE_DEAD_LETTER_QUEUE")?,
        }),
        clock: Arc::new(SystemClock),
        config,
    })
}

/// Files of GitHub, read with the credentials behind `PLUMBLINE_GITHUB`; where
/// that is empty, those of public repositories.
fn from_github(access: &Access, credentials: Option<String>) -> Result<Arc<dyn Objects>, Error> {
    let options = Options {
        credentials,
        patience: PATIENCE,
        ..Options::default()
    };
    let github = Github::new(options, aws::secrets(access), Arc::new(SystemClock))?;
    Ok(github::objects(Arc::new(github)))
}

struct DeadLetterQueue {
    sqs: Sqs,
    url: String,
}

#[async_trait]
impl DeadLetters for DeadLetterQueue {
    async fn put(&self, letter: &DeadLetter) -> Result<(), PortError> {
        let body = taken(&letter.body, BODY);
        let (source, reason) = (
            taken(&letter.source, ATTRIBUTE),
            taken(&letter.reason, ATTRIBUTE),
        );
        let letter = Letter {
            body: &body,
            delay: Duration::ZERO,
            attributes: &[("source", &source), ("reason", &reason)],
        };
        self.sqs.send(&self.url, letter).await
    }
}

/// A text that SQS takes: no control characters, and not too long.
fn taken(text: &str, most: usize) -> String {
    let text: String = text
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .filter(|it| !matches!(it, '\u{fffe}' | '\u{ffff}'))
        .collect();
    text[..text.floor_char_boundary(most)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_is_cut_between_characters_and_has_none_that_sqs_refuses() {
        assert_eq!(taken("a\nb\u{ffff}", 10), "a b");
        assert_eq!(taken("éé", 3), "é");
    }
}
