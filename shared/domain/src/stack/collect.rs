//! The end of a look at one stack: from a finished detection to verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::failures::Failures;
use super::verdict::{RowWord, moved, row_word};
use super::words::{
    Declared, Detection, DriftStatus, PropertyDifference, ResourceDrift, ResourceRow, StackId,
};
use crate::difference::{DifferenceKind, RawDifference};
use crate::identity::Identity;
use crate::look::{Aside, Gap, Modified, Observed, Reason, Uncovered, UncoveredReason, Verdict};
use crate::pointer;
use crate::ports::{Clock, PortError, PortErrorKind, Stacks};
use crate::resource::Resource;
use jiff::Timestamp;
use serde_json::Value;

/// How many resources of one stack are asked again in one look.
const MOST_ASKED_AGAIN: usize = 25;

/// After how many resources in a row that stayed throttled the rest of the stack is not asked any more.
const MOST_THROTTLED: usize = 3;

/// How long to wait before each time a resource is asked again.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// What a look at a stack found.
#[derive(Debug)]
pub struct Collected {
    /// Its resources, each with its verdict; nested stacks are not among them.
    pub resources: Vec<Observed>,
    /// Its nested stacks, to be looked at as units of their own.
    pub nested: Vec<StackId>,
    /// What it says of the resources whose types were asked for.
    pub declared: Vec<Declared>,
}

/// Whether a look asks what the stack says of resources of a type, in sync or not.
pub type Asks = fn(&str) -> bool;

/// Collects what a detection found out about each resource of a stack.
///
/// The verdict comes from the resource rows, never from the stack's summary,
/// and only from rows that are not older than the detection itself. What was
/// throttled, failed or is stale is asked again by its logical id, within
/// bounds, and stays unknown only if that fails too.
///
/// # Errors
///
/// The gap of the stack as a whole: its resources could not be listed, or it
/// was being changed during the look. Any later failure makes only the
/// resources it concerns unknown.
pub async fn collect(
    stacks: &dyn Stacks,
    clock: &dyn Clock,
    stack: &StackId,
    (detection, asks): (&Detection, Asks),
) -> Result<Collected, Gap> {
    let rows = stacks
        .resources(stack.reference())
        .await
        .map_err(|error| error.gap())?;
    collect_rows(stacks, clock, stack, (detection, rows, asks)).await
}

/// [`collect`] from the rows of the stack, as ListStackResources gave them after the detection.
///
/// # Errors
///
/// The gap of the stack as a whole: it was being changed during the look.
pub async fn collect_rows(
    stacks: &dyn Stacks,
    clock: &dyn Clock,
    stack: &StackId,
    (detection, rows, asks): (&Detection, Vec<ResourceRow>, Asks),
) -> Result<Collected, Gap> {
    if let Some(row) = rows.iter().find(|row| moved(row, detection.started_at)) {
        return Err(Gap::new(
            Reason::InMotion,
            format!("{} is {} since the look began", row.logical_id, row.status),
        ));
    }
    let failures = Failures::of(&detection.outcome, |id| {
        rows.iter().any(|row| row.logical_id == id)
    });
    let mut known = BTreeSet::new();
    let asked: Vec<(ResourceRow, Row)> = rows
        .into_iter()
        // Pages may overlap.
        .filter(|row| known.insert(row.logical_id.clone()))
        .map(|row| {
            let word = Row::of(&row, detection, &failures);
            (row, word)
        })
        .collect();
    let is_asked = |row: &ResourceRow, word: &Row| {
        asks(&row.resource_type) && !matches!(word, Row::Skip | Row::Nested)
    };
    let drifts = if asked.iter().any(|(row, word)| is_asked(row, word)) {
        stacks.all_drifts(stack.reference()).await
    } else if asked.iter().any(|(_, word)| matches!(word, Row::AskDrift)) {
        stacks.drifts(stack.reference()).await
    } else {
        Ok(Vec::new())
    };
    let drifts = drifts.map(by_logical_id);
    let mut again = AskAgain {
        stacks,
        clock,
        stack,
        started_at: detection.started_at,
        left: MOST_ASKED_AGAIN,
        throttled: 0,
    };
    let mut collected = Collected {
        resources: Vec::with_capacity(asked.len()),
        nested: Vec::new(),
        declared: Vec::new(),
    };
    for (row, word) in asked {
        if is_asked(&row, &word) {
            let drift = drifts.as_ref().ok().and_then(|it| it.get(&row.logical_id));
            let declared = declared(
                &row,
                drift.filter(|it| it.checked_at >= detection.started_at),
            );
            collected.declared.push(declared);
        }
        let verdict = match word {
            Row::Skip => continue,
            Row::Nested => match StackId::parse(&row.physical_id) {
                Some(id) => {
                    collected.nested.push(id);
                    continue;
                }
                None => Verdict::Unknown(Gap::new(
                    Reason::NotFound,
                    "the nested stack has no ARN, so it cannot be followed",
                )),
            },
            Row::InSync => Verdict::InSync,
            Row::Uncovered => uncovered(&row),
            Row::AskAgain(gap) => again.ask(&row, gap).await,
            Row::AskDrift => match &drifts {
                Err(error) => Verdict::Unknown(error.gap()),
                Ok(drifts) => match drifts.get(&row.logical_id) {
                    Some(drift) if drift.checked_at >= detection.started_at => {
                        match verdict(drift) {
                            Verdict::Unknown(gap) => again.ask(&row, gap).await,
                            verdict => verdict,
                        }
                    }
                    _ => again.ask(&row, stale(&row)).await,
                },
            },
        };
        collected.resources.push(observed(stack, &row, verdict));
    }
    Ok(collected)
}

