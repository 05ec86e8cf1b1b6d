//! What a server serves, in both forms.

use domain::ports::{Cluster as _, Kind, PortErrorKind};
use serde_json::{Value, json};

use super::server::{Reply, Seen, Server};
use super::{plain, quick, status};

fn shown(kinds: &[Kind]) -> Vec<String> {
    kinds
        .iter()
        .map(|it| {
            let scope = if it.namespaced {
                "namespaced"
            } else {
                "cluster"
            };
            let preferred = if it.preferred { "*" } else { "" };
            format!(
                "{}{preferred} {} {scope} {}",
                it.type_name(),
                it.plural,
                it.verbs.join(",")
            )
        })
        .collect()
}

/// What both forms below tell.
const KINDS: [&str; 5] = [
    "v1/Namespace* namespaces cluster list,patch",
    "v1/Pod* pods namespaced list",
    "apps/v1/Deployment* deployments namespaced list,patch,create",
    "autoscaling/v1/HorizontalPodAutoscaler horizontalpodautoscalers namespaced list",
    "autoscaling/v2/HorizontalPodAutoscaler* horizontalpodautoscalers namespaced list",
];

fn resource(name: &str, kind: &str, scope: &str, verbs: &[&str]) -> Value {
    json!({"resource": name, "responseKind": {"group": "", "version": "v1", "kind": kind}, "scope": scope, "verbs": verbs,
           "subresources": [{"subresource": "status", "responseKind": {"kind": kind}, "verbs": ["get"]}]})
}

fn aggregated(seen: &Seen) -> Reply {
    let hpa = resource(
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        "Namespaced",
        &["list"],
    );
    let items = if seen.target == "/api" {
        json!([{"metadata": {}, "versions": [{"version": "v1", "freshness": "Current", "resources": [
            resource("pods", "Pod", "Namespaced", &["list"]),
            resource("namespaces", "Namespace", "Cluster", &["list", "patch"]),
            {"resource": "only-subresources", "responseKind": null, "scope": "Namespaced", "verbs": null},
        ]}]}])
    } else {
        json!([
            {"metadata": {"name": "autoscaling"}, "versions": [
                {"version": "v2", "freshness": "Current", "resources": [hpa.clone()]},
                {"version": "v1", "freshness": "Current", "resources": [hpa]}]},
            {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "freshness": "Current", "resources": [
                resource("deployments", "Deployment", "Namespaced", &["list", "patch", "create"])]}]},
            {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "freshness": "Stale", "resources": [
                resource("nodes", "NodeMetrics", "Cluster", &["list"])]}]},
        ])
    };
    Reply::Json(
        200,
        json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}),
    )
}

fn classic(seen: &Seen) -> Reply {
    let group = |name: &str, versions: &[&str], preferred: &str| {
        let version = |it: &str| json!({"groupVersion": format!("{name}/{it}"), "version": it});
        let versions: Vec<_> = versions.iter().map(|it| version(it)).collect();
        json!({"name": name, "versions": versions, "preferredVersion": version(preferred)})
    };
    let resources =
        |items: Value| Reply::Json(200, json!({"kind": "APIResourceList", "resources": items}));
    let hpa = json!([{"name": "horizontalpodautoscalers", "namespaced": true, "kind": "HorizontalPodAutoscaler", "verbs": ["list"]}]);
    match seen.target.as_str() {
        "/api" => Reply::Json(200, json!({"kind": "APIVersions", "versions": ["v1"]})),
        "/apis" => Reply::Json(
            200,
            json!({"kind": "APIGroupList", "groups": [
            group("apps", &["v1"], "v1"), group("autoscaling", &["v2", "v1"], "v2"), group("metrics.k8s.io", &["v1beta1"], "v1beta1")]}),
        ),
        "/api/v1" => resources(json!([
            {"name": "namespaces", "namespaced": false, "kind": "Namespace", "verbs": ["list", "patch"]},
            {"name": "pods", "namespaced": true, "kind": "Pod", "verbs": ["list"]},
            {"name": "pods/status", "namespaced": true, "kind": "Pod", "verbs": ["get"]}])),
        "/apis/apps/v1" => resources(json!([
            {"name": "deployments", "namespaced": true, "kind": "Deployment", "verbs": ["list", "patch", "create"]},
            {"name": "deployments/scale", "namespaced": true, "kind": "Scale", "group": "autoscaling", "version": "v1", "verbs": ["get"]}])),
        "/apis/autoscaling/v1" | "/apis/autoscaling/v2" => resources(hpa),
        _ => Reply::Json(404, status(404, "NotFound", "nobody is behind it")),
    }
}

