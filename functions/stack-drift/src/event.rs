//! EventBridge's word that a detection has ended.
//!
//! Source of the format: `CloudFormation Drift Detection Status Change` in the
//! CloudFormation User Guide, and events as they were observed (in progress,
//! the drift status is empty and the count -1).

use domain::stack::StackId;
use eventbridge::{Envelope, Malformed};
use serde::Deserialize;
use serde_json::Value;

/// A detection that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The stack.
    pub(crate) stack: StackId,
    /// The detection's id.
    pub(crate) detection: String,
    /// Whether every resource was checked; why not is not in the event.
    pub(crate) is_complete: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Detail {
    stack_id: String,
    stack_drift_detection_id: String,
    status_details: StatusDetails,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct StatusDetails {
    detection_status: String,
}

const DETAIL_TYPE: &str = "CloudFormation Drift Detection Status Change";

/// Reads an event; `None` where it says that the detection still runs.
pub(crate) fn read(body: &Value) -> Result<Option<Ended>, String> {
    let envelope = Envelope::of(body)
        .map_err(|error| format!("the message is neither Plumbline's nor an event: {error}"))?;
    ended(&envelope).map_err(|error| error.to_string())
}

fn ended(envelope: &Envelope) -> Result<Option<Ended>, Malformed> {
    let detail_type = envelope.detail_type();
    if detail_type != DETAIL_TYPE {
        let what = format!("this queue takes {DETAIL_TYPE:?}, not {detail_type:?}");
        return Err(Malformed::at("detail-type", what));
    }
    let detail: Detail = envelope.detail()?;
    let stack = StackId::parse(&detail.stack_id).ok_or_else(|| {
        let what = format!("{:?} is no stack's ARN", detail.stack_id);
        Malformed::at("detail.stack-id", what)
    })?;
    let is_complete = match detail.status_details.detection_status.as_str() {
        "DETECTION_IN_PROGRESS" => return Ok(None),
        "DETECTION_COMPLETE" => true,
        "DETECTION_FAILED" => false,
        other => {
            let what = format!("{other:?} is none that is known");
            return Err(Malformed::at(
                "detail.status-details.detection-status",
                what,
            ));
        }
    };
    if detail.stack_drift_detection_id.is_empty() {
        return Err(Malformed::at("detail.stack-drift-detection-id", "is empty"));
    }
    Ok(Some(Ended {
        stack,
        detection: detail.stack_drift_detection_id,
        is_complete,
    }))
}
