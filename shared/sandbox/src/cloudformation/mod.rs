//! CloudFormation over the query protocol.

mod change;
mod detect;
mod drifts;
mod listing;
mod stacks;
mod template;

use jiff::Timestamp;

use crate::answer::Failure;
use crate::form::Form;
use crate::shared::Shared;
use crate::state::{State, Where};

pub(crate) use change::{Update, change};
pub(crate) use detect::settle;
pub(crate) use stacks::{Making, arn, fresh, make};
pub(crate) use template::Planned;

pub(crate) const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// Rows of one page.
const PAGE: usize = 100;

/// One call.
pub(crate) struct Ask<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) form: &'a Form,
    pub(crate) place: &'a Where,
    /// The caller's ARN.
    pub(crate) principal: &'a str,
    pub(crate) now: Timestamp,
}

impl Ask<'_> {
    fn required(&self, name: &str) -> Result<&str, Failure> {
        self.form.get(name).ok_or_else(|| {
            let mut member = name.to_owned();
            if let Some(first) = member.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            Failure::validation(format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ))
        })
    }

    /// The number of the stack that the call names.
    fn stack(&self, state: &State, name: &str) -> Result<u64, Failure> {
        let place = state.places.get(self.place);
        place
            .and_then(|place| place.number(name))
            .ok_or_else(|| missing(name))
    }

    /// The place in a list that a NextToken stands for.
    fn offset(&self) -> Result<usize, Failure> {
        let Some(token) = self.form.get("NextToken") else {
            return Ok(0);
        };
        let offset = token
            .strip_prefix("page-")
            .and_then(|number| number.parse().ok());
        offset.ok_or_else(|| Failure::validation("The specified NextToken is not valid"))
    }
}

fn missing(stack: &str) -> Failure {
    Failure::validation(format!("Stack with id {stack} does not exist"))
}

fn token(next: usize) -> String {
    format!("page-{next}")
}

/// The stack's name in a call, for faults and the log.
pub(crate) fn stack_named(state: &State, place: &Where, form: &Form) -> Option<String> {
    let content = state.places.get(place);
    let known = |number: u64| Some(content?.stacks.get(&number)?.name.clone());
    if let Some(id) = form.get("StackDriftDetectionId") {
        return known(content?.detections.get(id)?.stack);
    }
    let given = form.get("StackName")?;
    let number = content.and_then(|content| content.number(given));
    Some(number.and_then(known).unwrap_or_else(|| given.to_owned()))
}

/// Answers a call with the content of its result.
pub(crate) fn answer(operation: &str, ask: &Ask<'_>) -> Result<String, Failure> {
    match operation {
        "CreateStack" => stacks::create(ask),
        "UpdateStack" => stacks::update(ask),
        "DeleteStack" => stacks::delete(ask),
        "ListStacks" => listing::list_stacks(ask),
        "DescribeStacks" => listing::describe_stacks(ask),
        "ListStackResources" => listing::list_resources(ask),
        "GetTemplate" => listing::template(ask),
        "DetectStackDrift" => detect::detect(ask),
        "DetectStackResourceDrift" => detect::detect_resource(ask),
        "DescribeStackDriftDetectionStatus" => detect::status(ask),
        "DescribeStackResourceDrifts" => drifts::describe(ask),
        _ => Err(Failure::new(
            400,
            "InvalidAction",
            format!("Could not find operation {operation} for version 2010-05-15"),
        )),
    }
}
