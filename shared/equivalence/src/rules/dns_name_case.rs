//! The case of a domain name.

use domain::judge::Comparison;

use crate::dns;
use crate::rule::Rule;
use crate::texts;

/// A domain name in another case.
pub(crate) struct DnsNameCase;

impl Rule for DnsNameCase {
    fn name(&self) -> &'static str {
        "dns-name-case"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html> (letters are stored in lower case, however they were specified)"
    }

    fn summary(&self) -> &'static str {
        "A domain name in another case, with or without its last dot, is one name."
    }

    fn notes(&self) -> String {
        "Knows the same properties as dns-trailing-dot. A name that differs in a letter is drift."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, dns::PLACES)?;
        (dns::lower(expected)? == dns::lower(actual)?)
            .then(|| "the same domain name in another case".to_owned())
    }
}
