//! What a stack's state and its resource rows mean.

use jiff::Timestamp;

use super::words::{DriftStatus, ResourceRow};

/// Whether drift can be detected on a stack in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// CloudFormation detects drift in this state.
    Detectable,
    /// The stack is being changed; look again when it rests.
    InMotion,
    /// CloudFormation detects no drift in this state.
    NoDetection,
}

/// The states in which CloudFormation detects drift, after its user guide
/// (“Detect drift on an entire CloudFormation stack”, and for IMPORT_COMPLETE
/// the guide on importing resources).
const DETECTABLE: [&str; 5] = [
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
    "IMPORT_COMPLETE",
];

/// Whether drift can be detected on a stack in this state. REVIEW_IN_PROGRESS
/// is a stack that was never created, so it is not in motion: nothing moves it
/// but a person.
#[must_use]
pub fn admission(stack_status: &str) -> Admission {
    if DETECTABLE.contains(&stack_status) {
        Admission::Detectable
    } else if stack_status.ends_with("_IN_PROGRESS") && stack_status != "REVIEW_IN_PROGRESS" {
        Admission::InMotion
    } else {
        Admission::NoDetection
    }
}

/// What a resource's row alone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowWord {
    /// Not a resource of the stack any more.
    Gone,
    /// A nested stack; it is followed as a unit of its own.
    Nested,
    /// Checked in this look, and in sync.
    InSync,
    /// Checked in this look, and not in sync: its drift must be asked for.
    AskDrift,
    /// Its type has no drift support.
    Uncovered,
    /// The row is older than this look, so it says nothing about now.
    Stale,
}

/// Whether a row shows that the stack was changed during the look: what was
/// compared then is neither the old nor the new state.
#[must_use]
pub fn moved(row: &ResourceRow, started_at: Timestamp) -> bool {
    row.status.ends_with("_IN_PROGRESS") || row.updated_at.is_some_and(|at| at > started_at)
}

/// The type of a nested stack.
pub(super) const NESTED: &str = "AWS::CloudFormation::Stack";

/// What a row says, given when the detection was started by the API's clock.
pub(super) fn row_word(row: &ResourceRow, started_at: Timestamp) -> RowWord {
    if matches!(row.status.as_str(), "DELETE_COMPLETE" | "DELETE_SKIPPED") {
        return RowWord::Gone;
    }
    if row.resource_type == NESTED {
        return RowWord::Nested;
    }
    let fresh = row.checked_at.is_some_and(|at| at >= started_at);
    match row.drift_status {
        DriftStatus::Unsupported | DriftStatus::NotChecked => RowWord::Uncovered,
        _ if !fresh => RowWord::Stale,
        DriftStatus::InSync => RowWord::InSync,
        DriftStatus::Modified | DriftStatus::Deleted | DriftStatus::Unknown => RowWord::AskDrift,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_a_stack_is_admitted_set_moving_or_without_detection() {
        for (wanted, states) in [
            (
                Admission::Detectable,
                "CREATE_COMPLETE UPDATE_COMPLETE UPDATE_ROLLBACK_COMPLETE UPDATE_ROLLBACK_FAILED IMPORT_COMPLETE",
            ),
            (
                Admission::InMotion,
                "CREATE_IN_PROGRESS UPDATE_IN_PROGRESS UPDATE_COMPLETE_CLEANUP_IN_PROGRESS \
                 UPDATE_ROLLBACK_IN_PROGRESS UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS \
                 ROLLBACK_IN_PROGRESS DELETE_IN_PROGRESS IMPORT_IN_PROGRESS IMPORT_ROLLBACK_IN_PROGRESS",
            ),
            (
                Admission::NoDetection,
                "REVIEW_IN_PROGRESS CREATE_FAILED ROLLBACK_COMPLETE ROLLBACK_FAILED DELETE_FAILED \
                 UPDATE_FAILED IMPORT_ROLLBACK_COMPLETE IMPORT_ROLLBACK_FAILED SOMETHING_NEW",
            ),
        ] {
            for state in states.split_whitespace() {
                assert_eq!(admission(state), wanted, "{state}");
            }
        }
    }
}
