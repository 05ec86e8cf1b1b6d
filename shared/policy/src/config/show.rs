//! Values that may be shown.

use serde::Deserialize;

use crate::scalar::{Condition, Name};

/// Values that are sensitive by default and may be shown.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Show {
    /// A CEL condition over the difference. It sees keyed hashes, not the values themselves.
    pub when: Condition,
    /// Why the values are no secret.
    pub reason: Name,
}
