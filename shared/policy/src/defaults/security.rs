//! Security types and paths: who may do what, and who can reach what.

use domain::judge::Facts;
use domain::layer::Layer;
use domain::severity::Cause;

use super::marks::{is_labels, is_tags};
use super::{is_kubernetes, segments};

/// The AWS Config recorder does not record.
pub(super) fn recorder_stopped(facts: &Facts<'_>) -> Option<Cause> {
    let recorder = match facts.resource.kind.as_str() {
        // As layer `policy` reports it: the one path there is.
        "AWS::Config::ConfigurationRecorder" => matches!(facts.path, "" | "/recording"),
        "aws_config_configuration_recorder_status" => true,
        _ => false,
    };
    recorder.then_some(Cause::RecorderStopped)
}

/// Types of which every property is about access but tags and descriptions. A
/// name that ends in `*` stands for all that begin with it.
const TYPES: [(&str, Cause); 68] = [
    ("AWS::IAM::*", Cause::Iam),
    ("AWS::SSO::*", Cause::Iam),
    ("AWS::RolesAnywhere::*", Cause::Iam),
    ("AWS::Organizations::Policy", Cause::Iam),
    ("AWS::EKS::AccessEntry", Cause::Iam),
    ("AWS::EKS::PodIdentityAssociation", Cause::Iam),
    ("AWS::EKS::IdentityProviderConfig", Cause::Iam),
    ("AWS::Cognito::IdentityPoolRoleAttachment", Cause::Iam),
    ("AWS::LakeFormation::*Permissions", Cause::Iam),
    ("aws_iam_*", Cause::Iam),
    ("AWS::EC2::SecurityGroup", Cause::SecurityGroupRule),
    ("AWS::EC2::SecurityGroupIngress", Cause::SecurityGroupRule),
    ("AWS::EC2::SecurityGroupEgress", Cause::SecurityGroupRule),
    (
        "AWS::EC2::SecurityGroupVpcAssociation",
        Cause::SecurityGroupRule,
    ),
    ("AWS::EC2::PrefixList", Cause::SecurityGroupRule),
    ("AWS::RDS::DBSecurityGroup*", Cause::SecurityGroupRule),
    ("AWS::ElastiCache::SecurityGroup*", Cause::SecurityGroupRule),
    (
        "AWS::Redshift::ClusterSecurityGroup*",
        Cause::SecurityGroupRule,
    ),
    ("aws_security_group*", Cause::SecurityGroupRule),
    ("aws_vpc_security_group_*", Cause::SecurityGroupRule),
    ("AWS::EC2::NetworkAcl*", Cause::NetworkPolicy),
    (
        "AWS::EC2::SubnetNetworkAclAssociation",
        Cause::NetworkPolicy,
    ),
    ("AWS::EC2::Route*", Cause::NetworkPolicy),
    (
        "AWS::EC2::SubnetRouteTableAssociation",
        Cause::NetworkPolicy,
    ),
    (
        "AWS::EC2::GatewayRouteTableAssociation",
        Cause::NetworkPolicy,
    ),
    ("AWS::EC2::InternetGateway", Cause::NetworkPolicy),
    ("AWS::EC2::EgressOnlyInternetGateway", Cause::NetworkPolicy),
    ("AWS::EC2::VPCGatewayAttachment", Cause::NetworkPolicy),
    ("AWS::EC2::VPCPeeringConnection", Cause::NetworkPolicy),
    ("AWS::EC2::VPNConnection*", Cause::NetworkPolicy),
    ("AWS::EC2::VPNGatewayRoutePropagation", Cause::NetworkPolicy),
    ("AWS::EC2::TransitGateway*", Cause::NetworkPolicy),
    ("AWS::EC2::ClientVpn*", Cause::NetworkPolicy),
    ("AWS::EC2::VPCEndpoint*", Cause::NetworkPolicy),
    ("AWS::NetworkFirewall::*", Cause::NetworkPolicy),
    ("AWS::WAF*", Cause::NetworkPolicy),
    ("aws_network_acl*", Cause::NetworkPolicy),
    ("aws_route", Cause::NetworkPolicy),
    ("aws_route_table*", Cause::NetworkPolicy),
    ("aws_vpc_peering_connection*", Cause::NetworkPolicy),
    ("AWS::KMS::Key", Cause::KeyOrBucketPolicy),
    ("AWS::KMS::ReplicaKey", Cause::KeyOrBucketPolicy),
    ("AWS::S3::BucketPolicy", Cause::KeyOrBucketPolicy),
    ("AWS::S3::AccessPoint", Cause::KeyOrBucketPolicy),
    ("AWS::S3::AccessGrant*", Cause::KeyOrBucketPolicy),
    (
        "AWS::S3::AccountPublicAccessBlock",
        Cause::KeyOrBucketPolicy,
    ),
    (
        "AWS::S3::MultiRegionAccessPointPolicy",
        Cause::KeyOrBucketPolicy,
    ),
    ("AWS::SQS::QueuePolicy", Cause::KeyOrBucketPolicy),
    ("AWS::SQS::QueueInlinePolicy", Cause::KeyOrBucketPolicy),
    ("AWS::SNS::TopicPolicy", Cause::KeyOrBucketPolicy),
    ("AWS::SNS::TopicInlinePolicy", Cause::KeyOrBucketPolicy),
    ("AWS::ECR::RegistryPolicy", Cause::KeyOrBucketPolicy),
    (
        "AWS::SecretsManager::ResourcePolicy",
        Cause::KeyOrBucketPolicy,
    ),
    ("AWS::Lambda::Permission", Cause::KeyOrBucketPolicy),
    (
        "AWS::Lambda::LayerVersionPermission",
        Cause::KeyOrBucketPolicy,
    ),
    ("AWS::Lambda::Url", Cause::KeyOrBucketPolicy),
    ("AWS::Events::EventBusPolicy", Cause::KeyOrBucketPolicy),
    ("AWS::Kinesis::ResourcePolicy", Cause::KeyOrBucketPolicy),
    ("AWS::Logs::ResourcePolicy", Cause::KeyOrBucketPolicy),
    ("AWS::SSM::ResourcePolicy", Cause::KeyOrBucketPolicy),
    ("AWS::RAM::*", Cause::KeyOrBucketPolicy),
    ("aws_kms_key*", Cause::KeyOrBucketPolicy),
    ("aws_s3_bucket_policy", Cause::KeyOrBucketPolicy),
    (
        "aws_s3_bucket_public_access_block",
        Cause::KeyOrBucketPolicy,
    ),
    (
        "aws_s3_account_public_access_block",
        Cause::KeyOrBucketPolicy,
    ),
    ("aws_sqs_queue_policy", Cause::KeyOrBucketPolicy),
    ("aws_sns_topic_policy", Cause::KeyOrBucketPolicy),
    ("aws_lambda_permission", Cause::KeyOrBucketPolicy),
];

