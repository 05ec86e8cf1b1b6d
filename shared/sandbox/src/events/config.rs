//! What AWS Config tells of a resource that changed.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::attach::{Attachment, property};
use crate::live::View;
use crate::mark::iam_id;
use crate::shared::Shared;
use crate::state::{Resource, Stack, State, Where};
use crate::time::{iso_millis, iso_seconds};
use crate::types;

/// A change of a resource.
pub(crate) struct Item<'a> {
    pub(crate) at: Timestamp,
    /// The live properties before it; `None` where there was no resource.
    pub(crate) before: Option<Value>,
    /// What was hung on it, or taken off.
    pub(crate) hung: Option<(&'a Attachment, bool)>,
}

/// Tells of the change of a row: as its own where AWS Config records the type,
/// as one of the resource that it hangs on where it is an attachment.
pub(crate) fn tell(
    shared: &Shared,
    state: &mut State,
    (place, number, index): (&Where, u64, usize),
    item: &Item<'_>,
) {
    let Some((stack, row)) = state
        .places
        .get(place)
        .and_then(|place| place.stacks.get(&number))
        .and_then(|stack| Some((stack, stack.resources.get(index)?)))
    else {
        return;
    };
    let mut events = Vec::new();
    if is_recorded(&row.resource_type) {
        events.extend(event(place, (stack, row), item));
    } else {
        events = on_parents(View::around(state, place, row), (place, row), item);
    }
    for mut event in events {
        event["id"] = state.uuid().into();
        shared.emit(event);
    }
}

/// The changes of what an attachment hangs on, or hung on.
fn on_parents(view: View<'_>, (place, row): (&Where, &Resource), item: &Item<'_>) -> Vec<Value> {
    let actual = row.actual().map(|actual| actual.value());
    let Some(properties) = actual.as_ref().or(item.before.as_ref()) else {
        return Vec::new();
    };
    let hung = property::hung(&row.resource_type, &row.physical_id, properties);
    let events = hung.into_iter().filter_map(|(parent, id, attachment)| {
        let (stack, row) = view.row(parent, &id)?;
        let change = Item {
            at: item.at,
            before: row.actual().map(|actual| actual.value()),
            hung: Some((&attachment, actual.is_some())),
        };
        event(place, (stack, row), &change)
    });
    events.collect()
}

/// Whether AWS Config records a type.
fn is_recorded(resource_type: &str) -> bool {
    let is_attachment = matches!(
        resource_type,
        "AWS::EC2::SecurityGroupIngress"
            | "AWS::EC2::SecurityGroupEgress"
            | "AWS::EC2::Route"
            | "AWS::IAM::Policy"
            | "AWS::IAM::RolePolicy"
            | "AWS::IAM::UserPolicy"
            | "AWS::IAM::GroupPolicy"
            | "AWS::S3::BucketPolicy"
    );
    types::is_checked(resource_type) && !is_attachment
}

fn event(place: &Where, (stack, row): (&Stack, &Resource), item: &Item<'_>) -> Option<Value> {
    let (account, stack_region) = place;
    let is_global = row.resource_type.starts_with("AWS::IAM::");
    let region = if is_global { "us-east-1" } else { stack_region };
    let after = row.actual().map(|actual| actual.value());
    let (changed, change) = diff(item, after.as_ref());
    if changed.is_empty() && item.before.is_some() && after.is_some() {
        return None;
    }
    let arn = types::arn_of(
        &row.resource_type,
        &row.physical_id,
        (account, stack_region),
    );
    let status = match change {
        "DELETE" => "ResourceDeleted",
        "CREATE" => "ResourceDiscovered",
        _ => "OK",
    };
    let known = after.as_ref().or(item.before.as_ref());
    Some(json!({
        "version": "0",
        "id": null,
        "detail-type": "Config Configuration Item Change",
        "source": "aws.config",
        "account": account,
        "time": iso_seconds(item.at),
        "region": region,
        "resources": [arn],
        "detail": {
            "recordVersion": "1.3",
            "messageType": "ConfigurationItemChangeNotification",
            "configurationItemDiff": {"changedProperties": changed, "changeType": change},
            "notificationCreationTime": iso_millis(item.at),
            "configurationItem": {
                "relatedEvents": [],
                "relationships": [],
                "configuration": after,
                "supplementaryConfiguration": {},
                "tags": tags(stack, row, known),
                "configurationItemVersion": "1.3",
                "configurationItemCaptureTime": iso_millis(item.at),
                "configurationStateId": item.at.as_millisecond(),
                "awsAccountId": account,
                "configurationItemStatus": status,
                "resourceType": row.resource_type,
                "resourceId": id(row),
                "resourceName": row.physical_id.rsplit('/').next(),
                "ARN": arn,
                "awsRegion": if is_global { "global" } else { stack_region },
                "availabilityZone": if is_global { "Not Applicable" } else { "Regional" },
                "configurationStateMd5Hash": "",
            },
        },
    }))
}

