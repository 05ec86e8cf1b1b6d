//! The function on AWS.

use std::sync::Arc;

use alerts::HttpChannels;
use aws::{Access, Connection};
use domain::work::Queue;
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
    let queues = aws::queues(
        &access,
        queue_urls(&[QUEUE, Queue::StackDrift, Queue::ClusterDrift])?,
    );
    let clock = Arc::new(SystemClock);
    let feed = Feed {
        queue: QUEUE,
        queues: Arc::clone(&queues),
        items: store.clone(),
        dead_letters: DeadLetters::new(&access, &variable("PLUMBLINE_DEAD_LETTER_QUEUE")?),
    };
    let channels = HttpChannels::new(aws::secrets(&access), clock.clone())?;
    let deps = Deps {
        store,
        config: InForce::new(),
        queues,
        channels: Arc::new(channels),
        clock,
    };
    Ok((deps, feed))
}