/// Properties that are about access on whatever type they stand, anywhere in the path.
const ANYWHERE: [(&str, Cause); 26] = [
    ("AssumeRolePolicyDocument", Cause::Iam),
    ("ManagedPolicyArns", Cause::Iam),
    ("PermissionsBoundary", Cause::Iam),
    ("IamInstanceProfile", Cause::Iam),
    ("SecurityGroups", Cause::SecurityGroupRule),
    ("SecurityGroupIds", Cause::SecurityGroupRule),
    ("SecurityGroupIngress", Cause::SecurityGroupRule),
    ("SecurityGroupEgress", Cause::SecurityGroupRule),
    ("VpcSecurityGroupIds", Cause::SecurityGroupRule),
    ("VPCSecurityGroups", Cause::SecurityGroupRule),
    ("GroupSet", Cause::SecurityGroupRule),
    ("CacheSecurityGroupNames", Cause::SecurityGroupRule),
    ("vpc_security_group_ids", Cause::SecurityGroupRule),
    ("PublicAccessCidrs", Cause::NetworkPolicy),
    ("EndpointPublicAccess", Cause::NetworkPolicy),
    ("PubliclyAccessible", Cause::NetworkPolicy),
    ("KeyPolicy", Cause::KeyOrBucketPolicy),
    ("PolicyDocument", Cause::KeyOrBucketPolicy),
    ("ResourcePolicy", Cause::KeyOrBucketPolicy),
    ("RepositoryPolicyText", Cause::KeyOrBucketPolicy),
    ("PermissionsPolicyDocument", Cause::KeyOrBucketPolicy),
    ("AccessPolicies", Cause::KeyOrBucketPolicy),
    ("AccessPolicy", Cause::KeyOrBucketPolicy),
    ("FileSystemPolicy", Cause::KeyOrBucketPolicy),
    ("PublicAccessBlockConfiguration", Cause::KeyOrBucketPolicy),
    ("ResourceBasedPolicy", Cause::KeyOrBucketPolicy),
];

