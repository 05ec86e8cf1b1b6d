//! Lists of stacks and of their resources.

use serde_json::{Map, Value, json};

use super::{Ask, PAGE, missing, token};
use crate::answer::Failure;
use crate::lock;
use crate::state::{Resource, Stack};
use crate::time::iso_millis;
use crate::xml::Xml;

/// The newest stacks first, deleted ones included.
pub(super) fn list_stacks(ask: &Ask<'_>) -> Result<String, Failure> {
    let wanted = ask.form.members("StackStatusFilter");
    // The token is the last stack of the page before, so that stacks made meanwhile move nothing.
    let before = match ask.offset()? {
        0 => u64::MAX,
        number => number as u64,
    };
    let state = lock(&ask.shared.state);
    let place = state.places.get(ask.place);
    let rows = place
        .into_iter()
        .flat_map(|place| place.stacks.range(..before).rev());
    let mut rows = rows
        .filter(|(_, stack)| wanted.is_empty() || wanted.contains(&stack.status.as_str()))
        .peekable();
    let mut xml = Xml::new();
    let mut last = 0;
    xml.list(
        "StackSummaries",
        rows.by_ref().take(PAGE),
        |xml, (number, stack)| {
            last = *number;
            summary(xml, stack);
        },
    );
    if rows.peek().is_some() {
        xml.text(
            "NextToken",
            &token(usize::try_from(last).unwrap_or_default()),
        );
    }
    Ok(xml.into_string())
}

pub(super) fn describe_stacks(ask: &Ask<'_>) -> Result<String, Failure> {
    let offset = ask.offset()?;
    let state = lock(&ask.shared.state);
    let place = state.places.get(ask.place);
    let mut xml = Xml::new();
    if let Some(name) = ask.form.get("StackName") {
        let number = ask.stack(&state, name)?;
        let stack = place
            .and_then(|place| place.stacks.get(&number))
            .ok_or_else(|| missing(name))?;
        xml.list("Stacks", [stack], description);
        return Ok(xml.into_string());
    }
    let stacks = place
        .into_iter()
        .flat_map(|place| place.stacks.values().rev());
    let mut rows = stacks
        .filter(|stack| stack.deleted.is_none())
        .skip(offset)
        .peekable();
    xml.list("Stacks", rows.by_ref().take(PAGE), description);
    if rows.peek().is_some() {
        xml.text("NextToken", &token(offset + PAGE));
    }
    Ok(xml.into_string())
}

pub(super) fn list_resources(ask: &Ask<'_>) -> Result<String, Failure> {
    let name = ask.required("StackName")?;
    let offset = ask.offset()?;
    let state = lock(&ask.shared.state);
    let number = ask.stack(&state, name)?;
    let stack = state
        .places
        .get(ask.place)
        .and_then(|place| place.stacks.get(&number))
        .ok_or_else(|| missing(name))?;
    let mut xml = Xml::new();
    let page = stack.resources.iter().skip(offset).take(PAGE);
    xml.list("StackResourceSummaries", page, resource);
    if stack.resources.len() > offset + PAGE {
        xml.text("NextToken", &token(offset + PAGE));
    }
    Ok(xml.into_string())
}

/// The template as it was sent; of a stack that the Rust interface made what it comes to, its references resolved.
pub(super) fn template(ask: &Ask<'_>) -> Result<String, Failure> {
    let name = ask.required("StackName")?;
    let state = lock(&ask.shared.state);
    let number = ask.stack(&state, name)?;
    let stack = state
        .places
        .get(ask.place)
        .and_then(|place| place.stacks.get(&number))
        .ok_or_else(|| missing(name))?;
    let mut xml = Xml::new();
    match &stack.template {
        Some(template) => xml.text("TemplateBody", template),
        None => {
            let resources: Map<_, _> = stack.resources.iter().map(declaration).collect();
            xml.text("TemplateBody", &json!({"Resources": resources}).to_string())
        }
    };
    Ok(xml.into_string())
}

fn declaration(row: &Resource) -> (String, Value) {
    let properties = row.expected.value();
    let resource = json!({"Type": row.resource_type, "Properties": properties});
    (row.logical_id.clone(), resource)
}

fn summary(xml: &mut Xml, stack: &Stack) {
    common(xml, stack);
    let deleted = stack.deleted.map(iso_millis);
    xml.maybe("DeletionTime", deleted.as_deref());
}

fn description(xml: &mut Xml, stack: &Stack) {
    common(xml, stack);
    xml.text("DisableRollback", "false")
        .text("EnableTerminationProtection", "false")
        .list("Tags", &stack.tags, |xml, (key, value)| {
            xml.text("Key", key).text("Value", value);
        });
}

fn common(xml: &mut Xml, stack: &Stack) {
    xml.text("StackId", &stack.id)
        .text("StackName", &stack.name)
        .text("CreationTime", &iso_millis(stack.created))
        .maybe("LastUpdatedTime", stack.updated.map(iso_millis).as_deref())
        .text("StackStatus", &stack.status)
        .maybe("ParentId", stack.parent.as_deref())
        .maybe("RootId", stack.root.as_deref())
        .element("DriftInformation", |xml| {
            xml.text("StackDriftStatus", stack.drift).maybe(
                "LastCheckTimestamp",
                stack.checked.map(iso_millis).as_deref(),
            );
        });
}

fn resource(xml: &mut Xml, row: &Resource) {
    let check = row.check.as_ref();
    xml.text("LogicalResourceId", &row.logical_id)
        .text("PhysicalResourceId", &row.physical_id)
        .text("ResourceType", &row.resource_type)
        .text("LastUpdatedTimestamp", &iso_millis(row.updated))
        .text("ResourceStatus", row.status)
        .element("DriftInformation", |xml| {
            let status = check.map_or("NOT_CHECKED", |check| check.status);
            let at = check.map(|check| iso_millis(check.at));
            xml.text("StackResourceDriftStatus", status)
                .maybe("LastCheckTimestamp", at.as_deref());
        });
}
