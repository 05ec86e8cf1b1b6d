//! Where actual and expected disagree.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::attribution::Attribution;
use crate::severity::{Cause, Severity};

/// What happened to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is there and differs.
    Modified,
    /// Git has it, reality has not.
    Deleted,
    /// Reality has it, Git has not.
    Added,
}

impl Change {
    /// The name as it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Change::Modified => "modified",
            Change::Deleted => "deleted",
            Change::Added => "added",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How the two sides disagree at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DifferenceKind {
    /// Both sides have a value there.
    Changed,
    /// Expected, and absent.
    Removed,
    /// Present, and not expected.
    Added,
}

impl DifferenceKind {
    /// The name as it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DifferenceKind::Changed => "changed",
            DifferenceKind::Removed => "removed",
            DifferenceKind::Added => "added",
        }
    }
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A difference as it was observed, with its plain values. It never leaves the
/// process: what is stored or shown is a [`Difference`].
#[derive(Clone, PartialEq)]
pub struct RawDifference {
    /// RFC 6901 path within the resource (with selectors, where the layer has them).
    pub path: String,
    /// How the sides disagree.
    pub kind: DifferenceKind,
    /// What code says; `None` when only reality has the path.
    pub expected: Option<Value>,
    /// What is there; `None` when only code has the path.
    pub actual: Option<Value>,
    /// The id of what differs, where that is an entry with an id of its own: `sgr-…`.
    pub entry: Option<String>,
    /// True where the difference could not be confirmed.
    pub potential: bool,
    /// Who made it, where the source recorded it.
    pub attribution: Option<Attribution>,
    /// The cause that the look itself knows: that Git was not applied.
    pub cause: Option<Cause>,
}

/// Plain values may be secret, so not even a debug print shows them.
impl fmt::Debug for RawDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawDifference")
            .field("path", &self.path)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A difference as it is stored and shown: sensitive values are keyed hashes,
/// large ones are digests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Where, within the resource.
    pub path: String,
    /// How the sides disagree.
    pub kind: DifferenceKind,
    /// What code says; the key is left out when only reality has the path.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub expected: Option<Value>,
    /// What is there; the key is left out when only code has the path.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub actual: Option<Value>,
    /// The id of what differs, where that is an entry with an id of its own: `sgr-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// True where the values are keyed hashes.
    pub sensitive: bool,
    /// True where the difference could not be confirmed.
    pub potential: bool,
    /// How urgent this difference is.
    pub severity: Severity,
    /// What kind of change it stands for.
    pub cause: Cause,
    /// Who made it, where the source recorded it.
    pub attribution: Option<Attribution>,
}

impl Difference {
    /// Whether both are one act: the same path with the same values, whoever made it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.path == other.path
            && self.kind == other.kind
            && self.expected == other.expected
            && self.actual == other.actual
    }
}

/// `null` is a value: a key that is there with `null` is not a key that is absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_a_value_and_an_absent_side_is_no_key() {
        let difference = Difference {
            entry: None,
            path: "/A".to_owned(),
            kind: DifferenceKind::Added,
            expected: None,
            actual: Some(Value::Null),
            sensitive: false,
            potential: false,
            severity: Severity::Medium,
            cause: Cause::PropertyChange,
            attribution: None,
        };
        let json = serde_json::to_value(&difference).unwrap();
        assert!(json.get("expected").is_none());
        assert_eq!(json.get("actual"), Some(&Value::Null));
        assert_eq!(
            serde_json::from_value::<Difference>(json).unwrap(),
            difference
        );
    }
}