/// Properties that are about access on one type, by type and first segment.
const FIRST: [(&str, &str, Cause); 16] = [
    ("AWS::Lambda::Function", "Role", Cause::Iam),
    ("AWS::ECS::TaskDefinition", "TaskRoleArn", Cause::Iam),
    ("AWS::ECS::TaskDefinition", "ExecutionRoleArn", Cause::Iam),
    ("AWS::ECS::Service", "Role", Cause::Iam),
    ("AWS::EKS::Cluster", "RoleArn", Cause::Iam),
    ("AWS::EKS::Cluster", "AccessConfig", Cause::Iam),
    ("AWS::EKS::Nodegroup", "NodeRole", Cause::Iam),
    (
        "AWS::EKS::FargateProfile",
        "PodExecutionRoleArn",
        Cause::Iam,
    ),
    ("AWS::StepFunctions::StateMachine", "RoleArn", Cause::Iam),
    ("AWS::CodeBuild::Project", "ServiceRole", Cause::Iam),
    ("AWS::CodePipeline::Pipeline", "RoleArn", Cause::Iam),
    (
        "AWS::ApiGateway::RestApi",
        "Policy",
        Cause::KeyOrBucketPolicy,
    ),
    // What hangs on them undeclared: whoever runs nodes in a cluster runs in it.
    ("AWS::EKS::Cluster", "Nodegroups", Cause::Iam),
    ("AWS::S3::Bucket", "BucketPolicy", Cause::KeyOrBucketPolicy),
    ("AWS::S3::Bucket", "AccessControl", Cause::KeyOrBucketPolicy),
    (
        "AWS::S3::Bucket",
        "OwnershipControls",
        Cause::KeyOrBucketPolicy,
    ),
];

/// Security types and paths.
pub(super) fn security(facts: &Facts<'_>) -> Option<Cause> {
    // A compliance verdict is about a rule and says nothing about what changed.
    if facts.layer == Layer::Policy {
        return None;
    }
    let path = segments(facts.path);
    if is_kubernetes(facts) {
        return kubernetes(facts, &path);
    }
    if is_tags(&path) || is_description(&path) {
        return None;
    }
    of_type(&facts.resource.kind).or_else(|| of_path(&facts.resource.kind, &path))
}

/// A cost tool's tag or a reworded description lets nobody in.
fn is_description(path: &[String]) -> bool {
    path.last().is_some_and(|last| {
        matches!(
            last.as_str(),
            "Description" | "GroupDescription" | "description"
        )
    })
}

fn of_type(kind: &str) -> Option<Cause> {
    TYPES
        .iter()
        .find(|(pattern, _)| match pattern.split_once('*') {
            Some((start, end)) => {
                kind.len() >= start.len() + end.len()
                    && kind.starts_with(start)
                    && kind.ends_with(end)
            }
            None => kind == *pattern,
        })
        .map(|(_, cause)| *cause)
}

fn of_path(kind: &str, path: &[String]) -> Option<Cause> {
    let anywhere = ANYWHERE
        .iter()
        .find(|(name, _)| path.iter().any(|segment| segment == name))
        .map(|(_, cause)| *cause);
    anywhere.or_else(|| {
        let first = path.first()?;
        FIRST
            .iter()
            .find(|(of, name, _)| *of == kind && name == first)
            .map(|(.., cause)| *cause)
    })
}

/// The cause of a change within a policy document, wherever one stands.
pub(super) fn policy_cause(facts: &Facts<'_>, path: &[String]) -> Option<Cause> {
    if is_kubernetes(facts) || is_tags(path) {
        return None;
    }
    of_type(&facts.resource.kind)
        .or_else(|| of_path(&facts.resource.kind, path))
        .filter(|cause| matches!(cause, Cause::Iam | Cause::KeyOrBucketPolicy))
}

