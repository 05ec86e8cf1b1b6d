use serde_json::json;

use crate::harness::changed;

#[test]
fn a_version_of_the_stated_line_is_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::RDS::DBInstance",
            "/EngineVersion",
            json!("13"),
            json!("13.3"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/EngineVersion",
            json!("8.0"),
            json!("8.0.36"),
        ),
        (
            "AWS::RDS::DBCluster",
            "/EngineVersion",
            json!("8.0"),
            json!("8.0.mysql_aurora.3.04.0"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(
            said,
            Some("engine-version-prefix"),
            "{path} {expected} {actual}"
        );
    }
}

#[test]
fn a_real_drift_to_another_line_stays() {
    for (resource_type, path, expected, actual) in [
        // Not the numbers of a version.
        (
            "AWS::RDS::DBInstance",
            "/EngineVersion",
            json!("latest"),
            json!("latest.1"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/EngineVersion",
            json!(""),
            json!(".1"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/EngineVersion",
            json!("13"),
            json!("14.1"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/EngineVersion",
            json!("1"),
            json!("13.3"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/EngineVersion",
            json!("13.3"),
            json!("13.30"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/EngineVersion",
            json!("13.3"),
            json!("13"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/EngineVersion",
            json!("13."),
            json!("13.3"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/EngineVersion",
            json!(""),
            json!("13.3"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/EngineVersion",
            json!("13"),
            json!("13."),
        ),
        (
            "AWS::ElastiCache::CacheCluster",
            "/EngineVersion",
            json!("6"),
            json!("6.2"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/LicenseModel",
            json!("13"),
            json!("13.3"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
    }
}
