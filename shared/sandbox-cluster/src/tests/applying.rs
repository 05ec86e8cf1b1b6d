//! Server-side apply, and who owns what after it.

use serde_json::{Value, json};

use super::{WEB, entry, start, web};

const CONTAINER: &str = "/spec/template/spec/containers/0";

fn container() -> Value {
    json!({
        ".": {}, "f:name": {}, "f:image": {},
        "f:ports": {"k:{\"containerPort\":8080,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
        "f:env": {"k:{\"name\":\"A\"}": {".": {}, "f:name": {}, "f:value": {}}},
        "f:resources": {"f:limits": {"f:cpu": {}, "f:memory": {}}},
    })
}

fn fields(container: &Value) -> Value {
    json!({
        "f:metadata": {"f:labels": {"f:app": {}}},
        "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {
            "f:metadata": {"f:labels": {"f:app": {}}},
            "f:spec": {"f:containers": {"k:{\"name\":\"app\"}": container}},
        }},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_owns_what_it_says_and_no_defaults() {
    let (_cluster, client, _) = start().await;
    let answer = client.apply(WEB, ("kubectl", ""), &web());
    assert_eq!(answer.status, 201);
    let object = answer.good();
    let own = entry(&object, "kubectl", "Apply");
    assert_eq!(own["fieldsV1"], fields(&container()));
    assert_eq!(own["time"], "2026-11-24T06:00:00Z");
    assert_eq!(
        object["metadata"]["managedFields"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let live = object.pointer(CONTAINER).unwrap();
    assert_eq!(live["resources"]["limits"]["cpu"], "1");
    assert_eq!(live["ports"][0]["protocol"], "TCP");
    assert_eq!(
        object["spec"]["strategy"]["rollingUpdate"]["maxSurge"],
        "25%"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_no_apply_owns_the_defaults_too() {
    let (_cluster, client, _) = start().await;
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}});
    let all = "/api/v1/namespaces/default/services?fieldManager=helm";
    let object = client.post(all, &service).good();
    let port = json!({".": {}, "f:port": {}, "f:protocol": {}, "f:targetPort": {}});
    let expected = json!({"f:spec": {
        "f:internalTrafficPolicy": {}, "f:selector": {}, "f:sessionAffinity": {}, "f:type": {},
        "f:ports": {".": {}, "k:{\"port\":80,\"protocol\":\"TCP\"}": port},
    }});
    assert_eq!(entry(&object, "helm", "Update")["fieldsV1"], expected);
    assert!(object["spec"]["clusterIP"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_names_the_manager_and_the_field() {
    let (_cluster, client, _) = start().await;
    client.apply(WEB, ("kubectl", ""), &web()).good();
    let patch = json!({"spec": {"replicas": 5}});
    client
        .patch("merge", &format!("{WEB}?fieldManager=kubectl-edit"), &patch)
        .good();
    let (status, reason, message) = client.apply(WEB, ("kubectl", ""), &web()).refusal();
    assert_eq!((status, reason.as_str()), (409, "Conflict"));
    assert_eq!(
        message,
        "Apply failed with 1 conflict: conflict with \"kubectl-edit\" using apps/v1: .spec.replicas"
    );
    let image =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "x:2"}]}}}});
    client
        .patch(
            "strategic-merge",
            &format!("{WEB}?fieldManager=kubectl-set"),
            &image,
        )
        .good();
    let (_, _, message) = client.apply(WEB, ("kubectl", ""), &web()).refusal();
    let expected = "Apply failed with 2 conflicts: conflicts with \"kubectl-edit\" using apps/v1:\n- .spec.replicas\nconflicts with \"kubectl-set\" using apps/v1:\n- .spec.template.spec.containers[name=\"app\"].image";
    assert_eq!(message, expected);
    let object = client.apply(WEB, ("kubectl", "&force=true"), &web()).good();
    assert_eq!(object["spec"]["replicas"], 2);
    assert_eq!(entry(&object, "kubectl-edit", "Update"), &Value::Null);
    assert_eq!(
        entry(&object, "kubectl", "Apply")["fieldsV1"],
        fields(&container())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_one_manager_said_goes_when_it_says_so_no_more() {
    let (_cluster, client, _) = start().await;
    let mut manifest = web();
    manifest["metadata"]["labels"]["team"] = "a".into();
    client.apply(WEB, ("kubectl", ""), &manifest).good();
    let only = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}}});
    client.apply(WEB, ("other", ""), &only).good();
    let mut less = web();
    less["metadata"]["labels"] = json!({});
    *less
        .pointer_mut("/spec/template/spec/containers/0/env")
        .unwrap() = json!([]);
    let object = client.apply(WEB, ("kubectl", ""), &less).good();
    // The other one still says `app`.
    assert_eq!(object["metadata"]["labels"], json!({"app": "web"}));
    assert_eq!(object.pointer(CONTAINER).unwrap()["env"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_and_keeps_nothing() {
    let (_cluster, client, watch) = start().await;
    let absent = client.apply(WEB, ("plumbline", "&force=true&dryRun=All"), &web());
    assert_eq!(absent.status, 201);
    assert_eq!(client.get(WEB).status, 404);
    client.apply(WEB, ("kubectl", ""), &web()).good();
    let before = client.get(WEB).body;
    watch.pass(60);
    let mut changed = web();
    changed["spec"]["replicas"] = 7.into();
    let told = client
        .apply(WEB, ("plumbline", "&force=true&dryRun=All"), &changed)
        .good();
    assert_eq!(told["spec"]["replicas"], 7);
    assert_eq!(told["metadata"]["generation"], 2);
    assert_eq!(client.get(WEB).body, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_that_changes_nothing_changes_nothing() {
    let (_cluster, client, watch) = start().await;
    let first = client.apply(WEB, ("kubectl", ""), &web()).good();
    watch.pass(60);
    // The manifest spells its quantity in another way than the server.
    let second = client.apply(WEB, ("kubectl", ""), &web()).good();
    assert_eq!(
        first["metadata"]["resourceVersion"],
        second["metadata"]["resourceVersion"]
    );
    assert_eq!(first, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_what_is_so_already_has_no_time() {
    let (_cluster, client, _) = start().await;
    let path = "/api/v1/namespaces/default/configmaps/c";
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}});
    client.apply(path, ("kubectl", ""), &map).good();
    let object = client.apply(path, ("other", ""), &map).good();
    assert_eq!(entry(&object, "other", "Apply")["time"], Value::Null);
    assert_eq!(
        entry(&object, "other", "Apply")["fieldsV1"],
        json!({"f:data": {"f:a": {}}})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_without_a_schema_is_a_failure_of_the_server() {
    let (_cluster, client, _) = start().await;
    let mut manifest = web();
    manifest["spec"]["prots"] = json!([]);
    let (status, reason, message) = client.apply(WEB, ("kubectl", ""), &manifest).refusal();
    assert_eq!((status, reason.as_str()), (500, ""));
    assert_eq!(
        message,
        "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.prots: field not declared in schema"
    );
    // Anything but an apply drops it, and says so.
    let all = "/apis/apps/v1/namespaces/default/deployments";
    let answer = client.post(all, &manifest);
    assert_eq!(
        answer.warning.as_deref(),
        Some("299 - \"unknown field \\\"spec.prots\\\"\"")
    );
    let strict = client.post(&format!("{all}?fieldValidation=Strict"), &manifest);
    assert_eq!(strict.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn string_data_is_owned_under_its_own_name() {
    let (_cluster, client, _) = start().await;
    let path = "/api/v1/namespaces/default/secrets/s";
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "x"}});
    let object = client.apply(path, ("kubectl", ""), &secret).good();
    assert_eq!(object["data"], json!({"a": "eA=="}));
    assert_eq!(object["stringData"], Value::Null);
    let own = entry(&object, "kubectl", "Apply");
    assert_eq!(own["fieldsV1"], json!({"f:stringData": {"f:a": {}}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn yaml_is_read_where_an_apply_says_so() {
    let (_cluster, client, _) = start().await;
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: told}\ndata:\n  a: |\n    b\n";
    let target = "/api/v1/namespaces/default/configmaps/told?fieldManager=kubectl";
    let object = client.send("PATCH", target, ("application/apply-patch+yaml", yaml));
    assert_eq!(object.unwrap().good()["data"]["a"], "b\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_without_a_manager_or_with_managers_is_refused() {
    let (_cluster, client, _) = start().await;
    let content = web().to_string();
    let answer = client.send("PATCH", WEB, ("application/apply-patch+yaml", &content));
    assert_eq!(answer.unwrap().status, 422);
    let mut manifest = web();
    manifest["metadata"]["managedFields"] = json!([]);
    assert_eq!(client.apply(WEB, ("kubectl", ""), &manifest).status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_is_emptied_and_still_said_stays() {
    let (_cluster, client, _) = start().await;
    let mut manifest = web();
    let context = "/spec/template/spec/containers/0/securityContext";
    for (said, kept) in [
        (json!({"runAsUser": 0}), json!({"runAsUser": 0})),
        (json!({}), json!({})),
        (json!({"runAsUser": 1}), json!({"runAsUser": 1})),
        (Value::Null, Value::Null),
    ] {
        let container = manifest.pointer_mut(CONTAINER).unwrap();
        container.as_object_mut().unwrap().remove("securityContext");
        if !said.is_null() {
            container["securityContext"] = said;
        }
        let live = client.apply(WEB, ("kubectl", ""), &manifest).good();
        assert_eq!(live.pointer(context).unwrap_or(&Value::Null), &kept);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strategic_merge_patch_puts_new_items_first_and_owns_them() {
    let (_cluster, client, _) = start().await;
    client.apply(WEB, ("kubectl", ""), &web()).good();
    let env = json!([{"name": "NEW", "value": "z"}]);
    let patch =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "app", "env": env}]}}}});
    let target = format!("{WEB}?fieldManager=kubectl-set");
    let live = client.patch("strategic-merge", &target, &patch).good();
    let env = live.pointer(CONTAINER).unwrap()["env"].clone();
    assert_eq!(
        (&env[0]["name"], &env[1]["name"]),
        (&json!("NEW"), &json!("A"))
    );
    let own = &entry(&live, "kubectl-set", "Update")["fieldsV1"];
    let item = json!({".": {}, "f:name": {}, "f:value": {}});
    let path = own
        .pointer("/f:spec/f:template/f:spec/f:containers")
        .unwrap();
    assert_eq!(
        path["k:{\"name\":\"app\"}"],
        json!({"f:env": {"k:{\"name\":\"NEW\"}": item}})
    );
    // A forced apply of another does not take it away.
    let after = client
        .apply(WEB, ("plumbline", "&force=true&dryRun=All"), &web())
        .good();
    assert!(after.to_string().contains("NEW"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_all_managers_away_makes_an_object_untracked() {
    let (_cluster, client, _) = start().await;
    client.apply(WEB, ("kubectl", ""), &web()).good();
    let none = json!({"metadata": {"managedFields": [{}]}});
    let bare = client.patch("merge", WEB, &none).good();
    assert_eq!(bare["metadata"]["managedFields"], Value::Null);
    let edit = json!({"spec": {"minReadySeconds": 3}});
    let edited = client.patch("merge", WEB, &edit).good();
    assert_eq!(edited["metadata"]["managedFields"], Value::Null);
    let adopted = client.apply(WEB, ("kubectl", ""), &web());
    // What was there before belongs to somebody without a name, who spells a quantity in another way.
    let (_, _, message) = adopted.refusal();
    assert!(
        message.starts_with(
            "Apply failed with 1 conflict: conflict with \"before-first-apply\" using apps/v1"
        ),
        "{message}"
    );
}
