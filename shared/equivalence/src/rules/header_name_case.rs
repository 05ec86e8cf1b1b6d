//! Names of HTTP headers.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// The name of an HTTP header in another case.
pub(crate) struct HeaderNameCase;

const FIREWALL: [&str; 3] = [
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::RuleGroup",
    "AWS::WAFv2::WebACL",
];

const PLACES: &[Place] = &[place(
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "/Conditions/*/HttpHeaderConfig/HttpHeaderName",
    "CloudFormation Template Reference, HttpHeaderConfig: the header name is case insensitive",
)];

impl Rule for HeaderNameCase {
    fn name(&self) -> &'static str {
        "header-name-case"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-wafv2-webacl-singleheader.html> (the name is not case sensitive); seen in <https://github.com/go-to-k/cdk-real-drift/pull/511>"
    }

    fn summary(&self) -> &'static str {
        "The name of an HTTP header in another case is the same header."
    }

    fn notes(&self) -> String {
        format!(
            "Only where a rule of AWS WAF or of a listener names a header to look at, not the values it looks \
             for.\n\n{}\nAnd `SingleHeader/Name` at any depth of `AWS::WAFv2::WebACL`, `AWS::WAFv2::RuleGroup` and \
             `AWS::WAFv2::LoggingConfiguration`.",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = match texts::changed(comparison, PLACES) {
            Some(texts) => texts,
            None => firewall(comparison)?,
        };
        expected
            .eq_ignore_ascii_case(actual)
            .then(|| "the same HTTP header in another case".to_owned())
    }
}

/// The names of a header that a rule of AWS WAF looks at. Such rules nest without limit.
fn firewall<'c>(comparison: &Comparison<'c>) -> Option<(&'c str, &'c str)> {
    let difference = comparison.difference;
    if difference.kind != DifferenceKind::Changed
        || !FIREWALL.contains(&comparison.resource_type)
        || !difference.path.ends_with("/SingleHeader/Name")
    {
        return None;
    }
    Some((
        difference.expected.as_ref()?.as_str()?,
        difference.actual.as_ref()?.as_str()?,
    ))
}
