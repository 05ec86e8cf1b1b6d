//! Dry runs, and that nothing else is written.

use domain::ports::{Cluster as _, PortErrorKind, Refused};
use serde_json::json;

use super::server::{Reply, Server};
use super::{page_of, plain, quick, status, web};

#[tokio::test]
async fn a_dry_run_sends_the_manifest_and_gives_what_the_object_would_be() {
    let server = Server::start(|_, seen| {
        let mut object: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
        object["spec"]["replicas"] = json!(1);
        Reply::Json(if seen.method == "POST" { 201 } else { 200 }, object)
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    let manifest = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {}});
    let applied = cluster.apply(&web(), &manifest).await.unwrap();
    let created = cluster.create(&web(), &manifest).await.unwrap();
    assert_eq!(applied["spec"]["replicas"], 1);
    assert_eq!(applied, created);
    let seen = server.seen();
    assert_eq!(
        server.calls(),
        [
            "PATCH /apis/apps/v1/namespaces/shop/deployments/web?dryRun=All&fieldManager=plumbline&fieldValidation=Ignore&force=true",
            "POST /apis/apps/v1/namespaces/shop/deployments?dryRun=All&fieldManager=plumbline&fieldValidation=Ignore",
        ]
    );
    assert_eq!(
        seen[0].header("content-type"),
        "application/apply-patch+yaml"
    );
    assert_eq!(seen[1].header("content-type"), "application/json");
    assert_eq!(seen[0].body, manifest.to_string());
}

#[tokio::test]
async fn whatever_is_called_and_however_often_nothing_is_written() {
    let server = Server::start(|number, seen| match number % 3 {
        0 => Reply::Json(503, json!({})),
        1 => Reply::Close,
        _ if seen.method == "GET" => Reply::Json(404, json!({})),
        _ => Reply::Json(200, json!({})),
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    let manifest = json!({"metadata": {"name": "x&dryRun="}});
    for name in ["web", "a?dryRun=", "a&dryRun=None#"] {
        let mut object = web();
        object.name = name.to_owned();
        assert!(cluster.apply(&object, &manifest).await.is_ok());
        assert!(cluster.create(&object, &manifest).await.is_ok());
        _ = cluster.get(&object).await;
        _ = cluster.list(&page_of(Some("&dryRun="))).await;
        _ = cluster.kinds().await;
        _ = cluster.schema("v1").await;
    }
    let seen = server.seen();
    let writes: Vec<_> = seen.iter().filter(|it| it.method != "GET").collect();
    assert_eq!(writes.len(), 18);
    for write in writes {
        let (_, query) = write.target.split_once('?').unwrap();
        let dry: Vec<_> = query
            .split('&')
            .filter(|it| it.starts_with("dryRun"))
            .collect();
        assert_eq!(dry, ["dryRun=All"], "{}", write.target);
    }
}

#[tokio::test]
async fn what_the_server_decides_comes_back_in_its_words() {
    for (code, reason) in [
        (400, "BadRequest"),
        (403, "Forbidden"),
        (404, "NotFound"),
        (409, "Conflict"),
        (422, "Invalid"),
        (500, ""),
    ] {
        let server =
            Server::start(move |_, _| Reply::Json(code, status(code, reason, "because"))).await;
        let cluster = plain(&server.url, quick()).await;
        match cluster.apply(&web(), &json!({})).await.unwrap_err() {
            Refused::ByServer {
                status,
                reason: why,
                message,
            } => {
                assert_eq!(
                    (status, why.as_str(), message.as_str()),
                    (code, reason, "because")
                );
            }
            Refused::Failed(error) => panic!("{code}: {error}"),
        }
        assert_eq!(server.calls().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_refusal_that_is_no_status_has_no_reason() {
    let server =
        Server::start(|_, _| Reply::Text(404, "text/plain", "404 page not found\n".to_owned()))
            .await;
    let cluster = plain(&server.url, quick()).await;
    match cluster.create(&web(), &json!({})).await.unwrap_err() {
        Refused::ByServer {
            status,
            reason,
            message,
        } => {
            assert_eq!(
                (status, reason.as_str(), message.as_str()),
                (404, "", "404 page not found")
            );
        }
        Refused::Failed(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn no_decision_is_no_refusal() {
    for (code, kind) in [
        (401, PortErrorKind::Denied),
        (413, PortErrorKind::TooLarge),
        (429, PortErrorKind::Throttled),
        (503, PortErrorKind::Unavailable),
        (504, PortErrorKind::Timeout),
        (302, PortErrorKind::Invalid),
    ] {
        let server = Server::start(move |_, _| Reply::Json(code, status(code, "", "no"))).await;
        let cluster = plain(&server.url, quick()).await;
        match cluster.apply(&web(), &json!({})).await.unwrap_err() {
            Refused::Failed(error) => assert_eq!(error.kind, kind, "{code}"),
            refused @ Refused::ByServer { .. } => panic!("{code}: {refused}"),
        }
    }
    let server = Server::start(|_, _| Reply::Text(200, "text/plain", "ok".to_owned())).await;
    let cluster = plain(&server.url, quick()).await;
    let refused = cluster.apply(&web(), &json!({})).await.unwrap_err();
    assert!(matches!(refused, Refused::Failed(error) if error.kind == PortErrorKind::Invalid));
}

#[tokio::test]
async fn a_name_that_is_none_is_never_sent() {
    let server = Server::start(|_, _| Reply::Json(200, json!({}))).await;
    let cluster = plain(&server.url, quick()).await;
    let mut object = web();
    object.name = String::new();
    assert!(cluster.get(&object).await.is_err());
    assert!(matches!(
        cluster.apply(&object, &json!({})).await,
        Err(Refused::Failed(_))
    ));
    assert_eq!(cluster.requests(), 0);
}
