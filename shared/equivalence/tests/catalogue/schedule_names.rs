use serde_json::json;

use crate::harness::changed;

#[test]
fn names_and_numbers_of_days_and_months_are_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("cron(0 8 ? * MON-FRI *)"),
            json!("cron(0 8 ? * 2-6 *)"),
        ),
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("cron(0 8 * * ? *)"),
            json!("cron(0 8 ? * * *)"),
        ),
        (
            "AWS::Scheduler::Schedule",
            "/ScheduleExpression",
            json!("cron(0 8 1 JAN,jul ? *)"),
            json!("cron(0  8 1 1,7 ? *)"),
        ),
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("cron(0 8 ? * FRI#2 *)"),
            json!("cron(0 8 ? * 6#2 *)"),
        ),
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("cron(0 8 ? * friL *)"),
            json!("cron(0 8 ? * FRIL *)"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("schedule-names"), "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, Some("schedule-names"), "{path} {actual} {expected}");
    }
}

#[test]
fn a_real_drift_to_another_time_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("cron(0 8 ? * MON-FRI *)"),
            json!("cron(0 8 ? * 1-5 *)"),
        ),
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("cron(0 8 * * ? *)"),
            json!("cron(0 9 * * ? *)"),
        ),
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("cron(0 8 * * ? *)"),
            json!("cron(0 8 1 * ? *)"),
        ),
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("cron(0 8 ? * SUN *)"),
            json!("cron(0 8 ? * 0 *)"),
        ),
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("rate(1 minute)"),
            json!("rate(5 minutes)"),
        ),
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("cron(0 8 * * ? *)"),
            json!("cron(0 8 * * ?)"),
        ),
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("cron(0 8 ? * MON *)"),
            json!("cron(0 8 2 * ? *)"),
        ),
        (
            "AWS::Events::Rule",
            "/ScheduleExpression",
            json!("cron(0 8 ? JAN * *)"),
            json!("cron(0 8 ? * 1 *)"),
        ),
        (
            "AWS::AutoScaling::ScheduledAction",
            "/Recurrence",
            json!("cron(0 8 ? * MON *)"),
            json!("cron(0 8 ? * 2 *)"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
