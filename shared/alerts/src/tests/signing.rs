//! What a webhook can check.

use domain::ports::Channels as _;
use serde_json::json;

use super::server::Server;
use super::{channels, webhook};
use crate::sign::signature;

#[test]
fn a_signature_is_pinned_for_ever() {
    // Computed apart from this code: printf '1790000000.{"a":1}' | openssl dgst -sha256 -hmac key
    assert_eq!(
        signature("key", "1790000000", r#"{"a":1}"#).unwrap(),
        "v1=7a4d26944722100249410c8c7f2e76c3cc6e9735fcc98b39e44a122da5490ffc"
    );
}

#[tokio::test]
async fn a_body_is_signed_with_its_timestamp_and_its_key_without_line_break() {
    let server = Server::with(200, "", "").await;
    let channels = channels(&[("file:/key", "key\n")]);
    let address = webhook(&server.url, Some("file:/key"));
    channels
        .post(&address, "i-1.audit.fire.1", &json!({"a": 1}))
        .await
        .unwrap();
    let request = server.requests().remove(0);
    assert_eq!(request.headers["x-plumbline-timestamp"], "1790000000");
    assert_eq!(request.headers["idempotency-key"], "i-1.audit.fire.1");
    let signed = signature("key", "1790000000", &request.body).unwrap();
    assert_eq!(request.headers["x-plumbline-signature"], signed);
}

#[tokio::test]
async fn without_a_key_nothing_claims_to_be_signed() {
    let server = Server::with(200, "", "").await;
    channels(&[])
        .post(&webhook(&server.url, None), "k", &json!({}))
        .await
        .unwrap();
    let request = server.requests().remove(0);
    assert!(
        !request
            .headers
            .keys()
            .any(|it| it.starts_with("x-plumbline"))
    );
    assert_eq!(request.headers["idempotency-key"], "k");
}
