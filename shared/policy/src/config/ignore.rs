//! Differences that are known and accepted until a date.

use jiff::Timestamp;
use serde::Deserialize;

use crate::scalar::{Condition, Date, Name};

/// A difference that is known and accepted until a date.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ignore {
    /// A CEL condition over the difference; `finding.severity` and `finding.cause` are decided when it is asked.
    pub when: Condition,
    /// Why the difference is accepted.
    pub reason: Name,
    /// Who answers for it.
    pub owner: Name,
    /// The last day, in UTC, on which it is in force. There is a warning 14 days before.
    pub expires: Date,
}

impl Ignore {
    /// Whether it still applies at `now`: through its last day, UTC.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.expires.days_left(now) >= 0
    }
}
