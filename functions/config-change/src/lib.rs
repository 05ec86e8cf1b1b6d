//! Records what AWS Config says of rules and resources.
//!
//! Every event becomes facts in the ledger, once, under what makes it the same
//! fact, for fifteen days: longer than any queue repeats it. The facts hold
//! names, types, ids, times and changed paths, and no value of a resource. What
//! follows from them is decided elsewhere, by what AWS Config says then.

#[cfg(feature = "aws")]
pub mod aws;

use std::sync::Arc;

use awsconfig::{Event, Read};
use domain::handled::Handled;
use domain::once;
use domain::ports::{Clock, Items, PortError};
use domain::work::Queue;

/// The function's queue.
pub const QUEUE: Queue = Queue::ConfigChange;

/// The source under which facts are remembered: they are at `IDEM#config#KEY`.
pub const SOURCE: &str = "config";

/// What the function works with.
pub struct Deps {
    /// The ledger.
    pub store: Arc<dyn Items>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Handles one message of the queue: an event of AWS Config.
pub async fn handle(deps: &Deps, body: &str) -> Handled {
    match awsconfig::read(body) {
        Ok(Read::Event(event)) => record(deps, &event).await.into(),
        Ok(Read::NotForUs(why)) => Handled::Drop(why),
        Err(malformed) => Handled::Fail(malformed.to_string()),
    }
}

async fn record(deps: &Deps, event: &Event) -> Result<Handled, PortError> {
    let key = once::key(SOURCE, &event.key());
    let remember = once::remember(key, event, deps.clock.now())?;
    // Whether it was the first time makes no difference: it is recorded now.
    once::first_time(&*deps.store, remember, Vec::new()).await?;
    Ok(Handled::Done)
}

#[cfg(test)]
mod tests;
