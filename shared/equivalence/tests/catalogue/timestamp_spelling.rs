use serde_json::json;

use crate::harness::changed;

#[test]
fn two_spellings_of_an_instant_are_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::S3::Bucket",
            "/LifecycleConfiguration/Rules/0/ExpirationDate",
            json!("2030-01-01T00:00:00.000Z"),
            json!("2030-01-01T00:00:00Z"),
        ),
        (
            "AWS::S3::Bucket",
            "/LifecycleConfiguration/Rules/0/ExpirationDate",
            json!("2030-01-01"),
            json!("2030-01-01T00:00:00Z"),
        ),
        (
            "AWS::S3::Bucket",
            "/LifecycleConfiguration/Rules/0/ExpirationDate",
            json!("2030-01-01T01:00:00+01:00"),
            json!("2030-01-01T00:00:00Z"),
        ),
        (
            "AWS::AutoScaling::ScheduledAction",
            "/StartTime",
            json!("2030-06-01T08:00:00Z"),
            json!("2030-06-01T08:00:00+00:00"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(
            said,
            Some("timestamp-spelling"),
            "{path} {expected} {actual}"
        );
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(
            said,
            Some("timestamp-spelling"),
            "{path} {actual} {expected}"
        );
    }
}

#[test]
fn a_real_drift_to_another_time_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::S3::Bucket",
            "/LifecycleConfiguration/Rules/0/ExpirationDate",
            json!("2030-01-01T00:00:00Z"),
            json!("2030-01-02T00:00:00Z"),
        ),
        (
            "AWS::S3::Bucket",
            "/LifecycleConfiguration/Rules/0/ExpirationDate",
            json!("2030-01-01T00:00:00Z"),
            json!("2030-01-01T00:00:00.001Z"),
        ),
        (
            "AWS::S3::Bucket",
            "/LifecycleConfiguration/Rules/0/ExpirationDate",
            json!("2030-01-01T00:00:00Z"),
            json!("2030-01-01T00:00:00+01:00"),
        ),
        (
            "AWS::S3::Bucket",
            "/LifecycleConfiguration/Rules/0/ExpirationDate",
            json!("2030-01-01"),
            json!("2031-01-01"),
        ),
        (
            "AWS::S3::Bucket",
            "/LifecycleConfiguration/Rules/0/ExpirationDate",
            json!("soon"),
            json!("Soon"),
        ),
        (
            "AWS::S3::Bucket",
            "/LifecycleConfiguration/Rules/0/ExpirationDate",
            json!("2030-13-01"),
            json!("2030-13-01T00:00:00Z"),
        ),
        (
            "AWS::S3::Bucket",
            "/BucketName",
            json!("2030-01-01"),
            json!("2030-01-01T00:00:00Z"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
