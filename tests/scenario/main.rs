//! Scenarios: the built command against a pretend account.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

mod additions;
mod authors;
mod bad_input;
mod cluster;
mod crash;
mod dead_letters;
mod demo;
mod diff;
mod faults;
mod first_day;
mod invoke;
mod life;
mod secrets;
mod support;
mod table;
mod worlds;
