//! What the scenario and contract tests stand on: a real AWS emulator, a client that changes what lives in it,
//! random worlds of stacks with a known drift, and a proxy that makes the network and the service misbehave.
//!
//! Helpers end the test with a message when something outside the test's question goes wrong; nothing is skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test helpers: a broken assumption has to end the test where it broke"
)]

pub mod aws;
pub mod deploy;
pub mod emulator;
pub mod proxy;
pub mod world;
pub mod xml;
