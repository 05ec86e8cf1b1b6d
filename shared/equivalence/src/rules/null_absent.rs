//! Nothing, and null.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::rule::Rule;

/// A null where the template says nothing.
pub(crate) struct NullAbsent;

/// Documents in which `null` says something.
const DOCUMENTS: &[&str] = &[
    "Body",
    "Condition",
    "Content",
    "Definition",
    "EventPattern",
    "Input",
    "InputTransformer",
    "Payload",
    "Schema",
];

impl Rule for NullAbsent {
    fn name(&self) -> &'static str {
        "null-absent"
    }

    fn source(&self) -> &'static str {
        "<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2563> (the service adds null blocks that the template does not have) and <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html> (a property without a value is left out, `AWS::NoValue`)"
    }

    fn summary(&self) -> &'static str {
        "A property that reality has as `null` and that the template leaves out has no value on either side."
    }

    fn notes(&self) -> String {
        format!(
            "Only where the template says nothing there: a value that became `null` is drift. Never under {} or \
             anything named after a policy: in these documents `null` is a value.",
            super::listed(DOCUMENTS)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        let (container, _) = pointer::parent(&difference.path)?;
        let silent = pointer::get(comparison.expected, container)?.is_object()
            && pointer::get(comparison.expected, &difference.path).is_none();
        let is_document = pointer::segments(&difference.path).any(|name| {
            DOCUMENTS.contains(&name.as_str()) || name.to_ascii_lowercase().contains("polic")
        });
        (difference.kind == DifferenceKind::Added
            && difference.actual == Some(Value::Null)
            && silent
            && !is_document)
            .then(|| "no value on either side".to_owned())
    }
}
