//! The deployed system from end to end: the template itself, created by CloudFormation in an emulator, with the
//! functions' own binaries. `tests/run` builds them.
//!
//! Each test deploys a system of its own. What stands in for AWS where the emulator has nothing, and how time is made
//! to pass, is said at [`plumbline_tests::deploy`] and where it is done.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

mod dead_letters;
mod drift;
mod events;
mod first;
mod group;
mod single;
mod stopped;
mod strangers;
mod support;
mod variables;