/// What changed, and whether that is a CREATE, an UPDATE or a DELETE.
fn diff(item: &Item<'_>, after: Option<&Value>) -> (Map<String, Value>, &'static str) {
    let mut changed = Map::new();
    let (before, after) = match (item.before.as_ref(), after) {
        (None, _) => return (changed, "CREATE"),
        (Some(before), None) => {
            let whole =
                json!({"previousValue": before, "updatedValue": null, "changeType": "DELETE"});
            changed.insert("Configuration".to_owned(), whole);
            return (changed, "DELETE");
        }
        (Some(before), Some(after)) => (before, after),
    };
    let keys = |side: &Value| -> Vec<String> {
        let map = side.as_object();
        map.into_iter()
            .flat_map(|map| map.keys().cloned())
            .collect()
    };
    for key in keys(before).into_iter().chain(keys(after)) {
        let entry = match (before.get(&key), after.get(&key)) {
            (old, new) if old == new => continue,
            (Some(old), Some(new)) => {
                json!({"previousValue": old, "updatedValue": new, "changeType": "UPDATE"})
            }
            (None, new) => json!({"updatedValue": new, "changeType": "CREATE"}),
            (old, None) => json!({"previousValue": old, "changeType": "DELETE"}),
        };
        changed.insert(format!("Configuration.{key}"), entry);
    }
    if let (true, Some((attachment, adds))) = (changed.is_empty(), item.hung) {
        let value = match attachment {
            Attachment::BucketPolicy { document } => json!({"policyText": document.to_string()}),
            Attachment::Route {
                destination,
                target,
                ..
            } => {
                json!({"destination": destination, "target": target})
            }
            Attachment::Grant { grantee, .. } => json!({"granteePrincipal": grantee}),
            Attachment::Nodegroup { name } => name.as_str().into(),
            other => property::element(other),
        };
        let entry = match adds {
            true => json!({"updatedValue": value, "changeType": "CREATE"}),
            false => json!({"previousValue": value, "changeType": "DELETE"}),
        };
        changed.insert(hung_path(attachment).to_owned(), entry);
    }
    (changed, "UPDATE")
}

/// Where AWS Config has such a thing in a resource's configuration.
fn hung_path(attachment: &Attachment) -> &'static str {
    match attachment {
        Attachment::GroupRule { egress: false, .. } => "Configuration.IpPermissions.0",
        Attachment::GroupRule { egress: true, .. } => "Configuration.IpPermissionsEgress.0",
        Attachment::InlinePolicy { .. } => "Configuration.RolePolicyList.0",
        Attachment::ManagedPolicy { .. } => "Configuration.AttachedManagedPolicies.0",
        Attachment::BucketPolicy { .. } => "SupplementaryConfiguration.BucketPolicy",
        Attachment::NoPublicAccessBlock => {
            "SupplementaryConfiguration.PublicAccessBlockConfiguration"
        }
        Attachment::Grant { .. } => "SupplementaryConfiguration.Grants.0",
        Attachment::Route { .. } => "Configuration.Routes.0",
        Attachment::Nodegroup { .. } => "Configuration.Nodegroups.0",
    }
}

/// The tags: its own, and those that CloudFormation gives what can have tags.
fn tags(stack: &Stack, row: &Resource, properties: Option<&Value>) -> Value {
    let mut tags = Map::new();
    let own = properties.and_then(|properties| properties["Tags"].as_array());
    for tag in own.into_iter().flatten() {
        if let Some(key) = tag["Key"].as_str() {
            tags.insert(key.to_owned(), tag["Value"].clone());
        }
    }
    if row.resource_type != "AWS::IAM::Group" {
        for (key, value) in [
            ("stack-id", stack.id.as_ref()),
            ("stack-name", stack.name.as_str()),
            ("logical-id", row.logical_id.as_str()),
        ] {
            tags.insert(format!("aws:cloudformation:{key}"), value.into());
        }
    }
    tags.into()
}

/// AWS Config's id of a resource: IAM's are not called by their names there.
fn id(row: &Resource) -> String {
    let prefix = match row.resource_type.as_str() {
        "AWS::IAM::Role" => "AROA",
        "AWS::IAM::User" => "AIDA",
        "AWS::IAM::Group" => "AGPA",
        "AWS::IAM::ManagedPolicy" => "ANPA",
        _ => return row.physical_id.clone(),
    };
    iam_id(prefix, &row.physical_id)
}
