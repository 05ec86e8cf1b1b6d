//! What AWS Config recorded of resources.

use std::collections::BTreeMap;

use eventbridge::{Envelope, Malformed};
use serde::{Deserialize, Serialize};

use crate::{Found, What, name};

/// Paths of one change that are kept; a change of more is told by its number.
const PATHS: usize = 100;

/// Bytes of a path that are kept.
const PATH: usize = 512;

/// A change of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemChange {
    /// The resource's type, `AWS::EC2::Instance`.
    pub resource_type: String,
    /// Its id.
    pub resource_id: String,
    /// Its name, where it has one.
    pub resource_name: Option<String>,
    /// Its ARN, where it has one.
    pub arn: Option<String>,
    /// The ARN of the stack that owns it, where its tags say so.
    pub stack: Option<String>,
    /// Its name in that stack's template, where its tags say so.
    pub logical_id: Option<String>,
    /// `CREATE`, `UPDATE` or `DELETE`.
    pub change: String,
    /// What AWS Config calls its state, `OK`, `ResourceDiscovered`, `ResourceDeleted`.
    pub status: Option<String>,
    /// When AWS Config saw it so, as AWS says; orders the changes of one resource.
    pub captured_at: Option<String>,
    /// What changed in it, at most a hundred of them.
    pub paths: Vec<Changed>,
    /// How many places changed in all.
    pub changed: usize,
    /// Where the item is, where it was too large for an event.
    pub oversized: Option<Oversized>,
}

/// One place that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Where, as AWS Config writes it: `Configuration.FileSystemTags.0`.
    pub path: String,
    /// `CREATE`, `UPDATE` or `DELETE`, where the event says.
    pub change: Option<String>,
}

/// Where an item is that was too large for an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Oversized {
    /// `BUCKET/KEY`; `None` where it could not be delivered.
    pub location: Option<String>,
    /// Why it could not.
    pub error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    configuration_item: Option<Item>,
    configuration_item_diff: Option<Diff>,
    configuration_item_summary: Option<Item>,
    s3_delivery_summary: Option<Delivery>,
}

/// An item without its `configuration`, which is an object here, text in the
/// API, and full of values in both.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    resource_type: String,
    resource_id: String,
    resource_name: Option<String>,
    #[serde(rename = "ARN", alias = "arn")]
    arn: Option<String>,
    aws_account_id: Option<String>,
    aws_region: Option<String>,
    configuration_item_status: Option<String>,
    configuration_item_capture_time: Option<String>,
    change_type: Option<String>,
    tags: Option<Tags>,
}

/// The tags that CloudFormation sets; no other is read.
#[derive(Deserialize)]
struct Tags {
    #[serde(rename = "aws:cloudformation:stack-id")]
    stack: Option<String>,
    #[serde(rename = "aws:cloudformation:logical-id")]
    logical_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Diff {
    change_type: Option<String>,
    changed_properties: Option<BTreeMap<String, Property>>,
}

/// A changed property without its values.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Property {
    change_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    s3_bucket_location: Option<String>,
    error_code: Option<String>,
}

/// `Config Configuration Item Change`, in whole or as the summary of an item
/// that is too large.
pub(crate) fn change(envelope: &Envelope) -> Result<Found, Malformed> {
    let detail: Detail = envelope.detail()?;
    let (path, item, oversized) =
        match (detail.configuration_item, detail.configuration_item_summary) {
            (Some(item), _) => ("detail.configurationItem", item, None),
            (None, Some(item)) => {
                let delivery = detail.s3_delivery_summary;
                let (location, error) =
                    delivery.map_or((None, None), |it| (it.s3_bucket_location, it.error_code));
                let oversized = Oversized { location, error };
                ("detail.configurationItemSummary", item, Some(oversized))
            }
            (None, None) => {
                return Err(Malformed::at(
                    "detail",
                    "has neither configurationItem nor configurationItemSummary",
                ));
            }
        };
    let (change, properties) = match detail.configuration_item_diff {
        Some(diff) => (
            diff.change_type,
            diff.changed_properties.unwrap_or_default(),
        ),
        None => (None, BTreeMap::new()),
    };
    let at = |key: &str| format!("{path}.{key}");
    let change = change
        .or(item.change_type)
        .or_else(|| meant(item.configuration_item_status.as_deref()))
        .ok_or_else(|| {
            Malformed::at(
                "detail.configurationItemDiff.changeType",
                "is missing, and the item's status does not tell it",
            )
        })?;
    let (stack, logical_id) = item.tags.map_or((None, None), |it| {
        (
            it.stack.filter(|it| is_stack(it)),
            it.logical_id.filter(|it| is_logical_id(it)),
        )
    });
    let what = ItemChange {
        resource_type: name(&at("resourceType"), item.resource_type)?,
        resource_id: name(&at("resourceId"), item.resource_id)?,
        resource_name: item.resource_name,
        arn: item.arn,
        stack,
        logical_id,
        change,
        status: item.configuration_item_status,
        captured_at: item.configuration_item_capture_time,
        changed: properties.len(),
        paths: properties.into_iter().take(PATHS).map(place).collect(),
        oversized,
    };
    Ok(Found {
        account: item.aws_account_id,
        region: item.aws_region,
        what: What::ItemChange(what),
    })
}

fn place((path, property): (String, Property)) -> Changed {
    Changed {
        path: path[..path.floor_char_boundary(PATH)].to_owned(),
        change: property.change_type,
    }
}

/// The change that a status means, where the event names none.
fn meant(status: Option<&str>) -> Option<String> {
    let change = match status? {
        "ResourceDiscovered" => "CREATE",
        "ResourceDeleted" | "ResourceDeletedNotRecorded" => "DELETE",
        "OK" => "UPDATE",
        _ => return None,
    };
    Some(change.to_owned())
}

/// A logical id is letters and digits; a module's has dots between them.
fn is_logical_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || it == '.')
}

/// A tag is free text: only what names a stack is taken from it.
fn is_stack(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    parts.next() == Some("arn")
        && parts.nth(1) == Some("cloudformation")
        && parts.nth(2).is_some_and(|it| {
            it.starts_with("stack/") && !it.chars().any(|it| it.is_whitespace() || it.is_control())
        })
}
