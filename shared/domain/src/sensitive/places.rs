//! Places whose values are sensitive whatever they are called: environments, user data, and what AWS
//! documents as a secret under a name that does not say so.

use serde_json::{Map, Value};

use super::names::base;

/// Arguments that Glue itself knows. All others are a job's own, and its environment.
const OF_GLUE: [&str; 24] = [
    "--tempdir",
    "--class",
    "--scriptlocation",
    "--extra-py-files",
    "--extra-jars",
    "--extra-files",
    "--user-jars-first",
    "--additional-python-modules",
    "--python-modules-installer-option",
    "--job-language",
    "--job-bookmark-option",
    "--job-bookmark-from",
    "--job-bookmark-to",
    "--enable-metrics",
    "--enable-auto-scaling",
    "--enable-spark-ui",
    "--enable-glue-datacatalog",
    "--enable-continuous-cloudwatch-log",
    "--enable-continuous-log-filter",
    "--enable-job-insights",
    "--enable-observability-metrics",
    "--enable-s3-parquet-optimized-committer",
    "--spark-event-logs-path",
    "--datalake-formats",
];

/// Whether a leaf at these segments is sensitive by its place.
pub(super) fn is_sensitive(resource_type: &str, segments: &[String]) -> bool {
    let bases: Vec<&str> = segments.iter().map(|it| base(it)).collect();
    let first = bases.first().copied().unwrap_or_default();
    let last = bases.last().copied().unwrap_or_default();
    let has = |name: &str| bases.contains(&name);
    let is_of_type = match resource_type {
        "v1/Secret" => matches!(first, "data" | "stringData" | "binaryData"),
        "AWS::ApiGateway::ApiKey" => first == "Value",
        "AWS::ApiGateway::Stage" => first == "Variables" || has("StageVariableOverrides"),
        "AWS::ApiGateway::Deployment" => has("Variables") || has("StageVariableOverrides"),
        "AWS::ApiGatewayV2::Stage" => first == "StageVariables",
        "AWS::Glue::Job" => {
            matches!(first, "DefaultArguments" | "NonOverridableArguments")
                && !OF_GLUE.contains(&last.to_lowercase().as_str())
        }
        "AWS::Glue::Trigger" => {
            has("Arguments") && !OF_GLUE.contains(&last.to_lowercase().as_str())
        }
        // What it is for is known to the template alone; parameters without echo are among them.
        "AWS::CloudFormation::Stack" => first == "Parameters",
        "AWS::CloudFormation::StackSet" => has("ParameterValue"),
        "AWS::ServiceCatalog::CloudFormationProvisionedProduct" => {
            first == "ProvisioningParameters" && last == "Value"
        }
        "AWS::CloudFormation::CustomResource" => first != "ServiceToken",
        "AWS::KinesisFirehose::DeliveryStream" => {
            has("CommonAttributes") && last == "AttributeValue"
        }
        "AWS::CloudFront::Distribution" => has("OriginCustomHeaders") && last == "HeaderValue",
        other => other.starts_with("Custom::") && first != "ServiceToken",
    };
    is_of_type
        || bases.iter().any(|base| is_user_data(base))
        || has("kubectl.kubernetes.io/last-applied-configuration")
        || is_in_request(&bases)
        || has("PropertyMap") && resource_type.starts_with("AWS::KinesisAnalytics")
        || is_in_environment(resource_type, &bases)
}

/// Whether a whole subtree is sensitive at these segments, whatever is in it.
pub(super) fn is_sensitive_as_a_whole(segments: &[String]) -> bool {
    segments.iter().any(|segment| is_user_data(base(segment)))
}

fn is_user_data(name: &str) -> bool {
    let plain = name.chars().filter(|it| it.is_ascii_alphanumeric());
    let plain = plain.map(|it| it.to_ascii_lowercase());
    "userdata".chars().eq(plain.clone()) || "userdatabase64".chars().eq(plain)
}

/// Whether a leaf is the value of a header or parameter that a connection or rule adds to its requests.
fn is_in_request(bases: &[&str]) -> bool {
    const LISTS: [&str; 3] = [
        "HeaderParameters",
        "QueryStringParameters",
        "BodyParameters",
    ];
    let Some(at) = bases.iter().position(|it| LISTS.contains(it)) else {
        return false;
    };
    !matches!(&bases[at + 1..], [] | [_, "Key" | "IsValueSecret"])
}

/// Whether a leaf is the value of an environment variable: `env[name=A]/value`,
/// `Environment/0/Value`, `Environment/Variables/A`, `Environment/A`.
fn is_in_environment(resource_type: &str, bases: &[&str]) -> bool {
    let is_environment = |base: &&str| match *base {
        // A build project's environment is its machine; the variables are below.
        "Environment" => resource_type != "AWS::CodeBuild::Project",
        other => matches!(
            other,
            "EnvironmentVariables"
                | "EnvironmentVariablesOverride"
                | "RuntimeEnvironmentVariables"
                | "environment"
                | "environmentVariables"
                | "env"
        ),
    };
    let Some(at) = bases.iter().position(is_environment) else {
        return false;
    };
    match &bases[at + 1..] {
        [] => false,
        [.., leaf] if bases[at] == "env" => *leaf == "value",
        // The other members of a variable in a list.
        [.., index, "Name" | "Type" | "name" | "type"] => !super::is_index(index),
        _ => true,
    }
}

/// Whether what stands beside a value says that it is one of an environment: an option of Elastic
/// Beanstalk, or a parameter that is stored encrypted.
pub(super) fn is_beside(resource_type: &str, member: &str, map: &Map<String, Value>) -> bool {
    let says = |name: &str, beginning: &str| {
        map.get(name)
            .and_then(Value::as_str)
            .is_some_and(|it| it.starts_with(beginning))
    };
    member == "Value"
        && (says("Namespace", "aws:elasticbeanstalk:application:environment")
            || resource_type == "AWS::SSM::Parameter" && says("Type", "SecureString"))
}
