//! The resource types.

use super::Physical::{Arn, Id, Name, Url};
use super::Type;

macro_rules! types {
    ($($name:literal $service:literal $named_by:literal $arn:literal $physical:expr, [$($call:literal)*];)*) => {
        [$(Type { name: $name, service: $service, named_by: $named_by, arn: $arn, physical: $physical, calls: [$($call),*] }),*]
    };
}

/// The types, by name. What is not here has a generated name and no drift support.
pub(super) static TYPES: [Type; 36] = types! {
    "AWS::CloudWatch::Alarm" "cloudwatch" "AlarmName" "alarm:{}" Name, ["PutMetricAlarm" "TagResource" "UntagResource" "DeleteAlarms"];
    "AWS::DynamoDB::Table" "dynamodb" "TableName" "table/{}" Name, ["UpdateTable" "TagResource" "UntagResource" "DeleteTable"];
    "AWS::EC2::Route" "ec2" "" "route/{}" Name, ["ReplaceRoute" "CreateTags" "DeleteTags" "DeleteRoute"];
    "AWS::EC2::RouteTable" "ec2" "" "route-table/{}" Id("rtb-"), ["ReplaceRoute" "CreateTags" "DeleteTags" "DeleteRouteTable"];
    "AWS::EC2::SecurityGroup" "ec2" "GroupName" "security-group/{}" Id("sg-"), ["ModifySecurityGroupRules" "CreateTags" "DeleteTags" "DeleteSecurityGroup"];
    "AWS::EC2::SecurityGroupEgress" "ec2" "" "security-group-rule/{}" Id("sgr-"), ["ModifySecurityGroupRules" "CreateTags" "DeleteTags" "RevokeSecurityGroupEgress"];
    "AWS::EC2::SecurityGroupIngress" "ec2" "" "security-group-rule/{}" Id("sgr-"), ["ModifySecurityGroupRules" "CreateTags" "DeleteTags" "RevokeSecurityGroupIngress"];
    "AWS::EC2::Subnet" "ec2" "" "subnet/{}" Id("subnet-"), ["ModifySubnetAttribute" "CreateTags" "DeleteTags" "DeleteSubnet"];
    "AWS::EC2::VPC" "ec2" "" "vpc/{}" Id("vpc-"), ["ModifyVpcAttribute" "CreateTags" "DeleteTags" "DeleteVpc"];
    "AWS::ECR::Repository" "ecr" "RepositoryName" "repository/{}" Name, ["PutImageTagMutability" "TagResource" "UntagResource" "DeleteRepository"];
    "AWS::ECS::Cluster" "ecs" "ClusterName" "cluster/{}" Name, ["UpdateCluster" "TagResource" "UntagResource" "DeleteCluster"];
    "AWS::ECS::Service" "ecs" "ServiceName" "service/{}" Arn, ["UpdateService" "TagResource" "UntagResource" "DeleteService"];
    "AWS::EKS::Cluster" "eks" "Name" "cluster/{}" Name, ["UpdateClusterConfig" "TagResource" "UntagResource" "DeleteCluster"];
    "AWS::EKS::Nodegroup" "eks" "" "nodegroup/{}" Name, ["UpdateNodegroupConfig" "TagResource" "UntagResource" "DeleteNodegroup"];
    "AWS::Events::Rule" "events" "Name" "rule/{}" Name, ["PutRule" "TagResource" "UntagResource" "DeleteRule"];
    "AWS::IAM::Group" "iam" "GroupName" "/group/{}" Name, ["UpdateGroup" "UpdateGroup" "UpdateGroup" "DeleteGroup"];
    "AWS::IAM::GroupPolicy" "iam" "" "/group/{}" Name, ["PutGroupPolicy" "PutGroupPolicy" "PutGroupPolicy" "DeleteGroupPolicy"];
    "AWS::IAM::ManagedPolicy" "iam" "ManagedPolicyName" "/policy/{}" Arn, ["CreatePolicyVersion" "TagPolicy" "UntagPolicy" "DeletePolicy"];
    "AWS::IAM::Policy" "iam" "" "/policy/{}" Name, ["PutRolePolicy" "PutRolePolicy" "PutRolePolicy" "DeleteRolePolicy"];
    "AWS::IAM::Role" "iam" "RoleName" "/role/{}" Name, ["UpdateRole" "TagRole" "UntagRole" "DeleteRole"];
    "AWS::IAM::RolePolicy" "iam" "" "/role/{}" Name, ["PutRolePolicy" "PutRolePolicy" "PutRolePolicy" "DeleteRolePolicy"];
    "AWS::IAM::User" "iam" "UserName" "/user/{}" Name, ["UpdateUser" "TagUser" "UntagUser" "DeleteUser"];
    "AWS::IAM::UserPolicy" "iam" "" "/user/{}" Name, ["PutUserPolicy" "PutUserPolicy" "PutUserPolicy" "DeleteUserPolicy"];
    "AWS::KMS::Key" "kms" "" "key/{}" Id(""), ["PutKeyPolicy" "TagResource" "UntagResource" "ScheduleKeyDeletion"];
    "AWS::Kinesis::Stream" "kinesis" "Name" "stream/{}" Name, ["UpdateShardCount" "AddTagsToStream" "RemoveTagsFromStream" "DeleteStream"];
    "AWS::Lambda::Function" "lambda" "FunctionName" "function:{}" Name, ["UpdateFunctionConfiguration20150331v2" "TagResource20170331v2" "UntagResource20170331v2" "DeleteFunction20150331"];
    "AWS::Logs::LogGroup" "logs" "LogGroupName" "log-group:{}" Name, ["PutRetentionPolicy" "TagResource" "UntagResource" "DeleteLogGroup"];
    "AWS::RDS::DBInstance" "rds" "DBInstanceIdentifier" "db:{}" Name, ["ModifyDBInstance" "AddTagsToResource" "RemoveTagsFromResource" "DeleteDBInstance"];
    "AWS::S3::Bucket" "s3" "BucketName" "!{}" Name, ["PutBucketVersioning" "PutBucketTagging" "DeleteBucketTagging" "DeleteBucket"];
    "AWS::S3::BucketPolicy" "s3" "" "!{}" Name, ["PutBucketPolicy" "PutBucketPolicy" "PutBucketPolicy" "DeleteBucketPolicy"];
    "AWS::SNS::Subscription" "sns" "" "{}" Arn, ["SetSubscriptionAttributes" "TagResource" "UntagResource" "Unsubscribe"];
    "AWS::SNS::Topic" "sns" "TopicName" "{}" Arn, ["SetTopicAttributes" "TagResource" "UntagResource" "DeleteTopic"];
    "AWS::SQS::Queue" "sqs" "QueueName" "{}" Url, ["SetQueueAttributes" "TagQueue" "UntagQueue" "DeleteQueue"];
    "AWS::SSM::Parameter" "ssm" "Name" "parameter/{}" Name, ["PutParameter" "AddTagsToResource" "RemoveTagsFromResource" "DeleteParameter"];
    "AWS::SecretsManager::Secret" "secretsmanager" "Name" "secret:{}" Arn, ["UpdateSecret" "TagResource" "UntagResource" "DeleteSecret"];
    "AWS::StepFunctions::StateMachine" "states" "StateMachineName" "stateMachine:{}" Arn, ["UpdateStateMachine" "TagResource" "UntagResource" "DeleteStateMachine"];
};
