//! From the SDK's types to the domain's words.
//!
//! The SDK fills a required field that the answer lacks with `""`, the epoch or
//! the enum value `no value was set`; here these count as absent.

use aws::invalid;
use aws_sdk_cloudformation::primitives::DateTime;
use aws_sdk_cloudformation::types as sdk;
use domain::difference::DifferenceKind;
use domain::ports::PortError;
use domain::stack::{
    Detection, DetectionOutcome, DriftStatus, PropertyDifference, ResourceDrift, ResourceRow,
    StackId, StackSummary,
};
use jiff::Timestamp;
use serde_json::Value;

const NOT_SET: &str = "no value was set";

fn text(value: Option<&str>) -> Option<&str> {
    value.filter(|text| !text.is_empty() && *text != NOT_SET)
}

fn required<'a>(
    op: &'static str,
    field: &str,
    value: Option<&'a str>,
) -> Result<&'a str, PortError> {
    text(value).ok_or_else(|| invalid(op, format!("the answer has a row without {field}")))
}

fn time(value: Option<&DateTime>) -> Option<Timestamp> {
    let at = value.filter(|at| at.secs() != 0 || at.subsec_nanos() != 0)?;
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

fn stack_id(op: &'static str, field: &str, arn: &str) -> Result<StackId, PortError> {
    StackId::parse(arn).ok_or_else(|| {
        invalid(
            op,
            format!("the answer has a {field} that is not a stack's ARN"),
        )
    })
}

pub(crate) fn summary(
    op: &'static str,
    row: &sdk::StackSummary,
) -> Result<StackSummary, PortError> {
    Ok(StackSummary {
        id: stack_id(op, "StackId", required(op, "StackId", row.stack_id())?)?,
        status: required(
            op,
            "StackStatus",
            row.stack_status().map(sdk::StackStatus::as_str),
        )?
        .to_owned(),
        root: text(row.root_id())
            .map(|arn| stack_id(op, "RootId", arn))
            .transpose()?,
        drift_checked_at: time(
            row.drift_information()
                .and_then(|drift| drift.last_check_timestamp()),
        ),
        changed_at: time(row.last_updated_time()).or_else(|| time(row.creation_time())),
    })
}

pub(crate) fn stack(op: &'static str, stack: &sdk::Stack) -> Result<StackSummary, PortError> {
    Ok(StackSummary {
        id: stack_id(op, "StackId", required(op, "StackId", stack.stack_id())?)?,
        status: required(
            op,
            "StackStatus",
            stack.stack_status().map(sdk::StackStatus::as_str),
        )?
        .to_owned(),
        root: text(stack.root_id())
            .map(|arn| stack_id(op, "RootId", arn))
            .transpose()?,
        drift_checked_at: time(
            stack
                .drift_information()
                .and_then(|drift| drift.last_check_timestamp()),
        ),
        changed_at: time(stack.last_updated_time()).or_else(|| time(stack.creation_time())),
    })
}

pub(crate) fn detection(
    op: &'static str,
    status: Option<&sdk::StackDriftDetectionStatus>,
    reason: Option<&str>,
    started_at: Option<&DateTime>,
) -> Result<Detection, PortError> {
    let started_at = time(started_at).ok_or_else(|| invalid(op, "the answer has no Timestamp"))?;
    let outcome = match status {
        Some(sdk::StackDriftDetectionStatus::DetectionInProgress) => DetectionOutcome::InProgress,
        Some(sdk::StackDriftDetectionStatus::DetectionComplete) => DetectionOutcome::Complete,
        Some(sdk::StackDriftDetectionStatus::DetectionFailed) => {
            DetectionOutcome::Failed(text(reason).unwrap_or("no reason given").to_owned())
        }
        _ => {
            return Err(invalid(
                op,
                "the answer has no DetectionStatus, or one that is not known",
            ));
        }
    };
    Ok(Detection {
        started_at,
        outcome,
    })
}

/// A status that is not known yet must not read as in sync.
fn drift_status(status: Option<&sdk::StackResourceDriftStatus>) -> DriftStatus {
    match status.map(sdk::StackResourceDriftStatus::as_str) {
        Some("IN_SYNC") => DriftStatus::InSync,
        Some("MODIFIED") => DriftStatus::Modified,
        Some("DELETED") => DriftStatus::Deleted,
        Some("NOT_CHECKED") => DriftStatus::NotChecked,
        Some("UNSUPPORTED") => DriftStatus::Unsupported,
        _ => DriftStatus::Unknown,
    }
}

pub(crate) fn row(
    op: &'static str,
    row: &sdk::StackResourceSummary,
) -> Result<ResourceRow, PortError> {
    let drift = row.drift_information();
    let status = row.resource_status().map(sdk::ResourceStatus::as_str);
    Ok(ResourceRow {
        logical_id: required(op, "LogicalResourceId", row.logical_resource_id())?.to_owned(),
        physical_id: row.physical_resource_id().unwrap_or_default().to_owned(),
        resource_type: required(op, "ResourceType", row.resource_type())?.to_owned(),
        status: required(op, "ResourceStatus", status)?.to_owned(),
        // A row that says nothing of drift is not a row that says “not checked”.
        drift_status: drift.map_or(DriftStatus::Unknown, |drift| {
            drift_status(drift.stack_resource_drift_status())
        }),
        checked_at: time(drift.and_then(|drift| drift.last_check_timestamp())),
        updated_at: time(row.last_updated_timestamp()),
    })
}

/// A drift whose properties cannot be read is unknown for that resource alone,
/// and its reason names the field, never the value.
pub(crate) fn drift(
    op: &'static str,
    row: &sdk::StackResourceDrift,
) -> Result<ResourceDrift, PortError> {
    let logical_id = required(op, "LogicalResourceId", row.logical_resource_id())?;
    let mut drift = ResourceDrift {
        logical_id: logical_id.to_owned(),
        physical_id: row.physical_resource_id().unwrap_or_default().to_owned(),
        resource_type: row.resource_type().unwrap_or_default().to_owned(),
        status: drift_status(row.stack_resource_drift_status()),
        checked_at: time(row.timestamp()).ok_or_else(|| {
            invalid(
                op,
                format!("the answer has no Timestamp for `{logical_id}`"),
            )
        })?,
        reason: text(row.drift_status_reason()).map(str::to_owned),
        expected: Value::Null,
        actual: Value::Null,
        differences: Vec::new(),
    };
    if drift.status == DriftStatus::Unknown && drift.reason.is_none() {
        drift.reason = unnamed_status(row.stack_resource_drift_status());
    }
    match contents(row) {
        Ok((expected, actual, differences)) => {
            drift.expected = expected;
            drift.actual = actual;
            drift.differences = differences;
        }
        // Only a modification is judged by its properties.
        Err(what) if drift.status == DriftStatus::Modified => {
            drift.status = DriftStatus::Unknown;
            drift.reason = Some(format!(
                "CloudFormation's answer for `{logical_id}`: {what}"
            ));
        }
        Err(_) => {}
    }
    Ok(drift)
}

fn unnamed_status(status: Option<&sdk::StackResourceDriftStatus>) -> Option<String> {
    match status.map(sdk::StackResourceDriftStatus::as_str) {
        Some("UNKNOWN") => None,
        Some(NOT_SET) | None => Some("the answer has no StackResourceDriftStatus".to_owned()),
        Some(_) => Some("the answer has a StackResourceDriftStatus that is not known".to_owned()),
    }
}

type Contents = (Value, Value, Vec<PropertyDifference>);

fn contents(row: &sdk::StackResourceDrift) -> Result<Contents, String> {
    let expected = properties("ExpectedProperties", row.expected_properties())?;
    let actual = properties("ActualProperties", row.actual_properties())?;
    let differences = row
        .property_differences()
        .iter()
        .map(difference)
        .collect::<Result<_, _>>()?;
    Ok((expected, actual, differences))
}

fn properties(field: &str, json: Option<&str>) -> Result<Value, String> {
    let Some(json) = text(json) else {
        return Ok(Value::Null);
    };
    match serde_json::from_str(json) {
        Ok(value @ Value::Object(_)) => Ok(value),
        // The parser's own message could quote the value.
        Ok(_) | Err(_) => Err(format!("{field} is not a JSON object")),
    }
}

fn difference(row: &sdk::PropertyDifference) -> Result<PropertyDifference, String> {
    let path = text(row.property_path()).ok_or("a difference has no PropertyPath")?;
    let kind = match row.difference_type() {
        Some(sdk::DifferenceType::Add) => DifferenceKind::Added,
        Some(sdk::DifferenceType::Remove) => DifferenceKind::Removed,
        Some(sdk::DifferenceType::NotEqual) => DifferenceKind::Changed,
        _ => return Err("a difference has no DifferenceType, or one that is not known".to_owned()),
    };
    let side = |value: Option<&str>, absent: DifferenceKind| {
        value.filter(|_| kind != absent).map(str::to_owned)
    };
    Ok(PropertyDifference {
        path: path.to_owned(),
        kind,
        expected: side(row.expected_value(), DifferenceKind::Added),
        actual: side(row.actual_value(), DifferenceKind::Removed),
    })
}
