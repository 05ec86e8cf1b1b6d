//! EventBridge's word that a detection has ended, or that somebody called something.
//!
//! Source of the format: `CloudFormation Drift Detection Status Change` in the
//! CloudFormation User Guide, and events as they were observed (in progress,
//! the drift status is empty and the count -1).

use domain::ports::TrailCall;
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

const ENDED: &str = "CloudFormation Drift Detection Status Change";

/// How a trail's write calls come.
const CALLED: &str = "AWS API Call via CloudTrail";

/// How what the console does by itself comes.
const CONSOLE: &str = "AWS Console Action via CloudTrail";

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A detection has ended.
    Ended(Ended),
    /// Somebody called something.
    Called(TrailCall),
    /// Nothing that is to be done here, and why.
    NotForUs(&'static str),
}

/// Reads an event.
pub(crate) fn read(body: &Value) -> Result<Event, String> {
    let envelope = Envelope::of(body)
        .map_err(|error| format!("the message is neither Plumbline's nor an event: {error}"))?;
    match envelope.detail_type() {
        ENDED => ended(&envelope).map_err(|error| error.to_string()),
        CALLED | CONSOLE => match cloudtrail::read(&body["detail"]) {
            Ok(Some(call)) => Ok(Event::Called(call)),
            Ok(None) => Ok(Event::NotForUs("the call changed nothing")),
            Err(error) => Err(format!("detail: {error}")),
        },
        other => {
            let what = format!("this queue takes {ENDED:?} and {CALLED:?}, not {other:?}");
            Err(Malformed::at("detail-type", what).to_string())
        }
    }
}

fn ended(envelope: &Envelope) -> Result<Event, Malformed> {
    let detail: Detail = envelope.detail()?;
    let stack = StackId::parse(&detail.stack_id).ok_or_else(|| {
        let what = format!("{:?} is no stack's ARN", detail.stack_id);
        Malformed::at("detail.stack-id", what)
    })?;
    let is_complete = match detail.status_details.detection_status.as_str() {
        "DETECTION_IN_PROGRESS" => return Ok(Event::NotForUs("the detection is still running")),
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
    Ok(Event::Ended(Ended {
        stack,
        detection: detail.stack_drift_detection_id,
        is_complete,
    }))
}
