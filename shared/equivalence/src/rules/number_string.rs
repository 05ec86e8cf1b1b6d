//! Numbers and booleans as text.

use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::places;
use crate::rule::Rule;
use crate::spelling::{Spelling, same};
use crate::tags::{self, Tags};

/// The same number or boolean, on one side as text.
pub(crate) struct NumberString;

/// Documents in which `5` and `"5"` are two values.
const TYPED: &[&str] = &[
    "Body",
    "DashboardBody",
    "Definition",
    "DefinitionString",
    "EventPattern",
    "FilterPolicy",
    "Input",
    "InputTransformer",
    "Payload",
    "Schema",
];

impl Rule for NumberString {
    fn name(&self) -> &'static str {
        "number-string"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html> (a parameter of type Number is used as a string)"
    }

    fn summary(&self) -> &'static str {
        "A number or boolean and the same as text, such as `30` and `\"30\"` or `true` and `\"true\"`, are no difference; nor are `1` and `1.0`."
    }

    fn notes(&self) -> String {
        format!(
            "The text must be just how the number is written: `\"030\"`, `\"+30\"`, `\"1e3\"` and `\"1.10\"` are text. \
             Two texts that differ always differ, and a number too large to be read exactly equals nothing. \
             Never under {}: in these documents a number and its text are two values.",
            super::listed(TYPED)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        if places::passes(&difference.path, TYPED) {
            return None;
        }
        let (expected, actual) = (difference.expected.as_ref()?, difference.actual.as_ref()?);
        if holds_typed(expected)
            || of_two_tags(comparison)
            || !same(expected, actual, Spelling::Scalars)
        {
            return None;
        }
        Some("the same numbers and booleans, on one side as text".to_owned())
    }
}

/// Whether the values are those of two tags that only stand at the same index.
fn of_two_tags(comparison: &Comparison<'_>) -> bool {
    let path = &comparison.difference.path;
    let Some(list) = tags::enclosing(path) else {
        return false;
    };
    let Some((index, _)) = places::item(path, list) else {
        return false;
    };
    let key = |tree| {
        let tags = Tags::read(pointer::get(tree, list)?)?;
        tags.at(index).map(|tag| tag.key.clone())
    };
    let (expected, actual) = (key(comparison.expected), key(comparison.actual));
    expected.is_none() || expected != actual
}

/// Whether such a document is somewhere inside.
fn holds_typed(value: &Value) -> bool {
    match value {
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| TYPED.contains(&key.as_str()) || holds_typed(value)),
        Value::Array(items) => items.iter().any(holds_typed),
        _ => false,
    }
}
