//! What the sandbox knows of resource types: whether CloudFormation checks their
//! drift, what their resources are called, which call changes them.

use serde_json::Value;

use crate::bend::Edit;

/// One resource type.
#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) name: &'static str,
    /// The service's name in ARNs and in `NAME.amazonaws.com`.
    service: &'static str,
    /// The property that holds its name.
    named_by: &'static str,
    /// Its ARN after the account; `{}` is the name. Begins with `!` where ARNs
    /// of the type have neither region nor account, with `/` where they have no region.
    arn: &'static str,
    physical: Physical,
    /// The calls that change, tag, untag and delete it.
    calls: [&'static str; 4],
}

/// What a physical id looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Physical {
    Name,
    Arn,
    /// The queue's URL.
    Url,
    /// A prefix and hex digits; the name does not matter.
    Id(&'static str),
}

use Physical::{Arn, Id, Name, Url};

macro_rules! types {
    ($($name:literal $service:literal $named_by:literal $arn:literal $physical:expr, [$($call:literal)*];)*) => {
        [$(Type { name: $name, service: $service, named_by: $named_by, arn: $arn, physical: $physical, calls: [$($call),*] }),*]
    };
}

/// Types whose drift is checked. CloudFormation checks more; what is not here is NOT_CHECKED.
static TYPES: [Type; 24] = types! {
    "AWS::CloudWatch::Alarm" "cloudwatch" "AlarmName" "alarm:{}" Name, ["PutMetricAlarm" "TagResource" "UntagResource" "DeleteAlarms"];
    "AWS::DynamoDB::Table" "dynamodb" "TableName" "table/{}" Name, ["UpdateTable" "TagResource" "UntagResource" "DeleteTable"];
    "AWS::EC2::SecurityGroup" "ec2" "GroupName" "security-group/{}" Id("sg-"), ["ModifySecurityGroupRules" "CreateTags" "DeleteTags" "DeleteSecurityGroup"];
    "AWS::EC2::Subnet" "ec2" "" "subnet/{}" Id("subnet-"), ["ModifySubnetAttribute" "CreateTags" "DeleteTags" "DeleteSubnet"];
    "AWS::EC2::VPC" "ec2" "" "vpc/{}" Id("vpc-"), ["ModifyVpcAttribute" "CreateTags" "DeleteTags" "DeleteVpc"];
    "AWS::ECR::Repository" "ecr" "RepositoryName" "repository/{}" Name, ["PutImageTagMutability" "TagResource" "UntagResource" "DeleteRepository"];
    "AWS::ECS::Cluster" "ecs" "ClusterName" "cluster/{}" Name, ["UpdateCluster" "TagResource" "UntagResource" "DeleteCluster"];
    "AWS::ECS::Service" "ecs" "ServiceName" "service/{}" Arn, ["UpdateService" "TagResource" "UntagResource" "DeleteService"];
    "AWS::Events::Rule" "events" "Name" "rule/{}" Name, ["PutRule" "TagResource" "UntagResource" "DeleteRule"];
    "AWS::IAM::ManagedPolicy" "iam" "ManagedPolicyName" "/policy/{}" Arn, ["CreatePolicyVersion" "TagPolicy" "UntagPolicy" "DeletePolicy"];
    "AWS::IAM::Role" "iam" "RoleName" "/role/{}" Name, ["UpdateRole" "TagRole" "UntagRole" "DeleteRole"];
    "AWS::IAM::User" "iam" "UserName" "/user/{}" Name, ["UpdateUser" "TagUser" "UntagUser" "DeleteUser"];
    "AWS::KMS::Key" "kms" "" "key/{}" Id(""), ["PutKeyPolicy" "TagResource" "UntagResource" "ScheduleKeyDeletion"];
    "AWS::Kinesis::Stream" "kinesis" "Name" "stream/{}" Name, ["UpdateShardCount" "AddTagsToStream" "RemoveTagsFromStream" "DeleteStream"];
    "AWS::Lambda::Function" "lambda" "FunctionName" "function:{}" Name, ["UpdateFunctionConfiguration20150331v2" "TagResource20170331v2" "UntagResource20170331v2" "DeleteFunction20150331"];
    "AWS::Logs::LogGroup" "logs" "LogGroupName" "log-group:{}" Name, ["PutRetentionPolicy" "TagResource" "UntagResource" "DeleteLogGroup"];
    "AWS::RDS::DBInstance" "rds" "DBInstanceIdentifier" "db:{}" Name, ["ModifyDBInstance" "AddTagsToResource" "RemoveTagsFromResource" "DeleteDBInstance"];
    "AWS::S3::Bucket" "s3" "BucketName" "!{}" Name, ["PutBucketVersioning" "PutBucketTagging" "DeleteBucketTagging" "DeleteBucket"];
    "AWS::SNS::Subscription" "sns" "" "{}" Arn, ["SetSubscriptionAttributes" "TagResource" "UntagResource" "Unsubscribe"];
    "AWS::SNS::Topic" "sns" "TopicName" "{}" Arn, ["SetTopicAttributes" "TagResource" "UntagResource" "DeleteTopic"];
    "AWS::SQS::Queue" "sqs" "QueueName" "{}" Url, ["SetQueueAttributes" "TagQueue" "UntagQueue" "DeleteQueue"];
    "AWS::SSM::Parameter" "ssm" "Name" "parameter/{}" Name, ["PutParameter" "AddTagsToResource" "RemoveTagsFromResource" "DeleteParameter"];
    "AWS::SecretsManager::Secret" "secretsmanager" "Name" "secret:{}" Arn, ["UpdateSecret" "TagResource" "UntagResource" "DeleteSecret"];
    "AWS::StepFunctions::StateMachine" "states" "StateMachineName" "stateMachine:{}" Arn, ["UpdateStateMachine" "TagResource" "UntagResource" "DeleteStateMachine"];
};

