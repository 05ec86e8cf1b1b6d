use domain::ports::PublicAccessBlock;

use super::*;
use crate::harness::{found, said, unsaid};
use crate::testing::MemoryAttachments;

fn bucket(expected: Value) -> Declared {
    said("AWS::S3::Bucket", "logs", expected)
}

fn policy(physical_id: &str, bucket: Value) -> Declared {
    said(
        "AWS::S3::BucketPolicy",
        physical_id,
        json!({"Bucket": bucket}),
    )
}

fn with_policy(policy: Value) -> MemoryAttachments {
    let port = MemoryAttachments::new();
    port.set_bucket_policy("logs", policy);
    port
}

fn block(on: [bool; 4]) -> Option<PublicAccessBlock> {
    Some(PublicAccessBlock {
        block_public_acls: on[0],
        ignore_public_acls: on[1],
        block_public_policy: on[2],
        restrict_public_buckets: on[3],
    })
}

#[test]
fn a_policy_that_no_stack_declares_is_an_addition() {
    let port = with_policy(json!({"Statement": [{"Effect": "Allow", "Principal": "*"}]}));
    assert_eq!(found(&port, &[bucket(json!({}))]), ["logs /BucketPolicy"]);
    for declared in [
        policy("logs", json!("logs")),
        policy("stack-Policy-1ABC", json!("logs")),
        policy("stack-Policy-1ABC", json!("arn:aws:s3:::logs")),
        unsaid("AWS::S3::BucketPolicy", "logs"),
        policy("logs", json!({"Ref": "B"})),
    ] {
        assert!(found(&port, &[bucket(json!({})), declared]).is_empty());
    }
    for other in [
        policy("other", json!("other")),
        unsaid("AWS::S3::BucketPolicy", "other"),
    ] {
        assert_eq!(
            found(&port, &[bucket(json!({})), other]),
            ["logs /BucketPolicy"]
        );
    }
    for unread in [
        unsaid("AWS::S3::BucketPolicy", "stack-Policy-1ABC"),
        policy("stack-Policy-1ABC", json!({"Ref": "B"})),
    ] {
        assert_eq!(
            found(&port, &[bucket(json!({})), unread]),
            ["logs /BucketPolicy ?"]
        );
    }
}

#[test]
fn the_statements_of_log_delivery_are_aws_s_own_and_nothing_beside_them() {
    let statement = |sid: &str, service: &str, action: Value| json!({"Sid": sid, "Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": "x"});
    let service = "delivery.logs.amazonaws.com";
    let write = statement("AWSLogDeliveryWrite", service, json!("s3:PutObject"));
    let check = statement(
        "AWSLogDeliveryAclCheck",
        service,
        json!(["s3:GetBucketAcl", "s3:ListBucket"]),
    );
    let own = json!({"Statement": [write, check]});
    assert!(found(&with_policy(own), &[bucket(json!({}))]).is_empty());
    for more in [
        statement("Mine", service, json!("s3:PutObject")),
        statement("AWSLogDeliveryX", service, json!("s3:*")),
        statement("AWSLogDeliveryX", service, json!(["s3:PutObject", 1])),
        statement(
            "AWSLogDeliveryX",
            "ec2.amazonaws.com",
            json!("s3:PutObject"),
        ),
        json!({"Sid": "AWSLogDeliveryX", "Effect": "Allow", "Principal": "*", "Action": "s3:PutObject"}),
    ] {
        let policy = json!({"Statement": [write, more]});
        assert_eq!(
            found(&with_policy(policy), &[bucket(json!({}))]).len(),
            1,
            "{more}"
        );
    }
    assert_eq!(
        found(&with_policy(json!({"Statement": []})), &[bucket(json!({}))]).len(),
        1
    );
}

#[test]
fn an_undeclared_block_is_s3_s_own_with_all_switches_on_or_not_at_all() {
    let port = MemoryAttachments::new();
    let on = [true; 4];
    port.set_public_access_block("logs", block(on));
    assert!(found(&port, &[bucket(json!({}))]).is_empty());
    for off in 0..4 {
        let mut switches = on;
        switches[off] = false;
        port.set_public_access_block("logs", block(switches));
        assert_eq!(
            found(&port, &[bucket(json!({}))]),
            ["logs /PublicAccessBlockConfiguration"]
        );
    }
    // Older buckets have none.
    port.set_public_access_block("logs", None);
    assert!(found(&port, &[bucket(json!({}))]).is_empty());
}

#[test]
fn what_is_declared_is_cloudformation_s_to_compare_and_not_asked_for() {
    let port = with_policy(json!({"Statement": ["x"]}));
    port.set_public_access_block("logs", None);
    let declared = bucket(json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}));
    assert!(found(&port, &[declared, policy("logs", json!("logs"))]).is_empty());
    assert_eq!(port.total(), 0);
    let unread = unsaid("AWS::S3::Bucket", "logs");
    assert_eq!(found(&port, &[unread]), ["logs /BucketPolicy"]);
    assert_eq!(port.total(), 2);
}
