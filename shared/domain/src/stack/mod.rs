//! CloudFormation stacks: what the API says of them, and what that means.

mod collect;
mod failures;
mod verdict;
mod words;

pub use collect::{Collected, collect};
pub use verdict::{Admission, admission};
pub use words::{
    Detection, DetectionId, DetectionOutcome, DriftStatus, PropertyDifference, ResourceDrift,
    ResourceRow, StackId, StackSummary,
};
