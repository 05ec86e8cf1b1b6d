//! The same manifests by different tools, and what each leaves behind.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{WEB, entry, start, web};
use crate::{Application, Hand, Object, Patch, Way};

const LAST: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn managers(object: &Value) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array();
    let entries = entries.into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries
        .map(|it| format!("{}/{}", text(&it["manager"]), text(&it["operation"])))
        .collect()
}

fn role() -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r", "namespace": "default"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]})
}

const ROLE: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/r";

#[tokio::test(flavor = "multi_thread")]
async fn every_way_leaves_its_own_managers() {
    let ways = [
        (
            Way::ServerSide("kustomize-controller".to_owned()),
            vec!["kustomize-controller/Apply"],
        ),
        (Way::ClientSide, vec!["kubectl-client-side-apply/Update"]),
        (
            Way::ArgoCd("shop".to_owned()),
            vec!["argocd-controller/Update"],
        ),
        (
            Way::ArgoCdServerSide("shop".to_owned()),
            vec!["argocd-controller/Apply"],
        ),
        (Way::Helm("shop".to_owned()), vec!["helm/Update"]),
        (
            Way::CreatedThenServerSide,
            vec!["kubectl/Apply", "kubectl-create/Update"],
        ),
        (
            Way::UntrackedThenServerSide,
            vec!["kubectl/Apply", "before-first-apply/Update"],
        ),
    ];
    for (way, expected) in ways {
        let (cluster, client, _) = start().await;
        cluster.apply(&way, None, &[web()]).unwrap();
        let object = client.get(WEB).good();
        assert_eq!(managers(&object), expected, "{way:?}");
        let marked = object["metadata"]["annotations"][LAST].is_string();
        assert_eq!(
            marked,
            matches!(way, Way::ClientSide | Way::ArgoCd(_)),
            "{way:?}"
        );
        // Once more changes nothing.
        cluster.apply(&way, None, &[web()]).unwrap();
        assert_eq!(client.get(WEB).good()["spec"], object["spec"], "{way:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn argo_cd_reconciles_rights_in_another_name() {
    let (cluster, client, _) = start().await;
    cluster
        .apply(&Way::ArgoCd("shop".to_owned()), None, &[role()])
        .unwrap();
    let object = client.get(ROLE).good();
    let content = entry(&object, "argocd-application-controller", "Update");
    assert!(content["fieldsV1"]["f:rules"].is_object());
    let mark = entry(&object, "argocd-controller", "Update");
    assert_eq!(
        mark["fieldsV1"],
        json!({"f:metadata": {"f:annotations": {format!("f:{LAST}"): {}}}})
    );
    let id = &object["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"];
    assert_eq!(id, "shop:rbac.authorization.k8s.io/Role:default/r");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_side_apply_removes_what_it_said_before_and_keeps_what_others_added() {
    for way in [
        Way::ClientSide,
        Way::ArgoCd("shop".to_owned()),
        Way::Helm("shop".to_owned()),
    ] {
        let (cluster, client, _) = start().await;
        let mut first = web();
        first["metadata"]["labels"]["team"] = "a".into();
        cluster.apply(&way, None, &[first]).unwrap();
        let added = json!({"spec": {"template": {"spec": {"containers": [{"name": "app", "env": [{"name": "X", "value": "y"}]}]}}}});
        let object = Object::of(&web());
        cluster
            .patch(
                &Hand::new("kubectl-edit"),
                &object,
                Patch::Strategic,
                &added,
            )
            .unwrap();
        let mut second = web();
        *second
            .pointer_mut("/spec/template/spec/containers/0/env")
            .unwrap() = json!([{"name": "B", "value": "2"}]);
        second["spec"]["strategy"] = json!({"type": "Recreate"});
        cluster.apply(&way, None, &[second]).unwrap();
        let live = client.get(WEB).good();
        assert!(live["metadata"]["labels"]["team"].is_null(), "{way:?}");
        let env = live
            .pointer("/spec/template/spec/containers/0/env")
            .unwrap();
        let names: Vec<&Value> = env
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["name"])
            .collect();
        assert!(
            names.contains(&&json!("X"))
                && names.contains(&&json!("B"))
                && !names.contains(&&json!("A")),
            "{way:?} {names:?}"
        );
        assert_eq!(
            live["spec"]["strategy"],
            json!({"type": "Recreate"}),
            "{way:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_annotation_of_a_client_side_apply_is_kubectl_s() {
    let (cluster, client, _) = start().await;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "default"}, "data": {"a": "<&>"}});
    cluster
        .apply(&Way::ClientSide, None, std::slice::from_ref(&map))
        .unwrap();
    let path = "/api/v1/namespaces/default/configmaps/m";
    let last = |live: &Value| {
        live["metadata"]["annotations"][LAST]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let expected = "{\"apiVersion\":\"v1\",\"data\":{\"a\":\"\\u003c\\u0026\\u003e\"},\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{},\"name\":\"m\",\"namespace\":\"default\"}}\n";
    assert_eq!(last(&client.get(path).good()), expected);
    // kubectl's server-side apply brings it up to date, and others leave it alone.
    let other = client
        .apply(path, ("plumbline", "&force=true&dryRun=All"), &map)
        .good();
    assert_eq!(last(&other), expected);
    let own = client.apply(path, ("kubectl", ""), &map).good();
    assert!(!last(&own).contains("annotations"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_written_down_in_a_secret() {
    let (cluster, client, _) = start().await;
    for version in 1..3 {
        cluster
            .apply(&Way::Helm("shop".to_owned()), None, &[web()])
            .unwrap();
        let path = format!("/api/v1/namespaces/default/secrets/sh.helm.release.v1.shop.v{version}");
        let secret = client.get(&path).good();
        assert_eq!(secret["type"], "helm.sh/release.v1");
        assert!(secret["metadata"]["ownerReferences"].is_null());
    }
    let live = client.get(WEB).good();
    assert_eq!(
        live["metadata"]["labels"]["app.kubernetes.io/managed-by"],
        "Helm"
    );
    assert_eq!(
        live["metadata"]["annotations"]["meta.helm.sh/release-namespace"],
        "default"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_writes_at_its_own_time() {
    let (cluster, client, _) = start().await;
    let then: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    let way = Way::ServerSide("argocd-controller".to_owned());
    cluster.apply(&way, Some(then), &[web()]).unwrap();
    let hand = Hand::new("kubectl-edit").at("2026-11-21T10:00:00Z".parse().unwrap());
    cluster
        .patch(
            &hand,
            &Object::of(&web()),
            Patch::Merge,
            &json!({"spec": {"paused": true}}),
        )
        .unwrap();
    let live = client.get(WEB).good();
    assert_eq!(
        live["metadata"]["creationTimestamp"],
        "2026-11-20T10:00:00Z"
    );
    assert_eq!(
        entry(&live, "argocd-controller", "Apply")["time"],
        "2026-11-20T10:00:00Z"
    );
    assert_eq!(
        entry(&live, "kubectl-edit", "Update")["time"],
        "2026-11-21T10:00:00Z"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn controllers_make_what_belongs_to_workloads() {
    let (cluster, client, _) = start().await;
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}});
    cluster
        .apply(&Way::ClientSide, None, &[web(), service])
        .unwrap();
    cluster.run_controllers().unwrap();
    cluster.run_controllers().unwrap();
    let live = client.get(WEB).good();
    assert_eq!(live["status"]["availableReplicas"], 2);
    assert_eq!(
        live["metadata"]["generation"],
        live["status"]["observedGeneration"]
    );
    let pods = client.get("/api/v1/namespaces/default/pods").good();
    assert_eq!(pods["items"].as_array().unwrap().len(), 2);
    assert_eq!(
        pods["items"][0]["metadata"]["ownerReferences"][0]["kind"],
        "ReplicaSet"
    );
    let endpoints = client
        .get("/api/v1/namespaces/default/endpoints/web")
        .good();
    assert!(endpoints["metadata"]["ownerReferences"].is_null());
    client.delete(WEB).good();
    let pods = client.get("/api/v1/namespaces/default/pods").good();
    assert_eq!(pods["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_tells_how_far_its_sync_has_come() {
    let (cluster, client, _) = start().await;
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}});
    cluster
        .create(&Hand::new("kubectl-create"), &namespace)
        .unwrap();
    let mut application = Application {
        name: "shop".to_owned(),
        namespace: "argocd".to_owned(),
        repository: "https://github.com/org/shop".to_owned(),
        path: "k8s".to_owned(),
        target: "main".to_owned(),
        destination: "default".to_owned(),
        revision: "a".repeat(40),
        synced: "2026-11-24T05:00:00Z".parse().unwrap(),
        phase: "Running".to_owned(),
        in_sync: false,
    };
    cluster.set_application(&application).unwrap();
    let path = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/shop";
    let moving = client.get(path).good();
    assert!(
        moving["operation"].is_object()
            && moving["status"]["operationState"]["finishedAt"].is_null()
    );
    application.phase = "Succeeded".to_owned();
    application.in_sync = true;
    cluster.set_application(&application).unwrap();
    let still = client.get(path).good();
    assert!(still["operation"].is_null());
    assert_eq!(still["status"]["sync"]["status"], "Synced");
    assert_eq!(
        still["status"]["operationState"]["syncResult"]["revision"],
        "a".repeat(40)
    );
}
