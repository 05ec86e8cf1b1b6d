//! The function on AWS.

use std::sync::Arc;

use aws::{Access, Connection};
use lambda_kit::{DeadLetters, Error, Feed, SystemClock, queue_urls, variable};
use ledger::DynamoLedger;
use policy::InForce;

use crate::{Deps, QUEUE};

/// What the function works with, and how its queue is fed, by its environment.
///
/// # Errors
///
/// Where a variable is missing; names it.
pub fn deps((_, access): (Connection, Access)) -> Result<(Deps, Feed), Error> {
    let store = Arc::new(DynamoLedger::new(&access, &variable("PLUMBLINE_TABLE")?));
    let urls = queue_urls(&[QUEUE])?;
    // The function's queue is in its own account.
    let own = urls.get(&QUEUE).and_then(|url| aws::account_of(url));
    let feed = Feed {
        queue: QUEUE,
        queues: aws::queues(&access, urls),
        items: store.clone(),
        dead_letters: DeadLetters::new(&access, &variable("PLUMBLINE_DEAD_LETTER_QUEUE")?),
    };
    let deps = Deps {
        store,
        config: InForce::new().in_account(own),
        clock: Arc::new(SystemClock),
    };
    Ok((deps, feed))
}
