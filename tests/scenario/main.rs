//! Scenarios: the built command against a pretend account.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

mod bad_input;
mod crash;
mod dead_letters;
mod demo;
mod faults;
mod invoke;
mod life;
mod support;
mod table;
mod worlds;
