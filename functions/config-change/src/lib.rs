//! Records what AWS Config says of rules and resources, and has a resource looked
//! at that a watched stack owns.
//!
//! Every event becomes facts in the ledger, once, under what makes it the same
//! fact, for fifteen days: longer than any queue repeats it. The facts hold
//! names, types, ids, times and changed paths, and no value of a resource. What
//! follows from them is decided elsewhere, by what AWS Config says then.

#[cfg(feature = "aws")]
pub mod aws;

use std::sync::Arc;

use awsconfig::{Event, Read, What};
use domain::handled::Handled;
use domain::ports::{Clock, Items, PortError, Write};
use domain::stack::StackId;
use domain::unit::Unit;
use domain::work::{Queue, Work};
use domain::{nest, once, timer};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit as TimeUnit};
use policy::InForce;
use policy::watch::reaching;

/// The function's queue.
pub const QUEUE: Queue = Queue::ConfigChange;

/// The source under which facts are remembered: they are at `IDEM#config#KEY`.
pub const SOURCE: &str = "config";

/// The region that AWS Config gives for resources that belong to none.
const GLOBAL: &str = "global";

/// What the function works with.
pub struct Deps {
    /// The ledger.
    pub store: Arc<dyn Items>,
    /// The configuration in force.
    pub config: InForce,
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
    let now = deps.clock.now();
    let key = once::key(SOURCE, &event.key());
    let remember = once::remember(key, event, now)?;
    let also = look(deps, event, now).await?;
    // Whether it was the first time makes no difference: it is recorded now.
    once::first_time(&*deps.store, remember, also.into_iter().collect()).await?;
    Ok(Handled::Done)
}

/// The timer that has a changed resource looked at, where a watched stack owns
/// it. All that changes in it within a minute is one look at the minute's end.
async fn look(deps: &Deps, event: &Event, now: Timestamp) -> Result<Option<Write>, PortError> {
    let What::ItemChange(change) = &event.what else {
        return Ok(None);
    };
    let (Some(stack), Some(logical_id)) = (&change.stack, &change.logical_id) else {
        return Ok(None);
    };
    // A tag is free text: one that names a stack elsewhere was not put there by CloudFormation.
    // What belongs to no region, as IAM's, is owned by a stack of any.
    let id = StackId::parse(stack).filter(|id| {
        id.account() == event.account && (id.region() == event.region || event.region == GLOBAL)
    });
    let Some(id) = id else {
        return Ok(None);
    };
    let config = match deps.config.read_if_any(&*deps.store).await {
        Ok(Some(config)) => config,
        Ok(None) => return Ok(None),
        // What AWS Config says is recorded all the same; the schedule looks at the stack.
        Err(error) => {
            tracing::warn!(%error, "the configuration cannot be read: no look at the resource");
            return Ok(None);
        }
    };
    // A target that names no account looks at the function's own, and not at whichever sends events.
    if !deps.config.may_know(&config, id.account()) {
        return Ok(None);
    }
    let names = nest::names(
        &*deps.store,
        &Unit::stack(id.account(), id.region(), id.name()),
    )
    .await?;
    let watches = reaching(&config.loaded.config, id.account(), id.region());
    let is_watched = |name: &String| watches.iter().any(|watch| watch.selects_name(name));
    if !names.iter().any(is_watched) {
        return Ok(None);
    }
    let work = Work::LookAtResource {
        stack_id: stack.clone(),
        logical_id: logical_id.clone(),
        asked_at: now,
        attempt: 0,
    };
    timer::put(end_of_minute(now), &work).map(Some)
}

fn end_of_minute(now: Timestamp) -> Timestamp {
    let up = TimestampRound::new()
        .smallest(TimeUnit::Minute)
        .mode(RoundMode::Ceil);
    now.round(up).unwrap_or(now)
}

#[cfg(test)]
mod tests;
