//! Escape codes in a domain name.

use domain::judge::Comparison;

use crate::dns;
use crate::rule::Rule;
use crate::texts;

/// A domain name whose characters are written as escape codes.
pub(crate) struct DnsEscape;

impl Rule for DnsEscape {
    fn name(&self) -> &'static str {
        "dns-escape"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html> (escape codes of three octal digits); a wildcard answered as `\\052`: <https://github.com/go-to-k/cdk-real-drift/pull/465>"
    }

    fn summary(&self) -> &'static str {
        "A domain name with characters written as escape codes, such as `\\052` for the star of a wildcard, is the name with the characters themselves."
    }

    fn notes(&self) -> String {
        "Knows the same properties as dns-trailing-dot. A dot that is escaped is part of a label and not the end \
         of one, so `a\\056b` stays another name than `a.b`."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, dns::PLACES)?;
        (dns::unescaped(expected)? == dns::unescaped(actual)?)
            .then(|| "the same domain name, with characters as escape codes".to_owned())
    }
}
