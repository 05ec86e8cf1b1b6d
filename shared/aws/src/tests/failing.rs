//! Answers that do not come, or say no.

use std::time::{Duration, Instant};

use domain::ports::PortErrorKind::{
    Conflict, Denied, Invalid, NotFound, Throttled, Timeout, TooLarge, Unavailable,
};
use domain::ports::{PortError, PortErrorKind};

use super::server::{Reply, Server};
use super::{ACCOUNT, answer, connect, identity, quick, refusal};
use crate::{Connection, Options};

async fn always(status: u16, body: impl Into<String>) -> (Server, Connection) {
    let body = body.into();
    let server = Server::start(move |_, _| Reply::Answer(status, body.clone())).await;
    let connection = connect(&server.url, quick()).await;
    (server, connection)
}

/// What a call says of a server that always plays the same, and how often it was asked.
async fn failed(
    play: impl Fn() -> Reply + Send + Sync + 'static,
    options: Options,
) -> (PortError, u64) {
    let server = Server::start(move |_, _| play()).await;
    let connection = connect(&server.url, options).await;
    let error = connection.account(None).await.unwrap_err();
    assert_eq!(connection.requests(), server.count());
    (error, server.count())
}

#[tokio::test]
async fn every_refusal_has_its_kind_and_keeps_code_and_message() {
    let cases: [(u16, &str, PortErrorKind); 14] = [
        (400, "Throttling", Throttled),
        (503, "RequestLimitExceeded", Throttled),
        (429, "SomethingNew", Throttled),
        (403, "AccessDenied", Denied),
        (400, "AccessDeniedException", Denied),
        (403, "InvalidClientTokenId", Denied),
        (403, "ExpiredToken", Denied),
        (403, "SignatureDoesNotMatch", Denied),
        (400, "ResourceNotFoundException", NotFound),
        (400, "ValidationError", Invalid),
        (500, "InternalFailure", Unavailable),
        (503, "ServiceUnavailable", Unavailable),
        (502, "SomethingNew", Unavailable),
        (400, "RequestTimeout", Timeout),
    ];
    for (status, code, kind) in cases {
        let (_server, connection) = always(status, refusal(code, "what it said")).await;
        let error = connection.account(None).await.unwrap_err();
        assert_eq!(error.kind, kind, "{status} {code}");
        assert_eq!(error.op, "sts:GetCallerIdentity");
        let said = format!("{code}: what it said");
        assert!(error.detail.starts_with(&said), "{error}");
    }
}

#[tokio::test]
async fn a_services_own_meaning_goes_before_the_table_and_keeps_what_was_said() {
    let (_server, connection) = always(400, refusal("AccessDenied", "locked")).await;
    let access = connection.access(None, None).await.unwrap();
    let sts = aws_sdk_sts::Client::new(&access.config);
    let error = sts.get_caller_identity().send().await.unwrap_err();
    let own = |code: &str, message: &str| {
        (code == "AccessDenied" && message == "locked").then_some(Conflict)
    };
    let own = access.place.error_with("sts:X", &error, own);
    assert_eq!(own.kind, Conflict);
    assert!(own.detail.starts_with("AccessDenied: locked"), "{own}");
    assert_eq!(access.place.error("sts:X", &error).kind, Denied);
}