fn find(resource_type: &str) -> Option<&'static Type> {
    TYPES.iter().find(|known| known.name == resource_type)
}

/// Whether CloudFormation checks a type's drift.
pub(crate) fn is_checked(resource_type: &str) -> bool {
    find(resource_type).is_some()
}

/// Where a resource lies and what tells it from others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) stack: &'a str,
    pub(crate) logical_id: &'a str,
    /// A UUID.
    pub(crate) unique: &'a str,
}

/// A resource's name in the account: the template's, or one made of the stack's and its own.
pub(crate) fn name(resource_type: &str, properties: &Value, origin: &Origin<'_>) -> String {
    let given = find(resource_type)
        .filter(|known| !known.named_by.is_empty())
        .and_then(|known| properties.get(known.named_by)?.as_str());
    match (given, find(resource_type).map(|known| known.physical)) {
        (_, Some(Id(""))) => origin.unique.to_owned(),
        (_, Some(Id(prefix))) => format!("{prefix}0{}", hex(origin.unique, 16)),
        (Some(given), _) => given.to_owned(),
        (None, _) => {
            let made = format!(
                "{}-{}-{}",
                origin.stack,
                origin.logical_id,
                hex(origin.unique, 12).to_uppercase()
            );
            // A bucket's name has no capitals.
            match resource_type {
                "AWS::S3::Bucket" => made.to_lowercase(),
                _ => made,
            }
        }
    }
}

/// The physical id of a resource of this name.
pub(crate) fn physical_id(resource_type: &str, name: &str, origin: &Origin<'_>) -> String {
    match find(resource_type).map(|known| known.physical) {
        Some(Arn) => arn(resource_type, name, origin),
        Some(Url) => format!(
            "https://sqs.{}.amazonaws.com/{}/{name}",
            origin.region, origin.account
        ),
        Some(Name | Id(_)) | None => name.to_owned(),
    }
}

/// The ARN of a resource of this name.
pub(crate) fn arn(resource_type: &str, name: &str, origin: &Origin<'_>) -> String {
    let (account, region) = (origin.account, origin.region);
    let Some(known) = find(resource_type) else {
        return name.to_owned();
    };
    let tail = |pattern: &str| pattern.replace("{}", name);
    let service = known.service;
    match known.arn.split_at_checked(1) {
        Some(("!", rest)) => format!("arn:aws:{service}:::{}", tail(rest)),
        Some(("/", rest)) => format!("arn:aws:{service}::{account}:{}", tail(rest)),
        _ => format!("arn:aws:{service}:{region}:{account}:{}", tail(known.arn)),
    }
}

