//! Looks at what a target watches in a cluster and writes down what it sees.
//!
//! A message only says which target. The handler reads what Git says and what
//! the cluster holds, compares, and records. A late, repeated or lost message
//! costs time, never correctness, and a look that fails is recorded as unknown
//! instead of as an answer.

#[cfg(feature = "aws")]
pub mod aws;
mod elsewhere;
mod handle;
mod look;
#[cfg(feature = "remote")]
pub mod remote;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]
mod tests;
mod ways;

use std::sync::Arc;

use domain::ports::{Clock, Secrets, Store};
use domain::work::Queue;
use equivalence::Catalogue;
use policy::InForce;

pub use handle::handle;
pub use look::{Looked, MANIFEST, look};
pub use ways::{Reached, Ways};

/// The function's queue.
pub const QUEUE: Queue = Queue::ClusterDrift;

/// What the function works with.
pub struct Deps {
    /// The ledger.
    pub store: Arc<dyn Store>,
    /// The configuration in force.
    pub config: InForce,
    /// The ways to clusters and to what Git says of them.
    pub ways: Arc<dyn Ways>,
    /// Where secrets are.
    pub secrets: Arc<dyn Secrets>,
    /// The reference to the key of the ledger's hashes.
    pub hash_key: String,
    /// The catalogue of known non-differences.
    pub catalogue: Catalogue,
    /// Time.
    pub clock: Arc<dyn Clock>,
}
