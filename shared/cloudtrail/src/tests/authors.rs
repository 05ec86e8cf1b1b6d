//! Who bent a resource.

use domain::attribution::Attribution;
use domain::ports::TrailCall;
use domain::resource::Resource;

use super::{ACCOUNT, REGION, at, by_cloudformation, call, resource};
use crate::{Drifted, author};

const SG: &str = "sg-0a1b2c3d4e5f6a7b8";
const GROUP: &str = "AWS::EC2::SecurityGroup";
const INGRESS: &str =
    "/SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp=\"0.0.0.0/0\"]";
const AUTHORIZE: (&str, &str) = ("ec2", "AuthorizeSecurityGroupIngress");

/// Who bent a resource between second 0 and second 100.
fn of(calls: &[TrailCall], resource: &Resource, paths: &[&str]) -> Option<String> {
    let drifted = Drifted {
        resource,
        paths,
        items: &[],
    };
    author(calls, (at(0), at(100)), &drifted).map(|found| found.who)
}

/// Whether one call of a service names its maker for a type, an id and a path.
fn fits(call: (&str, &str), names: &[&str], (kind, id): (&str, &str), path: &str) -> bool {
    let calls = [super::call(50, call, names)];
    let resource = resource(kind, id);
    let paths: Vec<&str> = [path].into_iter().filter(|path| !path.is_empty()).collect();
    of(&calls, &resource, &paths).is_some()
}

fn by(who: &str, call: TrailCall) -> TrailCall {
    TrailCall {
        who: who.to_owned(),
        ..call
    }
}

#[test]
fn the_newest_write_names_its_maker_time_call_and_console() {
    let mut newest = by("bob", call(60, AUTHORIZE, &[SG]));
    newest.console = true;
    let calls = [
        by("alice", call(10, AUTHORIZE, &[SG])),
        newest,
        by("carol", call(40, AUTHORIZE, &[SG])),
    ];
    let group = resource(GROUP, SG);
    let drifted = Drifted {
        resource: &group,
        paths: &[INGRESS],
        items: &[],
    };
    assert_eq!(
        author(&calls, (at(0), at(100)), &drifted),
        Some(Attribution {
            who: "bob".to_owned(),
            at: Some(at(60)),
            how: "AuthorizeSecurityGroupIngress".to_owned(),
            console: true,
        })
    );
}

#[test]
fn the_window_holds_both_its_ends_and_nothing_beyond() {
    let group = resource(GROUP, SG);
    for (second, is_in) in [(-1, false), (0, true), (100, true), (101, false)] {
        let calls = [call(second, AUTHORIZE, &[SG])];
        assert_eq!(of(&calls, &group, &[INGRESS]).is_some(), is_in, "{second}");
    }
}

#[test]
fn another_account_region_service_or_resource_names_nobody() {
    let group = resource(GROUP, SG);
    let good = call(50, AUTHORIZE, &[SG]);
    assert!(of(std::slice::from_ref(&good), &group, &[INGRESS]).is_some());
    let others = [
        TrailCall {
            account: "999900001111".to_owned(),
            ..good.clone()
        },
        TrailCall {
            region: "us-east-1".to_owned(),
            ..good.clone()
        },
        TrailCall {
            source: "rds.amazonaws.com".to_owned(),
            ..good.clone()
        },
        call(50, AUTHORIZE, &["sg-0a1b2c3d4e5f6a7b9"]),
        call(50, AUTHORIZE, &[]),
        call(50, ("ec2", "DescribeSecurityGroups"), &[SG]),
    ];
    for call in others {
        assert_eq!(
            of(std::slice::from_ref(&call), &group, &[INGRESS]),
            None,
            "{call:?}"
        );
    }
    for nowhere in [
        Resource {
            account: None,
            ..group.clone()
        },
        Resource {
            region: None,
            ..group.clone()
        },
        Resource {
            id: String::new(),
            ..group.clone()
        },
    ] {
        assert_eq!(of(std::slice::from_ref(&good), &nowhere, &[INGRESS]), None);
    }
}

#[test]
fn a_call_that_only_names_a_resource_did_not_bend_it() {
    let group = (GROUP, SG);
    for name in [
        "RunInstances",
        "AuthorizeSecurityGroupEgress",
        "ModifyNetworkInterfaceAttribute",
        "DeleteSecurityGroup",
        "CreateTags",
    ] {
        assert!(!fits(("ec2", name), &[SG], group, INGRESS), "{name}");
    }
    assert!(fits(
        ("ec2", "RevokeSecurityGroupIngress"),
        &[SG],
        group,
        INGRESS
    ));
    assert!(fits(
        ("ec2", "ModifySecurityGroupRules"),
        &[SG],
        group,
        "/SecurityGroupEgress"
    ));
    let vpc = ("AWS::EC2::VPC", "vpc-0a1b2c3d");
    let modify = ("ec2", "ModifyVpcAttribute");
    assert!(fits(modify, &[vpc.1], vpc, "/EnableDnsSupport"));
    // An endpoint names the network it is in.
    assert!(!fits(
        ("ec2", "CreateVpcEndpoint"),
        &[vpc.1],
        vpc,
        "/EnableDnsSupport"
    ));
}