/// Annotations and labels that grant something; all others only name things.
const GRANTING_ANNOTATION: &str = "eks.amazonaws.com/role-arn";
const GRANTING_LABEL: &str = "rbac.authorization.k8s.io/aggregate-to-";

fn kubernetes(facts: &Facts<'_>, path: &[String]) -> Option<Cause> {
    let (group, kind) = facts.resource.kind.rsplit_once('/')?;
    let group = group.split_once('/').map_or("", |(group, _)| group);
    let rbac = group == "rbac.authorization.k8s.io";
    if is_labels(path) {
        let name = path.get(2).map_or("", String::as_str);
        let role = kind == "ServiceAccount" && name == GRANTING_ANNOTATION;
        let aggregates = rbac && name.starts_with(GRANTING_LABEL);
        return match (role, aggregates) {
            (true, _) => Some(Cause::Iam),
            (_, true) => Some(Cause::RbacChange),
            _ => None,
        };
    }
    if rbac {
        return Some(Cause::RbacChange);
    }
    if kind.ends_with("NetworkPolicy") || (group == "security.istio.io" && kind.ends_with("Policy"))
    {
        return Some(Cause::NetworkPolicy);
    }
    match (group, kind) {
        ("vpcresources.k8s.aws", "SecurityGroupPolicy") => Some(Cause::SecurityGroupRule),
        ("", "Service") if path.iter().any(|it| it == "loadBalancerSourceRanges") => {
            Some(Cause::NetworkPolicy)
        }
        // EKS reads who may enter the cluster from this ConfigMap.
        ("", "ConfigMap") if facts.resource.name == "aws-auth" => Some(Cause::RbacChange),
        ("", "ServiceAccount") if path.iter().any(|it| it == "automountServiceAccountToken") => {
            Some(Cause::RbacChange)
        }
        // Only in a spec: elsewhere the name is a key of somebody's data.
        _ if path.first().is_some_and(|it| it == "spec")
            && path.last().is_some_and(|it| {
                it == "serviceAccountName" || it == "automountServiceAccountToken"
            }) =>
        {
            Some(Cause::RbacChange)
        }
        _ => None,
    }
}

/// One type and path for every row of the tables, to try the user's rules on.
pub(crate) fn samples() -> Vec<(Layer, String, String)> {
    let aws = |kind: &str, path: &str| {
        let layer = if kind.starts_with("aws_") {
            Layer::Terraform
        } else {
            Layer::CloudFormation
        };
        (layer, kind.replace('*', "Policy"), path.to_owned())
    };
    let mut samples: Vec<_> = TYPES.iter().map(|(kind, _)| aws(kind, "")).collect();
    samples.extend(
        FIRST
            .iter()
            .map(|(kind, first, _)| aws(kind, &format!("/{first}"))),
    );
    samples.extend(
        ANYWHERE
            .iter()
            .map(|(name, _)| aws("AWS::S3::Bucket", &format!("/{name}"))),
    );
    for (kind, path) in [
        ("AWS::EC2::SecurityGroup", "/SecurityGroupIngress/0/CidrIp"),
        ("AWS::IAM::Role", "/Policies/0/PolicyDocument"),
        ("AWS::KMS::Key", "/KeyPolicy/Statement/0"),
        ("AWS::S3::BucketPolicy", "/PolicyDocument/Statement/0"),
    ] {
        samples.push(aws(kind, path));
    }
    for (kind, path) in [
        ("rbac.authorization.k8s.io/v1/ClusterRole", "/rules/0/verbs"),
        (
            "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
            "/subjects/0/name",
        ),
        ("rbac.authorization.k8s.io/v1/Role", "/rules/0/verbs"),
        (
            "rbac.authorization.k8s.io/v1/RoleBinding",
            "/subjects/0/name",
        ),
        ("networking.k8s.io/v1/NetworkPolicy", "/spec/ingress"),
        (
            "v1/ServiceAccount",
            "/metadata/annotations/eks.amazonaws.com~1role-arn",
        ),
        (
            "apps/v1/Deployment",
            "/spec/template/spec/serviceAccountName",
        ),
    ] {
        samples.push((Layer::Kubernetes, kind.to_owned(), path.to_owned()));
    }
    samples
}
