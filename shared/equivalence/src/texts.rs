//! Two spellings of one text, at places that are known for them.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::document;
use crate::places;

/// A property of a type, and what says that it has two spellings.
pub(crate) struct Place {
    resource_type: &'static str,
    /// Where; `*` stands for an index.
    path: &'static str,
    source: &'static str,
}

/// A row of a table of places.
pub(crate) const fn place(
    resource_type: &'static str,
    path: &'static str,
    source: &'static str,
) -> Place {
    Place {
        resource_type,
        path,
        source,
    }
}

/// Whether a difference stands at one of the places.
pub(crate) fn stands_at(comparison: &Comparison<'_>, places: &[Place]) -> bool {
    places.iter().any(|place| {
        place.resource_type == comparison.resource_type
            && places::fits(place.path, &comparison.difference.path)
    })
}

/// The two texts of a changed value at one of the places.
pub(crate) fn changed<'c>(
    comparison: &Comparison<'c>,
    places: &[Place],
) -> Option<(&'c str, &'c str)> {
    let difference = comparison.difference;
    if difference.kind != DifferenceKind::Changed || !stands_at(comparison, places) {
        return None;
    }
    Some((
        difference.expected.as_ref()?.as_str()?,
        difference.actual.as_ref()?.as_str()?,
    ))
}

/// The places as a table of the page.
pub(crate) fn table(places: &[Place]) -> String {
    document::table(
        ["type", "property", "documented by"],
        places.iter().map(|place| {
            [
                format!("`{}`", place.resource_type),
                format!("`{}`", place.path),
                place.source.to_owned(),
            ]
        }),
    )
}

/// A boolean, or its text.
pub(crate) fn flag(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text == "true" => Some(true),
        Value::String(text) if text == "false" => Some(false),
        _ => None,
    }
}

/// A whole number, or its text.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => {
            let whole: i64 = text.parse().ok()?;
            (whole.to_string() == *text).then_some(whole)
        }
        other => other.as_i64(),
    }
}

/// The whole numbers of a changed value at a path of the type; texts count too.
pub(crate) fn changed_whole(
    comparison: &Comparison<'_>,
    resource_type: &str,
    path: &str,
) -> Option<(i64, i64)> {
    let difference = comparison.difference;
    if difference.kind != DifferenceKind::Changed
        || comparison.resource_type != resource_type
        || difference.path != path
    {
        return None;
    }
    Some((
        whole(difference.expected.as_ref()?)?,
        whole(difference.actual.as_ref()?)?,
    ))
}

/// A whole number that the template states and that reality, where it says it, says too.
pub(crate) fn agreed_whole(comparison: &Comparison<'_>, path: &str) -> Option<i64> {
    let expected = whole(pointer::get(comparison.expected, path)?)?;
    match pointer::get(comparison.actual, path) {
        None => Some(expected),
        Some(actual) => (whole(actual) == Some(expected)).then_some(expected),
    }
}

/// Whether a changed whole number lies, in reality, between two bounds that both sides agree on.
pub(crate) fn within(
    comparison: &Comparison<'_>,
    actual: i64,
    (least, most): (&str, &str),
) -> bool {
    let bounds = agreed_whole(comparison, least).zip(agreed_whole(comparison, most));
    bounds.is_some_and(|(least, most)| (least..=most).contains(&actual))
}
