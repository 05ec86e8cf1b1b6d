//! Objects of S3.

use domain::ports::Fetched;
use domain::ports::PortErrorKind::{
    self, Denied, Invalid, NotFound, Throttled, TooLarge, Unavailable,
};

use super::always;
use crate::objects::objects;

fn refusal(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>what it said</Message></Error>"
    )
}

#[tokio::test]
async fn an_object_comes_with_its_tag_by_a_signed_call_in_path_style() {
    let (server, access) = always(200, "environment: production\n").await;
    let fetched = objects(&access)
        .fetch("s3://my-bucket/dir/plumb line.yaml", None)
        .await
        .unwrap();
    assert_eq!(
        fetched,
        Fetched::New {
            text: "environment: production\n".to_owned(),
            tag: "\"tag-1\"".to_owned()
        }
    );
    let head = server.seen()[0].head.to_lowercase();
    assert!(
        head.starts_with("get /my-bucket/dir/plumb%20line.yaml http/1.1"),
        "{head}"
    );
    assert!(
        head.contains("/eu-west-1/s3/aws4_request")
            && head.contains("x-amz-content-sha256: e3b0c442"),
        "{head}"
    );
    assert!(!head.contains("if-none-match"), "{head}");
}

#[tokio::test]
async fn an_object_with_the_known_tag_is_not_fetched_again() {
    let (server, access) = always(304, "").await;
    let fetched = objects(&access)
        .fetch("s3://my-bucket/key", Some("\"tag-1\""))
        .await
        .unwrap();
    assert_eq!(fetched, Fetched::Unchanged);
    assert!(
        server.seen()[0]
            .head
            .to_lowercase()
            .contains("if-none-match: \"tag-1\"")
    );
}

#[tokio::test]
async fn every_refusal_has_its_kind_and_names_the_object() {
    let cases: [(u16, &str, PortErrorKind, u64); 6] = [
        (404, "NoSuchKey", NotFound, 1),
        (404, "NoSuchBucket", NotFound, 1),
        (403, "AccessDenied", Denied, 1),
        (301, "PermanentRedirect", Invalid, 1),
        (503, "SlowDown", Throttled, 4),
        (500, "InternalError", Unavailable, 4),
    ];
    for (status, code, kind, count) in cases {
        let (server, access) = always(status, refusal(code)).await;
        let error = objects(&access)
            .fetch("s3://my-bucket/key", None)
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, server.count()),
            (kind, count),
            "{code}: {error}"
        );
        assert!(
            error.detail.contains("s3://my-bucket/key: ") && error.detail.contains(code),
            "{error}"
        );
        assert_eq!(
            error.detail.contains("another region"),
            code == "PermanentRedirect"
        );
    }
}

#[tokio::test]
async fn what_is_too_large_or_no_text_or_no_object_is_refused() {
    let (_server, access) = always(200, "x".repeat(4 * 1024 * 1024 + 1)).await;
    assert_eq!(
        objects(&access)
            .fetch("s3://my-bucket/key", None)
            .await
            .unwrap_err()
            .kind,
        TooLarge
    );
    let (_server, access) = always(200, "x".repeat(4 * 1024 * 1024)).await;
    assert!(
        objects(&access)
            .fetch("s3://my-bucket/key", None)
            .await
            .is_ok()
    );
    let (server, access) = always(200, "").await;
    for location in [
        "github://org/repo/path@main",
        "/etc/plumbline.yaml",
        "s3://my-bucket",
    ] {
        let error = objects(&access).fetch(location, None).await.unwrap_err();
        assert_eq!(error.kind, Invalid, "{location}");
    }
    assert_eq!(server.count(), 0);
}
