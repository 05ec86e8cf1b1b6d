//! Ten things of the closed list: each as somebody's hand leaves it, and as a stack declares it.

use super::*;

/// One thing of the closed list: the resource that it hangs on, the same by hand, and as a stack declares it.
pub(super) struct Pair {
    pub(super) name: &'static str,
    pub(super) parent: NewResource,
    pub(super) by_hand: Attachment,
    pub(super) declared: NewResource,
    pub(super) path: &'static str,
    pub(super) is_potential: bool,
}

fn pair(
    name: &'static str,
    (kind, properties): (&str, Value),
    by_hand: Attachment,
    declared: (&str, Value),
    path: &'static str,
) -> Pair {
    Pair {
        name,
        parent: resource("It", kind, properties),
        by_hand,
        declared: resource("More", declared.0, declared.1),
        path,
        is_potential: false,
    }
}

/// The resources are named after `by`, so that both of a pair can be in one account.
pub(super) fn pairs(by: &str) -> Vec<Pair> {
    let named = |key: &str| json!({key: format!("it-{by}")});
    let it = json!({"Ref": "It"});
    let open = json!({"IpProtocol": "tcp", "FromPort": 25, "ToPort": 25, "CidrIp": "0.0.0.0/0", "GroupId": it});
    let document = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]});
    vec![
        pair(
            "ingress",
            (GROUP, json!({})),
            ssh(),
            (INGRESS, rule(&it, 22, "0.0.0.0/0")),
            SSH,
        ),
        pair(
            "egress",
            (GROUP, json!({})),
            Attachment::egress("tcp", (25, 25), "0.0.0.0/0"),
            ("AWS::EC2::SecurityGroupEgress", open),
            r#"/SecurityGroupEgress[IpProtocol=tcp,FromPort=25,ToPort=25,CidrIp="0.0.0.0/0"]"#,
        ),
        pair(
            "role-inline",
            ("AWS::IAM::Role", named("RoleName")),
            Attachment::inline("extra"),
            (
                "AWS::IAM::RolePolicy",
                json!({"PolicyName": "extra", "RoleName": it, "PolicyDocument": {}}),
            ),
            "/Policies[PolicyName=extra]",
        ),
        pair(
            "role-managed",
            (
                "AWS::IAM::Role",
                json!({"RoleName": format!("managed-{by}")}),
            ),
            Attachment::managed(&format!("arn:aws:iam::{HERE}:policy/team-{by}")),
            (
                "AWS::IAM::ManagedPolicy",
                json!({"ManagedPolicyName": format!("team-{by}"), "Roles": [it], "PolicyDocument": {}}),
            ),
            r#"/ManagedPolicyArns[="arn:aws:iam::000000000000:policy/team-hand"]"#,
        ),
        pair(
            "user-inline",
            ("AWS::IAM::User", named("UserName")),
            Attachment::inline("extra"),
            (
                "AWS::IAM::UserPolicy",
                json!({"PolicyName": "extra", "UserName": it, "PolicyDocument": {}}),
            ),
            "/Policies[PolicyName=extra]",
        ),
        pair(
            "group-inline",
            ("AWS::IAM::Group", named("GroupName")),
            Attachment::inline("extra"),
            (
                "AWS::IAM::GroupPolicy",
                json!({"PolicyName": "extra", "GroupName": it, "PolicyDocument": {}}),
            ),
            "/Policies[PolicyName=extra]",
        ),
        pair(
            "shared-policy",
            (
                "AWS::IAM::User",
                json!({"UserName": format!("shared-{by}")}),
            ),
            Attachment::inline("shared"),
            (
                "AWS::IAM::Policy",
                json!({"PolicyName": "shared", "Users": [it], "PolicyDocument": {}}),
            ),
            "/Policies[PolicyName=shared]",
        ),
        pair(
            "bucket-policy",
            (
                "AWS::S3::Bucket",
                json!({"BucketName": format!("bucket-{by}")}),
            ),
            Attachment::BucketPolicy {
                document: document.clone(),
            },
            (
                "AWS::S3::BucketPolicy",
                json!({"Bucket": it, "PolicyDocument": document}),
            ),
            "/BucketPolicy",
        ),
        pair(
            "route",
            ("AWS::EC2::RouteTable", json!({"VpcId": "vpc-1"})),
            Attachment::route("0.0.0.0/0", "igw-1"),
            (
                "AWS::EC2::Route",
                json!({"RouteTableId": it, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}),
            ),
            r#"/Routes[DestinationCidrBlock="0.0.0.0/0"]"#,
        ),
        pair(
            "node-group",
            (
                "AWS::EKS::Cluster",
                json!({"Name": format!("cluster-{by}")}),
            ),
            Attachment::nodegroup("extra"),
            (
                "AWS::EKS::Nodegroup",
                json!({"ClusterName": it, "NodegroupName": "extra"}),
            ),
            "/Nodegroups[NodegroupName=extra]",
        ),
    ]
}
