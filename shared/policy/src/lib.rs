//! `plumbline.yaml`: what is watched, how bad which change is, what is ignored,
//! and what is done about it.
//!
//! [`Config`] holds the types of the whole file; [`Config::parse`] and
//! [`Config::load`] read it and say everything that is wrong with it, with file,
//! line, column and key; [`schema`] is its JSON schema, from the same types.
//! [`Policy`] implements [`domain::judge::Rules`]: the user's severity rules over
//! the default ones, ignores and shows, all in CEL. [`testing`] runs the user's
//! own tests of it.

mod cel;
mod config;
mod defaults;
mod in_force;
mod load;
mod rules;
mod scalar;
mod schema;
mod suggest;
pub mod testing;
#[cfg(test)]
mod tests;
pub mod watch;

pub use config::*;
pub use in_force::{InForce, InForceConfig};
pub use load::{ConfigErrors, Loaded, Problem};
pub use rules::{
    Evaluated, Explanation, FailedRoute, FloorWarning, IgnoredBy, Outcome, Policy, Routed,
    UnmatchedIgnore,
};
pub use scalar::{
    AccountId, Condition, Cron, Date, Duration, GlobText, Name, ObjectCondition, Pattern,
    Percentage, Region, Repository, RoleArn, SecretRef, TopicArn, Url, UrlOrSecret,
};
pub use schema::schema;
pub use suggest::Hint;