#[test]
fn tagging_counts_for_tags_and_nothing_else_does() {
    let group = (GROUP, SG);
    assert!(fits(("ec2", "CreateTags"), &[SG], group, "/Tags/0/Value"));
    assert!(fits(("ec2", "DeleteTags"), &[SG], group, "/Tags[Key=a]"));
    assert!(!fits(AUTHORIZE, &[SG], group, "/Tags/0/Value"));
    assert!(!fits(("ec2", "CreateTags"), &[SG], group, "/TagsOrNot"));
    let queue = (
        "AWS::SQS::Queue",
        "https://sqs.eu-west-1.amazonaws.com/111122223333/q",
    );
    assert!(fits(("sqs", "TagQueue"), &[queue.1], queue, "/Tags"));
    assert!(!fits(
        ("sqs", "TagQueue"),
        &[queue.1],
        queue,
        "/DelaySeconds"
    ));
    assert!(!fits(
        ("sqs", "SetQueueAttributes"),
        &[queue.1],
        queue,
        "/Tags"
    ));
    let scaling = ("AWS::AutoScaling::AutoScalingGroup", "web");
    let update = ("autoscaling", "UpdateAutoScalingGroup");
    assert!(fits(update, &["web"], scaling, "/MaxSize"));
    assert!(!fits(update, &["web"], scaling, "/Tags/0"));
    assert!(fits(
        ("sqs", "SetQueueAttributes"),
        &[queue.1],
        queue,
        "/DelaySeconds"
    ));
    let both = [
        by("alice", call(10, AUTHORIZE, &[SG])),
        by("bob", call(20, ("ec2", "CreateTags"), &[SG])),
    ];
    let group = resource(GROUP, SG);
    assert_eq!(of(&both, &group, &[INGRESS]).as_deref(), Some("alice"));
    assert_eq!(of(&both, &group, &["/Tags/0"]).as_deref(), Some("bob"));
    let paths = [INGRESS, "/Tags/0"];
    assert_eq!(of(&both, &group, &paths).as_deref(), Some("bob"));
}

#[test]
fn what_cloudformation_set_whole_after_a_hand_is_its_own_doing() {
    let bucket = resource("AWS::S3::Bucket", "my-bucket");
    let put = |second, who| by(who, call(second, ("s3", "PutBucketPolicy"), &["my-bucket"]));
    let own = |second| by_cloudformation(put(second, "alice"));
    let path = ["/BucketPolicy"];
    assert_eq!(of(&[put(10, "alice"), own(20)], &bucket, &path), None);
    assert_eq!(
        of(&[own(20), put(30, "bob")], &bucket, &path).as_deref(),
        Some("bob")
    );
    assert_eq!(of(&[own(20)], &bucket, &path), None);
    for who in [
        "stack-role/AWSCloudFormation",
        "cloudformation.amazonaws.com",
    ] {
        assert_eq!(of(&[put(20, who)], &bucket, &path), None, "{who}");
        assert_eq!(of(&[put(10, "alice"), put(20, who)], &bucket, &path), None);
    }
    // Of another property it hides nobody.
    let versioning = call(20, ("s3", "PutBucketVersioning"), &["my-bucket"]);
    let calls = [put(10, "alice"), by_cloudformation(versioning)];
    assert_eq!(of(&calls, &bucket, &path).as_deref(), Some("alice"));
}

#[test]
fn what_cloudformation_adds_to_a_list_hides_nobody_who_added_something_else() {
    let group = resource(GROUP, SG);
    let hand = by("alice", call(10, AUTHORIZE, &[SG, "sgr-aaaaaaaa"]));
    let own = by_cloudformation(call(20, AUTHORIZE, &[SG, "sgr-bbbbbbbb"]));
    let calls = [hand, own];
    assert_eq!(of(&calls, &group, &[INGRESS]).as_deref(), Some("alice"));
    let of_rule = |rule: &str| {
        let drifted = Drifted {
            resource: &group,
            paths: &[INGRESS],
            items: &[rule],
        };
        author(&calls, (at(0), at(100)), &drifted).map(|found| found.who)
    };
    assert_eq!(of_rule("sgr-aaaaaaaa").as_deref(), Some("alice"));
    assert_eq!(of_rule("sgr-bbbbbbbb"), None);
    // Of the very same rule it has the last word.
    let own = by_cloudformation(call(20, AUTHORIZE, &[SG, "sgr-aaaaaaaa"]));
    let drifted = Drifted {
        resource: &group,
        paths: &[INGRESS],
        items: &["sgr-aaaaaaaa"],
    };
    let calls = [calls[0].clone(), own];
    assert_eq!(author(&calls, (at(0), at(100)), &drifted), None);
}

