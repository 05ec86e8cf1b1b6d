//! Doubles of the ports for the tests of the functions: a ledger in memory with
//! all of its guards, a clock that stands still, queues and channels that
//! remember.
//!
//! They share [`Faults`], so that a test can end the process between any two
//! steps of a handler, whatever port the step goes through.

mod cloud;
mod company;
mod evidence;
mod faults;
mod store;

pub use cloud::{MemoryCloud, MemoryStack};
pub use company::{ManualClock, MemoryChannels, MemoryQueues, Posted, Sent, finding, scan};
pub use evidence::{MemoryEvidence, MemoryTrail};
pub use faults::{Fault, Faults, block_on};
pub use store::MemoryStore;

#[cfg(test)]
mod tests;
