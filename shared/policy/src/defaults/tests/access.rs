//! Who may do what, and who can reach what.

use domain::difference::Change;
use domain::layer::Layer;
use domain::severity::{Cause, Severity};
use serde_json::{Value, json};

use super::{Given, check, given};

#[test]
fn opened_to_the_world() {
    use Cause::{Iam, KeyOrBucketPolicy, NetworkPolicy, SecurityGroupRule};
    let open =
        |principal: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "s3:*"});
    let closed = json!({"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}});
    check(
        "opened-to-the-world",
        Severity::Critical,
        vec![
            (
                given(
                    "AWS::EC2::SecurityGroup",
                    "/SecurityGroupIngress/0/CidrIp",
                    json!("0.0.0.0/0"),
                ),
                SecurityGroupRule,
            ),
            (
                given(
                    "AWS::EC2::SecurityGroup",
                    "/SecurityGroupIngress",
                    json!([{"FromPort": 22, "CidrIpv6": "::/0"}]),
                ),
                SecurityGroupRule,
            ),
            (
                given(
                    "AWS::EC2::SecurityGroup",
                    "/SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp=\"0.0.0.0/0\"]",
                    json!({"CidrIp": "0.0.0.0/0"}),
                ),
                SecurityGroupRule,
            ),
            (
                given(
                    "AWS::EC2::SecurityGroupIngress",
                    "/CidrIpv6",
                    json!("0:0:0:0:0:0:0:0/0"),
                ),
                SecurityGroupRule,
            ),
            (
                given(
                    "networking.k8s.io/v1/NetworkPolicy",
                    "/spec/ingress/0/from/0/ipBlock/cidr",
                    json!("0.0.0.0/0"),
                ),
                NetworkPolicy,
            ),
            (
                given(
                    "v1/Service",
                    "/spec/loadBalancerSourceRanges",
                    json!(["0.0.0.0/0"]),
                ),
                NetworkPolicy,
            ),
            (
                given(
                    "AWS::S3::Bucket",
                    "/PublicAccessBlockConfiguration/BlockPublicAcls",
                    json!(false),
                ),
                KeyOrBucketPolicy,
            ),
            (
                given(
                    "AWS::S3::Bucket",
                    "/PublicAccessBlockConfiguration",
                    Value::Null,
                )
                .removed(),
                KeyOrBucketPolicy,
            ),
            (
                given("AWS::S3::Bucket", "/AccessControl", json!("PublicRead")),
                KeyOrBucketPolicy,
            ),
            (
                given(
                    "AWS::S3::BucketPolicy",
                    "/PolicyDocument",
                    json!({"Statement": [open(json!("*"))]}),
                ),
                KeyOrBucketPolicy,
            ),
            (
                given(
                    "AWS::SQS::QueuePolicy",
                    "/PolicyDocument",
                    json!(json!({"Statement": [open(json!({"AWS": "*"}))]}).to_string()),
                ),
                KeyOrBucketPolicy,
            ),
            (
                given(
                    "AWS::KMS::Key",
                    "/KeyPolicy/Statement/0/Principal/AWS",
                    json!("*"),
                ),
                KeyOrBucketPolicy,
            ),
            (
                given(
                    "AWS::IAM::Role",
                    "/AssumeRolePolicyDocument/Statement/0/Principal",
                    json!("*"),
                ),
                Iam,
            ),
            (
                given("AWS::Lambda::Url", "/AuthType", json!("NONE")),
                KeyOrBucketPolicy,
            ),
            (
                given("AWS::RDS::DBInstance", "/PubliclyAccessible", json!("true")),
                NetworkPolicy,
            ),
            (
                given(
                    "AWS::EKS::Cluster",
                    "/ResourcesVpcConfig/PublicAccessCidrs/0",
                    json!("0.0.0.0/0"),
                ),
                NetworkPolicy,
            ),
        ],
        vec![
            given(
                "AWS::EC2::SecurityGroup",
                "/SecurityGroupEgress/0/CidrIp",
                json!("0.0.0.0/0"),
            ),
            given(
                "AWS::EC2::SecurityGroup",
                "/SecurityGroupIngress/0/CidrIp",
                json!("10.0.0.0/8"),
            ),
            given(
                "AWS::EC2::SecurityGroup",
                "/SecurityGroupIngress/0",
                json!({"CidrIp": "0.0.0.0/0"}),
            )
            .removed(),
            given(
                "AWS::EC2::SecurityGroup",
                "/Tags/0/Value",
                json!("0.0.0.0/0"),
            ),
            given(
                "AWS::S3::BucketPolicy",
                "/PolicyDocument",
                json!({"Statement": [closed]}),
            ),
            given(
                "AWS::S3::BucketPolicy",
                "/PolicyDocument",
                json!({"Statement": [{"Effect": "Deny", "Principal": "*"}]}),
            ),
            given(
                "AWS::S3::Bucket",
                "/PublicAccessBlockConfiguration/BlockPublicAcls",
                json!(true),
            ),
            given(
                "AWS::IAM::Policy",
                "/PolicyDocument/Statement/0/Action",
                json!("*"),
            ),
            given("AWS::Lambda::Url", "/AuthType", json!("AWS_IAM")),
            given("AWS::RDS::DBInstance", "/PubliclyAccessible", json!(false)),
            given("AWS::SNS::Topic", "/DisplayName", json!("0.0.0.0/0")),
        ],
    );
}

#[test]
fn security_types_and_paths() {
    use Cause::{Iam, KeyOrBucketPolicy, NetworkPolicy, RbacChange, SecurityGroupRule};
    let mut aws_auth = given("v1/ConfigMap", "/data/mapRoles", json!("x"));
    aws_auth.name = "aws-auth";
    check(
        "security",
        Severity::Critical,
        vec![
            (
                given(
                    "AWS::IAM::Role",
                    "/Policies/0/PolicyDocument/Statement/0/Action",
                    json!("s3:*"),
                ),
                Iam,
            ),
            (
                given("AWS::IAM::ManagedPolicy", "/PolicyDocument", json!({})),
                Iam,
            ),
            (
                given("AWS::IAM::InstanceProfile", "/Roles/0", json!("x")),
                Iam,
            ),
            (Given::whole("AWS::IAM::AccessKey", Change::Added), Iam),
            (Given::whole("AWS::IAM::User", Change::Deleted), Iam),
            (given("AWS::Lambda::Function", "/Role", json!("arn")), Iam),
            (given("aws_iam_role_policy", "/policy", json!("{}")), Iam),
            (
                Given::whole("AWS::EC2::SecurityGroup", Change::Deleted),
                SecurityGroupRule,
            ),
            (
                given(
                    "AWS::EC2::SecurityGroup",
                    "/SecurityGroupEgress/0/CidrIp",
                    json!("0.0.0.0/0"),
                ),
                SecurityGroupRule,
            ),
            (
                given("AWS::EC2::Instance", "/SecurityGroupIds/0", json!("sg-1")),
                SecurityGroupRule,
            ),
            (
                given(
                    "AWS::Lambda::Function",
                    "/VpcConfig/SecurityGroupIds",
                    json!([]),
                ),
                SecurityGroupRule,
            ),
            (
                given("AWS::EC2::NetworkAclEntry", "/RuleAction", json!("allow")),
                NetworkPolicy,
            ),
            (
                given("AWS::EC2::Route", "/GatewayId", json!("igw")),
                NetworkPolicy,
            ),
            (
                Given::whole("AWS::EC2::VPCPeeringConnection", Change::Added),
                NetworkPolicy,
            ),
            (
                given(
                    "AWS::KMS::Key",
                    "/KeyPolicy/Statement/0/Action",
                    json!("kms:*"),
                ),
                KeyOrBucketPolicy,
            ),
            (
                given(
                    "AWS::S3::Bucket",
                    "/PublicAccessBlockConfiguration/BlockPublicAcls",
                    json!(true),
                ),
                KeyOrBucketPolicy,
            ),
            (
                given(
                    "AWS::ECR::Repository",
                    "/RepositoryPolicyText/Statement",
                    json!([]),
                ),
                KeyOrBucketPolicy,
            ),
            (
                given(
                    "AWS::SecretsManager::ResourcePolicy",
                    "/ResourcePolicy",
                    json!({}),
                ),
                KeyOrBucketPolicy,
            ),
            (
                given("AWS::Lambda::Permission", "/SourceAccount", json!("1")),
                KeyOrBucketPolicy,
            ),
            (
                given(
                    "rbac.authorization.k8s.io/v1/ClusterRole",
                    "/rules/0/verbs",
                    json!(["*"]),
                ),
                RbacChange,
            ),
            (
                given(
                    "rbac.authorization.k8s.io/v1/ClusterRole",
                    "/metadata/labels/rbac.authorization.k8s.io~1aggregate-to-admin",
                    json!("true"),
                ),
                RbacChange,
            ),
            (
                given(
                    "apps/v1/Deployment",
                    "/spec/template/spec/serviceAccountName",
                    json!("admin"),
                ),
                RbacChange,
            ),
            (aws_auth, RbacChange),
            (
                given(
                    "v1/ServiceAccount",
                    "/metadata/annotations/eks.amazonaws.com~1role-arn",
                    json!("arn"),
                ),
                Iam,
            ),
            (
                Given::whole("networking.k8s.io/v1/NetworkPolicy", Change::Deleted),
                NetworkPolicy,
            ),
            (
                given(
                    "cilium.io/v2/CiliumNetworkPolicy",
                    "/spec/egress",
                    json!([]),
                ),
                NetworkPolicy,
            ),
        ],
        vec![
            given("AWS::IAM::Role", "/Tags/0/Value", json!("cost")),
            given("AWS::IAM::Role", "/Description", json!("x")),
            given("AWS::EC2::SecurityGroup", "/GroupDescription", json!("x")),
            given(
                "AWS::EC2::SecurityGroup",
                "/SecurityGroupIngress/0/Description",
                json!("x"),
            ),
            given("AWS::KMS::Key", "/Tags", json!([])),
            given(
                "AWS::S3::Bucket",
                "/VersioningConfiguration/Status",
                json!("x"),
            ),
            given("AWS::SQS::Queue", "/VisibilityTimeout", json!(1)),
            given(
                "rbac.authorization.k8s.io/v1/Role",
                "/metadata/labels/team",
                json!("x"),
            ),
            given(
                "v1/ServiceAccount",
                "/metadata/annotations/team",
                json!("x"),
            ),
            given("v1/ConfigMap", "/data/mapRoles", json!("x")),
            given("v1/ConfigMap", "/data/serviceAccountName", json!("x")),
            given("AWS::IAM::User", "/compliance", json!("NON_COMPLIANT")).on(Layer::Policy),
        ],
    );
}

#[test]
fn recorder_stopped() {
    check(
        "recorder-stopped",
        Severity::Critical,
        vec![
            (
                given(
                    "AWS::Config::ConfigurationRecorder",
                    "/recording",
                    json!(false),
                )
                .on(Layer::Policy),
                Cause::RecorderStopped,
            ),
            (
                Given::whole("AWS::Config::ConfigurationRecorder", Change::Deleted),
                Cause::RecorderStopped,
            ),
        ],
        vec![
            given(
                "AWS::Config::ConfigurationRecorder",
                "/RecordingGroup/AllSupported",
                json!(false),
            ),
            given("AWS::Config::ConfigRule", "/recording", json!(false)),
        ],
    );
}