#[tokio::test]
async fn a_refusal_without_a_code_goes_by_its_status_and_quotes_no_body() {
    for (status, kind) in [
        (403, Denied),
        (429, Throttled),
        (404, Invalid),
        (502, Unavailable),
        (408, Timeout),
    ] {
        let (_server, connection) = always(status, "<html><body>hunter2</body></html>").await;
        let error = connection.account(None).await.unwrap_err();
        assert_eq!(error.kind, kind, "{status}");
        assert!(
            error.detail.contains(&status.to_string()) && !error.detail.contains("hunter2"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_detail_is_one_short_line() {
    let message = format!("a&#10;b\u{202e}c&#9;{}", "é".repeat(900));
    let (_server, connection) = always(400, refusal("ValidationError", &message)).await;
    let detail = connection.account(None).await.unwrap_err().detail;
    assert!(detail.starts_with("ValidationError: a bc é"), "{detail}");
    assert_eq!(detail.chars().count(), 500);
    assert!(!detail.chars().any(char::is_control));
}

#[tokio::test]
async fn throttling_is_retried_until_it_ends_and_every_request_counts() {
    let server = Server::start(|number, _| match number {
        0..3 => Reply::Answer(400, refusal("Throttling", "Rate exceeded")),
        _ => Reply::Answer(200, identity()),
    })
    .await;
    let connection = connect(&server.url, quick()).await;
    assert_eq!(connection.account(None).await.unwrap(), ACCOUNT);
    assert_eq!((connection.requests(), server.count()), (4, 4));
}

#[tokio::test]
async fn throttling_without_end_takes_six_attempts_and_a_refusal_takes_one() {
    let (error, count) = failed(
        || Reply::Answer(400, refusal("Throttling", "Rate exceeded")),
        quick(),
    )
    .await;
    assert_eq!((error.kind, count), (Throttled, 6));
    let (error, count) = failed(
        || Reply::Answer(403, refusal("AccessDenied", "no")),
        quick(),
    )
    .await;
    assert_eq!((error.kind, count), (Denied, 1));
}

#[tokio::test]
async fn an_answer_over_the_cap_is_too_large_and_not_fetched_again() {
    let big = answer("GetCallerIdentity", &"x".repeat(5000));
    let capped = Options {
        body_cap: 4096,
        ..quick()
    };
    let announced = big.clone();
    let (error, count) = failed(move || Reply::Answer(200, announced.clone()), capped).await;
    assert_eq!((error.kind, count), (TooLarge, 1), "{error}");
    let (error, count) = failed(move || Reply::Chunked(big.clone()), capped).await;
    assert_eq!((error.kind, count), (TooLarge, 1), "{error}");
    assert!(error.detail.contains("4096"), "{error}");
}

#[tokio::test]
async fn an_answer_of_exactly_the_cap_is_read() {
    let body = identity();
    let options = Options {
        body_cap: body.len(),
        ..quick()
    };
    let server = Server::start(move |_, _| Reply::Chunked(body.clone())).await;
    let connection = connect(&server.url, options).await;
    assert!(connection.account(None).await.is_ok());
}

#[tokio::test]
async fn an_answer_cut_off_is_unavailable_after_retries() {
    let (error, count) = failed(|| Reply::Cut(identity()), quick()).await;
    assert_eq!((error.kind, count), (Unavailable, 6), "{error}");
}

#[tokio::test]
async fn an_announced_length_over_the_cap_is_not_waited_for() {
    let options = Options {
        body_cap: 4096,
        ..quick()
    };
    let (error, count) = failed(|| Reply::Announce(5000), options).await;
    assert_eq!((error.kind, count), (TooLarge, 1), "{error}");
}

#[tokio::test]
async fn a_connection_that_closes_is_unavailable_and_names_host_and_region() {
    let (error, count) = failed(|| Reply::Close, quick()).await;
    assert_eq!((error.kind, count), (Unavailable, 6), "{error}");
    assert!(
        error.detail.contains("127.0.0.1:") && error.detail.contains("eu-west-1"),
        "{error}"
    );
}

#[tokio::test]
async fn a_refused_connection_and_an_unknown_host_are_unavailable() {
    for url in [
        "http://127.0.0.1:1",
        "http://cloudformation.mars-north-1.invalid",
    ] {
        let connection = connect(url, quick()).await;
        let error = connection.account(None).await.unwrap_err();
        assert_eq!(
            (error.kind, connection.requests()),
            (Unavailable, 6),
            "{error}"
        );
        assert!(
            error.detail.contains("eu-west-1") && error.detail.contains(&url[7..]),
            "{error}"
        );
    }
}

#[tokio::test]
async fn silence_is_a_timeout_within_the_limits() {
    let attempt = Options {
        attempt_timeout: Duration::from_millis(300),
        max_attempts: 2,
        ..quick()
    };
    let operation = Options {
        operation_timeout: Duration::from_millis(300),
        ..quick()
    };
    for (options, requests) in [(attempt, 2), (operation, 1)] {
        let server = Server::start(|_, _| Reply::Hang).await;
        let connection = connect(&server.url, options).await;
        let start = Instant::now();
        let error = connection.account(None).await.unwrap_err();
        // On a busy machine the server may not get to read a request before its time is up.
        assert_eq!(
            (error.kind, connection.requests()),
            (Timeout, requests),
            "{error}"
        );
        assert!(
            start.elapsed() < Duration::from_secs(10) && error.detail.contains("300ms"),
            "{error}"
        );
    }
}
