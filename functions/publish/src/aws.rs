//! The function on AWS.

use std::sync::Arc;

use aws::{Access, Connection};
use lambda_kit::{Change, DeadLetters, Error, variable};
use ledger::DynamoLedger;

use crate::{Deps, Record};

/// What the function works with, and where what it cannot send goes, by its environment.
///
/// # Errors
///
/// Where a variable is missing; names it.
pub fn deps((_, access): (Connection, Access)) -> Result<(Deps, DeadLetters), Error> {
    let deps = Deps {
        store: Arc::new(DynamoLedger::new(&access, &variable("PLUMBLINE_TABLE")?)),
        topic: aws::topic(&access, &variable("PLUMBLINE_TOPIC_ARN")?),
    };
    let dead_letters = DeadLetters::new(&access, &variable("PLUMBLINE_DEAD_LETTER_QUEUE")?);
    Ok((deps, dead_letters))
}

impl From<lambda_kit::Record> for Record {
    fn from(record: lambda_kit::Record) -> Self {
        Self {
            is_new: record.change == Change::Insert,
            keys: record.keys,
            image: record.image,
        }
    }
}
