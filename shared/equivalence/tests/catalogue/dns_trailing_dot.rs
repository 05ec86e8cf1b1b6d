use serde_json::json;

use crate::harness::changed;

#[test]
fn a_name_with_and_without_its_last_dot_is_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("www.example.com"),
            json!("www.example.com."),
        ),
        (
            "AWS::Route53::HostedZone",
            "/Name",
            json!("example.com"),
            json!("example.com."),
        ),
        (
            "AWS::Route53::RecordSet",
            "/AliasTarget/DNSName",
            json!("d1.cloudfront.net"),
            json!("d1.cloudfront.net."),
        ),
        (
            "AWS::Route53::RecordSetGroup",
            "/RecordSets/0/Name",
            json!("a.example.com"),
            json!("a.example.com."),
        ),
        (
            "AWS::Route53Resolver::ResolverRule",
            "/DomainName",
            json!("corp.internal"),
            json!("corp.internal."),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("dns-trailing-dot"), "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, Some("dns-trailing-dot"), "{path} {actual} {expected}");
    }
}

#[test]
fn a_real_drift_to_another_name_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("www.example.com"),
            json!("ww.example.com."),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("www.example.com"),
            json!("www.example.com.."),
        ),
        ("AWS::Route53::RecordSet", "/Name", json!(""), json!(".")),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("www.example.com"),
            json!("wwwexample.com"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/ResourceRecords/0",
            json!("target.example.com"),
            json!("target.example.com."),
        ),
        (
            "AWS::Route53::RecordSet",
            "/SetIdentifier",
            json!("a"),
            json!("a."),
        ),
        ("AWS::SQS::Queue", "/Name", json!("a"), json!("a.")),
        (
            "AWS::Route53::RecordSet",
            "/AliasTarget/DNSName",
            json!("d1.cloudfront.net"),
            json!("d2.cloudfront.net."),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
