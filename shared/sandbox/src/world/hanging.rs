//! Worlds whose resources have attachments, and what is hung on them by hand.

use serde_json::json;

use super::{World, somebody, word};
use crate::account::NewResource;
use crate::attach::{Attached, Attachment};
use crate::lock;
use crate::sandbox::Sandbox;
use crate::state::Live;

impl World {
    /// The same stacks with attachments as resources of their own: a rule for
    /// every security group, a policy for every role and every bucket; and in
    /// every fourth stack a route table with its route, a cluster with its node group.
    #[must_use]
    pub fn with_attachments(mut self) -> Self {
        for (index, stack) in self.stacks.iter_mut().enumerate() {
            let more: Vec<_> = stack.resources.iter().filter_map(attached_to).collect();
            stack.resources.extend(more);
            if index % 4 == 0 {
                stack.resources.extend(network(&stack.name));
            }
        }
        self
    }
}

/// The attachment of a resource.
fn attached_to(resource: &NewResource) -> Option<NewResource> {
    let properties = &resource.properties;
    let (suffix, resource_type, properties) = match resource.resource_type.as_str() {
        "AWS::EC2::SecurityGroup" => {
            let rule = json!({"GroupId": {"Ref": resource.logical_id}, "IpProtocol": "tcp", "FromPort": 9443, "ToPort": 9443,
                              "CidrIp": "10.0.0.0/8", "Description": "metrics"});
            ("Rule", "AWS::EC2::SecurityGroupIngress", rule)
        }
        "AWS::IAM::Role" => {
            let policy = json!({"RoleName": properties["RoleName"], "PolicyName": "logs", "PolicyDocument": {
                "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}});
            ("Policy", "AWS::IAM::RolePolicy", policy)
        }
        "AWS::S3::Bucket" => {
            let policy = json!({"Bucket": properties["BucketName"], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
                 "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}});
            ("Policy", "AWS::S3::BucketPolicy", policy)
        }
        _ => return None,
    };
    let logical_id = format!("{}{suffix}", resource.logical_id);
    Some(NewResource::new(&logical_id, resource_type, properties))
}

fn network(stack: &str) -> [NewResource; 4] {
    let route = json!({"RouteTableId": {"Ref": "Table"}, "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-00000000000000001"});
    let nodes = json!({"ClusterName": {"Ref": "Cluster"}, "NodegroupName": "general"});
    [
        NewResource::new(
            "Table",
            "AWS::EC2::RouteTable",
            json!({"VpcId": "vpc-00000000000000001"}),
        ),
        NewResource::new("TableRoute", "AWS::EC2::Route", route),
        NewResource::new(
            "Cluster",
            "AWS::EKS::Cluster",
            json!({"Name": format!("{stack}-cluster")}),
        ),
        NewResource::new("ClusterNodes", "AWS::EKS::Nodegroup", nodes),
    ]
}

impl Sandbox {
    /// Hangs one thing each on up to `count` resources, no two the same, and
    /// tells exactly what was done. The same seed on the same state does the same.
    pub fn attach_some(&self, seed: u64, count: usize) -> Vec<Attached> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut parents = self.parents();
        rng.shuffle(&mut parents);
        let attached = parents.into_iter().filter_map(|(stack, logical_id, kind)| {
            let attachment = choose(&kind, &mut rng)?;
            let actor = somebody(&stack, &mut rng);
            self.attach(&stack, &logical_id, attachment, actor).ok()
        });
        attached.take(count).collect()
    }

    /// Every live resource that something may hang on: stack, logical id, type.
    fn parents(&self) -> Vec<(String, String, String)> {
        let state = lock(&self.shared.state);
        let stacks = state
            .places
            .values()
            .flat_map(|place| place.stacks.values());
        let stacks = stacks.filter(|stack| stack.deleted.is_none());
        let rows = stacks.flat_map(|stack| stack.resources.iter().map(move |row| (stack, row)));
        rows.filter(|(_, row)| row.live != Live::Gone && is_parent(&row.resource_type))
            .map(|(stack, row)| {
                let (id, kind) = (row.logical_id.clone(), row.resource_type.clone());
                (stack.id.to_string(), id, kind)
            })
            .collect()
    }
}

fn is_parent(resource_type: &str) -> bool {
    choose(resource_type, &mut fastrand::Rng::with_seed(0)).is_some()
}

/// Something that somebody might hang on a resource of a type.
fn choose(resource_type: &str, rng: &mut fastrand::Rng) -> Option<Attachment> {
    let world = ["0.0.0.0/0", "::/0"][rng.usize(..2)];
    let port = [22, 3389, 5432, 6379][rng.usize(..4)];
    let public = || {
        json!({"Version": "2012-10-17", "Statement": [{"Sid": "Public", "Effect": "Allow", "Principal": "*",
                                                          "Action": "s3:GetObject", "Resource": "*"}]})
    };
    Some(match (resource_type, rng.bool()) {
        ("AWS::EC2::SecurityGroup", true) => Attachment::ingress("tcp", (port, port), world),
        ("AWS::EC2::SecurityGroup", false) => Attachment::egress("tcp", (port, port), world),
        ("AWS::IAM::Role" | "AWS::IAM::User", true) => {
            Attachment::managed("arn:aws:iam::aws:policy/AdministratorAccess")
        }
        ("AWS::IAM::Role" | "AWS::IAM::User", false) => {
            Attachment::inline(&format!("by-hand-{}", word(rng)))
        }
        ("AWS::S3::Bucket", true) => Attachment::BucketPolicy { document: public() },
        ("AWS::S3::Bucket", false) => Attachment::NoPublicAccessBlock,
        ("AWS::KMS::Key", _) => {
            Attachment::grant("arn:aws:iam::999999999999:role/partner", &["Decrypt"])
        }
        ("AWS::EC2::RouteTable", _) => Attachment::route("192.0.2.0/24", "igw-00000000000000001"),
        ("AWS::EKS::Cluster", _) => Attachment::nodegroup(&format!("by-hand-{}", word(rng))),
        _ => return None,
    })
}