#[test]
fn of_two_hands_the_one_that_named_the_entry_is_told() {
    let group = resource(GROUP, SG);
    let calls = [
        by("alice", call(10, AUTHORIZE, &[SG, "sgr-aaaaaaaa"])),
        by("bob", call(20, AUTHORIZE, &[SG, "sgr-bbbbbbbb"])),
    ];
    for (rule, who) in [
        ("sgr-aaaaaaaa", Some("alice")),
        ("sgr-bbbbbbbb", Some("bob")),
        ("sgr-cccccccc", None),
    ] {
        let drifted = Drifted {
            resource: &group,
            paths: &[INGRESS],
            items: &[rule],
        };
        let found = author(&calls, (at(0), at(100)), &drifted);
        assert_eq!(found.map(|found| found.who).as_deref(), who);
    }
    let role = resource("AWS::IAM::Role", "app");
    let attach = |second, who, policy| {
        by(
            who,
            call(
                second,
                ("iam", "AttachRolePolicy"),
                &["app", "role/app", policy],
            ),
        )
    };
    let calls = [attach(10, "alice", "arn:a"), attach(20, "bob", "arn:b")];
    let path = |arn: &str| format!("/ManagedPolicyArns[=\"{arn}\"]");
    assert_eq!(
        of(&calls, &role, &[&path("arn:a")]).as_deref(),
        Some("alice")
    );
    assert_eq!(of(&calls, &role, &[&path("arn:b")]).as_deref(), Some("bob"));
    assert_eq!(of(&calls, &role, &[&path("arn:c")]), None);
    assert_eq!(
        of(&calls, &role, &["/ManagedPolicyArns"]).as_deref(),
        Some("bob")
    );
}

#[test]
fn entries_are_told_by_the_selectors_of_their_paths() {
    let cluster = ("AWS::EKS::Cluster", "c");
    let create = ("eks", "CreateNodegroup");
    assert!(fits(
        create,
        &["c", "n", "nodegroup/n"],
        cluster,
        "/Nodegroups[NodegroupName=n]"
    ));
    assert!(!fits(
        create,
        &["c", "n", "nodegroup/n"],
        cluster,
        "/Nodegroups[NodegroupName=m]"
    ));
    let key = ("AWS::KMS::Key", "1234abcd-12ab-34cd-56ef-1234567890ab");
    let grant = ("kms", "CreateGrant");
    assert!(fits(grant, &[key.1, "g1"], key, "/Grants[GrantId=g1]"));
    assert!(!fits(grant, &[key.1, "g1"], key, "/KeyPolicy"));
    assert!(fits(
        ("kms", "PutKeyPolicy"),
        &[key.1],
        key,
        "/KeyPolicy/Statement"
    ));
    let arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", key.1);
    assert!(fits(("kms", "PutKeyPolicy"), &[&arn], key, "/KeyPolicy"));
    let table = ("AWS::EC2::RouteTable", "rtb-0a1b2c3d");
    let route = ("ec2", "CreateRoute");
    let path = "/Routes[DestinationCidrBlock=\"0.0.0.0/0\"]";
    assert!(fits(route, &["0.0.0.0/0", table.1], table, path));
    assert!(!fits(route, &["10.0.0.0/8", table.1], table, path));
    let quoted = "/Policies[PolicyName=\"a\\\",b]=c\"]";
    let names = ["a\",b]=c", "app", "role/app"];
    let role = ("AWS::IAM::Role", "app");
    assert!(fits(("iam", "PutRolePolicy"), &names, role, quoted));
    assert!(!fits(
        ("iam", "PutRolePolicy"),
        &["x", "role/app"],
        role,
        quoted
    ));
    // A call about a named entry is not about the rest of a drifted resource.
    let calls = [call(50, ("iam", "PutRolePolicy"), &["x", "role/app"])];
    let paths = [quoted, "/Description"];
    assert_eq!(of(&calls, &resource(role.0, role.1), &paths), None);
}

