//! Every test of this package, in one binary: one link, one place for what all of them share.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

mod complaints;
mod contract_aws;
mod contract_ledger;
mod events;
mod harness_emulator;
mod harness_proxy;
mod harness_scripts;
mod harness_world;
mod template;
