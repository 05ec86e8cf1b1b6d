//! Faults, rights, webhooks, and the log.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{WEB, start, web};
use crate::{Admission, Effect, Fault, Hand, Object, Rights, Sidecar, Verb};

#[tokio::test(flavor = "multi_thread")]
async fn faults_meet_what_they_are_meant_for() {
    let (cluster, client, _) = start().await;
    let faults = cluster.faults();
    faults.add(
        Fault::on("patch:deployments", Effect::Throttle(3))
            .name("web")
            .times(1),
    );
    let answer = client.apply(WEB, ("a", ""), &web());
    assert_eq!(
        (answer.status, answer.retry_after.as_deref()),
        (429, Some("3"))
    );
    assert_eq!(client.apply(WEB, ("a", ""), &web()).status, 201);

    let gone = Effect::Refuse(503, "ServiceUnavailable".to_owned(), "starting".to_owned());
    faults.add(Fault::on("list:*", gone).times(1));
    assert_eq!(
        client.get("/api/v1/pods").refusal(),
        (503, "ServiceUnavailable".to_owned(), "starting".to_owned())
    );

    faults.add(Fault::on("patch:*", Effect::Conflict).times(1));
    assert_eq!(client.apply(WEB, ("a", "&force=true"), &web()).status, 409);

    faults.add(Fault::on("list:configmaps", Effect::Expire).later_pages());
    let page = client.get("/api/v1/configmaps?limit=1").good();
    let token = page["metadata"]["continue"].as_str().unwrap();
    assert_eq!(
        client
            .get(&format!("/api/v1/configmaps?continue={token}"))
            .status,
        410
    );

    faults.clear();
    for effect in [Effect::Drop, Effect::Cut] {
        faults.add(Fault::on("get:deployments", effect).times(1));
        assert!(client.send("GET", WEB, ("application/json", "")).is_err());
    }
    faults.add(Fault::on("get:/version", Effect::Delay(Duration::from_millis(150))).times(1));
    let begin = Instant::now();
    client.get("/version").good();
    assert!(begin.elapsed() >= Duration::from_millis(150));
    assert_eq!(cluster.counts()[&("get:deployments".to_owned(), 0)], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_ends_connections_and_keeps_the_state() {
    let (cluster, client, _) = start().await;
    client.apply(WEB, ("a", ""), &web()).good();
    cluster
        .faults()
        .add(Fault::on("get:/version", Effect::Hang));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.send("GET", "/version", ("application/json", "")));
        while cluster.count("get:/version") == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        cluster.restart();
        assert!(waiting.join().unwrap().is_err());
    });
    assert_eq!(client.get(WEB).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_may_do_what_their_rights_say() {
    let (cluster, client, _) = start().await;
    client.apply(WEB, ("a", ""), &web()).good();
    cluster.add_user("root", "admin", Rights::all());
    cluster.add_user(
        "scan",
        "scanner",
        Rights::dry_run_only().without(Verb::List, "secrets"),
    );
    cluster.add_user("read", "reader", Rights::read_only());
    cluster.add_user("none", "nobody", Rights::none());
    assert_eq!(
        client.get(WEB).refusal(),
        (401, "Unauthorized".to_owned(), "Unauthorized".to_owned())
    );
    let scanner = client.with("scan");
    scanner
        .apply(WEB, ("plumbline", "&force=true&dryRun=All"), &web())
        .good();
    let (status, _, message) = scanner
        .apply(WEB, ("plumbline", "&force=true"), &web())
        .refusal();
    assert_eq!(status, 403);
    assert!(
        message.starts_with(
            "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'dry-run-only'"
        ),
        "{message}"
    );
    let (_, _, message) = scanner.get("/api/v1/secrets").refusal();
    assert_eq!(
        message,
        "secrets is forbidden: User \"scanner\" cannot list resource \"secrets\" in API group \"\" at the cluster scope"
    );
    let (_, _, message) = client
        .with("read")
        .apply(WEB, ("a", "&dryRun=All"), &web())
        .refusal();
    assert_eq!(
        message,
        "deployments.apps \"web\" is forbidden: User \"reader\" cannot patch resource \"deployments\" in API group \"apps\" in the namespace \"default\""
    );
    assert_eq!(client.with("none").get(WEB).status, 403);
    assert_eq!(client.with("root").get(WEB).status, 200);
    let config: serde_json::Value =
        serde_json::from_str(&cluster.kubeconfig("here", "scan")).unwrap();
    assert_eq!(config["users"][0]["user"]["token"], "scan");
    assert_eq!(
        config["clusters"][0]["cluster"]["server"],
        cluster.endpoint()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hands_out_rights_that_he_has_not() {
    let (cluster, client, _) = start().await;
    let role = |verb: &str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": [verb]}]})
    };
    let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/r";
    client.apply(path, ("kubectl", ""), &role("delete")).good();
    cluster.add_user("scan", "scanner", Rights::dry_run_only());
    let dry = ("plumbline", "&force=true&dryRun=All");
    // What is so already may be said by anybody.
    client.with("scan").apply(path, dry, &role("delete")).good();
    let (status, _, message) = client
        .with("scan")
        .apply(path, dry, &role("deletecollection"))
        .refusal();
    assert_eq!(status, 403);
    assert!(
        message.contains("is attempting to grant RBAC permissions not currently held"),
        "{message}"
    );
    client.with("scan").apply(path, dry, &role("get")).good();
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_change_and_refuse_also_what_is_only_tried() {
    let (cluster, client, _) = start().await;
    let sidecar = Sidecar {
        annotation: "inject".to_owned(),
        name: "proxy".to_owned(),
        image: "proxy:1".to_owned(),
    };
    let refuse = vec![("v1/ConfigMap".to_owned(), "not today".to_owned())];
    cluster.admit(Admission {
        refuse,
        inject: Some(sidecar),
    });
    let mut manifest = web();
    manifest["spec"]["template"]["metadata"]["annotations"] = json!({"inject": "true"});
    for more in ["&dryRun=All", ""] {
        let object = client.apply(WEB, ("kubectl", more), &manifest).good();
        let containers = object.pointer("/spec/template/spec/containers").unwrap();
        assert_eq!(containers[1]["name"], "proxy");
        // Nobody owns what a webhook adds.
        assert!(
            !object["metadata"]["managedFields"]
                .to_string()
                .contains("proxy")
        );
    }
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}});
    let (status, _, message) = client
        .apply(
            "/api/v1/namespaces/default/configmaps/m",
            ("a", "&dryRun=All"),
            &map,
        )
        .refusal();
    assert_eq!(status, 403);
    assert!(
        message.ends_with("denied the request: not today"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_verb_and_what_is_done_by_hand_is_not() {
    let (cluster, client, _) = start().await;
    client
        .apply(WEB, ("plumbline", "&dryRun=All"), &web())
        .good();
    client.get("/api/v1/pods").good();
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "default"}});
    cluster.create(&Hand::new("me"), &map).unwrap();
    assert_eq!(
        (
            cluster.count(""),
            cluster.count("patch:"),
            cluster.count("list:pods")
        ),
        (2, 1, 1)
    );
    let requests = cluster.requests();
    assert!(requests[0].apply && requests[0].dry_run && requests[0].status == 201);
    cluster.forget_requests();
    assert_eq!(cluster.count(""), 0);
    let gone = Object::new("v1", "ConfigMap", "default", "gone");
    let refusal = cluster.delete(&gone).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "ConfigMap default/gone: 404 configmaps \"gone\" not found"
    );
}
