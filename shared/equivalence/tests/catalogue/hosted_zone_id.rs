use serde_json::json;

use crate::harness::changed;

#[test]
fn a_zone_with_and_without_its_path_is_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Route53::RecordSet",
            "/HostedZoneId",
            json!("Z1PA6795UKMFR9"),
            json!("/hostedzone/Z1PA6795UKMFR9"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/AliasTarget/HostedZoneId",
            json!("/hostedzone/Z2FDTNDATAQYW2"),
            json!("Z2FDTNDATAQYW2"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("hosted-zone-id"), "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, Some("hosted-zone-id"), "{path} {actual} {expected}");
    }
}

#[test]
fn a_real_drift_to_another_zone_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Route53::RecordSet",
            "/HostedZoneId",
            json!("Z1PA6795UKMFR9"),
            json!("/hostedzone/Z1PA6795UKMFR8"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/HostedZoneId",
            json!("Z1PA6795UKMFR9"),
            json!("z1pa6795ukmfr9"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/HostedZoneId",
            json!(""),
            json!("/hostedzone/"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/HostedZoneId",
            json!("Z1"),
            json!("/change/Z1"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/Name",
            json!("Z1"),
            json!("/hostedzone/Z1"),
        ),
        (
            "AWS::Route53::RecordSet",
            "/HostedZoneId",
            json!("/hostedzone/Z1"),
            json!("/hostedzone//hostedzone/Z1"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
