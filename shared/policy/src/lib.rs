//! `plumbline.yaml`: what is watched, how bad which change is, what is ignored,
//! and what is done about it.
//!
//! [`Config`] holds the types of the whole file; [`Config::parse`] and
//! [`Config::load`] read it and say everything that is wrong with it, with file,
//! line, column and key; `schema` is its JSON schema, from the same types.
//! [`Policy`] implements [`domain::judge::Rules`]: the user's severity rules over
//! the default ones, ignores and shows, all in CEL. `testing` runs the user's
//! own tests of it.
//!
//! The feature `schema` is for the command line: it brings the generator of the
//! schema, and what is read along a schema that is in no file (`testing`).

mod cel;
pub mod clusters;
mod config;
mod defaults;
mod in_force;
mod load;
#[cfg(feature = "schema")]
mod loosened;
mod rules;
mod scalar;
mod schema;
mod suggest;
#[cfg(feature = "schema")]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod watch;

pub use config::*;
pub use in_force::{InForce, InForceConfig};
pub use load::{ConfigErrors, Loaded, Problem};
#[cfg(feature = "schema")]
pub use loosened::{Comparison, Step, compare};
pub use rules::{
    Evaluated, Explanation, FailedRoute, FloorWarning, IgnoredBy, Outcome, Policy, Routed,
    UnmatchedIgnore,
};
pub use scalar::{
    AccountId, Condition, Cron, Date, Duration, GlobText, Name, ObjectCondition, Pattern,
    Percentage, Region, Repository, RoleArn, SecretRef, TopicArn, Url, UrlOrSecret,
};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use suggest::Hint;
