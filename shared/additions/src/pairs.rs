//! What somebody made by hand is one addition; what the stack itself made, or
//! another watched one, is none: over the whole list.

use domain::ports::{Holder, PublicAccessBlock};
use domain::stack::Declared;
use serde_json::{Value, json};

use crate::catalogue;
use crate::harness::{ACCOUNT, REGION, all_out, found, found_beside, role, route, rule, said};
use crate::index::Others;
use crate::testing::MemoryAttachments;

/// One pair: what is there, the stack before and after its own change, and what is told of the change by hand.
struct Pair {
    world: fn(&MemoryAttachments),
    before: Vec<Declared>,
    after: Vec<Declared>,
    line: &'static str,
}

fn pair(
    world: fn(&MemoryAttachments),
    before: &[Declared],
    after: &[Declared],
    line: &'static str,
) -> Pair {
    Pair {
        world,
        before: before.to_vec(),
        after: after.to_vec(),
        line,
    }
}

fn ingress(id: &str, port: u16, cidr: &str) -> Declared {
    said(
        "AWS::EC2::SecurityGroupIngress",
        id,
        json!({"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr}),
    )
}

/// A parent, and with it a resource of its own that hangs on it.
fn with(parent: &Declared, attachment: Declared) -> [Declared; 2] {
    [parent.clone(), attachment]
}

fn pairs() -> Vec<Pair> {
    let plain = |kind: &str, id: &str| said(kind, id, json!({}));
    let group = plain("AWS::EC2::SecurityGroup", "sg-1");
    let egress = |rules: Value| {
        said(
            "AWS::EC2::SecurityGroup",
            "sg-1",
            json!({"SecurityGroupEgress": rules}),
        )
    };
    let https =
        json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"});
    let web = plain("AWS::IAM::Role", "web");
    let ann = plain("AWS::IAM::User", "ann");
    let ops = plain("AWS::IAM::Group", "ops");
    let logs = plain("AWS::S3::Bucket", "logs");
    let key = plain("AWS::KMS::Key", "k-1");
    let table = plain("AWS::EC2::RouteTable", "rtb-1");
    let prod = plain("AWS::EKS::Cluster", "prod");
    vec![
        pair(
            |it| {
                it.add_rule(all_out("sg-1"));
                it.add_rule(rule("sgr-1", "sg-1", 443, "10.0.0.0/8"));
                it.add_rule(rule("sgr-2", "sg-1", 22, "0.0.0.0/0"));
            },
            &[group.clone(), ingress("sgr-1", 443, "10.0.0.0/8")],
            &[
                group.clone(),
                ingress("sgr-1", 443, "10.0.0.0/8"),
                ingress("sgr-2", 22, "0.0.0.0/0"),
            ],
            r#"sg-1 /SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp="0.0.0.0/0"]"#,
        ),
        pair(
            |it| {
                it.add_rule(domain::ports::GroupRule {
                    is_egress: true,
                    ..rule("sgr-1", "sg-1", 443, "10.0.0.0/8")
                });
                it.add_rule(all_out("sg-1"));
            },
            &[egress(json!([https]))],
            &[egress(
                json!([https, {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]),
            )],
            r#"sg-1 /SecurityGroupEgress[IpProtocol=-1,CidrIp="0.0.0.0/0"]"#,
        ),
        pair(
            |it| it.add_inline_policy(role("web"), "debug"),
            std::slice::from_ref(&web),
            &with(
                &web,
                said(
                    "AWS::IAM::Policy",
                    "p",
                    json!({"PolicyName": "debug", "Roles": ["web"]}),
                ),
            ),
            "web /Policies[PolicyName=debug]",
        ),
        pair(
            |it| it.attach_policy(role("web"), "arn:aws:iam::aws:policy/AdministratorAccess"),
            std::slice::from_ref(&web),
            &[said(
                "AWS::IAM::Role",
                "web",
                json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}),
            )],
            r#"web /ManagedPolicyArns[="arn:aws:iam::aws:policy/AdministratorAccess"]"#,
        ),
        pair(
            |it| it.add_inline_policy(Holder::User("ann".to_owned()), "debug"),
            std::slice::from_ref(&ann),
            &with(
                &ann,
                said(
                    "AWS::IAM::UserPolicy",
                    "debug|ann",
                    json!({"PolicyName": "debug", "UserName": "ann"}),
                ),
            ),
            "ann /Policies[PolicyName=debug]",
        ),
        pair(
            |it| it.attach_policy(Holder::Group("ops".to_owned()), "arn:aws:iam::1:policy/p"),
            std::slice::from_ref(&ops),
            &with(
                &ops,
                said(
                    "AWS::IAM::ManagedPolicy",
                    "arn:aws:iam::1:policy/p",
                    json!({"Groups": ["ops"]}),
                ),
            ),
            r#"ops /ManagedPolicyArns[="arn:aws:iam::1:policy/p"]"#,
        ),
        pair(
            |it| {
                it.set_bucket_policy(
                    "logs",
                    json!({"Statement": [{"Effect": "Allow", "Principal": "*"}]}),
                )
            },
            std::slice::from_ref(&logs),
            &with(
                &logs,
                said("AWS::S3::BucketPolicy", "logs", json!({"Bucket": "logs"})),
            ),
            "logs /BucketPolicy",
        ),
        pair(
            |it| {
                let block = PublicAccessBlock {
                    block_public_acls: true,
                    ignore_public_acls: true,
                    block_public_policy: false,
                    restrict_public_buckets: true,
                };
                it.set_public_access_block("logs", Some(block));
            },
            &[logs],
            &[said(
                "AWS::S3::Bucket",
                "logs",
                json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}),
            )],
            "logs /PublicAccessBlockConfiguration",
        ),
        pair(
            |it| {
                it.set_key_policy(
                    "k-1",
                    json!({"Statement": [{"Effect": "Allow", "Principal": "*"}]}),
                )
            },
            &[key],
            &[said(
                "AWS::KMS::Key",
                "k-1",
                json!({"KeyPolicy": {"Statement": []}}),
            )],
            "k-1 /KeyPolicy",
        ),
        pair(
            |it| {
                it.add_route(route("rtb-1", "10.0.0.0/16", "local"));
                it.add_route(route("rtb-1", "0.0.0.0/0", "igw-1"));
            },
            std::slice::from_ref(&table),
            &with(
                &table,
                said(
                    "AWS::EC2::Route",
                    "rtb-1|0.0.0.0/0",
                    json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}),
                ),
            ),
            r#"rtb-1 /Routes[DestinationCidrBlock="0.0.0.0/0"]"#,
        ),
        pair(
            |it| it.add_node_group("prod", "workers"),
            std::slice::from_ref(&prod),
            &with(
                &prod,
                said(
                    "AWS::EKS::Nodegroup",
                    "prod/workers",
                    json!({"ClusterName": "prod"}),
                ),
            ),
            "prod /Nodegroups[NodegroupName=workers]",
        ),
    ]
}

