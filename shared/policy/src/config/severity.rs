//! The user's severity rules.

use domain::severity::{Cause, Severity};
use serde::Deserialize;

use crate::scalar::Condition;
#[cfg(feature = "schema")]
use crate::schema::{cause, severities};

/// A severity rule. It gives a severity, a cause, or both; what it leaves out comes from the default rules.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeverityRule {
    /// A CEL condition over the difference.
    pub when: Condition,
    /// The severity. Default: what the default rules say.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "severities"))]
    pub severity: Option<Severity>,
    /// The cause. Default: what the default rules say.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "cause"))]
    pub cause: Option<Cause>,
}
