use serde_json::json;

use crate::harness::changed;

#[test]
fn an_identifier_that_its_service_lowers_is_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::RDS::DBInstance",
            "/DBInstanceIdentifier",
            json!("MyApp-DB"),
            json!("myapp-db"),
        ),
        (
            "AWS::DMS::Endpoint",
            "/EndpointIdentifier",
            json!("DMS-Drift-Endpoint-01"),
            json!("dms-drift-endpoint-01"),
        ),
        (
            "AWS::DMS::ReplicationTask",
            "/ReplicationTaskIdentifier",
            json!("Nightly"),
            json!("nightly"),
        ),
        (
            "AWS::Glue::Table",
            "/TableInput/Name",
            json!("Orders"),
            json!("orders"),
        ),
        (
            "AWS::ElastiCache::ReplicationGroup",
            "/ReplicationGroupId",
            json!("Sessions"),
            json!("sessions"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("stored-lowercase"), "{path} {expected} {actual}");
    }
}

#[test]
fn a_real_drift_in_an_identifier_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::RDS::DBInstance",
            "/DBInstanceIdentifier",
            json!("MyApp-DB"),
            json!("myapp-db2"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/DBInstanceIdentifier",
            json!("myapp-db"),
            json!("MyApp-DB"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/DBInstanceIdentifier",
            json!("MyApp-DB"),
            json!("MYAPP-DB"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/MasterUsername",
            json!("Admin"),
            json!("admin"),
        ),
        (
            "AWS::SQS::Queue",
            "/QueueName",
            json!("Orders"),
            json!("orders"),
        ),
        (
            "AWS::S3::Bucket",
            "/DBInstanceIdentifier",
            json!("Orders"),
            json!("orders"),
        ),
        (
            "AWS::RDS::DBInstance",
            "/DBInstanceIdentifier",
            json!("\u{00c4}PFEL"),
            json!("\u{00e4}pfel"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
    }
}
