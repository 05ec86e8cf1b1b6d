//! CloudFormation stacks: what the API says of them, and what that means.

mod collect;
mod failures;
mod rest;
mod verdict;
mod words;

pub use collect::{Collected, collect, collect_rows};
pub use rest::{at_rest, deleted, in_motion, stack_resource};
pub use verdict::{Admission, admission, moved};
pub use words::{
    Detection, DetectionId, DetectionOutcome, DriftStatus, PropertyDifference, ResourceDrift,
    ResourceRow, StackId, StackSummary, Started,
};
