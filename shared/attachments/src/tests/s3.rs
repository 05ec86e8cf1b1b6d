//! Buckets.

use domain::ports::{PortErrorKind, PublicAccessBlock};
use serde_json::json;

use super::{always, assert_unreadable, attachments};
use crate::tests::server::{Reply, Server};

const BLOCK: &str = "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
    <BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>TRUE</IgnorePublicAcls>\
    <BlockPublicPolicy>false</BlockPublicPolicy></PublicAccessBlockConfiguration>";

fn refusal(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>what it said</Message><BucketName>my-bucket\
         </BucketName></Error>"
    )
}

#[tokio::test]
async fn a_policy_and_a_public_access_block_are_read() {
    let (server, port) = always(Reply::new(200, "{\"Statement\":[]}")).await;
    let policy = port.bucket_policy("my-bucket").await.unwrap();
    assert_eq!(policy, Some(json!({"Statement": []})));
    let head = &server.seen()[0].head;
    assert!(head.starts_with("GET /my-bucket?policy "), "{head}");
    assert!(head.contains("/eu-west-1/s3/aws4_request"));

    let (server, port) = always(Reply::new(200, BLOCK)).await;
    assert_eq!(
        port.public_access_block("my-bucket").await.unwrap(),
        Some(PublicAccessBlock {
            block_public_acls: true,
            ignore_public_acls: true,
            block_public_policy: false,
            restrict_public_buckets: false,
        })
    );
    let head = &server.seen()[0].head;
    assert!(
        head.starts_with("GET /my-bucket?publicAccessBlock "),
        "{head}"
    );
}

#[tokio::test]
async fn a_bucket_without_one_has_none_and_a_bucket_that_is_gone_is_not_found() {
    let (_server, port) = always(Reply::new(404, refusal("NoSuchBucketPolicy"))).await;
    assert_eq!(port.bucket_policy("my-bucket").await.unwrap(), None);
    // The other question's word says nothing here.
    assert!(port.public_access_block("my-bucket").await.is_err());
    let none = refusal("NoSuchPublicAccessBlockConfiguration");
    let (_server, port) = always(Reply::new(404, none)).await;
    assert_eq!(port.public_access_block("my-bucket").await.unwrap(), None);
    let (_server, port) = always(Reply::new(404, refusal("NoSuchBucket"))).await;
    for error in [
        port.bucket_policy("my-bucket").await.unwrap_err(),
        port.public_access_block("my-bucket").await.unwrap_err(),
    ] {
        assert_eq!(error.kind, PortErrorKind::NotFound);
        assert!(error.detail.contains("bucket my-bucket"), "{error}");
    }
}

#[tokio::test]
async fn a_bucket_in_another_region_is_asked_there() {
    for (status, code) in [
        (301, "PermanentRedirect"),
        (400, "AuthorizationHeaderMalformed"),
    ] {
        let server = Server::start(move |_, request| {
            if request.head.contains("/ap-south-1/s3/aws4_request") {
                return Reply::new(200, "{}");
            }
            Reply {
                headers: "x-amz-bucket-region: ap-south-1\r\n".to_owned(),
                ..Reply::new(status, refusal(code))
            }
        })
        .await;
        let port = attachments(&server).await;
        let policy = port.bucket_policy("my-bucket").await.unwrap();
        assert_eq!(policy, Some(json!({})));
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_or_round_is_an_error() {
    for (headers, asked) in [
        ("", 1),
        ("x-amz-bucket-region: eu-west-1\r\n", 1),
        ("x-amz-bucket-region: evil.example/\r\n", 1),
    ] {
        let (server, port) = always(Reply {
            headers: headers.to_owned(),
            ..Reply::new(301, "")
        })
        .await;
        let error = port.bucket_policy("my-bucket").await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid);
        assert_eq!(server.seen().len(), asked, "{error}");
    }
    let server = Server::start(|number, _| Reply {
        headers: format!("x-amz-bucket-region: eu-west-{}\r\n", number + 2),
        ..Reply::new(301, "")
    })
    .await;
    let port = attachments(&server).await;
    let result = port.bucket_policy("my-bucket").await;
    assert_unreadable(result, "s3:GetBucketPolicy", "bucket my-bucket");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn what_is_no_configuration_is_an_error_and_not_none() {
    for body in ["", "hunter2", "[]", "{\"Statement\": \"hunter2\""] {
        let (_server, port) = always(Reply::new(200, body)).await;
        let result = port.bucket_policy("my-bucket").await;
        assert_unreadable(result, "s3:GetBucketPolicy", "bucket my-bucket");
    }
    for body in [
        "",
        "<Other/>",
        &BLOCK[..BLOCK.len() - 5],
        &BLOCK.replace("TRUE", "hunter2"),
    ] {
        let (_server, port) = always(Reply::new(200, body)).await;
        let result = port.public_access_block("my-bucket").await;
        assert_unreadable(result, "s3:GetBucketPublicAccessBlock", "bucket my-bucket");
    }
}

#[tokio::test]
async fn a_name_that_would_change_the_host_is_not_asked_for() {
    let (server, port) = always(Reply::new(200, "{}")).await;
    for name in [
        "",
        "ab",
        "evil.com#x",
        "user@host",
        "-bucket",
        "a/b/c",
        "UPPER",
    ] {
        let error = port.bucket_policy(name).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid, "{name}");
    }
    assert!(server.seen().is_empty());
}
