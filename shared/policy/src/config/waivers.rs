//! Vulnerabilities that do not block a promotion.

use serde::Deserialize;

use crate::scalar::{Date, Name};

/// A vulnerability that does not block a service's promotion until a date.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Waiver {
    /// The service, a name of `services`.
    pub service: Name,
    /// The vulnerability's id, for example `CVE-2026-0001`.
    pub vulnerability: Name,
    /// Who answers for it.
    pub owner: Name,
    /// The last day, in UTC, on which it is in force.
    pub expires: Date,
}
