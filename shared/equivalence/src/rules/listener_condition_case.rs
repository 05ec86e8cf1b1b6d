//! Values that listener rules look for.

use domain::judge::Comparison;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// A value of a listener rule's condition in another case.
pub(crate) struct ListenerConditionCase;

const PLACES: &[Place] = &[
    place(
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "/Conditions/*/HostHeaderConfig/Values/*",
        "CloudFormation Template Reference, HostHeaderConfig: the comparison is case insensitive",
    ),
    place(
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "/Conditions/*/HttpHeaderConfig/Values/*",
        "CloudFormation Template Reference, HttpHeaderConfig: the comparison strings are case insensitive",
    ),
];

impl Rule for ListenerConditionCase {
    fn name(&self) -> &'static str {
        "listener-condition-case"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-elasticloadbalancingv2-listenerrule-hostheaderconfig.html> (the comparison is case insensitive)"
    }

    fn summary(&self) -> &'static str {
        "A host name or header value that a listener rule looks for, in another case, matches the same requests."
    }

    fn notes(&self) -> String {
        format!(
            "Only the conditions whose comparison is documented to have no case: a path pattern has one, and of a \
             query string nothing is assumed.\n\n{}",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, PLACES)?;
        expected
            .eq_ignore_ascii_case(actual)
            .then(|| "the same condition in another case".to_owned())
    }
}
