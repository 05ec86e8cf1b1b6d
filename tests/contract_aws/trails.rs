//! What CloudTrail keeps of calls.

use domain::ports::TrailCall;
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use super::account::{ACCOUNT, Account, REGION, Side};
use super::hanging::{Hand, resource};

impl Account {
    /// Lets every lookup through, and has the emulator record, which it does not by itself.
    pub(super) fn record(&self) {
        match &self.side {
            Side::Sandbox { sandbox, .. } => sandbox.limit("cloudtrail:LookupEvents", None),
            Side::Emulator(_) => {
                let on = r#"{"cloudtrail._recording_enabled": "true"}"#;
                let path = ("POST", "/_ministack/config");
                self.aws.rest("cloudtrail", path, on).good();
            }
        }
    }

    async fn calls(&self, resource: &str) -> Vec<TrailCall> {
        let now = Timestamp::now();
        let hour = (now - 1.hour(), now + 1.hour());
        let trail = self.trail().await;
        trail.calls(resource, hour.0, hour.1).await.unwrap()
    }
}

/// AWS takes some minutes until a call is found; the sandbox's default and the emulator take none.
///
/// The emulator names no resources but those of buckets, tables, functions, queues, topics and streams, so a bucket's
/// calls are what both tell. It calls all of them by what the method alone would be: AWS says `PutBucketPolicy`.
pub(super) async fn a_write_is_told_with_who_made_it_and_a_read_is_not(account: &Account) {
    account.record();
    let bucket = resource("AWS::S3::Bucket", json!({"BucketName": "contract-watched"}));
    account.create("store", &[("Bucket", bucket)]);
    let open = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                                                              "Resource": "arn:aws:s3:::contract-watched/*"}]});
    let before = account.calls("contract-watched").await.len();
    account
        .hang("store", "Bucket", Hand::BucketPolicy(&open))
        .await;
    let port = account.hanging().await;
    assert!(
        port.bucket_policy("contract-watched")
            .await
            .unwrap()
            .is_some()
    );
    let calls = account.calls("contract-watched").await;
    assert_eq!(calls.len(), before + 1, "one write more: {calls:?}");
    let newest = &calls[0];
    assert!(
        calls.windows(2).all(|pair| pair[0].at >= pair[1].at),
        "the newest first: {calls:?}"
    );
    let (name, who) = match &account.side {
        Side::Sandbox { .. } => ("PutBucketPolicy", "somebody"),
        // The user of an access key that is not its own is called as the key is.
        Side::Emulator(_) => ("CreateBucket", "test"),
    };
    assert_eq!((newest.name.as_str(), newest.who.as_str()), (name, who));
    assert_eq!(
        (
            newest.source.as_str(),
            newest.region.as_str(),
            newest.account.as_str()
        ),
        ("s3.amazonaws.com", REGION, ACCOUNT)
    );
    assert_eq!((newest.console, &newest.invoked_by), (false, &None));
}

/// The emulator names no resource of CloudFormation's calls, and makes those of the stack's resources itself.
pub(super) async fn a_write_by_these_credentials_and_what_it_made_cloudformation_do_are_told(
    account: &Account,
) {
    account.record();
    let id = account.queue("orders");
    let calls = account.calls(&id).await;
    let [create] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!(
        (
            create.name.as_str(),
            create.who.as_str(),
            &create.invoked_by
        ),
        ("CreateStack", "sandbox", &None)
    );
    let template = json!({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {
        "QueueName": "orders-queue", "VisibilityTimeout": 99}}}});
    account.aws.update_stack("orders", &template);
    let calls = account.calls(&account.id("orders", "Queue").await).await;
    let by = Some("cloudformation.amazonaws.com".to_owned());
    assert!(
        !calls.is_empty() && calls.iter().all(|call| call.invoked_by == by),
        "{calls:?}"
    );
}

pub(super) async fn calls_of_another_time_or_resource_are_not_told(account: &Account) {
    account.record();
    let bucket = resource("AWS::S3::Bucket", json!({"BucketName": "contract-watched"}));
    account.create("store", &[("Bucket", bucket)]);
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
                                                                "Resource": "arn:aws:s3:::contract-watched/*"}]});
    account
        .hang("store", "Bucket", Hand::BucketPolicy(&policy))
        .await;
    assert_ne!(account.calls("contract-watched").await, []);
    assert_eq!(account.calls("contract-watche").await, []);
    let now = Timestamp::now();
    let trail = account.trail().await;
    let earlier = trail.calls("contract-watched", now - 2.hours(), now - 1.hour());
    assert_eq!(earlier.await.unwrap(), []);
}
