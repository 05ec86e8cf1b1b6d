use super::*;
use crate::harness::{said, unsaid};
use serde_json::json;

#[test]
fn the_catalogue_is_closed() {
    for (name, _) in PARENTS {
        assert!(concerns(name), "{name}");
    }
    for name in ATTACHMENTS.iter().flat_map(|names| names.iter()) {
        assert!(concerns(name), "{name}");
    }
    for name in [
        "AWS::IAM::UserToGroupAddition",
        "AWS::EC2::VPCEndpoint",
        "AWS::SQS::Queue",
        "AWS::KMS::Alias",
        "",
    ] {
        assert!(!concerns(name), "{name}");
    }
}

#[test]
fn a_parent_is_named_as_its_live_api_wants_it_and_once() {
    let stack = [
        said("AWS::EC2::SecurityGroup", "sg-1", json!({})),
        unsaid("AWS::IAM::Role", "role"),
        unsaid("AWS::IAM::Role", "role"),
        unsaid("AWS::KMS::ReplicaKey", "arn:aws:kms:r:1:key/abcd"),
        unsaid("AWS::EKS::Cluster", "prod"),
        unsaid("AWS::EC2::RouteTable", ""),
        unsaid("AWS::EC2::Route", "rtb-1|0.0.0.0/0"),
    ];
    let parents: Vec<String> = parents(&stack).into_iter().map(|it| it.id).collect();
    assert_eq!(parents, ["sg-1", "role", "abcd", "prod"]);
}

#[test]
fn what_an_attachment_without_a_parent_holds_is_shown_in_no_debug_print() {
    let policy = said(
        "AWS::IAM::Policy",
        "p",
        json!({"PolicyName": "marker", "Roles": ["r"]}),
    );
    assert!(!format!("{:?}", declared(&[policy])).contains("marker"));
}

#[test]
fn what_a_claim_keeps_is_only_what_tells_an_item_from_others() {
    let stack = [
        said(
            "AWS::EC2::SecurityGroupIngress",
            "sgr-1",
            json!({"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/8", "Description": "marker"}),
        ),
        said(
            "AWS::IAM::Policy",
            "p",
            json!({"PolicyName": "n", "Roles": ["r"], "PolicyDocument": {"Statement": ["marker"]}}),
        ),
        said(
            "AWS::S3::BucketPolicy",
            "b",
            json!({"Bucket": "b", "PolicyDocument": {"Statement": ["marker"]}}),
        ),
        said(
            "AWS::KMS::Key",
            "k",
            json!({"KeyPolicy": {"Statement": ["marker"]}}),
        ),
        said(
            "AWS::EC2::Route",
            "r",
            json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": {"Fn::X": "marker"}}),
        ),
    ];
    let text = serde_json::to_string(&declared(&stack)).unwrap();
    assert!(!text.contains("marker"), "{text}");
    assert_eq!(declared(&stack).len(), 5);
}
