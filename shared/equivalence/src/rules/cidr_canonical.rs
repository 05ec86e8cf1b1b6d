//! Blocks that the service makes canonical.

use domain::judge::Comparison;

use crate::net::{self, Block};
use crate::rule::Rule;
use crate::texts;

/// A block with bits behind its prefix.
pub(crate) struct CidrCanonical;

impl Rule for CidrCanonical {
    fn name(&self) -> &'static str {
        "cidr-canonical"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html> (EC2 makes 100.68.0.18/18 into 100.68.0.0/18)"
    }

    fn summary(&self) -> &'static str {
        "A block of addresses with bits set behind its prefix is the block without them, which EC2 stores instead."
    }

    fn notes(&self) -> String {
        format!(
            "Both have the same prefix length and cover the same addresses: a shorter or longer prefix is drift, \
             however few addresses it adds.\n\n{}",
            texts::table(net::PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, net::PLACES)?;
        (Block::read(expected)?.masked() == Block::read(actual)?.masked())
            .then(|| "the same block of addresses, made canonical".to_owned())
    }
}