#[test]
fn a_word_is_a_resources_name_only_with_its_kind() {
    let put = ("iam", "PutRolePolicy");
    let role = ("AWS::IAM::Role", "deploy");
    assert!(fits(put, &["deploy", "role/deploy"], role, "/Policies"));
    // The policy `deploy` of another role.
    let other = ["deploy", "policy/deploy", "web", "role/web"];
    assert!(!fits(put, &other, role, "/Policies"));
    let same = ["deploy", "policy/deploy", "role/deploy"];
    assert!(fits(put, &same, role, "/Policies"));
    let instance = ("AWS::RDS::DBInstance", "db");
    let modify = ("rds", "ModifyDBInstance");
    assert!(fits(modify, &["db", "dBInstance/db"], instance, "/MultiAZ"));
    assert!(!fits(modify, &["db", "dBCluster/db"], instance, "/MultiAZ"));
}

#[test]
fn arns_addresses_and_compound_ids_name_their_resources() {
    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:t");
    let set = ("sns", "SetTopicAttributes");
    assert!(fits(
        set,
        &[&topic],
        ("AWS::SNS::Topic", &topic),
        "/DisplayName"
    ));
    let function = ("AWS::Lambda::Function", "f");
    let update = ("lambda", "UpdateFunctionConfiguration20150331v2");
    let arn = |account: &str| format!("arn:aws:lambda:{REGION}:{account}:function:f");
    assert!(fits(update, &[&arn(ACCOUNT)], function, "/MemorySize"));
    assert!(!fits(
        update,
        &[&arn("999900001111")],
        function,
        "/MemorySize"
    ));
    assert!(!fits(update, &["f", "function/f"], function, "/Code/S3Key"));
    let service = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/c/s");
    let of_service = ("AWS::ECS::Service", service.as_str());
    let update = ("ecs", "UpdateService");
    assert!(fits(
        update,
        &["service/s", "c"],
        of_service,
        "/DesiredCount"
    ));
    assert!(!fits(
        update,
        &["service/s", "other"],
        of_service,
        "/DesiredCount"
    ));
    let queue = (
        "AWS::SQS::Queue",
        "https://sqs.eu-west-1.amazonaws.com/111122223333/q",
    );
    let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:q");
    assert!(fits(
        ("sqs", "SetQueueAttributes"),
        &[&arn],
        queue,
        "/DelaySeconds"
    ));
    let route = ("AWS::EC2::Route", "rtb-0a1b2c3d|10.0.0.0/8");
    let replace = ("ec2", "ReplaceRoute");
    assert!(fits(
        replace,
        &["10.0.0.0/8", "rtb-0a1b2c3d"],
        route,
        "/GatewayId"
    ));
    assert!(!fits(
        replace,
        &["0.0.0.0/0", "rtb-0a1b2c3d"],
        route,
        "/GatewayId"
    ));
    // A topic that is called like the bucket.
    let notify = ("s3", "PutBucketNotification");
    let bucket = ("AWS::S3::Bucket", "t");
    let path = "/NotificationConfiguration";
    assert!(fits(notify, &["arn:aws:s3:::t"], bucket, path));
    assert!(!fits(notify, &[&topic, "other"], bucket, path));
    let policy = format!("arn:aws:iam::{ACCOUNT}:policy/team/p");
    let version = ("iam", "CreatePolicyVersion");
    let managed = ("AWS::IAM::ManagedPolicy", policy.as_str());
    assert!(fits(version, &[&policy], managed, "/PolicyDocument"));
}

#[test]
fn a_resource_that_is_gone_was_taken_away_by_whoever_deleted_it() {
    for (call, name, kind) in [
        (("ec2", "DeleteSecurityGroup"), SG, GROUP),
        (
            ("ec2", "TerminateInstances"),
            "i-0a1b2c3d",
            "AWS::EC2::Instance",
        ),
        (("s3", "DeleteBucket"), "my-bucket", "AWS::S3::Bucket"),
        (("rds", "DeleteDBInstance"), "db", "AWS::RDS::DBInstance"),
        (
            ("ec2", "RevokeSecurityGroupIngress"),
            "sgr-0a1b2c3d",
            "AWS::EC2::SecurityGroupIngress",
        ),
        (
            ("kms", "ScheduleKeyDeletion"),
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "AWS::KMS::Key",
        ),
    ] {
        assert!(fits(call, &[name], (kind, name), ""), "{call:?}");
    }
    assert!(!fits(AUTHORIZE, &[SG], (GROUP, SG), ""));
    assert!(!fits(
        ("s3", "DeleteBucketPolicy"),
        &["b"],
        ("AWS::S3::Bucket", "b"),
        ""
    ));
    assert!(!fits(
        ("rds", "DeleteDBInstance"),
        &["db"],
        ("AWS::RDS::DBInstance", "db"),
        "/MultiAZ"
    ));
}
