use serde_json::json;

use crate::harness::changed;

#[test]
fn a_log_group_with_and_without_its_star_is_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::ApiGateway::Stage",
            "/AccessLogSetting/DestinationArn",
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api:*"),
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api"),
        ),
        (
            "AWS::StepFunctions::StateMachine",
            "/LoggingConfiguration/Destinations/0/CloudWatchLogsLogGroup/LogGroupArn",
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api"),
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api:*"),
        ),
        (
            "AWS::WAFv2::LoggingConfiguration",
            "/LogDestinationConfigs/0",
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api"),
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api:*"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("log-group-arn"), "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, Some("log-group-arn"), "{path} {actual} {expected}");
    }
}

#[test]
fn a_real_drift_to_another_log_group_stays() {
    for (resource_type, path, expected, actual) in [
        // A star that names many groups.
        (
            "AWS::ApiGateway::Stage",
            "/AccessLogSetting/DestinationArn",
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/*:*"),
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/*"),
        ),
        (
            "AWS::ApiGateway::Stage",
            "/AccessLogSetting/DestinationArn",
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api:*"),
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api2"),
        ),
        (
            "AWS::ApiGateway::Stage",
            "/AccessLogSetting/DestinationArn",
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api:*"),
            json!("arn:aws:logs:eu-central-1:999922223333:log-group:/app/api"),
        ),
        (
            "AWS::ApiGateway::Stage",
            "/AccessLogSetting/DestinationArn",
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api*"),
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api"),
        ),
        (
            "AWS::ApiGateway::Stage",
            "/AccessLogSetting/DestinationArn",
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api:*:*"),
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api:*"),
        ),
        (
            "AWS::ApiGateway::Stage",
            "/AccessLogSetting/DestinationArn",
            json!("arn:aws:firehose:eu-central-1:111122223333:deliverystream/x:*"),
            json!("arn:aws:firehose:eu-central-1:111122223333:deliverystream/x"),
        ),
        (
            "AWS::IAM::Policy",
            "/PolicyDocument/Statement/0/Resource",
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api:*"),
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api"),
        ),
        (
            "AWS::Logs::SubscriptionFilter",
            "/LogGroupName",
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api:*"),
            json!("arn:aws:logs:eu-central-1:111122223333:log-group:/app/api"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
