//! Ports of rules for every protocol.

use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// Ports where a rule is for every protocol.
pub(crate) struct AllProtocolsPorts;

const ALL: &str = "CloudFormation Template Reference: `-1` is for all ports";

const PLACES: &[Place] = &[
    place(
        "AWS::EC2::SecurityGroup",
        "/SecurityGroupEgress/*/FromPort",
        ALL,
    ),
    place(
        "AWS::EC2::SecurityGroup",
        "/SecurityGroupEgress/*/ToPort",
        ALL,
    ),
    place(
        "AWS::EC2::SecurityGroup",
        "/SecurityGroupIngress/*/FromPort",
        ALL,
    ),
    place(
        "AWS::EC2::SecurityGroup",
        "/SecurityGroupIngress/*/ToPort",
        ALL,
    ),
    place("AWS::EC2::SecurityGroupEgress", "/FromPort", ALL),
    place("AWS::EC2::SecurityGroupEgress", "/ToPort", ALL),
    place("AWS::EC2::SecurityGroupIngress", "/FromPort", ALL),
    place("AWS::EC2::SecurityGroupIngress", "/ToPort", ALL),
];

impl Rule for AllProtocolsPorts {
    fn name(&self) -> &'static str {
        "all-protocols-ports"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-ec2-security-group-ingress.html> (`-1` allows traffic on all ports, regardless of any port range) and <https://github.com/cloudtools/troposphere/issues/1208>"
    }

    fn summary(&self) -> &'static str {
        "In a security group rule for every protocol (`-1` on both sides) the ports mean nothing."
    }

    fn notes(&self) -> String {
        format!(
            "Where either side names a protocol, every difference of a port is drift.\n\n{}",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        if !texts::stands_at(comparison, PLACES) {
            return None;
        }
        let (rule, _) = pointer::parent(&comparison.difference.path)?;
        (is_for_all(comparison.expected, rule) && is_for_all(comparison.actual, rule))
            .then(|| "a port of a rule that is for every protocol".to_owned())
    }
}

fn is_for_all(tree: &Value, rule: &str) -> bool {
    pointer::get(tree, rule)
        .and_then(|rule| texts::whole(rule.get("IpProtocol")?))
        .is_some_and(|protocol| protocol == -1)
}
