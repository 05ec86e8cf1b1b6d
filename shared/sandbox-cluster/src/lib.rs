#![doc = include_str!("../README.md")]

mod access;
mod admission;
mod answer;
mod appliers;
mod argocd;
mod call;
mod cluster;
mod controllers;
mod custom;
mod discovery;
mod faults;
mod fields;
mod furniture;
mod hands;
mod kinds;
mod log;
mod managed;
mod object;
mod options;
mod patch;
mod schema;
mod selector;
mod server;
mod shared;
mod state;
#[cfg(test)]
mod tests;
mod time;
mod validate;
mod verbs;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use access::Rights;
pub use admission::{Admission, Sidecar};
pub use appliers::Way;
pub use argocd::Application;
pub use call::Verb;
pub use cluster::SandboxCluster;
pub use faults::{Effect, Fault, Faults};
pub use hands::{Hand, Object, Patch, Refusal};
pub use log::Request;
pub use managed::Operation;
pub use options::{Clock, Options};

/// Locks; what a panic elsewhere left behind is still the state.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
