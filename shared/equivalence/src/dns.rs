//! Domain names: where they stand, and when two of them are one.

use crate::texts::{Place, place};

const NAME: &str = "Amazon Route 53 API Reference, ResourceRecordSet, Name";
const TARGET: &str = "Amazon Route 53 API Reference, AliasTarget, DNSName";
const ZONE: &str = "Amazon Route 53 API Reference, CreateHostedZone, Name";

/// The properties that hold a domain name of Route 53.
pub(crate) const PLACES: &[Place] = &[
    place("AWS::Route53::HostedZone", "/Name", ZONE),
    place("AWS::Route53::RecordSet", "/AliasTarget/DNSName", TARGET),
    place("AWS::Route53::RecordSet", "/HostedZoneName", ZONE),
    place("AWS::Route53::RecordSet", "/Name", NAME),
    place("AWS::Route53::RecordSetGroup", "/HostedZoneName", ZONE),
    place(
        "AWS::Route53::RecordSetGroup",
        "/RecordSets/*/AliasTarget/DNSName",
        TARGET,
    ),
    place("AWS::Route53::RecordSetGroup", "/RecordSets/*/Name", NAME),
    place(
        "AWS::Route53Resolver::ResolverRule",
        "/DomainName",
        "Amazon Route 53 API Reference, ResolverRule, DomainName: a trailing dot is added to what was specified",
    ),
];

/// A name without the dot that may end it; `None` where nothing is left.
pub(crate) fn undotted(name: &str) -> Option<&str> {
    let name = name.strip_suffix('.').unwrap_or(name);
    (!name.is_empty() && !name.ends_with('.')).then_some(name)
}

/// The name in lower case and without its last dot.
pub(crate) fn lower(name: &str) -> Option<String> {
    undotted(name).map(str::to_ascii_lowercase)
}

/// The name with its escape codes read, in lower case and without its last dot.
/// The codes of a dot and of a backslash stay: a dot that is escaped ends no label.
pub(crate) fn unescaped(name: &str) -> Option<String> {
    let mut read = String::with_capacity(name.len());
    let mut rest = undotted(name)?;
    while let Some(at) = rest.find('\\') {
        let (before, code) = rest.split_at(at);
        read.push_str(before);
        let digits = code.get(1..4)?;
        if !digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit)) {
            return None;
        }
        let character = char::from(u8::from_str_radix(digits, 8).ok()?);
        if character.is_ascii_graphic() && !matches!(character, '.' | '\\') {
            read.push(character);
        } else {
            read.push_str(code.get(..4)?);
        }
        rest = code.get(4..)?;
    }
    read.push_str(rest);
    Some(read.to_ascii_lowercase())
}