fn declared(row: &ResourceRow, drift: Option<&ResourceDrift>) -> Declared {
    Declared {
        logical_id: row.logical_id.clone(),
        resource_type: row.resource_type.clone(),
        physical_id: row.physical_id.clone(),
        expected: drift
            .map(|it| it.expected.clone())
            .filter(|expected| !expected.is_null()),
    }
}

/// A look at one resource, checked at once, and what its stack says of it;
/// the latter is there only where the type is asked for.
///
/// # Errors
///
/// Whatever the check answers. A type without drift support is no error.
pub async fn look_at_resource(
    stacks: &dyn Stacks,
    stack: &StackId,
    logical_id: &str,
    asks: Asks,
) -> Result<(Observed, Option<Declared>), PortError> {
    let drift = stacks
        .detect_resource(stack.reference(), logical_id)
        .await?;
    if drift.logical_id != logical_id {
        return Err(PortError::new(
            PortErrorKind::Invalid,
            "cloudformation:DetectStackResourceDrift",
            "the answer is about another resource",
        ));
    }
    let row = ResourceRow {
        logical_id: drift.logical_id.clone(),
        physical_id: drift.physical_id.clone(),
        resource_type: drift.resource_type.clone(),
        status: String::new(),
        drift_status: drift.status,
        checked_at: Some(drift.checked_at),
        updated_at: None,
    };
    let declared = asks(&row.resource_type).then(|| declared(&row, Some(&drift)));
    Ok((observed(stack, &row, verdict(&drift)), declared))
}

/// What to do about a row.
enum Row {
    Skip,
    Nested,
    InSync,
    Uncovered,
    AskDrift,
    AskAgain(Gap),
}

impl Row {
    fn of(row: &ResourceRow, detection: &Detection, failures: &Failures) -> Self {
        match row_word(row, detection.started_at) {
            RowWord::Gone => Row::Skip,
            RowWord::Nested => Row::Nested,
            RowWord::AskDrift => Row::AskDrift,
            RowWord::InSync => match failures.named(&row.logical_id) {
                Some(reason) => Row::AskAgain(gap_of(Some(reason))),
                None => Row::InSync,
            },
            RowWord::Stale => match failures.named(&row.logical_id) {
                Some(reason) => Row::AskAgain(gap_of(Some(reason))),
                None => Row::AskAgain(stale(row)),
            },
            // In a failed detection “not checked” may mean that it should have been.
            RowWord::Uncovered => match failures.concerns(&row.logical_id) {
                Some(reason) => Row::AskAgain(gap_of(Some(reason))),
                None => Row::Uncovered,
            },
        }
    }
}

