//! Ids of hosted zones.

use domain::judge::Comparison;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// The id of a hosted zone with and without its path.
pub(crate) struct HostedZoneId;

const ID: &str = "Amazon Route 53 API Reference, GetHostedZone: `/hostedzone/` before the id";

const PLACES: &[Place] = &[
    place("AWS::Route53::DNSSEC", "/HostedZoneId", ID),
    place("AWS::Route53::KeySigningKey", "/HostedZoneId", ID),
    place("AWS::Route53::RecordSet", "/AliasTarget/HostedZoneId", ID),
    place("AWS::Route53::RecordSet", "/HostedZoneId", ID),
    place("AWS::Route53::RecordSetGroup", "/HostedZoneId", ID),
    place(
        "AWS::Route53::RecordSetGroup",
        "/RecordSets/*/AliasTarget/HostedZoneId",
        ID,
    ),
];

impl Rule for HostedZoneId {
    fn name(&self) -> &'static str {
        "hosted-zone-id"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html> (the answer gives the id as `/hostedzone/Z…`)"
    }

    fn summary(&self) -> &'static str {
        "The id of a hosted zone, plain and behind `/hostedzone/`, names one hosted zone."
    }

    fn notes(&self) -> String {
        format!(
            "Only these properties, and only where the ids are equal to the letter.\n\n{}",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, PLACES)?;
        let plain = |id| str::strip_prefix(id, "/hostedzone/").unwrap_or(id);
        let id = plain(expected);
        (id == plain(actual)
            && !id.is_empty()
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .then(|| "the same hosted zone, with and without /hostedzone/".to_owned())
    }
}
