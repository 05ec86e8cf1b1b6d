//! Over any calls: nobody is named who did not do it.

use domain::ports::TrailCall;
use proptest::prelude::*;

use super::{ACCOUNT, CLOUDFORMATION, REGION, at, call, resource};
use crate::{Drifted, author, region_of};

const READS: [&str; 3] = ["DescribeSecurityGroups", "GetRolePolicy", "ListGrants"];

const NAMES: [&str; 12] = [
    "AuthorizeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
    "CreateTags",
    "DeleteSecurityGroup",
    "PutRolePolicy",
    "AttachRolePolicy",
    "UpdateAssumeRolePolicy",
    "TagRole",
    "DeleteRole",
    READS[0],
    READS[1],
    READS[2],
];

const IDS: [&str; 4] = ["sg-0a1b2c3d", "sg-9a1b2c3d", "app", "web"];

/// A resource with the path that differs, or none where it is gone.
const DRIFTED: [(&str, &str, &str); 6] = [
    ("AWS::EC2::SecurityGroup", IDS[0], "/SecurityGroupIngress"),
    ("AWS::EC2::SecurityGroup", IDS[0], "/Tags/0"),
    ("AWS::EC2::SecurityGroup", IDS[0], ""),
    ("AWS::IAM::Role", IDS[2], "/Policies"),
    ("AWS::IAM::Role", IDS[2], "/ManagedPolicyArns"),
    ("AWS::IAM::Role", IDS[2], ""),
];

fn any_call() -> impl Strategy<Value = TrailCall> {
    let place = (
        prop_oneof![4 => Just(ACCOUNT), 1 => Just("999900001111")],
        prop_oneof![3 => Just(REGION), 3 => Just("us-east-1"), 1 => Just("ap-south-1")],
        prop_oneof![Just("ec2"), Just("iam"), Just("kms")],
    );
    let names = proptest::collection::vec(proptest::sample::select(&IDS[..]), 0..3);
    let by_stack = prop_oneof![3 => Just(false), 1 => Just(true)];
    let what = proptest::sample::select(&NAMES[..]);
    (-20_i64..120, place, what, names, by_stack).prop_map(
        |(second, (account, region, source), name, names, by_stack)| TrailCall {
            account: account.to_owned(),
            region: region.to_owned(),
            who: format!("who-{second}-{name}"),
            invoked_by: by_stack.then(|| CLOUDFORMATION.to_owned()),
            ..call(second, (source, name), &names)
        },
    )
}

proptest! {
    #[test]
    fn who_is_named_made_a_write_in_the_window_in_that_account_on_that_resource(
        calls in proptest::collection::vec(any_call(), 0..30),
        (kind, id, path) in proptest::sample::select(&DRIFTED[..]),
    ) {
        let resource = resource(kind, id);
        let paths: Vec<&str> = [path].into_iter().filter(|path| !path.is_empty()).collect();
        let drifted = Drifted { resource: &resource, paths: &paths, items: &[] };
        let window = (at(0), at(100));
        let found = author(&calls, window, &drifted);
        let is_of_it = |call: &TrailCall| {
            window.0 <= call.at
                && call.at <= window.1
                && call.account == ACCOUNT
                && call.region == region_of(kind, REGION)
                && call.resources.iter().any(|name| name == id)
                && !READS.contains(&call.name.as_str())
        };
        if let Some(found) = &found {
            let did_it = calls.iter().any(|call| {
                is_of_it(call)
                    && call.invoked_by.is_none()
                    && (&call.who, Some(call.at), &call.name) == (&found.who, found.at, &found.how)
                    && (call.name.contains("Tag") == (path == "/Tags/0"))
                    && (call.name.starts_with("Delete") == path.is_empty())
            });
            prop_assert!(did_it);
        }
        // What is not of it changes nothing, and neither does the order.
        let mut only: Vec<TrailCall> = calls.iter().filter(|call| is_of_it(call)).cloned().collect();
        only.reverse();
        let again = author(&only, window, &drifted);
        prop_assert_eq!(
            again.map(|again| again.at),
            found.map(|found| found.at)
        );
    }
}
