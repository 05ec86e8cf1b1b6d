//! What every function does before and around its handler, and the only crate
//! that knows the Lambda runtime.
//!
//! [`start`] sets up logs, TLS and the connection to AWS; [`variable`] reads a
//! setting. Then one of three loops asks for events until Lambda ends the
//! process: [`run_sqs`] for a queue's batches, [`run_stream`] for a DynamoDB
//! stream's, [`run_schedule`] for a schedule. What becomes of a record is
//! decided by its handler as [`domain::handled::Handled`]; the loops carry out
//! the [`domain::handled::Step`] that follows from it.

mod clock;
mod dead_letters;
mod deadline;
mod error;
mod guard;
mod logs;
mod schedule;
mod sqs;
mod start;
mod stream;
#[cfg(test)]
mod tests;

pub use clock::SystemClock;
pub use dead_letters::DeadLetters;
pub use error::Error;
pub use schedule::{Tick, run_schedule};
pub use sqs::{Feed, Message, run_sqs};
pub use start::{queue_urls, start, variable, variable_or_empty};
pub use stream::{Change, Record, run_stream};
