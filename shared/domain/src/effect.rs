//! The protocol of effects outside: claim, act, record.
//!
//! One item per incident, channel and transition. Whoever holds the claim acts;
//! a claim that was cut off can be taken over when its lease is over. On a
//! channel that cannot be asked what it already has, that is at least once, and
//! one more at most per crash.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ports::{Item, Items, Key, PortError, replace, update};

/// How long a claim holds; longer than any call to a channel may take.
pub const CLAIM_HOLDS: SignedDuration = SignedDuration::from_secs(120);

/// Which effect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effect {
    /// The incident's id.
    pub incident: String,
    /// The channel's name in the configuration.
    pub channel: String,
    /// `fire.1`, `resolve.1`, `digest`.
    pub transition: String,
}

impl Effect {
    fn key(&self) -> Key {
        Key::new(
            format!("EFFECT#{}#{}", self.incident, self.channel),
            self.transition.as_str(),
        )
    }

    /// The same for each try of the effect; channels that know idempotency keys
    /// get it as one. Whatever is in a name, it is visible ASCII.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        let mut key = String::new();
        for part in [&self.incident, &self.channel, &self.transition] {
            if !key.is_empty() {
                key.push('.');
            }
            for byte in part.bytes() {
                if byte.is_ascii_graphic() && byte != b'%' {
                    key.push(char::from(byte));
                } else {
                    // Writing into a string cannot fail.
                    let _ = write!(key, "%{byte:02X}");
                }
            }
        }
        key
    }
}

/// How far an effect is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum Progress {
    /// Somebody acts.
    #[serde(rename_all = "camelCase")]
    Claimed {
        /// Until when nobody else may.
        until: Timestamp,
        /// How many claims there were, this one included.
        claims: u32,
    },
    /// It could not be done now; the next may try at once.
    #[serde(rename_all = "camelCase")]
    Released {
        /// How many claims there were.
        claims: u32,
    },
    /// It was done.
    #[serde(rename_all = "camelCase")]
    Done {
        /// When.
        at: Timestamp,
        /// What the other side calls it.
        external_id: Option<String>,
    },
    /// It cannot be done as things stand, and why.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// When that was seen.
        at: Timestamp,
        /// Why.
        reason: String,
        /// How many claims there were.
        #[serde(default)]
        claims: u32,
    },
}

/// What came of claiming an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours to do.
    Ours(Held),
    /// It was done.
    Done,
    /// Somebody is doing it, until then at most.
    Busy(Timestamp),
}

/// A claim that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whether it may have been done before, by one who was cut off.
    pub taken_over: bool,
    /// Which claim of the effect it is; what only its holder may record is known by it.
    claims: u32,
}

/// How a claimed effect went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done; what the other side calls it, where it has a name for it.
    Done(Option<String>),
    /// Not now; the next may try at once.
    NotNow,
    /// Not as things stand, and why.
    Failed(String),
}

/// Claims an effect. One that failed for good may be tried again: whoever asks
/// again has changed something.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn claim(items: &dyn Items, effect: &Effect, now: Timestamp) -> Result<Claim, PortError> {
    let key = effect.key();
    update(items, &key, |stored| {
        let progress: Option<Progress> = stored.map(Item::read).transpose()?;
        let (claims, taken_over) = match progress {
            Some(Progress::Done { .. }) => return Ok((Vec::new(), Claim::Done)),
            Some(Progress::Claimed { until, .. }) if now < until => {
                return Ok((Vec::new(), Claim::Busy(until)));
            }
            Some(Progress::Claimed { claims, .. }) => (claims, true),
            Some(Progress::Released { claims }) => (claims, false),
            Some(Progress::Failed { claims, .. }) => (claims, false),
            None => (0, false),
        };
        let held = Held {
            taken_over,
            claims: claims.saturating_add(1),
        };
        let next = Progress::Claimed {
            until: now.checked_add(CLAIM_HOLDS).unwrap_or(Timestamp::MAX),
            claims: held.claims,
        };
        let write = replace(&key, stored, &next)?;
        Ok((vec![write], Claim::Ours(held)))
    })
    .await
}

/// Records how a claimed effect went. That it was done is recorded whoever
/// holds the claim by now; that it was not, only by its holder.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn record(
    items: &dyn Items,
    effect: &Effect,
    (held, outcome): (Held, &Outcome),
    now: Timestamp,
) -> Result<(), PortError> {
    let key = effect.key();
    update(items, &key, |stored| {
        let progress: Option<Progress> = stored.map(Item::read).transpose()?;
        let is_ours = matches!(
            progress,
            Some(Progress::Claimed { claims, .. }) if claims == held.claims
        );
        let is_done = matches!(progress, Some(Progress::Done { .. }));
        let claims = held.claims;
        let next = match outcome {
            Outcome::Done(external_id) if !is_done => Progress::Done {
                at: now,
                external_id: external_id.clone(),
            },
            Outcome::NotNow if is_ours => Progress::Released { claims },
            Outcome::Failed(reason) if is_ours => Progress::Failed {
                at: now,
                reason: reason.clone(),
                claims,
            },
            _ => return Ok((Vec::new(), ())),
        };
        Ok((vec![replace(&key, stored, &next)?], ()))
    })
    .await
}

/// How far an effect is; `None` where nobody has begun it.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn progress(items: &dyn Items, effect: &Effect) -> Result<Option<Progress>, PortError> {
    let stored = items.get(&effect.key()).await?;
    stored.as_ref().map(Item::read).transpose()
}

#[cfg(test)]
mod tests;
