//! What has to happen by itself, once a minute.
//!
//! A run has four parts: it fires the timers that are due, sends what the
//! outbox has held for too long, takes a new version of the configuration, and
//! counts itself. Each is done whatever becomes of the others, for as long as
//! the run has time; what is left is done a minute later. An item is deleted
//! only after what it asks for was sent, so a run that ends anywhere loses
//! nothing and sends at most that one item again.

#[cfg(feature = "aws")]
pub mod aws;
mod config;
mod due;
mod files;

use std::sync::Arc;

use async_trait::async_trait;
use domain::counter;
use domain::ports::{Clock, Items, Objects, PortError, Queues, Topic};
use jiff::Timestamp;

pub use config::LARGEST;
pub use files::files;

/// What the function works with.
pub struct Deps {
    /// The ledger.
    pub store: Arc<dyn Items>,
    /// The functions' queues.
    pub queues: Arc<dyn Queues>,
    /// The topic.
    pub topic: Arc<dyn Topic>,
    /// Where the configuration is read from.
    pub objects: Arc<dyn Objects>,
    /// Where items go that no further try can help.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The location of the configuration: `github://OWNER/NAME/PATH@REF`, `s3://BUCKET/KEY` or a path.
    pub config: String,
}

/// An item of the ledger that cannot be done, ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where it was: its partition and place.
    pub source: String,
    /// Why it cannot be done.
    pub reason: String,
    /// What it held, as JSON.
    pub body: String,
}

/// The function's own dead letter queue.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Puts an item there.
    async fn put(&self, letter: &DeadLetter) -> Result<(), PortError>;
}

/// One run, which ends at `until` at the latest and with the item in hand.
///
/// # Errors
///
/// What failed, part by part, with the kind of the first failure. Every part
/// was tried; what failed is tried again by the next run.
pub async fn handle(deps: &Deps, until: Timestamp) -> Result<(), PortError> {
    let now = deps.clock.now();
    let run = due::Run { deps, now, until };
    let beat = counter::one(counter::HEARTBEATS, &[], &now.to_string());
    let parts = [
        ("timers", run.fire_timers().await),
        ("outbox", run.sweep_outbox().await),
        ("configuration", config::refresh(deps, now).await),
        ("heartbeat", deps.store.write(&[beat]).await),
    ];
    let failed: Vec<(&str, PortError)> = parts
        .into_iter()
        .filter_map(|(part, result)| Some((part, result.err()?)))
        .collect();
    let Some((_, first)) = failed.first() else {
        return Ok(());
    };
    let detail: Vec<String> = failed
        .iter()
        .map(|(part, error)| format!("{part}: {error}"))
        .collect();
    Err(PortError::new(first.kind, "clock:run", detail.join("; ")))
}

#[cfg(test)]
mod tests;
