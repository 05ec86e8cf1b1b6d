use serde_json::json;

use crate::harness::changed;

#[test]
fn the_days_of_a_window_have_no_case() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::RDS::DBInstance",
            "/PreferredMaintenanceWindow",
            json!("Sun:05:00-Sun:06:00"),
            json!("sun:05:00-sun:06:00"),
        ),
        (
            "AWS::Redshift::Cluster",
            "/PreferredMaintenanceWindow",
            json!("MON:23:00-TUE:00:00"),
            json!("mon:23:00-tue:00:00"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(
            said,
            Some("maintenance-window-case"),
            "{path} {expected} {actual}"
        );
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(
            said,
            Some("maintenance-window-case"),
            "{path} {actual} {expected}"
        );
    }
}

#[test]
fn a_real_drift_of_a_window_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::RDS::DBInstance",
            "/PreferredMaintenanceWindow",
            json!("Sun:05:00-Sun:06:00"),
            json!("sun:05:00-sun:07:00"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/PreferredMaintenanceWindow",
            json!("Sun:05:00-Sun:06:00"),
            json!("mon:05:00-mon:06:00"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/PreferredMaintenanceWindow",
            json!("Sunday:05:00-Sunday:06:00"),
            json!("sunday:05:00-sunday:06:00"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/PreferredMaintenanceWindow",
            json!("Any"),
            json!("any"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/PreferredMaintenanceWindow",
            json!("Sun:5:00-Sun:6:00"),
            json!("sun:5:00-sun:6:00"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/DBInstanceClass",
            json!("Sun:05:00-Sun:06:00"),
            json!("sun:05:00-sun:06:00"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
