//! The kinds of resources that a generated world has.

use serde_json::{Value, json};

use super::bending::Bending::{
    self, Choice, Element, Entry, Flip, Gone, Number, Remove, Tag, Words,
};
use super::word;
use crate::account::NewResource;
use crate::bend::Edit;

/// One kind of resource.
#[derive(Debug)]
pub(super) struct Kind {
    resource_type: &'static str,
    logical_id: &'static str,
    properties: fn(&str, &mut fastrand::Rng) -> Value,
    /// Empty where no detection could see it.
    bendings: &'static [Bending],
}

impl Kind {
    pub(super) fn make(&self, stack: &str, place: usize, rng: &mut fastrand::Rng) -> NewResource {
        let logical_id = format!("{}{place}", self.logical_id);
        let name = format!("{stack}-{}", logical_id.to_lowercase());
        let mut properties = (self.properties)(&name, rng);
        if self.bendings.iter().any(|bending| matches!(bending, Tag)) {
            properties["Tags"] = json!([
                {"Key": "team", "Value": word(rng)},
                {"Key": "cost-center", "Value": rng.u16(100..1000).to_string()},
            ]);
        }
        NewResource::new(&logical_id, self.resource_type, properties)
    }

    pub(super) fn bend(&self, properties: &Value, rng: &mut fastrand::Rng) -> Option<Edit> {
        rng.choice(self.bendings)?.edit(properties, rng)
    }
}

/// The kind of a type that can be bent.
pub(super) fn bendable(resource_type: &str) -> Option<&'static Kind> {
    ALL.iter()
        .find(|kind| kind.resource_type == resource_type && !kind.bendings.is_empty())
}

