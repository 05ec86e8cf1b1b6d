//! Opened to the world: whatever anybody on the internet can now reach or read.

use std::net::IpAddr;

use domain::difference::DifferenceKind;
use domain::judge::Facts;
use domain::layer::Layer;
use domain::severity::Cause;
use serde_json::Value;

use super::{is_kubernetes, segments};

/// Something that only members of the account could reach, and now everybody can.
pub(super) fn opened(facts: &Facts<'_>) -> Option<Cause> {
    // A compliance verdict says nothing about what changed.
    if facts.layer == Layer::Policy {
        return None;
    }
    let path = segments(facts.path);
    ingress(facts, &path)
        .or_else(|| bucket(facts, &path))
        .or_else(|| switch(facts, &path))
        .or_else(|| principal(facts, &path))
}

/// An ingress rule for every address.
fn ingress(facts: &Facts<'_>, path: &[String]) -> Option<Cause> {
    if facts.kind == DifferenceKind::Removed
        || !facts.actual.is_some_and(|it| any(it, &is_everywhere))
    {
        return None;
    }
    let kind = facts.resource.kind.as_str();
    let first = path.first().map_or("", String::as_str);
    if is_kubernetes(facts) {
        let ingress = (kind.ends_with("NetworkPolicy")
            && path.iter().any(|it| it == "ingress" || it == "ingressDeny"))
            || (kind == "v1/Service" && path.iter().any(|it| it == "loadBalancerSourceRanges"));
        return ingress.then_some(Cause::NetworkPolicy);
    }
    match kind {
        "AWS::EC2::SecurityGroup" => {
            (first == "SecurityGroupIngress").then_some(Cause::SecurityGroupRule)
        }
        "AWS::EC2::SecurityGroupIngress"
        | "AWS::EC2::PrefixList"
        | "AWS::RDS::DBSecurityGroup"
        | "AWS::RDS::DBSecurityGroupIngress"
        | "AWS::Redshift::ClusterSecurityGroupIngress" => Some(Cause::SecurityGroupRule),
        "aws_security_group" => (first == "ingress").then_some(Cause::SecurityGroupRule),
        "aws_vpc_security_group_ingress_rule" | "aws_security_group_rule" => {
            Some(Cause::SecurityGroupRule)
        }
        "AWS::EC2::NetworkAclEntry" => Some(Cause::NetworkPolicy),
        "AWS::EKS::Cluster" => path
            .iter()
            .any(|it| it == "PublicAccessCidrs")
            .then_some(Cause::NetworkPolicy),
        _ => None,
    }
}

/// A bucket that shows its objects, or a public access block that was turned off.
fn bucket(facts: &Facts<'_>, path: &[String]) -> Option<Cause> {
    let kind = facts.resource.kind.as_str();
    let gone = facts.kind == DifferenceKind::Removed;
    let opened = match kind {
        "AWS::S3::Bucket" | "AWS::S3::AccessPoint" => match path.first().map(String::as_str) {
            Some("PublicAccessBlockConfiguration") => {
                gone || facts.actual.is_some_and(|it| any(it, &is_off))
            }
            Some("AccessControl") => facts
                .actual
                .and_then(Value::as_str)
                .is_some_and(|acl| acl.starts_with("PublicRead") || acl == "AuthenticatedRead"),
            _ => false,
        },
        "AWS::S3::AccountPublicAccessBlock"
        | "aws_s3_bucket_public_access_block"
        | "aws_s3_account_public_access_block" => {
            gone || facts.actual.is_some_and(|it| any(it, &is_off))
        }
        _ => false,
    };
    opened.then_some(Cause::KeyOrBucketPolicy)
}

/// A switch that makes a service public.
fn switch(facts: &Facts<'_>, path: &[String]) -> Option<Cause> {
    let last = path.last()?.as_str();
    let actual = facts.actual?;
    let text = actual.as_str();
    match (facts.resource.kind.as_str(), last) {
        ("AWS::Lambda::Url", "AuthType") if text == Some("NONE") => Some(Cause::KeyOrBucketPolicy),
        (_, "PubliclyAccessible" | "publicly_accessible" | "EndpointPublicAccess")
            if is_on(actual) =>
        {
            Some(Cause::NetworkPolicy)
        }
        (
            "AWS::ElasticLoadBalancing::LoadBalancer" | "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Scheme",
        ) if text == Some("internet-facing") => Some(Cause::NetworkPolicy),
        _ => None,
    }
}

/// A policy that lets everybody in without a condition.
fn principal(facts: &Facts<'_>, path: &[String]) -> Option<Cause> {
    let actual = facts
        .actual
        .filter(|_| facts.kind != DifferenceKind::Removed)?;
    // Only where a policy stands does a "Principal" mean one.
    let cause = super::security::policy_cause(facts, path)?;
    let at = path.iter().rposition(|segment| segment == "Principal");
    let open = match at {
        // Below a principal: the statement's condition cannot be seen, so the worse is assumed.
        Some(_) => any(actual, &|it| it.as_str() == Some("*")),
        None => any(actual, &is_open_statement),
    };
    open.then_some(cause)
}

/// A statement that allows everybody something, on no condition.
fn is_open_statement(value: &Value) -> bool {
    let Some(principal) = value.get("Principal") else {
        return false;
    };
    let allows = value.get("Effect").and_then(Value::as_str) != Some("Deny");
    let condition = value
        .get("Condition")
        .and_then(Value::as_object)
        .is_some_and(|it| !it.is_empty());
    allows && !condition && any(principal, &|it| it.as_str() == Some("*"))
}

/// Whether the value or anything within it satisfies `test`. Documents that
/// are written as JSON in a string are looked into.
fn any(value: &Value, test: &dyn Fn(&Value) -> bool) -> bool {
    test(value)
        || match value {
            Value::Array(items) => items.iter().any(|it| any(it, test)),
            Value::Object(map) => map.values().any(|it| any(it, test)),
            Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
                serde_json::from_str::<Value>(text)
                    .is_ok_and(|it| !it.is_string() && any(&it, test))
            }
            _ => false,
        }
}

/// `0.0.0.0/0`, `::/0`, or another spelling of them.
fn is_everywhere(value: &Value) -> bool {
    value
        .as_str()
        .and_then(|text| text.trim().strip_suffix("/0"))
        .is_some_and(|address| address.parse::<IpAddr>().is_ok())
}

fn is_on(value: &Value) -> bool {
    value.as_bool() == Some(true)
        || value
            .as_str()
            .is_some_and(|it| it.eq_ignore_ascii_case("true"))
}

fn is_off(value: &Value) -> bool {
    value.as_bool() == Some(false)
        || value
            .as_str()
            .is_some_and(|it| it.eq_ignore_ascii_case("false"))
}
