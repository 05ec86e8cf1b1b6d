//! What EventBridge would deliver of CloudFormation, CloudTrail and AWS Config.

mod config;

use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use config::{Item, tell};

use crate::time::iso_seconds;
use crate::trail::Event;

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

/// `AWS API Call via CloudTrail`, seconds after a write call in an account with a trail.
pub(crate) fn api_call(event_id: &str, event: &Event, place: (&str, &str)) -> Value {
    let (account, region) = place;
    let service = event.source.split('.').next().unwrap_or_default();
    json!({
        "version": "0",
        "id": event_id,
        "detail-type": "AWS API Call via CloudTrail",
        "source": format!("aws.{service}"),
        "account": account,
        "time": iso_seconds(event.at),
        "region": region,
        "resources": [],
        "detail": event.record(place),
    })
}