pub(super) static ALL: [Kind; 16] = [
    Kind {
        resource_type: "AWS::EC2::SecurityGroup",
        logical_id: "Group",
        properties: |name, rng| {
            let port = [443, 5432, 6379, 8080][rng.usize(..4)];
            json!({"GroupName": name, "GroupDescription": format!("access to {name}"), "SecurityGroupIngress": [
                {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/16", "Description": "inside"}
            ]})
        },
        bendings: &[
            Element(
                "/SecurityGroupIngress",
                r#"{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}"#,
            ),
            Choice(
                "/SecurityGroupIngress/0/CidrIp",
                &["0.0.0.0/0", "10.0.0.0/8"],
            ),
            Tag,
        ],
    },
    Kind {
        resource_type: "AWS::SQS::Queue",
        logical_id: "Queue",
        properties: |name, rng| {
            json!({"QueueName": name, "VisibilityTimeout": rng.u16(3..9) * 10, "MessageRetentionPeriod": 345_600,
                   "SqsManagedSseEnabled": true})
        },
        bendings: &[
            Number("/VisibilityTimeout", &[5, 120, 300]),
            Number("/MessageRetentionPeriod", &[60, 1_209_600]),
            Flip("/SqsManagedSseEnabled"),
            Tag,
            Gone,
        ],
    },
    Kind {
        resource_type: "AWS::IAM::Role",
        logical_id: "Role",
        properties: |name, _| {
            let trust = json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
            json!({"RoleName": name, "Description": format!("role of {name}"), "MaxSessionDuration": 3600,
                   "AssumeRolePolicyDocument": trust,
                   "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]})
        },
        bendings: &[
            Element(
                "/ManagedPolicyArns",
                r#""arn:aws:iam::aws:policy/AdministratorAccess""#,
            ),
            Number("/MaxSessionDuration", &[7200, 43_200]),
            Words("/Description"),
            Tag,
        ],
    },
    Kind {
        resource_type: "AWS::S3::Bucket",
        logical_id: "Bucket",
        properties: |name, _| {
            json!({"BucketName": name, "VersioningConfiguration": {"Status": "Enabled"},
                   "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true,
                                                      "IgnorePublicAcls": true, "RestrictPublicBuckets": true}})
        },
        bendings: &[
            Choice("/VersioningConfiguration/Status", &["Enabled", "Suspended"]),
            Flip("/PublicAccessBlockConfiguration/BlockPublicPolicy"),
            Remove("/PublicAccessBlockConfiguration"),
            Tag,
        ],
    },
    Kind {
        resource_type: "AWS::Lambda::Function",
        logical_id: "Function",
        properties: |name, rng| {
            json!({"FunctionName": name, "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": rng.u16(1..6) * 10,
                   "MemorySize": 256, "Role": "arn:aws:iam::000000000000:role/functions",
                   "Environment": {"Variables": {"LOG_LEVEL": "info", "TABLE": format!("{name}-table"), "API_TOKEN": "from-template"}}})
        },
        bendings: &[
            Number("/MemorySize", &[128, 512, 1024]),
            Number("/Timeout", &[3, 900]),
            Entry("/Environment/Variables"),
            Choice("/Runtime", &["provided.al2"]),
            Tag,
        ],
    },
    Kind {
        resource_type: "AWS::CloudWatch::Alarm",
        logical_id: "Alarm",
        properties: |name, rng| {
            json!({"AlarmName": name, "Namespace": "AWS/SQS", "MetricName": "ApproximateAgeOfOldestMessage",
                   "Statistic": "Maximum", "Period": 60, "EvaluationPeriods": rng.u8(1..6), "Threshold": 300,
                   "ComparisonOperator": "GreaterThanThreshold", "ActionsEnabled": true})
        },
        bendings: &[
            Number("/Threshold", &[30, 3000, 100_000]),
            Flip("/ActionsEnabled"),
            Gone,
        ],
    },
    Kind {
        resource_type: "AWS::SNS::Topic",
        logical_id: "Topic",
        properties: |name, _| json!({"TopicName": name, "DisplayName": format!("News of {name}")}),
        bendings: &[Words("/DisplayName"), Remove("/DisplayName"), Tag, Gone],
    },
    Kind {
        resource_type: "AWS::Logs::LogGroup",
        logical_id: "Logs",
        properties: |name, _| json!({"LogGroupName": format!("/plumb/{name}"), "RetentionInDays": 30}),
        bendings: &[
            Number("/RetentionInDays", &[1, 7, 365]),
            Remove("/RetentionInDays"),
            Tag,
            Gone,
        ],
    },
    Kind {
        resource_type: "AWS::DynamoDB::Table",
        logical_id: "Table",
        properties: |name, _| {
            json!({"TableName": name, "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true,
                   "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
                   "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
                   "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}})
        },
        bendings: &[
            Flip("/DeletionProtectionEnabled"),
            Flip("/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled"),
            Tag,
        ],
    },
    Kind {
        resource_type: "AWS::SSM::Parameter",
        logical_id: "Parameter",
        properties: |name, rng| json!({"Name": format!("/{name}"), "Type": "String", "Value": word(rng), "Description": "a setting"}),
        bendings: &[Words("/Value"), Words("/Description"), Gone],
    },
    Kind {
        resource_type: "AWS::SecretsManager::Secret",
        logical_id: "Secret",
        properties: |name, _| json!({"Name": name, "Description": format!("credentials of {name}")}),
        bendings: &[Words("/Description"), Tag],
    },
    Kind {
        resource_type: "AWS::KMS::Key",
        logical_id: "Key",
        properties: |name, _| {
            json!({"Description": format!("key of {name}"), "EnableKeyRotation": true,
                   "KeyPolicy": {"Version": "2012-10-17", "Statement": [
                       {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*", "Resource": "*"}]}})
        },
        bendings: &[
            Flip("/EnableKeyRotation"),
            Element(
                "/KeyPolicy/Statement",
                r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
            ),
            Tag,
        ],
    },
    Kind {
        resource_type: "AWS::ECR::Repository",
        logical_id: "Images",
        properties: |name, _| json!({"RepositoryName": name, "ImageTagMutability": "IMMUTABLE", "ImageScanningConfiguration": {"ScanOnPush": true}}),
        bendings: &[
            Choice("/ImageTagMutability", &["MUTABLE"]),
            Flip("/ImageScanningConfiguration/ScanOnPush"),
            Tag,
        ],
    },
    Kind {
        resource_type: "AWS::Events::Rule",
        logical_id: "Rule",
        properties: |name, _| json!({"Name": name, "ScheduleExpression": "rate(1 hour)", "State": "ENABLED"}),
        bendings: &[
            Choice("/State", &["DISABLED"]),
            Choice("/ScheduleExpression", &["rate(5 minutes)", "rate(1 day)"]),
            Gone,
        ],
    },
    Kind {
        resource_type: "AWS::CloudFormation::WaitConditionHandle",
        logical_id: "Handle",
        properties: |_, _| json!({}),
        bendings: &[],
    },
    Kind {
        resource_type: "Custom::Certificate",
        logical_id: "Certificate",
        properties: |name, _| {
            let token = "arn:aws:lambda:us-east-1:000000000000:function:certificates";
            json!({"ServiceToken": token, "DomainName": format!("{name}.example.com")})
        },
        bendings: &[],
    },
];
