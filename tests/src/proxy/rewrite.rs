//! The usual edits of real answers: states that the emulator does not get into by itself.

use super::Fault;
use crate::xml;

/// `DescribeStackDriftDetectionStatus`: still at work, as before the first result.
#[must_use]
pub fn detection_in_progress() -> Fault {
    Fault::rewrite(|body| {
        let body = xml::with_text(body, "DetectionStatus", "DETECTION_IN_PROGRESS");
        let body = xml::without(&body, "DriftedStackResourceCount");
        xml::with_text(&body, "StackDriftStatus", "NOT_CHECKED")
    })
}

/// `DescribeStackDriftDetectionStatus`: failed for at least one resource, with this reason.
#[must_use]
pub fn detection_failed(reason: &str) -> Fault {
    let reason = xml::escape(reason);
    Fault::rewrite(move |body| {
        let body = xml::without(body, "DetectionStatusReason");
        let body = xml::with_text(&body, "DetectionStatus", "DETECTION_FAILED");
        let end = "</DetectionStatus>";
        body.replacen(
            end,
            &format!("{end}<DetectionStatusReason>{reason}</DetectionStatusReason>"),
            1,
        )
    })
}

/// `DescribeStackResourceDrifts`: this resource could not be compared, with this reason (left out when empty).
#[must_use]
pub fn unknown_row(logical_id: &str, reason: &str) -> Fault {
    let element = match reason {
        "" => String::new(),
        reason => format!(
            "<DriftStatusReason>{}</DriftStatusReason>",
            xml::escape(reason)
        ),
    };
    edit_entry("LogicalResourceId", logical_id, move |row| {
        let row = xml::without(row, "PropertyDifferences");
        let row = xml::with_text(&row, "StackResourceDriftStatus", "UNKNOWN");
        format!("{row}{element}")
    })
}

/// `DescribeStackResourceDrifts`: this resource was last compared at this time (RFC 3339).
#[must_use]
pub fn row_from(logical_id: &str, time: &str) -> Fault {
    let time = time.to_owned();
    edit_entry("LogicalResourceId", logical_id, move |row| {
        xml::with_text(row, "Timestamp", &time)
    })
}

/// `DescribeStackResourceDrifts`, `ListStackResources`: this resource is missing from the answer.
#[must_use]
pub fn without_row(logical_id: &str) -> Fault {
    let name = format!(
        "<LogicalResourceId>{}</LogicalResourceId>",
        xml::escape(logical_id)
    );
    Fault::rewrite(move |body| {
        let list = ["StackResourceDrifts", "StackResourceSummaries"];
        let rows = list.into_iter().flat_map(|list| xml::list(body, list));
        match rows.into_iter().find(|row| row.contains(&name)) {
            Some(row) => body.replacen(&format!("<member>{row}</member>"), "", 1),
            None => body.to_owned(),
        }
    })
}

/// `DescribeStacks`, `ListStacks`: this stack is in this status.
#[must_use]
pub fn stack_status(name: &str, status: &str) -> Fault {
    let status = status.to_owned();
    edit_entry("StackName", name, move |stack| {
        xml::with_text(stack, "StackStatus", &status)
    })
}

/// Edits the first entry, of any list, whose element `tag` holds `value`.
pub fn edit_entry(
    tag: &str,
    value: &str,
    edit: impl Fn(&str) -> String + Send + Sync + 'static,
) -> Fault {
    const LISTS: [&str; 5] = [
        "StackResourceDrifts",
        "StackResourceSummaries",
        "StackResources",
        "Stacks",
        "StackSummaries",
    ];
    let mark = format!("<{tag}>{}</{tag}>", xml::escape(value));
    Fault::rewrite(move |body| {
        let entries = LISTS.into_iter().flat_map(|list| xml::list(body, list));
        match entries.into_iter().find(|entry| entry.contains(&mark)) {
            Some(entry) => body.replacen(entry, &edit(entry), 1),
            None => body.to_owned(),
        }
    })
}
