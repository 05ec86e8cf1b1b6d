//! The lists that are sets, and what says so.

use crate::places;

/// The type's own schema says that its order means nothing.
const SCHEMA: &str = "its schema";

/// A list whose order means nothing.
pub(super) struct Set {
    pub(super) resource_type: &'static str,
    /// Where; `*` stands for an index.
    pub(super) path: &'static str,
    pub(super) source: &'static str,
}

/// Whether a path leads to such a list.
pub(super) fn is_set(resource_type: &str, path: &str) -> bool {
    SETS.iter()
        .any(|set| set.resource_type == resource_type && places::fits(set.path, path))
}

const fn set(resource_type: &'static str, path: &'static str, source: &'static str) -> Set {
    Set {
        resource_type,
        path,
        source,
    }
}

/// Every list that is known to be a set, by type and path.
pub(super) const SETS: &[Set] = &[
    set(
        "AWS::AutoScaling::AutoScalingGroup",
        "/AvailabilityZones",
        SCHEMA,
    ),
    set(
        "AWS::AutoScaling::AutoScalingGroup",
        "/TargetGroupARNs",
        SCHEMA,
    ),
    set(
        "AWS::AutoScaling::AutoScalingGroup",
        "/VPCZoneIdentifier",
        SCHEMA,
    ),
    set("AWS::CloudWatch::Alarm", "/Dimensions", SCHEMA),
    set(
        "AWS::CloudWatch::Alarm",
        "/Metrics/*/MetricStat/Metric/Dimensions",
        SCHEMA,
    ),
    set(
        "AWS::DynamoDB::Table",
        "/AttributeDefinitions",
        "DynamoDB API Reference, AttributeDefinition (each names an attribute; the order of keys is `KeySchema`'s)",
    ),
    set("AWS::EC2::Instance", "/SecurityGroupIds", SCHEMA),
    set("AWS::EC2::SecurityGroup", "/SecurityGroupEgress", SCHEMA),
    set("AWS::EC2::SecurityGroup", "/SecurityGroupIngress", SCHEMA),
    set("AWS::EC2::VPCEndpoint", "/RouteTableIds", SCHEMA),
    set("AWS::EC2::VPCEndpoint", "/SecurityGroupIds", SCHEMA),
    set("AWS::EC2::VPCEndpoint", "/SubnetIds", SCHEMA),
    set(
        "AWS::ECS::Service",
        "/NetworkConfiguration/AwsvpcConfiguration/SecurityGroups",
        SCHEMA,
    ),
    set(
        "AWS::ECS::Service",
        "/NetworkConfiguration/AwsvpcConfiguration/Subnets",
        SCHEMA,
    ),
    set(
        "AWS::ECS::TaskDefinition",
        "/ContainerDefinitions/*/Environment",
        SCHEMA,
    ),
    set(
        "AWS::ECS::TaskDefinition",
        "/ContainerDefinitions/*/Secrets",
        SCHEMA,
    ),
    set(
        "AWS::ECS::TaskDefinition",
        "/RequiresCompatibilities",
        SCHEMA,
    ),
    set("AWS::EFS::MountTarget", "/SecurityGroups", SCHEMA),
    set(
        "AWS::EKS::Cluster",
        "/Logging/ClusterLogging/EnabledTypes",
        SCHEMA,
    ),
    set(
        "AWS::EKS::Cluster",
        "/ResourcesVpcConfig/PublicAccessCidrs",
        SCHEMA,
    ),
    set(
        "AWS::EKS::Cluster",
        "/ResourcesVpcConfig/SecurityGroupIds",
        SCHEMA,
    ),
    set("AWS::EKS::Cluster", "/ResourcesVpcConfig/SubnetIds", SCHEMA),
    set(
        "AWS::EKS::Nodegroup",
        "/RemoteAccess/SourceSecurityGroups",
        SCHEMA,
    ),
    set("AWS::EKS::Nodegroup", "/Subnets", SCHEMA),
    set("AWS::ElastiCache::SubnetGroup", "/SubnetIds", SCHEMA),
    set(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "/LoadBalancerAttributes",
        SCHEMA,
    ),
    set(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "/SecurityGroups",
        SCHEMA,
    ),
    set(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "/Subnets",
        SCHEMA,
    ),
    set(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "/TargetGroupAttributes",
        SCHEMA,
    ),
    set(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "/Targets",
        SCHEMA,
    ),
    set("AWS::Events::Rule", "/Targets", SCHEMA),
    set("AWS::IAM::Group", "/ManagedPolicyArns", SCHEMA),
    set("AWS::IAM::Group", "/Policies", SCHEMA),
    set("AWS::IAM::InstanceProfile", "/Roles", SCHEMA),
    set("AWS::IAM::ManagedPolicy", "/Groups", SCHEMA),
    set("AWS::IAM::ManagedPolicy", "/Roles", SCHEMA),
    set("AWS::IAM::ManagedPolicy", "/Users", SCHEMA),
    set("AWS::IAM::Role", "/ManagedPolicyArns", SCHEMA),
    set("AWS::IAM::Role", "/Policies", SCHEMA),
    set("AWS::IAM::User", "/Groups", SCHEMA),
    set("AWS::IAM::User", "/ManagedPolicyArns", SCHEMA),
    set("AWS::IAM::User", "/Policies", SCHEMA),
    set(
        "AWS::Lambda::Function",
        "/VpcConfig/SecurityGroupIds",
        "Lambda API Reference, VpcConfig (the groups that apply)",
    ),
    set(
        "AWS::Lambda::Function",
        "/VpcConfig/SubnetIds",
        "Lambda API Reference, VpcConfig (the subnets to reach)",
    ),
    set(
        "AWS::MSK::Cluster",
        "/BrokerNodeGroupInfo/ClientSubnets",
        SCHEMA,
    ),
    set(
        "AWS::MSK::Cluster",
        "/BrokerNodeGroupInfo/SecurityGroups",
        SCHEMA,
    ),
    set(
        "AWS::RDS::DBCluster",
        "/VpcSecurityGroupIds",
        "RDS API Reference, CreateDBCluster (the groups to associate)",
    ),
    set(
        "AWS::RDS::DBInstance",
        "/VPCSecurityGroups",
        "RDS API Reference, CreateDBInstance (the groups to associate)",
    ),
    set("AWS::RDS::DBSubnetGroup", "/SubnetIds", SCHEMA),
    set("AWS::Redshift::Cluster", "/IamRoles", SCHEMA),
    set("AWS::Redshift::Cluster", "/VpcSecurityGroupIds", SCHEMA),
    set("AWS::Redshift::ClusterSubnetGroup", "/SubnetIds", SCHEMA),
];
