//! The real runtime in a process of its own, against a Runtime API and an SQS on loopback.

mod batches;
mod child;
mod lambda;
mod starting;
mod streams;
