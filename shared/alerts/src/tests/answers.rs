//! What each answer comes to.

use domain::ports::{Channels as _, PortErrorKind};
use serde_json::json;

use super::server::Server;
use super::{channels, slack, webhook};

#[tokio::test]
async fn a_post_that_is_taken_is_done() {
    let server = Server::with(200, "", "ok").await;
    let channels = channels(&[("env:HOOK", &server.url)]);
    let body = json!({"text": "hello"});
    let posted = channels.post(&slack(), "key", &body).await.unwrap();
    assert_eq!(posted, None);
    let request = server.requests().remove(0);
    assert_eq!(request.line, "POST /services/T0/B0/hidden HTTP/1.1");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.body, body.to_string());
}

#[tokio::test]
async fn each_status_is_of_its_kind() {
    for (status, kind) in [
        (204, None),
        (301, Some(PortErrorKind::Invalid)),
        (307, Some(PortErrorKind::Invalid)),
        (400, Some(PortErrorKind::Invalid)),
        (401, Some(PortErrorKind::Denied)),
        (403, Some(PortErrorKind::Denied)),
        (404, Some(PortErrorKind::Invalid)),
        (408, Some(PortErrorKind::Timeout)),
        (409, Some(PortErrorKind::Conflict)),
        (410, Some(PortErrorKind::Invalid)),
        (413, Some(PortErrorKind::TooLarge)),
        (425, Some(PortErrorKind::Unavailable)),
        (429, Some(PortErrorKind::Throttled)),
        (500, Some(PortErrorKind::Unavailable)),
        (503, Some(PortErrorKind::Unavailable)),
    ] {
        let server = Server::with(status, "location: /elsewhere\r\n", "").await;
        let channels = channels(&[("env:HOOK", &server.url)]);
        for address in [slack(), webhook(&server.url, None)] {
            let posted = channels.post(&address, "key", &json!({})).await;
            assert_eq!(posted.err().map(|it| it.kind), kind, "{status} {address:?}");
        }
        assert_eq!(
            server.requests().len(),
            2,
            "{status} is asked once and not followed"
        );
    }
}

#[tokio::test]
async fn slacks_word_comes_with_what_to_do() {
    let server = Server::with(404, "", "no_service").await;
    let channels = channels(&[("env:HOOK", &server.url)]);
    let error = channels
        .post(&slack(), "key", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "slack:post: env:HOOK: answered 404 no_service: the webhook was removed or its app uninstalled; make a new one and store its URL"
    );
}

#[tokio::test]
async fn a_throttled_post_says_how_long_to_wait() {
    for (header, told) in [
        ("retry-after: 30\r\n", ", asks to wait 30 s"),
        (
            "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n",
            ", asks to wait until Wed, 21 Oct 2026 07:28:00 GMT",
        ),
        ("retry-after: <script>alert(1)</script>\r\n", ""),
        ("", ""),
    ] {
        let server = Server::with(429, header, "").await;
        let channels = channels(&[("env:HOOK", &server.url)]);
        let error = channels
            .post(&slack(), "key", &json!({}))
            .await
            .unwrap_err();
        assert_eq!(error.detail, format!("env:HOOK: answered 429{told}"));
    }
}

#[tokio::test]
async fn no_connection_and_a_broken_one_can_be_tried_again() {
    let closed = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let nobody = channels(&[("env:HOOK", &closed)]);
    let error = nobody.post(&slack(), "key", &json!({})).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert_eq!(error.detail, "env:HOOK: no connection: connection refused");
    let server = Server::answering("").await;
    let channels = channels(&[("env:HOOK", &server.url)]);
    let error = channels
        .post(&slack(), "key", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert_eq!(
        server.requests().len(),
        1,
        "whether it arrived is unknown: not sent again here"
    );
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let endless = format!(
        "HTTP/1.1 400 Bad\r\ncontent-length: 99999999\r\n\r\n{}",
        "x".repeat(200_000)
    );
    let server = Server::answering(&endless).await;
    let channels = channels(&[("env:HOOK", &server.url)]);
    let error = channels
        .post(&slack(), "key", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.detail.as_str()),
        (PortErrorKind::Invalid, "env:HOOK: answered 400")
    );
}
