//! What a stack's state alone says.

use super::verdict::{Admission, admission};
use super::words::{StackId, StackSummary};
use crate::look::{Gap, Outcome, Reason, Uncovered, UncoveredReason};
use crate::resource::Resource;

/// What a stack's state alone decides; `None` where drift can be detected.
///
/// # Errors
///
/// The gap of a stack in motion: it cannot be looked at now.
pub fn at_rest(summary: &StackSummary) -> Result<Option<Outcome>, Gap> {
    match admission(&summary.status) {
        Admission::Detectable => Ok(None),
        Admission::InMotion => Err(in_motion(&summary.status)),
        Admission::NoDetection => Ok(Some(Outcome::Uncovered(
            stack_resource(&summary.id),
            Uncovered {
                reason: UncoveredReason::StackState,
                detail: format!(
                    "CloudFormation detects no drift on a stack in {}",
                    summary.status
                ),
            },
        ))),
    }
}

/// The gap of a stack that went away.
#[must_use]
pub fn deleted() -> Gap {
    Gap::new(Reason::NotFound, "the stack was deleted during the look")
}

/// The gap of a stack that is being changed.
#[must_use]
pub fn in_motion(status: &str) -> Gap {
    Gap::new(Reason::InMotion, format!("the stack is in {status}"))
}

/// A stack as the resource that stands for it where it cannot be looked at as a whole.
#[must_use]
pub fn stack_resource(id: &StackId) -> Resource {
    Resource {
        kind: "AWS::CloudFormation::Stack".to_owned(),
        id: id.as_str().to_owned(),
        name: id.name().to_owned(),
        account: Some(id.account().to_owned()),
        region: Some(id.region().to_owned()),
        stack: Some(id.name().to_owned()),
        ..Resource::default()
    }
}