/// Asks resources again, one at a time, within the bounds of one look.
struct AskAgain<'a> {
    stacks: &'a dyn Stacks,
    clock: &'a dyn Clock,
    stack: &'a StackId,
    /// No answer older than the detection counts.
    started_at: Timestamp,
    left: usize,
    /// How many resources in a row stayed throttled.
    throttled: usize,
}

impl AskAgain<'_> {
    /// The verdict of a resource whose answer so far is `gap`.
    async fn ask(&mut self, row: &ResourceRow, gap: Gap) -> Verdict {
        if self.left == 0 || self.throttled == MOST_THROTTLED {
            return Verdict::Unknown(gap);
        }
        self.left -= 1;
        let verdict = self.answer(row, gap).await;
        let throttled =
            matches!(&verdict, Verdict::Unknown(gap) if gap.reason == Reason::Throttled);
        self.throttled = if throttled { self.throttled + 1 } else { 0 };
        verdict
    }

    async fn answer(&self, row: &ResourceRow, mut gap: Gap) -> Verdict {
        for pause in PAUSES {
            if gap.reason == Reason::Throttled {
                self.clock.sleep(pause).await;
            }
            let asked = self
                .stacks
                .detect_resource(self.stack.reference(), &row.logical_id)
                .await;
            match asked {
                Ok(drift) if drift.logical_id != row.logical_id => {
                    gap = Gap::new(
                        Reason::Invalid,
                        "asked again, the answer is about another resource",
                    );
                }
                Ok(drift) if drift.checked_at < self.started_at => {
                    gap = Gap::new(
                        Reason::Stale,
                        "asked again, the answer is older than this look",
                    );
                }
                Ok(drift) if drift.status == DriftStatus::NotChecked => match drift.reason {
                    None if was_never_checked(row) => return uncovered(row),
                    None => {}
                    reason => gap = gap_of(reason.as_deref()),
                },
                Ok(drift) => match verdict(&drift) {
                    Verdict::Unknown(newer) => gap = newer,
                    verdict => return verdict,
                },
                Err(error) if was_never_checked(row) && is_unsupported(&error, row) => {
                    return uncovered(row);
                }
                // The adapter has retried what can be retried.
                Err(error) => return Verdict::Unknown(error.gap()),
            }
        }
        Verdict::Unknown(gap)
    }
}

/// Whether nothing ever checked the resource; what was checked once has drift support.
fn was_never_checked(row: &ResourceRow) -> bool {
    row.checked_at.is_none()
}

/// Whether the API refused a resource because its type has no drift support.
fn is_unsupported(error: &PortError, row: &ResourceRow) -> bool {
    let text = error.detail.to_ascii_lowercase();
    error.kind == PortErrorKind::Invalid
        && text.contains("support")
        && (text.contains("resource type")
            || text.contains(&row.resource_type.to_ascii_lowercase()))
}

fn by_logical_id(drifts: Vec<ResourceDrift>) -> BTreeMap<String, ResourceDrift> {
    drifts
        .into_iter()
        .map(|drift| (drift.logical_id.clone(), drift))
        .collect()
}

fn observed(stack: &StackId, row: &ResourceRow, verdict: Verdict) -> Observed {
    Observed {
        identity: Identity::stack_resource(
            stack.account(),
            stack.region(),
            stack.name(),
            &row.logical_id,
        ),
        resource: Resource {
            kind: row.resource_type.clone(),
            id: row.physical_id.clone(),
            name: row.logical_id.clone(),
            account: Some(stack.account().to_owned()),
            region: Some(stack.region().to_owned()),
            stack: Some(stack.name().to_owned()),
            ..Resource::default()
        },
        verdict,
        aside: Aside::default(),
    }
}

