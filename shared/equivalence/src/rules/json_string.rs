//! JSON in text.

use domain::judge::Comparison;
use serde_json::Value;

use crate::places;
use crate::rule::Rule;
use crate::spelling::{self, Spelling};

/// The same JSON, once or twice as text.
pub(crate) struct JsonString;

/// Properties whose text is handed on byte by byte: white space in it is content.
const VERBATIM: &[&str] = &[
    "Description",
    "Environment",
    "EnvironmentVariables",
    "SecretString",
    "Tags",
    "UserData",
    "Value",
    "ZipFile",
];

impl Rule for JsonString {
    fn name(&self) -> &'static str {
        "json-string"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-model-false-drift.html> (a read handler may not return a value just as the template gave it) and RFC 8259, section 4 (an object is an unordered collection)"
    }

    fn summary(&self) -> &'static str {
        "A JSON document as text and the same document as an object, or as text with other white space, key order or number spelling, are no difference."
    }

    fn notes(&self) -> String {
        format!(
            "Policies, `DashboardBody`, `EventPattern`, `DefinitionString`, `RedrivePolicy` and the like. \
             The order of lists stays meaningful, `\"1\"` is not `1`, and a document that says one key twice equals nothing. \
             Never under {}: there the text itself is the content.",
            super::listed(VERBATIM)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        if places::passes(&difference.path, VERBATIM) {
            return None;
        }
        let (expected, actual) = (difference.expected.as_ref()?, difference.actual.as_ref()?);
        let detail = match (expected, actual) {
            (Value::String(_), Value::String(_)) => "the same JSON document in another spelling",
            (Value::String(_), _) | (_, Value::String(_)) => {
                "the same JSON document, on one side as text"
            }
            _ => return None,
        };
        let same = document(expected)? == document(actual)?;
        same.then(|| detail.to_owned())
    }
}

/// The document in its normal spelling.
fn document(side: &Value) -> Option<String> {
    match side {
        Value::String(text) => spelling::normal(&spelling::parse(text)?, Spelling::Json),
        Value::Object(_) | Value::Array(_) => spelling::normal(side, Spelling::Json),
        _ => None,
    }
}