#[test]
fn by_hand_is_one_addition_and_by_its_own_stack_is_none() {
    for Pair {
        world,
        before,
        after,
        line,
    } in pairs()
    {
        let port = MemoryAttachments::new();
        world(&port);
        assert_eq!(found(&port, &before), [line]);
        assert!(found(&port, &after).is_empty(), "{line}");
    }
}

#[test]
fn by_another_watched_stack_is_none() {
    let mut across = 0;
    for pair in pairs() {
        let port = MemoryAttachments::new();
        (pair.world)(&port);
        let mut others = Others::default();
        others.declare(REGION, catalogue::declared(&pair.after));
        // What stands in the parent itself only its own stack can declare.
        if pair.after.len() > pair.before.len() {
            across += 1;
            assert!(
                found_beside(&port, &pair.before, &others).is_empty(),
                "{}",
                pair.line
            );
        } else {
            assert_eq!(found_beside(&port, &pair.before, &others), [pair.line]);
        }
    }
    assert_eq!(across, 7);
}

#[test]
fn a_grant_is_declared_by_nobody() {
    let port = MemoryAttachments::new();
    port.add_grant(
        "k-1",
        domain::ports::Grant {
            id: "1f".to_owned(),
            grantee: format!("arn:aws:iam::{ACCOUNT}:role/web"),
            ..domain::ports::Grant::default()
        },
    );
    let key = said("AWS::KMS::Key", "k-1", json!({"KeyPolicy": {}}));
    assert_eq!(found(&port, &[key]), ["k-1 /Grants[GrantId=1f]"]);
}