fn uncovered(row: &ResourceRow) -> Verdict {
    Verdict::Uncovered(Uncovered {
        reason: UncoveredReason::NoDriftSupport,
        detail: format!(
            "CloudFormation did not check it: {} has no drift support, or a rollback skipped it",
            row.resource_type
        ),
    })
}

fn stale(row: &ResourceRow) -> Gap {
    Gap::new(
        Reason::Stale,
        match row.checked_at {
            Some(at) => format!("last checked at {at}, before this look began"),
            None => "it has a drift status and no time of check".to_owned(),
        },
    )
}

/// What a drift says.
fn verdict(drift: &ResourceDrift) -> Verdict {
    match drift.status {
        DriftStatus::InSync => Verdict::InSync,
        DriftStatus::Deleted => Verdict::Deleted,
        DriftStatus::Unknown | DriftStatus::NotChecked => {
            Verdict::Unknown(gap_of(drift.reason.as_deref()))
        }
        DriftStatus::Unsupported => Verdict::Uncovered(Uncovered {
            reason: UncoveredReason::NoDriftSupport,
            detail: "CloudFormation calls it unsupported".to_owned(),
        }),
        DriftStatus::Modified if drift.differences.is_empty() => Verdict::Unknown(Gap::new(
            Reason::Invalid,
            "MODIFIED, and not one property difference",
        )),
        DriftStatus::Modified => Verdict::Modified(Modified {
            differences: drift
                .differences
                .iter()
                .map(|it| difference(it, &drift.expected, &drift.actual))
                .collect(),
            expected: drift.expected.clone(),
            actual: drift.actual.clone(),
            unread: None,
        }),
    }
}

/// A property difference with values of their own type: from the property
/// trees at its path. Where those have nothing there, or something else than
/// the API says (it compares a tag with the one of the same key, wherever that
/// stands in the list), its own string is the value.
fn difference(it: &PropertyDifference, expected: &Value, actual: &Value) -> RawDifference {
    let side = |tree: &Value, text: &Option<String>| {
        // An absent text and an empty one look the same here.
        let text = text.as_deref().filter(|text| !text.is_empty());
        pointer::get(tree, &it.path)
            .filter(|value| !it.path.is_empty() && text.is_none_or(|text| says(text, value)))
            .cloned()
            .or_else(|| text.map(typed))
    };
    RawDifference {
        entry: None,
        path: it.path.clone(),
        kind: it.kind,
        expected: (it.kind != DifferenceKind::Added)
            .then(|| side(expected, &it.expected).unwrap_or(Value::Null)),
        actual: (it.kind != DifferenceKind::Removed)
            .then(|| side(actual, &it.actual).unwrap_or(Value::Null)),
        potential: false,
        attribution: None,
        cause: None,
    }
}

/// Whether the API's string is this value.
fn says(text: &str, value: &Value) -> bool {
    value.as_str() == Some(text)
        || serde_json::from_str::<Value>(text).is_ok_and(|parsed| parsed == *value)
}

/// The API's string as a value: objects and lists are JSON, everything else
/// stays text (an account id is no number).
fn typed(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => value,
        _ => Value::from(text),
    }
}

/// The reason behind CloudFormation's own words for a failed check.
fn gap_of(words: Option<&str>) -> Gap {
    let Some(words) = words.filter(|it| !it.trim().is_empty()) else {
        return Gap::new(Reason::Failed, "CloudFormation gave no reason");
    };
    let text = words.to_ascii_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let reason = if says(&[
        "rate exceeded",
        "throttl",
        "too many requests",
        "toomanyrequests",
    ]) {
        Reason::Throttled
    } else if says(&[
        "accessdenied",
        "access denied",
        "not authorized",
        "unauthorized",
        "forbidden",
    ]) {
        Reason::Denied
    } else if says(&["timed out", "timeout"]) {
        Reason::Timeout
    } else {
        Reason::Failed
    };
    Gap::new(reason, clean(words))
}

/// Somebody else's words, on one line and bounded.
fn clean(words: &str) -> String {
    const LONGEST: usize = 500;
    words
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests;
