//! The deterministic simulation: the real handlers over a model of the world,
//! in virtual time, with everything going wrong that can.
//!
//! A seed decides all: the world's script, each fault and each delay. The same
//! seed is the same story, on every machine. `PLUMBLINE_SIM_SEEDS` chooses the
//! seeds (`N` for the first N, `A..B`, or a list `1,2,3`); a seed that fails
//! prints its story.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

mod account;
mod chance;
mod cloud;
mod evidence;
mod hands;
mod hanging;
mod invariants;
mod lambda;
mod logs;
mod ports;
mod process;
mod queue;
mod resource;
mod script;
mod seeds;
mod sim;
mod store;
mod trail;
mod whom;
mod world;
