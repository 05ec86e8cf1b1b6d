//! Policies and blocks of buckets, policies and grants of keys, node groups of clusters.

use domain::ports::{PortErrorKind::NotFound, PublicAccessBlock};
use serde_json::{Value, json};

use super::account::{ACCOUNT, Account, Side};
use super::hanging::{Hand, resource};

const PARTNER: &str = "arn:aws:iam::000000000000:role/partner";

fn tls_only(bucket: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": format!("arn:aws:s3:::{bucket}/*"),
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]})
}

fn bucket(properties: Value) -> Value {
    resource("AWS::S3::Bucket", properties)
}

pub(super) async fn a_buckets_policy_is_told_and_that_it_has_none(account: &Account) {
    let named = |name: &str| bucket(json!({"BucketName": name}));
    let policy =
        json!({"Bucket": {"Ref": "Closed"}, "PolicyDocument": tls_only("contract-closed")});
    account.create(
        "store",
        &[
            ("Closed", named("contract-closed")),
            ("Bare", named("contract-bare")),
            ("Policy", resource("AWS::S3::BucketPolicy", policy)),
        ],
    );
    let port = account.hanging().await;
    let told = async |bucket: &str| port.bucket_policy(bucket).await.unwrap();
    assert_eq!(
        told("contract-closed").await,
        Some(tls_only("contract-closed"))
    );
    assert_eq!(told("contract-bare").await, None);
    let by_hand = tls_only("contract-bare");
    account
        .hang("store", "Bare", Hand::BucketPolicy(&by_hand))
        .await;
    assert_eq!(told("contract-bare").await, Some(by_hand));
}

pub(super) async fn a_buckets_block_of_public_access_is_told_and_that_it_has_none(
    account: &Account,
) {
    let some = json!({"BlockPublicAcls": true, "BlockPublicPolicy": true});
    account.create(
        "store",
        &[
            ("Bare", bucket(json!({"BucketName": "contract-bare"}))),
            (
                "Some",
                bucket(
                    json!({"BucketName": "contract-some", "PublicAccessBlockConfiguration": some}),
                ),
            ),
        ],
    );
    let port = account.hanging().await;
    let told = async |bucket: &str| port.public_access_block(bucket).await.unwrap();
    let some = PublicAccessBlock {
        block_public_acls: true,
        ignore_public_acls: false,
        block_public_policy: true,
        restrict_public_buckets: false,
    };
    assert_eq!(told("contract-some").await, Some(some));
    let all = PublicAccessBlock {
        ignore_public_acls: true,
        restrict_public_buckets: true,
        ..some
    };
    // Since April 2023 S3 gives a new bucket all of it; the emulator does where it enforces rights.
    let new = match &account.side {
        Side::Sandbox { .. } => Some(all),
        Side::Emulator(_) => None,
    };
    assert_eq!(told("contract-bare").await, new);
    account.hang("store", "Some", Hand::NoBlock).await;
    assert_eq!(told("contract-some").await, None);
}

pub(super) async fn a_bucket_that_is_not_there_is_not_found(account: &Account) {
    let port = account.hanging().await;
    let policy = port.bucket_policy("contract-nothing").await.unwrap_err();
    let block = port
        .public_access_block("contract-nothing")
        .await
        .unwrap_err();
    for error in [policy, block] {
        assert_eq!(error.kind, NotFound, "{error}");
        assert!(error.to_string().contains("contract-nothing"), "{error}");
    }
}

/// S3 sends to the bucket's own region; the emulator answers in every one.
pub(super) async fn a_bucket_of_another_region_is_read_there(account: &Account) {
    let template = json!({"Resources": {
        "Bucket": bucket(json!({"BucketName": "contract-abroad"})),
        "Policy": resource("AWS::S3::BucketPolicy", json!({"Bucket": {"Ref": "Bucket"}, "PolicyDocument": tls_only("contract-abroad")})),
    }});
    account
        .aws
        .region("eu-west-1")
        .create_stack("abroad", &template);
    let port = account.hanging().await;
    let told = port.bucket_policy("contract-abroad").await.unwrap();
    assert_eq!(told, Some(tls_only("contract-abroad")));
}

fn key() -> Value {
    resource("AWS::KMS::Key", json!({"KeyPolicy": key_policy()}))
}

fn key_policy() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "kms:*", "Resource": "*"}]})
}

pub(super) async fn a_keys_policy_is_told(account: &Account) {
    account.create("store", &[("Key", key())]);
    let port = account.hanging().await;
    let id = account.id("store", "Key").await;
    assert_eq!(port.key_policy(&id).await.unwrap(), key_policy());
}

pub(super) async fn a_keys_grants_are_told_also_those_of_a_second_page(account: &Account) {
    account.create("store", &[("Key", key())]);
    let port = account.hanging().await;
    let id = account.id("store", "Key").await;
    assert_eq!(port.grants(&id).await.unwrap(), []);
    account.hang("store", "Key", Hand::Grant(PARTNER)).await;
    let grants = port.grants(&id).await.unwrap();
    let [grant] = grants.as_slice() else {
        panic!("{} grants", grants.len());
    };
    assert_eq!(
        (grant.grantee.as_str(), grant.operations.as_slice()),
        (PARTNER, &["Decrypt".to_owned()][..])
    );
    assert_eq!((&grant.name, &grant.retiring), (&None, &None));
    assert_eq!(
        grant.issuer.as_deref(),
        Some(format!("arn:aws:iam::{ACCOUNT}:root").as_str())
    );
    assert_eq!(grant.id.len(), 64);
    for number in 0..120 {
        let grantee = format!("arn:aws:iam::{ACCOUNT}:role/partner-{number}");
        let hand = Hand::Grant(&grantee);
        account.hang("store", "Key", hand).await;
    }
    let mut ids: Vec<_> = port.grants(&id).await.unwrap();
    ids.sort_by(|one, other| one.id.cmp(&other.id));
    ids.dedup_by(|one, other| one.id == other.id);
    assert_eq!(ids.len(), 121);
}

pub(super) async fn a_key_that_is_not_there_is_not_found(account: &Account) {
    let port = account.hanging().await;
    let id = "00000000-0000-4000-8000-000000000000";
    for error in [
        port.key_policy(id).await.unwrap_err(),
        port.grants(id).await.unwrap_err(),
    ] {
        assert_eq!(error.kind, NotFound, "{error}");
    }
}

pub(super) async fn a_clusters_node_groups_are_told_whoever_made_them(account: &Account) {
    let cluster = account.cluster("prod", Some("general"));
    account.network("cluster", &cluster);
    let port = account.hanging().await;
    assert_eq!(port.node_groups("prod").await.unwrap(), ["general"]);
    account
        .hang("cluster", "Cluster", Hand::NodeGroup("by-hand"))
        .await;
    let mut names = port.node_groups("prod").await.unwrap();
    names.sort();
    assert_eq!(names, ["by-hand", "general"]);
}

pub(super) async fn a_cluster_has_no_node_groups_or_is_not_found(account: &Account) {
    let cluster = account.cluster("prod", None);
    account.network("cluster", &cluster);
    let port = account.hanging().await;
    assert_eq!(port.node_groups("prod").await.unwrap(), [""; 0]);
    let error = port.node_groups("nothing").await.unwrap_err();
    assert_eq!(error.kind, NotFound, "{error}");
}
