use serde_json::json;

use crate::harness::changed;

#[test]
fn a_name_with_escape_codes_is_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("*.example.com"),
            json!("\\052.example.com."),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("*.Example.com."),
            json!("\\052.example.com"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("a_b.example.com"),
            json!("a\\137b.example.com."),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("dns-escape"), "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, Some("dns-escape"), "{path} {actual} {expected}");
    }
}

#[test]
fn a_real_drift_in_an_escaped_name_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("a.b.example.com"),
            json!("a\\056b.example.com"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("*.example.com"),
            json!("\\053.example.com"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("*.example.com"),
            json!("\\52.example.com"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("*.example.com"),
            json!("\\0520.example.com"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("*.example.com"),
            json!("\\"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("x.example.com"),
            json!("\\900.example.com"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("a\\134b.example.com"),
            json!("ab.example.com"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("\\377.example.com"),
            json!("\u{00ff}.example.com"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
