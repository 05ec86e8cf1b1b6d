//! Conditions that must match nothing.

use domain::severity::Severity;
use serde::Deserialize;

use crate::scalar::{Name, ObjectCondition};
#[cfg(feature = "schema")]
use crate::schema::severities;

/// A condition that must match nothing. It has either `when` (over the objects of a cluster) or `sql` (an AWS Config query).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invariant {
    /// The invariant's name.
    pub name: Name,
    /// The target whose cluster or accounts are asked.
    pub target: Name,
    /// With `when`: the kinds of objects to look at, `apiVersion/Kind` (`v1/Node`). Default: none.
    #[serde(default)]
    pub kinds: Vec<Name>,
    /// A CEL condition over each object of those kinds.
    #[serde(default)]
    pub when: Option<ObjectCondition>,
    /// An AWS Config advanced query.
    #[serde(default)]
    pub sql: Option<Name>,
    /// The severity of a match. Default: `medium`.
    #[serde(default = "medium")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "severities"))]
    pub severity: Severity,
    /// Why nothing may match.
    pub reason: Name,
}

const fn medium() -> Severity {
    Severity::Medium
}
