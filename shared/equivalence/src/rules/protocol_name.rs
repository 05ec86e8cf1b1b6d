//! Protocols of security group rules.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use serde_json::Value;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// The number and the name of a protocol.
pub(crate) struct ProtocolName;

const NAMES: [(&str, &str); 4] = [("1", "icmp"), ("6", "tcp"), ("17", "udp"), ("58", "icmpv6")];

const PERMISSION: &str = "Amazon EC2 API Reference, IpPermission: a name or a number";

const PLACES: &[Place] = &[
    place(
        "AWS::EC2::SecurityGroup",
        "/SecurityGroupEgress/*/IpProtocol",
        PERMISSION,
    ),
    place(
        "AWS::EC2::SecurityGroup",
        "/SecurityGroupIngress/*/IpProtocol",
        PERMISSION,
    ),
    place("AWS::EC2::SecurityGroupEgress", "/IpProtocol", PERMISSION),
    place("AWS::EC2::SecurityGroupIngress", "/IpProtocol", PERMISSION),
];

impl Rule for ProtocolName {
    fn name(&self) -> &'static str {
        "protocol-name"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html> (the protocol is a name, `tcp`, `udp`, `icmp`, `icmpv6`, or a number) and <https://github.com/go-to-k/cdkd/pull/1650> (EC2 answers the name for 1, 6, 17 and 58, in lower case)"
    }

    fn summary(&self) -> &'static str {
        "The number and the name of a protocol in a security group rule, such as `6` and `tcp`, are one protocol."
    }

    fn notes(&self) -> String {
        format!(
            "Only TCP, UDP, ICMP and ICMPv6, which EC2 has names for. `-1`, every protocol, is itself alone.\n\n{}",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        if difference.kind != DifferenceKind::Changed || !texts::stands_at(comparison, PLACES) {
            return None;
        }
        let (expected, actual) = (difference.expected.as_ref()?, difference.actual.as_ref()?);
        (named(expected)? == named(actual)?)
            .then(|| "the same protocol, by number and by name".to_owned())
    }
}

/// The name of a protocol that has one.
fn named(protocol: &Value) -> Option<&'static str> {
    let text = match protocol {
        Value::String(text) => text.to_ascii_lowercase(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    NAMES
        .iter()
        .find(|(number, name)| *number == text || *name == text)
        .map(|(_, name)| *name)
}
