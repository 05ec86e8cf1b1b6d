//! Addresses and keys are in no error.

use domain::ports::{Channels as _, PortErrorKind};
use serde_json::json;

use super::server::Server;
use super::{channels, slack, webhook};

#[tokio::test]
async fn no_error_holds_the_address_or_what_repeats_it() {
    let server = Server::with(404, "", "Cannot POST /services/T0/B0/hidden").await;
    let refused = "http://127.0.0.1:1/services/hidden";
    let nowhere = "https://hidden.invalid/services/hidden";
    for url in [
        server.url.as_str(),
        refused,
        nowhere,
        "hidden",
        "ftp://hidden/",
        "https:///hidden",
    ] {
        let channels = channels(&[("env:HOOK", url)]);
        for address in [slack(), webhook("env:HOOK", None)] {
            let error = channels
                .post(&address, "key", &json!({}))
                .await
                .unwrap_err();
            let all = format!("{error} {error:?}");
            assert!(!all.contains("hidden"), "{all}");
            assert!(error.detail.starts_with("env:HOOK: "), "{all}");
        }
    }
}

#[tokio::test]
async fn an_address_in_the_file_is_named_by_its_host_alone() {
    let url = "http://user:hidden@127.0.0.1:1/hidden?key=hidden";
    let error = channels(&[])
        .post(&webhook(url, None), "key", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.detail, "127.0.0.1: no connection: connection refused");
}

#[tokio::test]
async fn a_secret_that_is_missing_or_empty_is_named_by_its_reference() {
    let server = Server::with(200, "", "").await;
    let none = channels(&[("env:EMPTY", "\n")]);
    let post = |address| {
        let none = &none;
        async move { none.post(&address, "key", &json!({})).await.unwrap_err() }
    };
    assert_eq!(post(slack()).await.kind, PortErrorKind::NotFound);
    let empty = post(webhook(&server.url, Some("env:EMPTY"))).await;
    assert_eq!(empty.kind, PortErrorKind::Invalid);
    assert!(empty.detail.contains("env:EMPTY: is empty"), "{empty}");
    assert!(server.requests().is_empty(), "nothing goes out unsigned");
}
