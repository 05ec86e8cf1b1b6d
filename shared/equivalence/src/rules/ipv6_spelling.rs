//! Spellings of an IPv6 block.

use domain::judge::Comparison;

use crate::net::{self, Block};
use crate::rule::Rule;
use crate::texts;

/// Two spellings of one IPv6 block.
pub(crate) struct Ipv6Spelling;

impl Rule for Ipv6Spelling {
    fn name(&self) -> &'static str {
        "ipv6-spelling"
    }

    fn source(&self) -> &'static str {
        "RFC 4291, section 2.2 (leading zeros and `::`) and RFC 5952 (one address has many spellings)"
    }

    fn summary(&self) -> &'static str {
        "Two spellings of an IPv6 block with the same address and the same prefix, such as `::/0` and `0:0:0:0:0:0:0:0/0`, are one block."
    }

    fn notes(&self) -> String {
        "Knows the same properties as cidr-canonical. Another prefix length is drift, and so is a block of the \
         other family: `0.0.0.0/0` is not `::/0`."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, net::PLACES)?;
        let (expected, actual) = (Block::read(expected)?, Block::read(actual)?);
        (expected.is_ipv6() && expected == actual)
            .then(|| "the same IPv6 block in another spelling".to_owned())
    }
}
