//! What people read: pure functions from the ledger's words to a channel's body.

mod escape;
mod slack;
mod webhook;
mod words;

use domain::current::Refused;
use domain::finding::Finding;
use domain::incident::{Incident, Transition};
use jiff::Timestamp;
use serde_json::Value;

use crate::channel::Form;
use crate::digest::Digest;

/// A transition of an incident, with all there is to say about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Story<'a> {
    pub(crate) environment: &'a str,
    pub(crate) incident: &'a Incident,
    pub(crate) transition: &'a Transition,
    /// As it stands now, which may be later than the transition.
    pub(crate) finding: &'a Finding,
    pub(crate) now: Timestamp,
}

/// The message of a transition. `key` is its id, the same for each try.
pub(crate) fn incident(form: Form, story: &Story<'_>, key: &str) -> Value {
    match form {
        Form::Slack => slack::incident(story),
        Form::Webhook => webhook::incident(story, key),
    }
}

/// The digest of a baseline.
pub(crate) fn digest(
    form: Form,
    digest: &Digest,
    (environment, key): (&str, &str),
    now: Timestamp,
) -> Value {
    match form {
        Form::Slack => slack::digest(digest, environment),
        Form::Webhook => webhook::digest(digest, (environment, key), now),
    }
}

/// That a version of the configuration was refused; `location` is where it comes from.
pub(crate) fn refused(
    form: Form,
    (refused, location): (&Refused, &str),
    (environment, key): (&str, &str),
    now: Timestamp,
) -> Value {
    match form {
        Form::Slack => slack::refused((refused, location), environment),
        Form::Webhook => webhook::refused((refused, location), (environment, key), now),
    }
}
