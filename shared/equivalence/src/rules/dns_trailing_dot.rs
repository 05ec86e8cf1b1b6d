//! The dot that ends a domain name.

use domain::judge::Comparison;

use crate::dns;
use crate::rule::Rule;
use crate::texts;

/// A domain name with and without its last dot.
pub(crate) struct DnsTrailingDot;

impl Rule for DnsTrailingDot {
    fn name(&self) -> &'static str {
        "dns-trailing-dot"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html> (Name: the same with and without a trailing dot); seen in <https://github.com/go-to-k/cdk-real-drift/pull/234> and <https://github.com/go-to-k/cdk-real-drift/pull/464>"
    }

    fn summary(&self) -> &'static str {
        "A domain name with and without the dot that may end it is one name."
    }

    fn notes(&self) -> String {
        format!(
            "Only these properties of Route 53; the values of records (a CNAME's target, a text) are not compared \
             so.\n\n{}",
            texts::table(dns::PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, dns::PLACES)?;
        (dns::undotted(expected)? == dns::undotted(actual)?)
            .then(|| "the same domain name, with and without its last dot".to_owned())
    }
}
