//! CloudFormation stacks: what the API says of them, and what that means.

mod collect;
mod failures;
mod rest;
mod verdict;
mod words;

pub use collect::{Asks, Collected, collect, collect_rows, look_at_resource};
pub use rest::{at_rest, deleted, in_motion, stack_resource};
pub use verdict::{Admission, admission, moved};
pub use words::{
    Declared, Detection, DetectionId, DetectionOutcome, DriftStatus, PropertyDifference,
    ResourceDrift, ResourceRow, StackId, StackSummary, Started,
};
