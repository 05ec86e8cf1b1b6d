//! What EventBridge would deliver of CloudFormation.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::time::iso_seconds;

/// What a detection's event tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) event_id: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) place: (&'a str, &'a str),
    pub(crate) stack: &'a str,
    pub(crate) detection: &'a str,
}

/// `CloudFormation Drift Detection Status Change` at a detection's start.
pub(crate) fn started(told: &Told<'_>) -> Value {
    envelope(
        told,
        json!({
            "stack-id": told.stack,
            "stack-drift-detection-id": told.detection,
            "status-details": {"stack-drift-status": "", "detection-status": "DETECTION_IN_PROGRESS"},
            "drift-detection-details": {"drifted-stack-resource-count": -1},
        }),
    )
}

/// The same at its end.
pub(crate) fn ended(told: &Told<'_>, drift: &str, status: &str, drifted: usize) -> Value {
    envelope(
        told,
        json!({
            "stack-id": told.stack,
            "stack-drift-detection-id": told.detection,
            "status-details": {"stack-drift-status": drift, "detection-status": status},
            "drift-detection-details": {"drifted-stack-resource-count": drifted},
            "client-request-token": "",
        }),
    )
}

fn envelope(told: &Told<'_>, detail: Value) -> Value {
    let (account, region) = told.place;
    json!({
        "version": "0",
        "id": told.event_id,
        "detail-type": "CloudFormation Drift Detection Status Change",
        "source": "aws.cloudformation",
        "account": account,
        "time": iso_seconds(told.at),
        "region": region,
        "resources": [told.stack],
        "detail": detail,
    })
}
