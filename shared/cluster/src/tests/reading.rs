//! Lists and single objects.

use domain::ports::{Cluster as _, PortErrorKind};
use serde_json::{Value, json};

use super::server::{Reply, Server};
use super::{page_of, plain, quick, status, web};
use crate::Options;

fn list(items: Value, next: &str) -> Reply {
    Reply::Json(
        200,
        json!({"kind": "DeploymentList", "apiVersion": "apps/v1", "metadata": {"continue": next}, "items": items}),
    )
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_its_items_say_what_they_are() {
    let server = Server::start(|number, _| match number {
        0 => list(
            json!([{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]),
            "t+1=",
        ),
        _ => list(json!([{"metadata": {"name": "c"}}]), ""),
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    let first = cluster.list(&page_of(None)).await.unwrap();
    assert_eq!(
        first.objects[0],
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}})
    );
    assert_eq!(
        (first.objects.len(), first.next.as_deref()),
        (2, Some("t+1="))
    );
    let last = cluster.list(&page_of(first.next.as_deref())).await.unwrap();
    assert_eq!((last.objects.len(), last.next), (1, None));
    assert_eq!(
        server.calls(),
        [
            "GET /apis/apps/v1/deployments?limit=500",
            "GET /apis/apps/v1/deployments?limit=500&continue=t%2B1%3D"
        ]
    );
    assert_eq!(cluster.requests(), 2);
}

#[tokio::test]
async fn an_empty_list_may_be_null_and_nothing_else_is_a_list() {
    let server = Server::start(|number, _| match number {
        0 => list(Value::Null, ""),
        1 => list(json!(["text"]), ""),
        2 => Reply::Json(
            200,
            json!({"kind": "Deployment", "metadata": {"name": "web"}}),
        ),
        3 => Reply::Json(200, json!(["secret-in-the-answer"])),
        _ => Reply::Text(
            200,
            "text/html",
            "<html>secret-in-the-answer</html>".to_owned(),
        ),
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    assert!(
        cluster
            .list(&page_of(None))
            .await
            .unwrap()
            .objects
            .is_empty()
    );
    for _ in 1..5 {
        let error = cluster.list(&page_of(None)).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Invalid, "{error}");
        assert!(!error.detail.contains("secret-in-the-answer"), "{error}");
        assert!(
            error
                .detail
                .contains("GET /apis/apps/v1/deployments of cluster here at http://127.0.0.1:"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_page_whose_token_has_expired_is_a_conflict_and_not_asked_again() {
    let server = Server::start(|_, _| {
        Reply::Json(
            410,
            status(410, "Expired", "The provided continue parameter is too old"),
        )
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    let error = cluster.list(&page_of(Some("old"))).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict);
    assert!(error.detail.contains("too old"), "{error}");
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_again_with_fewer_objects() {
    let server = Server::start(|_, seen| {
        let few = seen.target.ends_with("limit=5");
        let size = if few { 100 } else { 5000 };
        Reply::Chunked(
            json!({"metadata": {"continue": "more"}, "items": [{"data": "x".repeat(size)}]})
                .to_string(),
        )
    })
    .await;
    let options = Options {
        body_cap: 1000,
        ..quick()
    };
    let cluster = plain(&server.url, options).await;
    let page = cluster.list(&page_of(None)).await.unwrap();
    assert_eq!(page.next.as_deref(), Some("more"));
    let limits: Vec<_> = server
        .calls()
        .iter()
        .map(|it| it.rsplit('=').next().unwrap().to_owned())
        .collect();
    assert_eq!(limits, ["500", "50", "5"]);
}

#[tokio::test]
async fn one_object_that_is_too_large_is_said_so() {
    let server = Server::start(|number, _| match number {
        0..4 => Reply::Chunked("x".repeat(5000)),
        // What is announced is enough: it is not read first.
        4 => Reply::Cut("x".repeat(950)),
        _ => Reply::Json(200, json!({"data": "x".repeat(5000)})),
    })
    .await;
    let options = Options {
        body_cap: 1000,
        ..quick()
    };
    let cluster = plain(&server.url, options).await;
    let error = cluster.list(&page_of(None)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::TooLarge);
    assert!(error.detail.contains("larger than 1000 bytes"), "{error}");
    assert_eq!(server.calls().len(), 4);
    for _ in 0..2 {
        let error = cluster.get(&web()).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::TooLarge, "{error}");
    }
    assert_eq!(cluster.requests(), 6);
}

#[tokio::test]
async fn an_object_is_missing_only_where_the_server_names_it() {
    let server = Server::start(|number, _| match number {
        0 => Reply::Json(
            200,
            json!({"kind": "Deployment", "metadata": {"name": "web"}}),
        ),
        1 => {
            let mut refusal = status(404, "NotFound", "deployments.apps \"web\" not found");
            refusal["details"] = json!({"name": "web", "group": "apps", "kind": "deployments"});
            Reply::Json(404, refusal)
        }
        2 => {
            let mut refusal = status(
                404,
                "NotFound",
                "the server could not find the requested resource",
            );
            refusal["details"] = json!({});
            Reply::Json(404, refusal)
        }
        3 => Reply::Text(
            404,
            "text/plain; charset=utf-8",
            "404 page not found\n".to_owned(),
        ),
        _ => Reply::Text(200, "text/plain", "ok".to_owned()),
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    assert_eq!(
        cluster.get(&web()).await.unwrap().unwrap()["kind"],
        "Deployment"
    );
    assert_eq!(cluster.get(&web()).await.unwrap(), None);
    for words in [
        "could not find the requested resource",
        "404 page not found",
    ] {
        let error = cluster.get(&web()).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::NotFound);
        assert!(error.detail.ends_with(words), "{error}");
    }
    assert_eq!(
        cluster.get(&web()).await.unwrap_err().kind,
        PortErrorKind::Invalid
    );
}

#[tokio::test]
async fn a_refusal_says_why_without_secrets() {
    let server = Server::start(|_, _| {
        let words = "deployments.apps is forbidden: User \"x\" cannot list; password=hunter2secret";
        Reply::Json(403, status(403, "Forbidden", words))
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    let error = cluster.list(&page_of(None)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert!(error.detail.contains("User \"x\" cannot list"), "{error}");
    assert!(!error.to_string().contains("hunter2secret"), "{error}");
}

#[tokio::test]
async fn one_deep_object_does_not_hide_the_others() {
    let deep = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    let list = move |levels| format!("{{\"metadata\":{{}},\"items\":[{{}},{}]}}", deep(levels));
    let server = Server::start(move |number, _| match number {
        0 => Reply::Chunked(list(200)),
        _ => Reply::Chunked(list(100_000)),
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    assert_eq!(cluster.list(&page_of(None)).await.unwrap().objects.len(), 2);
    let error = cluster.list(&page_of(None)).await.unwrap_err();
    assert!(error.detail.contains("deeper than 400 levels"), "{error}");
}
