use serde_json::json;

use crate::harness::changed;

#[test]
fn a_header_in_another_case_is_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::WAFv2::WebACL",
            "/Rules/0/Statement/ByteMatchStatement/FieldToMatch/SingleHeader/Name",
            json!("User-Agent"),
            json!("user-agent"),
        ),
        (
            "AWS::WAFv2::LoggingConfiguration",
            "/RedactedFields/0/SingleHeader/Name",
            json!("Authorization"),
            json!("authorization"),
        ),
        (
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "/Conditions/0/HttpHeaderConfig/HttpHeaderName",
            json!("X-Tenant"),
            json!("x-tenant"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("header-name-case"), "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, Some("header-name-case"), "{path} {actual} {expected}");
    }
}

#[test]
fn a_real_drift_to_another_header_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::WAFv2::WebACL",
            "/Rules/0/Statement/ByteMatchStatement/FieldToMatch/SingleHeader/Name",
            json!("User-Agent"),
            json!("referer"),
        ),
        (
            "AWS::WAFv2::WebACL",
            "/Rules/0/Statement/ByteMatchStatement/SearchString",
            json!("Bot"),
            json!("bot"),
        ),
        (
            "AWS::WAFv2::WebACL",
            "/Rules/0/Name",
            json!("Block"),
            json!("block"),
        ),
        (
            "AWS::WAFv2::WebACL",
            "/Rules/0/Statement/ByteMatchStatement/FieldToMatch/SingleQueryArgument/Name",
            json!("Key"),
            json!("key"),
        ),
        (
            "AWS::S3::Bucket",
            "/SingleHeader/Name",
            json!("A"),
            json!("a"),
        ),
        (
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "/Conditions/0/QueryStringConfig/Values/0/Key",
            json!("A"),
            json!("a"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
