//! What is told to the other functions when the ledger changed.
//!
//! A message carries ids and versions, never contents: who hears it reads the
//! ledger. Its own id derives from the state that it tells of, so a retry
//! repeats it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::layer::Layer;
use crate::severity::Severity;

/// The format of messages, `apiVersion`.
pub const API_VERSION: &str = "plumbline/v1";

/// The body of a message on the topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// `plumbline/v1`.
    pub api_version: String,
    /// What happened.
    pub kind: Kind,
    /// `SUBJECT.VERSION`.
    pub id: String,
    /// When it was decided.
    pub time: Timestamp,
    /// The environment of the configuration.
    pub environment: String,
    /// What it happened to: a finding's id, a target's name.
    pub subject: String,
    /// The subject's version that tells of it.
    pub version: u64,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A finding opened, or opened again.
    FindingOpened,
    /// Its differences or severity changed.
    FindingChanged,
    /// It closed.
    FindingClosed,
    /// Every unit of a target has its baseline, or an hour has passed since the first.
    BaselineTaken,
    /// A new version of the configuration was refused.
    ConfigRefused,
}

impl Kind {
    /// The name as it stands in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::FindingOpened => "FindingOpened",
            Kind::FindingChanged => "FindingChanged",
            Kind::FindingClosed => "FindingClosed",
            Kind::BaselineTaken => "BaselineTaken",
            Kind::ConfigRefused => "ConfigRefused",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Message {
    /// A message about a version of a subject.
    #[must_use]
    pub fn about(
        (subject, version): (&str, u64),
        kind: Kind,
        environment: &str,
        time: Timestamp,
    ) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind,
            id: format!("{subject}.{version}"),
            time,
            environment: environment.to_owned(),
            subject: subject.to_owned(),
            version,
        }
    }
}

/// Who is to hear of it: the one attribute by which subscriptions filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// The guarded fix.
    Remediate,
    /// People.
    Notify,
    /// The writer of Git.
    Commit,
    /// The rollout.
    Rollout,
}

impl Audience {
    /// The name as it stands in the attribute.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Audience::Remediate => "remediate",
            Audience::Notify => "notify",
            Audience::Commit => "commit",
            Audience::Rollout => "rollout",
        }
    }
}

/// A message with what subscriptions filter by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Who is to hear of it.
    pub audience: Audience,
    /// The layer of its subject, where it has one.
    pub layer: Option<Layer>,
    /// The severity of its subject, where it has one.
    pub severity: Option<Severity>,
    /// The message.
    pub message: Message,
}

impl Outgoing {
    /// The attributes of the message on the topic: `audience`, `kind`, `layer`, `severity`.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, &'static str)> {
        let mut attributes = vec![
            ("audience", self.audience.as_str()),
            ("kind", self.message.kind.as_str()),
        ];
        attributes.extend(self.layer.map(|it| ("layer", it.as_str())));
        attributes.extend(self.severity.map(|it| ("severity", it.as_str())));
        attributes
    }
}
