//! OpenAPI documents and where they are kept.

use std::sync::Arc;

use domain::ports::{Cluster as _, PortErrorKind};
use serde_json::json;

use super::server::{Reply, Seen, Server};
use super::{caching, status};
use crate::{DiskCache, NoCache};

const HASH: &str = "0123456789ABCDEF0123456789ABCDEF";

fn play(seen: &Seen) -> Reply {
    let entry =
        |path: &str| json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={HASH}")});
    match seen.target.split('?').next().unwrap() {
        "/openapi/v3" => Reply::Json(
            200,
            json!({"paths": {"api/v1": entry("api/v1"), "apis/apps/v1": {"serverRelativeURL": "/openapi/v3/apis/apps/v1?hash=FEDCBA9876543210"}, "version": entry("version")}}),
        ),
        path @ ("/openapi/v3/api/v1" | "/openapi/v3/apis/apps/v1") => Reply::Json(
            200,
            json!({"openapi": "3.0.0", "info": {"title": path}, "components": {"schemas": {}}}),
        ),
        _ => Reply::Json(404, status(404, "NotFound", "no")),
    }
}

#[tokio::test]
async fn a_document_is_fetched_once_by_those_who_ask_together_and_later() {
    let server = Server::start(|_, seen| play(seen)).await;
    let cluster = caching(&server.url, Arc::new(NoCache)).await;
    let (one, two) = tokio::join!(cluster.schema("v1"), cluster.schema("v1"));
    assert_eq!(one.unwrap()["info"]["title"], "/openapi/v3/api/v1");
    assert!(two.is_ok());
    assert_eq!(
        cluster.schema("apps/v1").await.unwrap()["info"]["title"],
        "/openapi/v3/apis/apps/v1"
    );
    assert!(cluster.schema("v1").await.is_ok());
    assert_eq!(
        server.calls(),
        [
            "GET /openapi/v3",
            &format!("GET /openapi/v3/api/v1?hash={HASH}"),
            "GET /openapi/v3/apis/apps/v1?hash=FEDCBA9876543210"
        ]
    );
}

#[tokio::test]
async fn a_document_on_disk_is_not_fetched_again_unless_it_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(format!("{HASH}.json"));
    let server = Server::start(|_, seen| play(seen)).await;
    for (left, requests) in [
        (None, 2),
        (None, 1),
        (Some("{\"openapi\": \"3.0"), 2),
        (Some("[]"), 2),
        (None, 1),
    ] {
        if let Some(left) = left {
            std::fs::write(&file, left).unwrap();
        }
        let cluster = caching(&server.url, Arc::new(DiskCache::new(directory.path()))).await;
        assert_eq!(cluster.schema("v1").await.unwrap()["openapi"], "3.0.0");
        assert_eq!(cluster.requests(), requests, "{left:?}");
    }
    assert!(std::fs::read_to_string(file).unwrap().contains("3.0.0"));
}

#[tokio::test]
async fn what_the_server_has_no_document_of_is_not_found() {
    let server = Server::start(|_, seen| play(seen)).await;
    let cluster = caching(&server.url, Arc::new(NoCache)).await;
    let error = cluster.schema("example.com/v1").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);
    assert!(
        error.detail.contains("no schema of example.com/v1"),
        "{error}"
    );
    assert_eq!(cluster.requests(), 1);
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let server = Server::start(|number, seen| match number {
        0 => Reply::Json(403, status(403, "Forbidden", "not yet")),
        2 => Reply::Json(200, json!({"kind": "Status"})),
        _ => play(seen),
    })
    .await;
    let cluster = caching(&server.url, Arc::new(NoCache)).await;
    assert_eq!(
        cluster.schema("v1").await.unwrap_err().kind,
        PortErrorKind::Denied
    );
    assert_eq!(
        cluster.schema("v1").await.unwrap_err().kind,
        PortErrorKind::Invalid
    );
    assert!(cluster.schema("v1").await.is_ok());
}

#[tokio::test]
async fn an_address_elsewhere_is_not_followed() {
    for url in [
        "http://example.com/",
        "//example.com/openapi/v3/x",
        "/api/v1/secrets",
        "/openapi/v3/../../api/v1/secrets",
    ] {
        let server = Server::start(move |_, _| {
            Reply::Json(
                200,
                json!({"paths": {"api/v1": {"serverRelativeURL": url}}}),
            )
        })
        .await;
        let cluster = caching(&server.url, Arc::new(NoCache)).await;
        assert_eq!(
            cluster.schema("v1").await.unwrap_err().kind,
            PortErrorKind::Invalid,
            "{url}"
        );
        assert_eq!(cluster.requests(), 1);
    }
}
