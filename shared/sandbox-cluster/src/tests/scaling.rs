//! The scale, and who owns the replicas after it.

use serde_json::{Value, json};

use super::{WEB, entry, start, web};
use crate::{Hand, Object};

fn scale(replicas: u32) -> Value {
    json!({"spec": {"replicas": replicas}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_of_replicas_that_nobody_owns_leaves_no_trace() {
    let (cluster, client, _) = start().await;
    let mut manifest = web();
    manifest["spec"].as_object_mut().unwrap().remove("replicas");
    let before = client.apply(WEB, ("kubectl", ""), &manifest).good();
    assert_eq!(before["spec"]["replicas"], 1);
    cluster.autoscale("default", "web", 6).unwrap();
    let after = client.get(WEB).good();
    assert_eq!(after["spec"]["replicas"], 6);
    assert_eq!(
        after["metadata"]["managedFields"],
        before["metadata"]["managedFields"]
    );
    assert_eq!(after["metadata"]["generation"], 2);
    // An apply that says less than before takes away its own, and not what nobody owns.
    manifest
        .pointer_mut("/spec/template/spec/containers/0")
        .and_then(Value::as_object_mut)
        .unwrap()
        .remove("env");
    let less = client.apply(WEB, ("kubectl", ""), &manifest).good();
    assert_eq!(less["spec"]["replicas"], 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_takes_owned_replicas_without_a_time() {
    let (_cluster, client, watch) = start().await;
    client.apply(WEB, ("kubectl", ""), &web()).good();
    watch.pass(60);
    let target = format!("{WEB}/scale?fieldManager=kubectl");
    let answer = client.patch("merge", &target, &scale(5)).good();
    assert_eq!(
        (&answer["kind"], &answer["spec"]["replicas"]),
        (&"Scale".into(), &5.into())
    );
    assert_eq!(answer["status"]["selector"], "app=web");
    let object = client.get(WEB).good();
    let taken = entry(&object, "kubectl", "Update");
    assert_eq!(taken["subresource"], "scale");
    assert_eq!(taken["time"], Value::Null);
    assert_eq!(taken["fieldsV1"], json!({"f:spec": {"f:replicas": {}}}));
    assert_eq!(
        entry(&object, "kubectl", "Apply")["fieldsV1"]["f:spec"]["f:replicas"],
        Value::Null
    );
    // The next one takes them from there.
    let body = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web", "namespace": "default"}, "spec": {"replicas": 9}});
    client
        .put(
            &format!("{WEB}/scale?fieldManager=kube-controller-manager"),
            &body,
        )
        .good();
    let object = client.get(WEB).good();
    assert_eq!(entry(&object, "kubectl", "Update"), &Value::Null);
    assert_eq!(
        entry(&object, "kube-controller-manager", "Update")["subresource"],
        "scale"
    );
    let (_, _, message) = client.apply(WEB, ("kubectl", ""), &web()).refusal();
    let expected = "Apply failed with 1 conflict: conflict with \"kube-controller-manager\" with subresource \"scale\" using apps/v1: .spec.replicas";
    assert_eq!(message, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_written_at_its_own_address_only() {
    let (cluster, client, _) = start().await;
    client.apply(WEB, ("kubectl", ""), &web()).good();
    let object = Object::new("apps/v1", "Deployment", "default", "web");
    let hand = Hand::new("kube-controller-manager");
    cluster
        .set_status(&hand, &object, &json!({"replicas": 2}))
        .unwrap();
    let live = client
        .patch("merge", WEB, &json!({"status": {"replicas": 9}}))
        .good();
    assert_eq!(live["status"], json!({"replicas": 2}));
    assert_eq!(live["metadata"]["generation"], 1);
    let own = entry(&live, "kube-controller-manager", "Update");
    assert_eq!(own["subresource"], "status");
    assert_eq!(own["fieldsV1"], json!({"f:status": {"f:replicas": {}}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_by_update_loses_his_time_and_a_scale_to_none_leaves_no_owner() {
    let (_cluster, client, _) = start().await;
    let mut manifest = web();
    manifest["spec"].as_object_mut().unwrap().remove("replicas");
    client.apply(WEB, ("kubectl", ""), &manifest).good();
    let edit = json!({"spec": {"replicas": 3, "minReadySeconds": 1}});
    let edited = format!("{WEB}?fieldManager=kubectl-edit");
    client.patch("merge", &edited, &edit).good();
    let target = format!("{WEB}/scale?fieldManager=kubectl");
    client.patch("merge", &target, &scale(3)).good();
    let live = client.get(WEB).good();
    let entries = live["metadata"]["managedFields"].as_array().unwrap();
    let taken = entries.iter().filter(|it| it["manager"] == "kubectl-edit");
    let taken: Vec<_> = taken
        .map(|it| (&it["time"], &it["fieldsV1"]["f:spec"]))
        .collect();
    let (none, then) = (Value::Null, json!("2026-11-24T06:00:00Z"));
    let (replicas, rest) = (json!({"f:replicas": {}}), json!({"f:minReadySeconds": {}}));
    assert_eq!(taken, [(&none, &replicas), (&then, &rest)]);
    let answer = client.patch("merge", &target, &scale(0)).good();
    assert_eq!(answer["spec"], json!({}));
    let live = client.get(WEB).good();
    assert_eq!(live["spec"]["replicas"], 0);
    assert!(
        !live["metadata"]["managedFields"]
            .to_string()
            .contains("replicas")
    );
}
