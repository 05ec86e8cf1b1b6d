//! The resource types of a random world: their templates, what can be bent, and the calls that bend it.

use serde_json::{Map, Value, json};

use super::{Resource, edits::Edit, word};
use crate::aws::Aws;

/// A resource type that the emulator compares.
///
/// Of the last four it only sees whether they are there. It compares subscriptions likewise, but these cannot be made
/// again under the same id, so no world could be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the AWS resource type of its name")]
pub enum Kind {
    Queue,
    Parameter,
    Topic,
    Function,
    Role,
    Table,
    Bucket,
    LogGroup,
    Secret,
    Stream,
    Repository,
    Rule,
    StateMachine,
}

const ROLE_ARN: &str = "arn:aws:iam::000000000000:role/service";

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Queue,
        Self::Parameter,
        Self::Topic,
        Self::Function,
        Self::Role,
        Self::Table,
        Self::Bucket,
        Self::LogGroup,
        Self::Secret,
        Self::Stream,
        Self::Repository,
        Self::Rule,
        Self::StateMachine,
    ];

    /// The type in a template, such as `AWS::SQS::Queue`.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Queue => "AWS::SQS::Queue",
            Self::Parameter => "AWS::SSM::Parameter",
            Self::Topic => "AWS::SNS::Topic",
            Self::Function => "AWS::Lambda::Function",
            Self::Role => "AWS::IAM::Role",
            Self::Table => "AWS::DynamoDB::Table",
            Self::Bucket => "AWS::S3::Bucket",
            Self::LogGroup => "AWS::Logs::LogGroup",
            Self::Secret => "AWS::SecretsManager::Secret",
            Self::Stream => "AWS::Kinesis::Stream",
            Self::Repository => "AWS::ECR::Repository",
            Self::Rule => "AWS::Events::Rule",
            Self::StateMachine => "AWS::StepFunctions::StateMachine",
        }
    }

    /// Random properties for a template; each that can be bent is set, for only what is set is compared.
    pub(super) fn properties(self, name: &str, rng: &mut fastrand::Rng) -> Map<String, Value> {
        let text = format!("{} {}", word(rng), word(rng));
        let mut properties = match self {
            Self::Queue => {
                json!({"QueueName": name, "VisibilityTimeout": 30 + rng.u64(0..30), "DelaySeconds": 5,
                "MessageRetentionPeriod": 86_400 + rng.u64(0..1000)})
            }
            Self::Parameter => {
                json!({"Name": name, "Type": "String", "Value": word(rng), "Description": text})
            }
            Self::Topic => json!({"TopicName": name, "DisplayName": text}),
            Self::Function => {
                json!({"FunctionName": name, "Runtime": "python3.12", "Handler": "index.handler",
                "Role": ROLE_ARN, "Code": {"ZipFile": "def handler(event, context): pass"},
                "Timeout": 3 + rng.u64(0..20), "MemorySize": 128, "Description": text,
                "Environment": {"Variables": {"LOG_LEVEL": "info", "STAGE": word(rng)}}})
            }
            Self::Role => json!({"RoleName": name, "Description": text, "MaxSessionDuration": 3600,
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}),
            Self::Table => json!({"TableName": name, "BillingMode": "PROVISIONED",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
                "DeletionProtectionEnabled": rng.bool()}),
            Self::Bucket => {
                json!({"BucketName": name, "VersioningConfiguration": {"Status": "Enabled"}})
            }
            Self::LogGroup => json!({"LogGroupName": name, "RetentionInDays": 30}),
            Self::Secret => json!({"Name": name, "Description": text, "SecretString": word(rng)}),
            Self::Stream => json!({"Name": name, "ShardCount": 1}),
            Self::Repository => json!({"RepositoryName": name}),
            Self::Rule => {
                json!({"Name": name, "ScheduleExpression": "rate(1 hour)", "State": "ENABLED"})
            }
            Self::StateMachine => {
                json!({"StateMachineName": name, "RoleArn": ROLE_ARN, "DefinitionString": machine()})
            }
        };
        let count = rng.usize(1..4);
        let tags = (0..count).map(|index| (format!("{}{index}", word(rng)), word(rng)));
        if self == Self::Parameter {
            properties["Tags"] = tags
                .map(|(key, value)| (key, Value::from(value)))
                .collect::<Map<_, _>>()
                .into();
        } else if self.edits().iter().any(|edit| matches!(edit, Edit::Tag)) {
            properties["Tags"] = tags
                .map(|(key, value)| json!({"Key": key, "Value": value}))
                .collect();
        }
        match properties {
            Value::Object(map) => map,
            _ => unreachable!("every template above is an object"),
        }
    }

    /// What can be bent; no two of them touch the same path.
    pub(super) fn edits(self) -> &'static [Edit] {
        match self {
            Self::Queue => &[
                Edit::Number("/VisibilityTimeout", &[10, 70, 120]),
                Edit::Number("/DelaySeconds", &[1, 60, 900]),
                Edit::Number("/MessageRetentionPeriod", &[3600, 172_800]),
                Edit::Tag,
            ],
            Self::Parameter => &[Edit::Text("/Value"), Edit::Text("/Description"), Edit::Tag],
            Self::Topic => &[Edit::Text("/DisplayName"), Edit::Tag],
            Self::Function => &[
                Edit::Number("/Timeout", &[30, 60, 300]),
                Edit::Number("/MemorySize", &[256, 512]),
                Edit::Text("/Description"),
                Edit::Entry("/Environment/Variables"),
                Edit::Tag,
            ],
            Self::Role => &[
                Edit::Text("/Description"),
                Edit::Number("/MaxSessionDuration", &[7200, 43_200]),
                Edit::Choice(
                    "/AssumeRolePolicyDocument/Statement/0/Principal/Service",
                    &["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"],
                ),
                Edit::Tag,
            ],
            Self::Table => &[
                Edit::Number("/ProvisionedThroughput/ReadCapacityUnits", &[1, 10, 25]),
                Edit::Number("/ProvisionedThroughput/WriteCapacityUnits", &[1, 10, 25]),
                Edit::Switch("/DeletionProtectionEnabled"),
                Edit::Tag,
            ],
            Self::Bucket => &[Edit::Choice(
                "/VersioningConfiguration/Status",
                &["Suspended"],
            )],
            // Changing the retention and removing it touch one path, so the list holds the rarer of the two; the change
            // of a number is covered by every other kind.
            Self::LogGroup => &[Edit::Removal("/RetentionInDays"), Edit::Tag],
            Self::Secret => &[Edit::Text("/Description"), Edit::Tag],
            Self::Stream | Self::Repository | Self::Rule | Self::StateMachine => &[],
        }
    }

    /// Whether a deleted one can be made again under the same physical id by its service's own call.
    pub(super) fn can_be_recreated(self) -> bool {
        !matches!(
            self,
            Self::Function | Self::Role | Self::Table | Self::Secret
        )
    }

    /// Writes every property that can be bent to the live resource, which has the properties `from` now.
    pub(super) fn write(
        self,
        aws: &Aws,
        name: &str,
        (from, properties): (&Map<String, Value>, &Map<String, Value>),
    ) {
        let text = |property: &str| properties[property].as_str().expect("a text property");
        match self {
            Self::Queue => aws.set_queue_attributes(name, &queue_attributes(properties)),
            Self::Parameter => aws.put_parameter(name, text("Value"), text("Description")),
            Self::Topic => aws.set_topic_display_name(name, text("DisplayName")),
            Self::Function => {
                let keys = ["Timeout", "MemorySize", "Description", "Environment"];
                aws.update_function(name, &only(properties, &keys).into());
            }
            Self::Role => {
                aws.update_role(
                    name,
                    text("Description"),
                    &properties["MaxSessionDuration"].to_string(),
                );
                aws.update_assume_role_policy(name, &properties["AssumeRolePolicyDocument"]);
            }
            Self::Table => {
                aws.protect_table(name, properties["DeletionProtectionEnabled"] == true);
                // DynamoDB refuses an update to the capacity that a table has.
                let capacity = "ProvisionedThroughput";
                if from.get(capacity) != properties.get(capacity) {
                    aws.provision_table(name, &properties[capacity]);
                }
            }
            Self::Bucket => {
                let status = properties["VersioningConfiguration"]["Status"].as_str();
                aws.set_bucket_versioning(name, status.expect("a status"));
            }
            Self::LogGroup => aws.set_retention(
                name,
                properties.get("RetentionInDays").and_then(Value::as_u64),
            ),
            Self::Secret => aws.describe_secret_as(name, text("Description")),
            Self::Stream | Self::Repository | Self::Rule | Self::StateMachine => {}
        }
    }

    /// Makes a deleted resource again, without its tags.
    pub(super) fn create(self, aws: &Aws, resource: &Resource) {
        let (name, properties) = (resource.name.as_str(), &resource.properties);
        match self {
            Self::Queue => aws.create_queue(name, &queue_attributes(properties)),
            // Written whole, or made with its first write.
            Self::Parameter => {}
            Self::Topic => aws.create_topic(name),
            Self::Bucket => aws.create_bucket(name),
            Self::LogGroup => aws.create_log_group(name),
            Self::Stream => aws.create_stream(name, 1),
            Self::Repository => aws.create_repository(name),
            Self::Rule => aws.put_rule(name, "rate(1 hour)"),
            Self::StateMachine => aws.create_state_machine(name, ROLE_ARN, &machine()),
            Self::Function | Self::Role | Self::Table | Self::Secret => {
                panic!("{self:?} is never deleted: see can_be_recreated")
            }
        }
    }

    /// Deletes the live resource.
    pub(super) fn delete(self, aws: &Aws, name: &str) {
        match self {
            Self::Queue => aws.delete_queue(name),
            Self::Parameter => aws.delete_parameter(name),
            Self::Topic => aws.delete_topic(name),
            Self::Bucket => aws.delete_bucket(name),
            Self::LogGroup => aws.delete_log_group(name),
            Self::Stream => aws.delete_stream(name),
            Self::Repository => aws.delete_repository(name),
            Self::Rule => aws.delete_rule(name),
            Self::StateMachine => aws.delete_state_machine(name),
            Self::Function | Self::Role | Self::Table | Self::Secret => {
                panic!("{self:?} is never deleted: see can_be_recreated")
            }
        }
    }

    /// Adds tags to the live resource or changes their values.
    pub(super) fn tag(self, aws: &Aws, name: &str, tags: &[(String, String)]) {
        match self {
            Self::Queue => aws.tag_queue(name, tags),
            Self::Parameter => aws.tag_parameter(name, tags),
            Self::Topic => aws.tag_topic(name, tags),
            Self::Function => aws.tag_function(name, tags),
            Self::Role => aws.tag_role(name, tags),
            Self::Table => aws.tag_table(name, tags),
            Self::LogGroup => aws.tag_log_group(name, tags),
            Self::Secret => aws.tag_secret(name, tags),
            Self::Bucket | Self::Stream | Self::Repository | Self::Rule | Self::StateMachine => {
                panic!("{self:?} has no tags in its template")
            }
        }
    }

    /// Removes tags from the live resource.
    pub(super) fn untag(self, aws: &Aws, name: &str, keys: &[String]) {
        match self {
            Self::Queue => aws.untag_queue(name, keys),
            Self::Parameter => aws.untag_parameter(name, keys),
            Self::Topic => aws.untag_topic(name, keys),
            Self::Function => aws.untag_function(name, keys),
            Self::Role => aws.untag_role(name, keys),
            Self::Table => aws.untag_table(name, keys),
            Self::LogGroup => aws.untag_log_group(name, keys),
            Self::Secret => aws.untag_secret(name, keys),
            Self::Bucket | Self::Stream | Self::Repository | Self::Rule | Self::StateMachine => {
                panic!("{self:?} has no tags in its template")
            }
        }
    }
}

/// The tags of a template's properties, whether they are a list or a map.
pub(super) fn tags(properties: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match properties.get("Tags") {
        Some(Value::Array(list)) => list
            .iter()
            .map(|tag| (text(&tag["Key"]), text(&tag["Value"])))
            .collect(),
        Some(Value::Object(map)) => map
            .iter()
            .map(|(key, value)| (key.clone(), text(value)))
            .collect(),
        _ => Vec::new(),
    }
}

fn queue_attributes(properties: &Map<String, Value>) -> Map<String, Value> {
    only(
        properties,
        &[
            "VisibilityTimeout",
            "DelaySeconds",
            "MessageRetentionPeriod",
        ],
    )
}

fn only(properties: &Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    keys.iter()
        .map(|key| ((*key).to_owned(), properties[*key].clone()))
        .collect()
}

fn machine() -> String {
    json!({"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": true}}}).to_string()
}
