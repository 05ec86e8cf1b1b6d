//! The function on AWS.

use std::sync::Arc;

use attachments::AwsEvidence;
use aws::{Access, Connection};
use cloudformation::AwsAccounts;
use equivalence::Catalogue;
use lambda_kit::{DeadLetters, Error, Feed, SystemClock, queue_urls, variable};
use ledger::DynamoLedger;
use policy::InForce;

use crate::{Deps, QUEUE};

/// What the function works with, and how its queue is fed, by its environment.
///
/// # Errors
///
/// Where a variable is missing; names it.
pub fn deps((connection, access): (Connection, Access)) -> Result<(Deps, Feed), Error> {
    let store = Arc::new(DynamoLedger::new(&access, &variable("PLUMBLINE_TABLE")?));
    let queues = aws::queues(&access, queue_urls(&[QUEUE])?);
    let feed = Feed {
        queue: QUEUE,
        queues: Arc::clone(&queues),
        items: store.clone(),
        dead_letters: DeadLetters::new(&access, &variable("PLUMBLINE_DEAD_LETTER_QUEUE")?),
    };
    let connection = Arc::new(connection);
    let deps = Deps {
        store,
        config: InForce::new(),
        accounts: Arc::new(AwsAccounts(Arc::clone(&connection))),
        evidence: Arc::new(AwsEvidence(connection)),
        queues,
        secrets: aws::secrets(&access),
        hash_key: variable("PLUMBLINE_HMAC_KEY")?,
        catalogue: Catalogue::all(),
        clock: Arc::new(SystemClock),
    };
    Ok((deps, feed))
}