/// The service and the call by which somebody makes an edit.
pub(crate) fn call(resource_type: &str, edit: &Edit) -> (String, String) {
    let Some(known) = find(resource_type) else {
        return (
            "cloudformation.amazonaws.com".to_owned(),
            "Update".to_owned(),
        );
    };
    let source = match known.service {
        "cloudwatch" => "monitoring",
        service => service,
    };
    let [change, tag, untag, delete] = known.calls;
    let name = match edit {
        Edit::Delete => delete,
        Edit::Remove { path } if is_tag(path) && path.matches('/').count() == 2 => untag,
        Edit::Set { path, .. } | Edit::Add { path, .. } if is_tag(path) => tag,
        Edit::Set { path, .. } | Edit::Add { path, .. } | Edit::Remove { path } => {
            let adds = matches!(edit, Edit::Add { .. });
            particular(resource_type, path, adds).unwrap_or(change)
        }
    };
    (format!("{source}.amazonaws.com"), name.to_owned())
}

fn is_tag(path: &str) -> bool {
    path == "/Tags" || path.starts_with("/Tags/")
}

/// Properties that have a call of their own.
fn particular(resource_type: &str, path: &str, adds: bool) -> Option<&'static str> {
    let property = path.split('/').nth(1).unwrap_or_default();
    let whole = path.matches('/').count() == 1;
    Some(match (resource_type, property) {
        ("AWS::EC2::SecurityGroup", "SecurityGroupIngress") if adds => {
            "AuthorizeSecurityGroupIngress"
        }
        ("AWS::EC2::SecurityGroup", "SecurityGroupEgress") if adds => {
            "AuthorizeSecurityGroupEgress"
        }
        ("AWS::IAM::Role", "AssumeRolePolicyDocument") => "UpdateAssumeRolePolicy",
        ("AWS::IAM::Role", "ManagedPolicyArns") if adds => "AttachRolePolicy",
        ("AWS::IAM::Role", "ManagedPolicyArns") => "DetachRolePolicy",
        ("AWS::IAM::Role", "Policies") => "PutRolePolicy",
        ("AWS::S3::Bucket", "PublicAccessBlockConfiguration") if whole => {
            "DeleteBucketPublicAccessBlock"
        }
        ("AWS::S3::Bucket", "PublicAccessBlockConfiguration") => "PutBucketPublicAccessBlock",
        ("AWS::S3::Bucket", "BucketEncryption") => "PutBucketEncryption",
        ("AWS::KMS::Key", "EnableKeyRotation") => "DisableKeyRotation",
        _ => return None,
    })
}

/// The first hex digits of a UUID.
fn hex(unique: &str, digits: usize) -> String {
    unique.chars().filter(|c| *c != '-').take(digits).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn physical_ids_look_like_those_of_their_services() {
        let origin = Origin {
            account: "111122223333",
            region: "eu-west-1",
            stack: "shop",
            logical_id: "Thing",
            unique: "0123abcd-4567-4000-8000-0123456789ab",
        };
        let id = |resource_type: &str, properties: Value| {
            physical_id(
                resource_type,
                &name(resource_type, &properties, &origin),
                &origin,
            )
        };
        let queue = id("AWS::SQS::Queue", json!({"QueueName": "orders"}));
        assert_eq!(
            queue,
            "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"
        );
        assert_eq!(
            id("AWS::EC2::SecurityGroup", json!({"GroupName": "g"})),
            "sg-00123abcd45674000"
        );
        assert_eq!(id("AWS::S3::Bucket", json!({})), "shop-thing-0123abcd4567");
        assert_eq!(
            id("AWS::SNS::Topic", json!({"TopicName": "t"})),
            "arn:aws:sns:eu-west-1:111122223333:t"
        );
        assert_eq!(
            id("AWS::IAM::ManagedPolicy", json!({"ManagedPolicyName": "p"})),
            "arn:aws:iam::111122223333:policy/p"
        );
        assert_eq!(arn("AWS::S3::Bucket", "b", &origin), "arn:aws:s3:::b");
    }

    #[test]
    fn an_edit_is_made_by_the_call_that_makes_it() {
        let call = |resource_type: &str, edit: Edit| call(resource_type, &edit).1;
        let group = "AWS::EC2::SecurityGroup";
        let tag = Edit::Remove {
            path: "/Tags/0".to_owned(),
        };
        let rule = Edit::Add {
            path: "/SecurityGroupIngress".to_owned(),
            value: json!({}),
        };
        assert_eq!(call(group, tag), "DeleteTags");
        assert_eq!(call(group, rule), "AuthorizeSecurityGroupIngress");
        assert_eq!(call(group, Edit::Delete), "DeleteSecurityGroup");
        let timeout = Edit::Set {
            path: "/VisibilityTimeout".to_owned(),
            value: json!(1),
        };
        assert_eq!(call("AWS::SQS::Queue", timeout), "SetQueueAttributes");
    }
}
