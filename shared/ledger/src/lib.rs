#![doc = include_str!("../README.md")]

mod change;
mod findings;
mod items;
mod keys;
mod refusal;
mod rows;
mod table;
#[cfg(test)]
mod tests;

pub use findings::DynamoLedger;
