//! Who bent it, when and how.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::report::seconds;

/// Who made a change. Where nothing recorded it there is no attribution at all: it is never guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// The Kubernetes field manager or the CloudTrail principal.
    pub who: String,
    /// When, or `None` where the server keeps no time.
    #[serde(with = "seconds::option")]
    pub at: Option<Timestamp>,
    /// The call or operation: `Update`, `AuthorizeSecurityGroupIngress`.
    pub how: String,
    /// Whether a person made it in a console session.
    #[serde(default, skip_serializing_if = "is_false")]
    pub console: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}
