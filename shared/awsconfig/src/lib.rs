//! The events of AWS Config, read into facts.
//!
//! [`read`] takes an event as EventBridge delivers it and gives what it says: a
//! rule judged a resource, a resource changed, rules are judged anew. A fact has
//! names, types, ids, times and the paths that changed, and no value: an item
//! holds all of a resource's settings, secrets among them, in the event itself
//! and in what changed, so those parts are passed over and never read.
//!
//! Nothing here decides. Delivery is best effort, in no order, and may repeat;
//! [`Event::key`] is the same for the same fact however often it arrives.

mod compliance;
mod item;

pub use compliance::{Compliance, Reevaluation};
pub use eventbridge::Malformed;
pub use item::{Changed, ItemChange, Oversized};

use eventbridge::{Envelope, Names};
use serde::Serialize;

/// What a body turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// An event with something to record.
    Event(Box<Event>),
    /// Nothing that is recorded, and why.
    NotForUs(String),
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// EventBridge's id of it, which a second delivery repeats.
    pub id: String,
    /// AWS account id of the resource or rule.
    pub account: String,
    /// Its AWS region.
    pub region: String,
    /// When the event was raised, as AWS says.
    pub time: String,
    /// What it says.
    #[serde(flatten)]
    pub what: What,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind")]
pub enum What {
    /// A rule judged a resource otherwise than before, or for the first time.
    ComplianceChange(Compliance),
    /// A resource was found, changed or deleted.
    ItemChange(ItemChange),
    /// Rules are judged anew.
    Reevaluation(Reevaluation),
}

impl Event {
    /// What makes it the same fact: of a judgement account, region, rule,
    /// resource and the moment that orders judgements, since AWS Config may
    /// tell the same one in two events; else the event's own id.
    #[must_use]
    pub fn key(&self) -> String {
        let What::ComplianceChange(Compliance {
            rule,
            resource_type,
            resource_id,
            ordered_at: Some(ordered_at),
            ..
        }) = &self.what
        else {
            return self.id.clone();
        };
        let parts = [
            &self.account,
            &self.region,
            rule,
            resource_type,
            resource_id,
            ordered_at,
        ];
        // A resource's id may hold what separates the parts.
        parts
            .map(|it| it.replace('%', "%25").replace('#', "%23"))
            .join("#")
    }
}

/// Reads the body of a message as an event of AWS Config.
///
/// # Errors
///
/// Where it is no JSON, or something that the event needs is missing or of
/// another kind; names the JSON path, never a value.
pub fn read(body: &str) -> Result<Read, Malformed> {
    let envelope = Envelope::read(body)?;
    let id = envelope.id(&NAMES)?;
    let account = envelope.account(&NAMES)?;
    let region = envelope.region(&NAMES)?;
    let time = name("time", envelope.time()?.to_owned())?;
    let found = match envelope.detail_type() {
        "Config Rules Compliance Change" => compliance::change(&envelope)?,
        "Config Rules Re-evaluation Status" => compliance::reevaluation(&envelope)?,
        "Config Configuration Item Change" => item::change(&envelope)?,
        other => {
            let other = other.escape_debug();
            return Ok(Read::NotForUs(format!(
                "`{other}` is no event that is recorded"
            )));
        }
    };
    Ok(Read::Event(Box::new(Event {
        id,
        account: found.account.unwrap_or(account),
        region: found.region.unwrap_or(region),
        time,
        what: found.what,
    })))
}

/// The longest is as long as AWS Config allows a resource's id to be, and little
/// enough to be part of a key of the ledger; a `#` in it is escaped there.
const NAMES: Names = Names {
    longest: 768,
    forbidden: "",
};

/// A text that becomes part of a key or of a list of facts.
pub(crate) fn name(path: &str, text: String) -> Result<String, Malformed> {
    NAMES.check(path, text)
}

/// What a detail says, and where, if it says that itself.
pub(crate) struct Found {
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) what: What,
}

#[cfg(test)]
mod tests;
