//! ARNs of log groups.

use domain::judge::Comparison;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// The ARN of a log group with and without `:*`.
pub(crate) struct LogGroupArn;

const DESTINATION: &str = "API Reference of the service: the log group that logs are delivered to";

const PLACES: &[Place] = &[
    place(
        "AWS::ApiGateway::Stage",
        "/AccessLogSetting/DestinationArn",
        DESTINATION,
    ),
    place(
        "AWS::ApiGatewayV2::Stage",
        "/AccessLogSettings/DestinationArn",
        DESTINATION,
    ),
    place(
        "AWS::CloudTrail::Trail",
        "/CloudWatchLogsLogGroupArn",
        DESTINATION,
    ),
    place(
        "AWS::Route53::HostedZone",
        "/QueryLoggingConfig/CloudWatchLogsLogGroupArn",
        DESTINATION,
    ),
    place(
        "AWS::StepFunctions::StateMachine",
        "/LoggingConfiguration/Destinations/*/CloudWatchLogsLogGroup/LogGroupArn",
        DESTINATION,
    ),
    place(
        "AWS::WAFv2::LoggingConfiguration",
        "/LogDestinationConfigs/*",
        DESTINATION,
    ),
];

impl Rule for LogGroupArn {
    fn name(&self) -> &'static str {
        "log-group-arn"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html> (`arn` ends with `:*`, `logGroupArn` does not; both are the log group's)"
    }

    fn summary(&self) -> &'static str {
        "The ARN of a log group that logs go to, with and without the `:*` at its end, names one log group."
    }

    fn notes(&self) -> String {
        format!(
            "Only where logs are delivered to. In a policy the two mean different things, and there they are never \
             taken for one another. A star anywhere else in the name, another group, Region or account is \
             drift.\n\n{}",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, PLACES)?;
        let (expected, actual) = (log_group(expected)?, log_group(actual)?);
        (expected == actual).then(|| "the same log group, with and without :*".to_owned())
    }
}

/// The ARN without the star that may end it.
fn log_group(arn: &str) -> Option<&str> {
    let arn = arn.strip_suffix(":*").unwrap_or(arn);
    let parts: Vec<&str> = arn.split(':').collect();
    let [scheme, partition, service, _, _, kind, name] = parts[..] else {
        return None;
    };
    let is_one = (scheme, service, kind) == ("arn", "logs", "log-group")
        && partition.starts_with("aws")
        && !name.is_empty()
        && !name.contains('*');
    is_one.then_some(arn)
}
