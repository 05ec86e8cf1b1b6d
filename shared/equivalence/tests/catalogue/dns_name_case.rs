use serde_json::json;

use crate::harness::changed;

#[test]
fn a_name_in_another_case_is_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("MyApp.Example.com"),
            json!("myapp.example.com"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("MyApp.Example.com"),
            json!("myapp.example.com."),
        ),
        (
            "AWS::Route53::RecordSet",
            "/AliasTarget/DNSName",
            json!("My-LB-1.eu-central-1.elb.amazonaws.com"),
            json!("my-lb-1.eu-central-1.elb.amazonaws.com."),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("dns-name-case"), "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, Some("dns-name-case"), "{path} {actual} {expected}");
    }
}

#[test]
fn a_real_drift_to_another_name_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("MyApp.Example.com"),
            json!("my-app.example.com"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/SetIdentifier",
            json!("Blue"),
            json!("blue"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/ResourceRecords/0",
            json!("\"Token\""),
            json!("\"token\""),
        ),
        (
            "AWS::Route53::HealthCheck",
            "/HealthCheckConfig/FullyQualifiedDomainName",
            json!("A.example.com"),
            json!("b.example.com"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
