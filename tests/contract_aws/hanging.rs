//! Resources that something can hang on, and what is hung on them past CloudFormation.

use std::sync::Arc;

use attachments::AwsEvidence;
use domain::ports::{Attachments, Evidence, Trail};
use plumbline_tests::aws::Aws;
use sandbox::{Actor, Attachment, Sandbox};
use serde_json::{Value, json};

use super::account::{Account, Side};

/// Something hung on a resource by hand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hand<'a> {
    /// A security group lets a port in from a range.
    Port(u16, &'a str),
    /// A managed policy on a role or user.
    Managed(&'a str),
    /// An inline policy on a role or user.
    Inline(&'a str),
    /// A bucket's policy.
    BucketPolicy(&'a Value),
    /// A bucket's block of public access goes away.
    NoBlock,
    /// A principal may decrypt with a key.
    Grant(&'a str),
    /// A route table leads a range to a gateway.
    Route(&'a str, &'a str),
    /// A cluster's node group.
    NodeGroup(&'a str),
}

/// Who does it in the sandbox.
pub(super) fn somebody() -> Actor {
    Actor::new("arn:aws:iam::000000000000:user/somebody")
}

/// A policy document that allows to write logs.
pub(super) fn document() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]})
}

/// A resource of a template.
pub(super) fn resource(resource_type: &str, properties: Value) -> Value {
    json!({"Type": resource_type, "Properties": properties})
}

impl Account {
    pub(super) async fn evidence(&self) -> AwsEvidence {
        AwsEvidence(Arc::new(self.connection("test").await))
    }

    pub(super) async fn hanging(&self) -> Arc<dyn Attachments> {
        let evidence = self.evidence().await;
        evidence.attachments(None, None).await.unwrap()
    }

    pub(super) async fn trail(&self) -> Arc<dyn Trail> {
        let evidence = self.evidence().await;
        evidence.trail(None, None).await.unwrap()
    }

    /// Type and physical id of a stack's resource.
    async fn row(&self, stack: &str, logical_id: &str) -> (String, String) {
        let rows = self.stacks.resources(stack).await.unwrap();
        let row = rows.into_iter().find(|row| row.logical_id == logical_id);
        let row = row.unwrap_or_else(|| panic!("{stack} has no {logical_id}"));
        (row.resource_type, row.physical_id)
    }

    /// The physical id of a stack's resource.
    pub(super) async fn id(&self, stack: &str, logical_id: &str) -> String {
        self.row(stack, logical_id).await.1
    }

    pub(super) async fn hang(&self, stack: &str, logical_id: &str, hand: Hand<'_>) {
        match &self.side {
            Side::Sandbox { sandbox, .. } => hand.in_sandbox(sandbox, (stack, logical_id)),
            Side::Emulator(_) => {
                let (kind, id) = self.row(stack, logical_id).await;
                hand.in_emulator(&self.aws, (&kind, &id));
            }
        }
    }

    /// A stack with a network: `Vpc`, `Igw`, `SubnetA`, `SubnetB`, and these resources. What needs the gateway to be
    /// the network's own names it with [`Self::gateway`].
    pub(super) fn network(&self, stack: &str, more: &[(&str, Value)]) -> String {
        let vpc = || json!({"Ref": "Vpc"});
        let subnet = |range: &str, zone: &str| {
            let properties = json!({"VpcId": vpc(), "CidrBlock": range, "AvailabilityZone": zone});
            resource("AWS::EC2::Subnet", properties)
        };
        let gate = json!({"VpcId": vpc(), "InternetGatewayId": {"Ref": "Igw"}});
        let mut resources = vec![
            (
                "Vpc",
                resource("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})),
            ),
            ("Igw", resource("AWS::EC2::InternetGateway", json!({}))),
            ("Gate", resource("AWS::EC2::VPCGatewayAttachment", gate)),
            ("SubnetA", subnet("10.0.0.0/24", "us-east-1a")),
            ("SubnetB", subnet("10.0.1.0/24", "us-east-1b")),
        ];
        resources.extend_from_slice(more);
        self.create(stack, &resources)
    }

    /// An internet gateway, as a template names it. The sandbox gives only the types that it serves ids of their own form.
    pub(super) fn gateway(&self) -> Value {
        match &self.side {
            Side::Sandbox { .. } => json!("igw-00000000000000001"),
            Side::Emulator(_) => json!({"Ref": "Igw"}),
        }
    }

    /// The same by its id.
    pub(super) async fn gateway_id(&self, stack: &str) -> String {
        match self.gateway() {
            Value::String(id) => id,
            _ => self.id(stack, "Igw").await,
        }
    }

    /// A cluster and, of a name, its node group, for [`Self::network`].
    pub(super) fn cluster(&self, name: &str, nodes: Option<&str>) -> Vec<(&'static str, Value)> {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": ["eks.amazonaws.com", "ec2.amazonaws.com"]}}]});
        let role = json!({"Fn::GetAtt": ["ClusterRole", "Arn"]});
        let subnets = json!([{"Ref": "SubnetA"}, {"Ref": "SubnetB"}]);
        let cluster =
            json!({"Name": name, "RoleArn": role, "ResourcesVpcConfig": {"SubnetIds": subnets}});
        let trust = json!({"AssumeRolePolicyDocument": trust});
        let mut resources = vec![
            ("ClusterRole", resource("AWS::IAM::Role", trust)),
            ("Cluster", resource("AWS::EKS::Cluster", cluster)),
        ];
        if let Some(nodes) = nodes {
            let properties = json!({"ClusterName": {"Ref": "Cluster"}, "NodegroupName": nodes, "NodeRole": role,
                                    "Subnets": subnets});
            resources.push(("Nodes", resource("AWS::EKS::Nodegroup", properties)));
        }
        resources
    }
}

impl Hand<'_> {
    fn in_sandbox(self, sandbox: &Sandbox, (stack, logical_id): (&str, &str)) {
        let attachment = match self {
            Self::Port(port, range) => {
                Attachment::ingress("tcp", (port.into(), port.into()), range)
            }
            Self::Managed(arn) => Attachment::managed(arn),
            Self::Inline(name) => Attachment::inline(name),
            Self::BucketPolicy(document) => Attachment::BucketPolicy {
                document: document.clone(),
            },
            Self::NoBlock => Attachment::NoPublicAccessBlock,
            Self::Grant(grantee) => Attachment::grant(grantee, &["Decrypt"]),
            Self::Route(range, gateway) => Attachment::route(range, gateway),
            Self::NodeGroup(name) => Attachment::nodegroup(name),
        };
        sandbox
            .attach(stack, logical_id, attachment, somebody())
            .unwrap();
    }

    fn in_emulator(self, aws: &Aws, (kind, id): (&str, &str)) {
        let holder = kind.rsplit(':').next().unwrap_or_default();
        let holder_name = format!("{holder}Name");
        let answer = match self {
            Self::Port(port, range) => {
                let port = port.to_string();
                let parameters = [
                    ("GroupId", id),
                    ("IpPermissions.1.IpProtocol", "tcp"),
                    ("IpPermissions.1.FromPort", &port),
                    ("IpPermissions.1.ToPort", &port),
                    ("IpPermissions.1.IpRanges.1.CidrIp", range),
                ];
                aws.query("ec2", "AuthorizeSecurityGroupIngress", &parameters)
            }
            Self::Managed(arn) => {
                let parameters = [(holder_name.as_str(), id), ("PolicyArn", arn)];
                aws.query("iam", &format!("Attach{holder}Policy"), &parameters)
            }
            Self::Inline(name) => {
                let document = document().to_string();
                let parameters = [
                    (holder_name.as_str(), id),
                    ("PolicyName", name),
                    ("PolicyDocument", &document),
                ];
                aws.query("iam", &format!("Put{holder}Policy"), &parameters)
            }
            Self::BucketPolicy(document) => aws.rest(
                "s3",
                ("PUT", &format!("/{id}?policy")),
                &document.to_string(),
            ),
            Self::NoBlock => aws.rest("s3", ("DELETE", &format!("/{id}?publicAccessBlock")), ""),
            Self::Grant(grantee) => {
                let body =
                    json!({"KeyId": id, "GranteePrincipal": grantee, "Operations": ["Decrypt"]});
                aws.json("kms", "TrentService.CreateGrant", &body)
            }
            Self::Route(range, gateway) => {
                let parameters = [
                    ("RouteTableId", id),
                    ("DestinationCidrBlock", range),
                    ("GatewayId", gateway),
                ];
                aws.query("ec2", "CreateRoute", &parameters)
            }
            Self::NodeGroup(name) => {
                let role = "arn:aws:iam::000000000000:role/nodes";
                let body =
                    json!({"nodegroupName": name, "nodeRole": role, "subnets": ["subnet-1"]});
                aws.rest(
                    "eks",
                    ("POST", &format!("/clusters/{id}/node-groups")),
                    &body.to_string(),
                )
            }
        };
        answer.good();
    }
}
