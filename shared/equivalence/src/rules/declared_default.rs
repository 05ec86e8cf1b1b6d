//! Defaults that the template spells out.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use domain::pointer;

use crate::defaults::{self, Default, is_default, row};
use crate::rule::Rule;

/// A documented default that the template states and reality leaves out.
pub(crate) struct DeclaredDefault;

const RETRY: &str = "Amazon EventBridge User Guide, retry policy: 24 hours and up to 185 times by default; coverage roadmap issue 956";

const DEFAULTS: &[Default] = &[
    row(
        "AWS::ECS::Service",
        "/DeploymentController/Type",
        r#""ECS""#,
        "Amazon ECS API Reference, CreateService: no controller means ECS; coverage roadmap issue 1259",
    ),
    row(
        "AWS::Events::Rule",
        "/Targets/*/RetryPolicy/MaximumEventAgeInSeconds",
        "86400",
        RETRY,
    ),
    row(
        "AWS::Events::Rule",
        "/Targets/*/RetryPolicy/MaximumRetryAttempts",
        "185",
        RETRY,
    ),
    row(
        "AWS::SNS::Topic",
        "/FifoTopic",
        "false",
        "CloudFormation Template Reference, AWS::SNS::Topic: not specified means a standard topic",
    ),
    row(
        "AWS::SQS::Queue",
        "/FifoQueue",
        "false",
        "CloudFormation Template Reference, AWS::SQS::Queue: not specified means a standard queue",
    ),
];

impl Rule for DeclaredDefault {
    fn name(&self) -> &'static str {
        "declared-default"
    }

    fn source(&self) -> &'static str {
        "the page named beside the property"
    }

    fn summary(&self) -> &'static str {
        "A template that states the value which AWS documents as the default agrees with a reality that has no value there."
    }

    fn notes(&self) -> String {
        format!(
            "Only the properties of this table: a service that answers nothing where the default is in force. A \
             stated value other than the default that reality lacks is drift, and so is any other value in reality. \
             Nothing that grants, opens, encrypts or protects is in the table, because there an absent value may be \
             the change.\n\n{}",
            defaults::table(DEFAULTS)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        if difference.kind != DifferenceKind::Removed {
            return None;
        }
        let (container, _) = pointer::parent(&difference.path)?;
        // The container is an object in reality, so a removed item of a list is none.
        let silent = pointer::get(comparison.actual, container)?.is_object()
            && pointer::get(comparison.actual, &difference.path).is_none();
        let expected = difference.expected.as_ref()?;
        (silent
            && is_default(
                DEFAULTS,
                comparison.resource_type,
                &difference.path,
                expected,
            ))
        .then(|| "the documented default, which reality leaves out".to_owned())
    }
}
