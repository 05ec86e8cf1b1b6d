//! What the last checks of a stack's resources saw.

use super::{Ask, PAGE, missing, token};
use crate::answer::Failure;
use crate::compare::{differences, value_text};
use crate::lock;
use crate::state::Resource;
use crate::time::iso_millis;
use crate::xml::Xml;

const STATUSES: [&str; 6] = [
    "IN_SYNC",
    "MODIFIED",
    "DELETED",
    "NOT_CHECKED",
    "UNKNOWN",
    "UNSUPPORTED",
];

pub(super) fn describe(ask: &Ask<'_>) -> Result<String, Failure> {
    let name = ask.required("StackName")?;
    let filters = ask.form.members("StackResourceDriftStatusFilters");
    if filters.iter().any(|filter| !STATUSES.contains(filter)) {
        return Err(Failure::validation(format!(
            "1 validation error detected: Value '{filters:?}' at 'stackResourceDriftStatusFilters' failed to satisfy \
             constraint: Member must satisfy enum value set: {STATUSES:?}"
        )));
    }
    let page = match ask.form.get("MaxResults").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(rows)) if (1..=PAGE).contains(&rows) => rows,
        Some(_) => {
            return Err(Failure::validation(
                "MaxResults must be a number from 1 to 100",
            ));
        }
    };
    let offset = ask.offset()?;
    let state = lock(&ask.shared.state);
    let number = ask.stack(&state, name)?;
    let stack = state
        .places
        .get(ask.place)
        .and_then(|place| place.stacks.get(&number))
        .ok_or_else(|| missing(name))?;
    // What was never checked has no result to give.
    let is_meant = |resource: &&Resource| {
        let check = resource.check.as_ref();
        check.is_some_and(|check| filters.is_empty() || filters.contains(&check.status))
    };
    let rows: Vec<_> = stack.resources.iter().filter(is_meant).collect();
    let mut xml = Xml::new();
    let shown = rows.iter().skip(offset).take(page);
    xml.list("StackResourceDrifts", shown, |xml, row| {
        drift(xml, &stack.id, row)
    });
    if rows.len() > offset + page {
        xml.text("NextToken", &token(offset + page));
    }
    Ok(xml.into_string())
}

/// One StackResourceDrift.
pub(super) fn drift(xml: &mut Xml, stack_id: &str, resource: &Resource) {
    let Some(check) = &resource.check else {
        return;
    };
    xml.text("StackId", stack_id)
        .text("LogicalResourceId", &resource.logical_id)
        .text("PhysicalResourceId", &resource.physical_id)
        .text("ResourceType", &resource.resource_type)
        .text("StackResourceDriftStatus", check.status)
        .maybe("DriftStatusReason", check.reason.as_deref());
    if let (Some(expected), Some(actual)) = (&check.expected, &check.actual) {
        let found = match check.status {
            "MODIFIED" => differences(&expected.value(), &actual.value()),
            _ => Vec::new(),
        };
        xml.text("ExpectedProperties", expected.text())
            .text("ActualProperties", actual.text());
        xml.list("PropertyDifferences", found, |xml, row| {
            xml.text("PropertyPath", &row.path)
                .text("ExpectedValue", &value_text(row.expected.as_ref()))
                .text("ActualValue", &value_text(row.actual.as_ref()))
                .text("DifferenceType", row.kind.as_str());
        });
    }
    xml.text("Timestamp", &iso_millis(check.at));
}
