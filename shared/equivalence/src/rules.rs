//! The rules, one file each.

mod absent_empty;
mod aws_tags;
mod iam_policy;
mod json_string;
mod number_string;
mod service_default;
mod set_order;
mod tag_order;

use crate::rule::Rule;

/// Every rule, in the order in which they are asked.
pub(crate) const ALL: &[&dyn Rule] = &[
    &tag_order::TagOrder,
    &aws_tags::AwsTags,
    &json_string::JsonString,
    &set_order::SetOrder,
    &number_string::NumberString,
    &absent_empty::AbsentEmpty,
    &iam_policy::IamPolicy,
    &service_default::ServiceDefault,
];

/// Names as a sentence lists them.
fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
