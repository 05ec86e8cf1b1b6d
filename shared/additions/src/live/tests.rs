use domain::ports::PortErrorKind;
use domain::testing::block_on;
use serde_json::json;

use super::*;
use crate::catalogue::{declared, parents};
use crate::harness::{found, role, route, rule, said};
use crate::testing::MemoryAttachments;

fn many_of(resource_type: &str, start: &str, count: usize) -> Vec<domain::stack::Declared> {
    (0..count)
        .map(|n| said(resource_type, &format!("{start}{n}"), json!({})))
        .collect()
}

#[test]
fn groups_and_tables_are_asked_for_in_batches() {
    for (resource_type, start, call) in [
        (
            "AWS::EC2::SecurityGroup",
            "sg-",
            "ec2:DescribeSecurityGroupRules",
        ),
        ("AWS::EC2::RouteTable", "rtb-", "ec2:DescribeRouteTables"),
    ] {
        for (count, calls) in [(1, 1), (200, 1), (201, 2), (450, 3)] {
            let port = MemoryAttachments::new();
            let stack = many_of(resource_type, start, count);
            assert!(found(&port, &stack).is_empty());
            assert_eq!(port.calls(), BTreeMap::from([(call, calls)]), "{count}");
            assert!(port.largest() <= GROUPS_AT_ONCE);
        }
    }
}

#[test]
fn what_each_kind_costs_in_calls() {
    for (resource_type, calls) in [
        (
            "AWS::IAM::Role",
            vec![
                ("iam:ListAttachedRolePolicies", 10),
                ("iam:ListRolePolicies", 10),
            ],
        ),
        (
            "AWS::IAM::User",
            vec![
                ("iam:ListAttachedUserPolicies", 10),
                ("iam:ListUserPolicies", 10),
            ],
        ),
        (
            "AWS::IAM::Group",
            vec![
                ("iam:ListAttachedGroupPolicies", 10),
                ("iam:ListGroupPolicies", 10),
            ],
        ),
        (
            "AWS::S3::Bucket",
            vec![
                ("s3:GetBucketPolicy", 10),
                ("s3:GetBucketPublicAccessBlock", 10),
            ],
        ),
        ("AWS::EKS::Cluster", vec![("eks:ListNodegroups", 10)]),
    ] {
        let port = MemoryAttachments::new();
        assert!(found(&port, &many_of(resource_type, "x", 10)).is_empty());
        assert_eq!(port.calls().into_iter().collect::<Vec<_>>(), calls);
    }
}

#[test]
fn only_a_few_calls_are_under_way_at_a_time() {
    let port = MemoryAttachments::new();
    assert!(found(&port, &many_of("AWS::IAM::Role", "r", 50)).is_empty());
    assert_eq!(port.most_at_once(), AT_ONCE);
}

#[test]
fn a_parent_that_two_resources_name_is_read_once() {
    let port = MemoryAttachments::new();
    let twice = [
        many_of("AWS::IAM::Role", "r", 1),
        many_of("AWS::IAM::Role", "r", 1),
    ]
    .concat();
    let all = [parents(&twice), parents(&twice)].concat();
    let read = block_on(live(&port, &all, &declared(&twice)));
    assert_eq!((read.len(), port.total()), (1, 2));
}

#[test]
fn a_failure_concerns_what_the_call_asked_for() {
    let port = MemoryAttachments::new();
    port.add_inline_policy(role("r1"), "x");
    port.fail(
        "iam:ListAttachedRolePolicies",
        Some("r0"),
        PortErrorKind::Denied,
    );
    let stack = many_of("AWS::IAM::Role", "r", 3);
    assert_eq!(
        found(&port, &stack),
        ["r0 denied", "r1 /Policies[PolicyName=x]"]
    );

    let port = MemoryAttachments::new();
    port.add_rule(rule("sgr-1", "sg-0", 22, "0.0.0.0/0"));
    port.fail(
        "ec2:DescribeSecurityGroupRules",
        Some("sg-0"),
        PortErrorKind::Throttled,
    );
    let groups = many_of("AWS::EC2::SecurityGroup", "sg-", 2);
    assert_eq!(found(&port, &groups), ["sg-0 throttled", "sg-1 throttled"]);
}

#[test]
fn what_the_answer_holds_of_others_is_nobody_s() {
    let port = MemoryAttachments::new();
    port.add_route(route("rtb-9", "0.0.0.0/0", "igw-1"));
    let stack = many_of("AWS::EC2::RouteTable", "rtb-", 2);
    assert!(found(&port, &stack).is_empty());
    let wrong = [said("AWS::EC2::RouteTable", "x", json!({}))];
    assert_eq!(found(&port, &wrong), ["x invalid"]);
}
