//! A pretend AWS account and its neighbours, over real HTTP on loopback.
//!
//! A [`Sandbox`] serves CloudFormation, CloudTrail, STS, Slack and a webhook
//! sink on one port and in their own wire formats, so that what talks to the
//! real ones talks to it unchanged; of EC2, IAM, S3, KMS and EKS it serves what
//! tells of things that hang on resources. It has a state: stacks are made and
//! [updated](Sandbox::update_stack), their resources [bent](Sandbox::bend)
//! behind CloudFormation's back, and a detection finds that, takes its time,
//! and is refused while another runs. What is [hung](Sandbox::attach) on a
//! resource beside its own properties no detection sees.
//! [`Faults`] make it misbehave; a [`Clock`] of one's own makes it fast.
//!
//! An access key of twelve digits is the account's number; signatures are not
//! checked. Account and region come from the credential of each request. Roles
//! are assumed as [`Sandbox::trust`] says.

mod account;
mod answer;
mod attach;
mod bend;
mod cloudformation;
mod compare;
mod events;
mod faults;
mod form;
mod hook;
mod live;
mod log;
mod mark;
mod options;
mod planning;
mod route;
mod sandbox;
mod server;
mod services;
mod shared;
mod slack;
mod state;
mod sts;
#[cfg(test)]
mod tests;
mod throttle;
mod time;
mod trail;
mod types;
mod update;
mod world;
mod xml;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use account::{MakeError, NewResource, NewStack};
pub use attach::{AttachError, Attached, Attachment};
pub use bend::{Actor, BendError, Bent, Edit};
pub use compare::{Difference, DifferenceKind};
pub use faults::{Effect, Fault, Faults};
pub use hook::Delivery;
pub use log::Request;
pub use options::{Clock, Options, Rate};
pub use sandbox::{Events, Sandbox};
pub use slack::{SlackMessage, Webhook};
pub use update::{StackUpdate, UpdateError};
pub use world::World;

/// Locks; what a panic elsewhere left behind is still the state.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
