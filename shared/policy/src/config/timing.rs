//! How long things may take.

use serde::Deserialize;

use crate::scalar::Duration;

/// How long things may take.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Timing {
    /// The schedule skips a stack that was checked within this time; `plumbline scan` never does. Default: `1h`.
    pub max_age: Duration,
    /// Git may be ahead of what is deployed for this long before it is a finding. Default: `1h`.
    pub max_pending: Duration,
    /// A resolved finding is announced after this time and one more clean look. Default: `5m`.
    pub settle: Duration,
    /// A finding that comes back within this time continues its old message. Default: `30m`.
    pub reopen: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            max_age: Duration::minutes(60),
            max_pending: Duration::minutes(60),
            settle: Duration::minutes(5),
            reopen: Duration::minutes(30),
        }
    }
}
