#![doc = include_str!("../README.md")]

pub mod bus;
pub mod hash_key;
mod items;
mod last_report;
mod ledger;
mod open;
mod rows;
mod schema;

#[cfg(test)]
mod tests;

pub use hash_key::{KeyError, hash_key};
pub use ledger::SqliteLedger;
pub use open::OpenError;