#[tokio::test]
async fn the_aggregated_form_takes_two_requests() {
    let server = Server::start(|_, seen| aggregated(seen)).await;
    let cluster = plain(&server.url, quick()).await;
    let served = cluster.kinds().await.unwrap();
    assert_eq!(shown(&served.kinds), KINDS);
    assert_eq!(cluster.requests(), 2);
    let [(name, error)] = &served.unavailable[..] else {
        panic!("{:?}", served.unavailable)
    };
    assert_eq!(
        (name.as_str(), error.kind),
        ("metrics.k8s.io/v1beta1", PortErrorKind::Unavailable)
    );
    let accept = server.seen()[0].header("accept").to_owned();
    assert!(
        accept.starts_with("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"),
        "{accept}"
    );
    assert!(accept.ends_with(",application/json"), "{accept}");
}

#[tokio::test]
async fn the_classic_form_gives_the_same() {
    let server = Server::start(|_, seen| classic(seen)).await;
    let cluster = plain(&server.url, quick()).await;
    let served = cluster.kinds().await.unwrap();
    assert_eq!(shown(&served.kinds), KINDS);
    let [(name, error)] = &served.unavailable[..] else {
        panic!("{:?}", served.unavailable)
    };
    assert_eq!(
        (name.as_str(), error.kind),
        ("metrics.k8s.io/v1beta1", PortErrorKind::NotFound)
    );
    assert!(error.detail.contains("nobody is behind it"), "{error}");
}

#[tokio::test]
async fn a_core_group_that_cannot_be_asked_is_unavailable() {
    let server = Server::start(|_, seen| match seen.target.as_str() {
        "/api" => Reply::Json(403, status(403, "Forbidden", "not you")),
        _ => aggregated(seen),
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    let served = cluster.kinds().await.unwrap();
    assert_eq!(shown(&served.kinds), KINDS[2..]);
    let names: Vec<_> = served
        .unavailable
        .iter()
        .map(|it| (it.0.as_str(), it.1.kind))
        .collect();
    assert_eq!(
        names,
        [
            ("metrics.k8s.io/v1beta1", PortErrorKind::Unavailable),
            ("v1", PortErrorKind::Denied)
        ]
    );
}

#[tokio::test]
async fn without_the_list_of_groups_nothing_is_known() {
    let server = Server::start(|_, seen| match seen.target.as_str() {
        "/apis" => Reply::Json(403, status(403, "Forbidden", "not you")),
        _ => aggregated(seen),
    })
    .await;
    let cluster = plain(&server.url, quick()).await;
    assert_eq!(
        cluster.kinds().await.unwrap_err().kind,
        PortErrorKind::Denied
    );
}

#[tokio::test]
async fn another_kind_of_server_is_told_apart() {
    for reply in [
        || Reply::Json(200, json!({"hello": "world"})),
        || Reply::Json(200, json!([])),
        || Reply::Text(200, "text/html", "<html>log in</html>".to_owned()),
    ] {
        let server = Server::start(move |_, _| reply()).await;
        let cluster = plain(&server.url, quick()).await;
        assert_eq!(
            cluster.kinds().await.unwrap_err().kind,
            PortErrorKind::Invalid
        );
    }
}
