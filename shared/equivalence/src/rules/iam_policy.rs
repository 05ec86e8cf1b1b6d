//! Policy documents.

mod canonical;

use domain::judge::Comparison;
use serde_json::Value;

pub(super) use canonical::Policy;

use crate::places;
use crate::rule::Rule;
use crate::spelling;

/// Two spellings of one policy document.
pub(crate) struct IamPolicy;

impl Rule for IamPolicy {
    fn name(&self) -> &'static str {
        "iam-policy"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html> and <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>"
    }

    fn summary(&self) -> &'static str {
        "Two policy documents that allow and deny just the same, in another spelling, are no difference."
    }

    fn notes(&self) -> String {
        "A document is what stands under a property named after a policy (`PolicyDocument`, `AssumeRolePolicyDocument`, \
         `KeyPolicy`, …), or is the `Content` of an organization's policy, and has statements. \
         However deep in it a difference is, the whole documents are compared:\n\n\
         - one statement is a list of one; the order of statements means nothing;\n\
         - one action, resource, principal or condition value is a list of one; these lists are sets, and action names have no case;\n\
         - the principal `\"*\"` is `{\"AWS\": \"*\"}`, an account id is the ARN of its root;\n\
         - condition values are text, so `true` is `\"true\"`; no version is version 2008-10-17; an empty `Sid` is none.\n\n\
         Everything else is drift: a statement more or less, `Allow` for `Deny`, another action, resource, principal, condition, `Sid` or version. \
         A document with an element that the grammar does not know is not compared."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        same_documents(comparison, Some).then(|| "two spellings of one policy document".to_owned())
    }
}

/// Whether a difference stands in a policy document that is, in some form, the
/// same on both sides. `None` from `form` means that a document has none.
pub(super) fn same_documents(
    comparison: &Comparison<'_>,
    form: impl Fn(Policy) -> Option<Policy>,
) -> bool {
    let read = |side: &Value| form(document(side)?);
    places::prefixes(&comparison.difference.path)
        .filter(|prefix| is_policy_name(comparison.resource_type, &places::last(prefix)))
        .filter_map(|prefix| places::both(comparison, prefix))
        .any(|(expected, actual)| match (read(expected), read(actual)) {
            (Some(expected), Some(actual)) => expected == actual,
            _ => false,
        })
}

fn is_policy_name(resource_type: &str, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("polic") || (resource_type == "AWS::Organizations::Policy" && name == "content")
}

/// A policy document in canonical form, from an object or its text.
fn document(side: &Value) -> Option<Policy> {
    match side {
        Value::String(text) => Policy::read(&spelling::parse(text)?),
        other => Policy::read(other),
    }
}
