//! Scenarios: the built command against a pretend account.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

mod bad_input;
mod crash;
mod faults;
mod life;
mod support;
mod worlds;
