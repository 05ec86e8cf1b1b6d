#![doc = include_str!("../README.md")]

mod answer;
pub mod application;
mod appliers;
mod autoscaler;
mod base64;
mod defaults;
mod fields;
mod find;
mod furniture;
mod known;
mod look;
mod meaning;
mod normal;
mod object;
mod ownership;
mod path;
mod quantity;
mod rules;
mod schema;
mod shape;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod trial;
mod unmanaged;

pub use appliers::{Role, Trust};
pub use autoscaler::{Autoscalers, Target};
pub use look::{Head, Options, Request, Seen, look};
pub use object::{Comparing, Context, Outcome, Step};
pub use path::{Path, Segment};
pub use quantity::Quantity;
pub use rules::{RULES, RuleDoc};
pub use schema::{Document, Node};
