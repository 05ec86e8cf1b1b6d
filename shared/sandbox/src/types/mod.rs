//! What the sandbox knows of resource types: whether CloudFormation checks their
//! drift, what their resources are called, which call changes them.

mod table;

use serde_json::Value;

use crate::bend::Edit;
use table::TYPES;

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

fn find(resource_type: &str) -> Option<&'static Type> {
    TYPES.iter().find(|known| known.name == resource_type)
}

/// Whether CloudFormation checks a type's drift. It checks more than the table
/// has; a policy that hangs on several roles and users it never looks at.
pub(crate) fn is_checked(resource_type: &str) -> bool {
    find(resource_type).is_some_and(|known| known.name != "AWS::IAM::Policy")
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
    if let Some(id) = composite(resource_type, properties) {
        return id;
    }
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

/// The physical id of a resource that is called after what it hangs on.
pub(crate) fn composite(resource_type: &str, properties: &Value) -> Option<String> {
    let text = |key: &str| properties.get(key).and_then(Value::as_str);
    let both = |a: &str, by: char, b: &str| Some(format!("{}{by}{}", text(a)?, text(b)?));
    match resource_type {
        "AWS::EC2::Route" => {
            let keys = [
                "DestinationCidrBlock",
                "DestinationIpv6CidrBlock",
                "DestinationPrefixListId",
            ];
            let destination = keys.into_iter().find_map(text)?;
            Some(format!("{}|{destination}", text("RouteTableId")?))
        }
        "AWS::EKS::Nodegroup" => both("ClusterName", '/', "NodegroupName"),
        "AWS::IAM::RolePolicy" => both("PolicyName", '|', "RoleName"),
        "AWS::IAM::UserPolicy" => both("PolicyName", '|', "UserName"),
        "AWS::IAM::GroupPolicy" => both("PolicyName", '|', "GroupName"),
        "AWS::S3::BucketPolicy" => text("Bucket").map(str::to_owned),
        _ => None,
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

/// The ARN of the resource with this physical id, in an account and a region.
pub(crate) fn arn_of(resource_type: &str, physical_id: &str, place: (&str, &str)) -> String {
    if physical_id.starts_with("arn:") {
        return physical_id.to_owned();
    }
    let origin = Origin {
        account: place.0,
        region: place.1,
        stack: "",
        logical_id: "",
        unique: "",
    };
    let name = match find(resource_type).map(|known| known.physical) {
        Some(Url) => physical_id.rsplit('/').next().unwrap_or_default(),
        _ => physical_id,
    };
    arn(resource_type, name, &origin)
}

/// The service that a type belongs to, as CloudTrail names it: `sqs.amazonaws.com`.
pub(crate) fn source(resource_type: &str) -> String {
    let service = match find(resource_type).map(|known| known.service) {
        None => "cloudformation",
        Some("cloudwatch") => "monitoring",
        Some(service) => service,
    };
    format!("{service}.amazonaws.com")
}

/// The call that makes a resource of a type.
pub(crate) fn creation(resource_type: &str) -> String {
    let Some(known) = find(resource_type) else {
        return "Create".to_owned();
    };
    let [change, _, _, delete] = known.calls;
    match resource_type {
        "AWS::CloudWatch::Alarm" | "AWS::Events::Rule" | "AWS::SSM::Parameter" => change.to_owned(),
        "AWS::KMS::Key" => "CreateKey".to_owned(),
        "AWS::SNS::Subscription" => "Subscribe".to_owned(),
        _ => delete.replacen("Delete", "Create", 1),
    }
}

/// The service and the call by which somebody makes an edit.
pub(crate) fn call(resource_type: &str, edit: &Edit) -> (String, String) {
    let source = source(resource_type);
    let Some(known) = find(resource_type) else {
        return (source, "Update".to_owned());
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
    (source, name.to_owned())
}

/// How a call's parameters name a resource of a type.
pub(crate) fn parameter(resource_type: &str) -> &'static str {
    match resource_type {
        "AWS::CloudWatch::Alarm" => "alarmName",
        "AWS::DynamoDB::Table" => "tableName",
        "AWS::EC2::RouteTable" => "routeTableId",
        "AWS::EC2::SecurityGroup" => "groupId",
        "AWS::EC2::Subnet" => "subnetId",
        "AWS::EC2::VPC" => "vpcId",
        "AWS::ECR::Repository" => "repositoryName",
        "AWS::EKS::Cluster" | "AWS::Events::Rule" | "AWS::SSM::Parameter" => "name",
        "AWS::IAM::Group" => "groupName",
        "AWS::IAM::ManagedPolicy" => "policyArn",
        "AWS::IAM::Role" => "roleName",
        "AWS::IAM::User" => "userName",
        "AWS::KMS::Key" => "keyId",
        "AWS::Kinesis::Stream" => "streamName",
        "AWS::Lambda::Function" => "functionName",
        "AWS::Logs::LogGroup" => "logGroupName",
        "AWS::RDS::DBInstance" => "dBInstanceIdentifier",
        "AWS::S3::Bucket" | "AWS::S3::BucketPolicy" => "bucketName",
        "AWS::SNS::Topic" => "topicArn",
        "AWS::SQS::Queue" => "queueUrl",
        "AWS::SecretsManager::Secret" => "secretId",
        "AWS::StepFunctions::StateMachine" => "stateMachineArn",
        _ => "resource",
    }
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
