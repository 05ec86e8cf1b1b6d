//! Queues, topic, secrets, objects and channels: what effects go through.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::PortError;
use crate::message::Outgoing;
use crate::work::Queue;

/// The functions' queues.
#[async_trait]
pub trait Queues: Send + Sync {
    /// Puts a body on a function's queue, to be seen after `delay`
    /// ([`Queue::LONGEST_DELAY`] at most).
    async fn send(&self, queue: Queue, body: &str, delay: Duration) -> Result<(), PortError>;
}

/// The topic that tells what happened.
#[async_trait]
pub trait Topic: Send + Sync {
    /// Publishes a message under the attributes that subscriptions filter by.
    async fn publish(&self, outgoing: &Outgoing) -> Result<(), PortError>;
}

/// Where secrets are. A reference is one of `ssm-secure:NAME`,
/// `secretsmanager:NAME[#key]`, `env:NAME` and `file:PATH`.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret behind a reference. Nothing of it is in an error.
    async fn resolve(&self, reference: &str) -> Result<Secret, PortError>;
}

/// A secret value; not even a debug print shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret of its text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the call that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Files that somebody else writes: `s3://BUCKET/KEY`, or a path.
#[async_trait]
pub trait Objects: Send + Sync {
    /// The object, unless its tag is still `known`.
    async fn fetch(&self, location: &str, known: Option<&str>) -> Result<Fetched, PortError>;
}

/// What a fetch gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// It is as it was.
    Unchanged,
    /// Its content and its tag.
    New {
        /// The content.
        text: String,
        /// What changes when the content does; opaque.
        tag: String,
    },
}

/// Where a message goes, its secrets still references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A Slack incoming webhook: a reference to its URL.
    SlackWebhook {
        /// A reference to the URL.
        url: String,
    },
    /// Any HTTP endpoint.
    Webhook {
        /// The URL, or a reference to it.
        url: String,
        /// A reference to the key that signs each body.
        secret: Option<String>,
    },
}

/// Chat and webhooks.
#[async_trait]
pub trait Channels: Send + Sync {
    /// Posts a body. `key` is the same for each try of the same effect; who can, passes it on as an idempotency key.
    /// Gives what the other side calls it, where it has a name for it.
    async fn post(
        &self,
        address: &Address,
        key: &str,
        body: &Value,
    ) -> Result<Option<String>, PortError>;
}
