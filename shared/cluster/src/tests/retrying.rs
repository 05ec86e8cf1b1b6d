//! What is asked again, how often and how long.

use std::time::{Duration, Instant};

use domain::ports::{Cluster as _, PortErrorKind};
use serde_json::json;

use super::server::{Reply, Server};
use super::{page_of, plain, quick, status, web};
use crate::Options;

fn object() -> Reply {
    Reply::Json(
        200,
        json!({"kind": "Deployment", "metadata": {"name": "web"}}),
    )
}

#[tokio::test]
async fn what_only_passes_is_asked_again_and_counted() {
    let server = Server::start(|number, _| match number {
        0 => Reply::Later(429, 0),
        1 => Reply::Json(503, status(503, "ServiceUnavailable", "etcd")),
        2 => Reply::Text(502, "text/html", "<html>".to_owned()),
        3 => Reply::Later(500, 0),
        4 => Reply::Close,
        _ => object(),
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    assert!(cluster.get(&web()).await.unwrap().is_some());
    assert_eq!((cluster.requests(), server.calls().len()), (6, 6));
}

#[tokio::test]
async fn a_decision_is_not_asked_again() {
    for code in [400, 401, 403, 409, 422, 500, 501, 302] {
        let server = Server::start(move |_, _| Reply::Json(code, status(code, "", "no"))).await;
        let cluster = plain(&server.url, quick()).await;
        assert!(cluster.get(&web()).await.is_err(), "{code}");
        assert_eq!(server.calls().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn attempts_have_an_end() {
    let server =
        Server::start(|_, _| Reply::Json(429, status(429, "TooManyRequests", "slow down"))).await;
    let cluster = plain(&server.url, quick()).await;
    let error = cluster.list(&page_of(None)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Throttled);
    assert!(error.detail.contains("HTTP 429: slow down"), "{error}");
    assert_eq!(cluster.requests(), 6);
}

#[tokio::test]
async fn the_server_is_left_alone_as_long_as_it_asks() {
    let server = Server::start(|number, _| match number {
        0 => Reply::Later(429, 1),
        _ => object(),
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    let begun = Instant::now();
    assert!(cluster.get(&web()).await.unwrap().is_some());
    assert!(
        begun.elapsed() >= Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn who_asks_for_a_longer_wait_than_we_have_is_not_asked_again() {
    let server = Server::start(|_, _| Reply::Later(503, 31)).await;
    let cluster = plain(&server.url, quick()).await;
    let error = cluster.get(&web()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.detail.contains("come back after 31 s"), "{error}");
    assert_eq!(cluster.requests(), 1);
    let server = Server::start(|_, _| Reply::Later(429, 10)).await;
    let options = Options {
        deadline: Duration::from_secs(5),
        ..quick()
    };
    let cluster = plain(&server.url, options).await;
    let begun = Instant::now();
    assert_eq!(
        cluster.get(&web()).await.unwrap_err().kind,
        PortErrorKind::Throttled
    );
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(cluster.requests(), 1);
}

#[tokio::test]
async fn a_status_may_ask_for_the_wait_itself() {
    let server = Server::start(|_, _| {
        let mut refusal = status(500, "ServerTimeout", "try again");
        refusal["details"] = json!({"retryAfterSeconds": 60});
        Reply::Json(500, refusal)
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    let error = cluster.get(&web()).await.unwrap_err();
    assert!(error.detail.contains("come back after 60 s"), "{error}");
}

#[tokio::test]
async fn half_an_answer_is_none() {
    let server = Server::start(|number, _| match number {
        0 => Reply::Cut("{\"metadata\":{}".to_owned()),
        _ => object(),
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    assert!(cluster.get(&web()).await.unwrap().is_some());
    let server = Server::start(|_, _| Reply::Cut("{}".to_owned())).await;
    let cluster = plain(&server.url, quick()).await;
    let error = cluster.get(&web()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.detail.contains("no whole answer"), "{error}");
    assert!(error.detail.contains("end of file"), "{error}");
    assert_eq!(cluster.requests(), 6);
}

#[tokio::test]
async fn a_slow_server_is_given_up_in_time() {
    let server = Server::start(|_, _| Reply::Slow(Duration::from_secs(60), json!({}))).await;
    let options = Options {
        request_timeout: Duration::from_millis(200),
        deadline: Duration::from_millis(500),
        ..quick()
    };
    let cluster = plain(&server.url, options).await;
    let begun = Instant::now();
    let error = cluster.get(&web()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Timeout);
    assert!(error.detail.contains("no whole answer within"), "{error}");
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    assert!(
        (2..=4).contains(&cluster.requests()),
        "{}",
        cluster.requests()
    );
}

#[tokio::test]
async fn where_nobody_listens_three_attempts_are_enough() {
    let cluster = plain("http://127.0.0.1:1", quick()).await;
    let error = cluster.get(&web()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.detail.contains("no connection"), "{error}");
    assert!(
        error.detail.contains("cluster here at http://127.0.0.1:1"),
        "{error}"
    );
    assert_eq!(cluster.requests(), 3);
}

#[tokio::test]
async fn a_server_that_takes_connections_and_says_nothing_is_no_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let held = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let options = Options {
        connect_timeout: Duration::from_millis(100),
        ..quick()
    };
    let cluster = plain(&url, options).await;
    let begun = Instant::now();
    let error = cluster.get(&web()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Timeout, "{error}");
    assert!(error.detail.contains("no connection in time"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert_eq!(cluster.requests(), 3);
    held.abort();
}
