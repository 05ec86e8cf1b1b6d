//! Discovery, schemas, lists, errors.

use serde_json::{Value, json};

use super::{WEB, start, web};

#[tokio::test(flavor = "multi_thread")]
async fn kinds_are_told_in_both_ways_that_clients_ask() {
    let (_cluster, client, _) = start().await;
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let answer = client.send("GET", "/apis", (accept, "")).unwrap();
    assert!(answer.content_type.contains("as=APIGroupDiscoveryList"));
    let groups = answer.good();
    let items = groups["items"].as_array().unwrap();
    let apps = items
        .iter()
        .find(|it| it["metadata"]["name"] == "apps")
        .unwrap();
    let resources = apps["versions"][0]["resources"].as_array().unwrap();
    let deployments = resources
        .iter()
        .find(|it| it["resource"] == "deployments")
        .unwrap();
    assert_eq!(deployments["scope"], "Namespaced");
    assert_eq!(
        deployments["subresources"][0]["responseKind"]["kind"],
        "Scale"
    );
    let scaling = items
        .iter()
        .find(|it| it["metadata"]["name"] == "autoscaling")
        .unwrap();
    assert_eq!(scaling["versions"][0]["version"], "v2");

    let classic = client.get("/apis").good();
    let group = classic["groups"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "autoscaling");
    assert_eq!(group.unwrap()["preferredVersion"]["version"], "v2");
    let list = client.get("/api/v1").good();
    let names: Vec<&str> = list["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"configmaps") && names.contains(&"namespaces/status"));
    assert_eq!(client.get("/version").good()["minor"], "36");
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_tell_keys_types_and_defaults() {
    let (_cluster, client, _) = start().await;
    let index = client.get("/openapi/v3").good();
    let url = index["paths"]["apis/apps/v1"]["serverRelativeURL"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(url.starts_with("/openapi/v3/apis/apps/v1?hash="));
    let document = client.get(&url).good();
    let schema = |name: &str| document["components"]["schemas"][name].clone();
    let deployment = schema("io.k8s.api.apps.v1.Deployment");
    assert_eq!(
        deployment["x-kubernetes-group-version-kind"][0]["kind"],
        "Deployment"
    );
    let ports = &schema("io.k8s.api.core.v1.Container")["properties"]["ports"];
    assert_eq!(ports["x-kubernetes-list-type"], "map");
    assert_eq!(
        ports["x-kubernetes-list-map-keys"],
        json!(["containerPort", "protocol"])
    );
    assert_eq!(ports["x-kubernetes-patch-merge-key"], "containerPort");
    let port = schema("io.k8s.api.core.v1.ContainerPort");
    assert_eq!(
        port["properties"]["protocol"],
        json!({"type": "string", "default": "TCP"})
    );
    assert_eq!(
        schema("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector")["x-kubernetes-map-type"],
        "atomic"
    );
    // Every reference leads somewhere.
    let text = document.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(!schema(name).is_null(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_serves_its_kind_with_its_schema() {
    let (_cluster, client, _) = start().await;
    let before = client.get("/openapi/v3").good();
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "size": {"type": "integer", "default": 3},
        "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port"],
            "items": {"type": "object", "properties": {"port": {"type": "integer"}, "name": {"type": "string"}}}}}}}});
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]}});
    let all = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert_eq!(client.get("/apis/example.com/v1").status, 404);
    client.post(all, &definition).good();
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"},
        "spec": {"ports": [{"port": 1, "name": "a"}]}});
    let path = "/apis/example.com/v1/namespaces/default/widgets/w";
    let made = client.apply(path, ("kubectl", ""), &widget).good();
    assert_eq!(made["spec"]["size"], 3);
    let fields = &super::entry(&made, "kubectl", "Apply")["fieldsV1"];
    assert_eq!(
        fields["f:spec"]["f:ports"]["k:{\"port\":1}"],
        json!({".": {}, "f:name": {}, "f:port": {}})
    );
    let after = client.get("/openapi/v3").good();
    assert!(before["paths"]["apis/example.com/v1"].is_null());
    assert!(!after["paths"]["apis/example.com/v1"].is_null());
    assert_eq!(before["paths"]["api/v1"], after["paths"]["api/v1"]);
    client.delete(&format!("{all}/widgets.example.com")).good();
    assert_eq!(client.get(path).status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_as_they_were_when_they_began() {
    let (cluster, client, _) = start().await;
    let all = "/api/v1/namespaces/default/configmaps";
    for name in ["a", "b", "c", "d"] {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"n": name}}});
        client.post(all, &map).good();
    }
    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|it| it["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let page = client.get(&format!("{all}?limit=2")).good();
    assert_eq!(names(&page), ["a", "b"]);
    assert_eq!(
        (&page["kind"], &page["items"][0]["kind"]),
        (&"ConfigMapList".into(), &Value::Null)
    );
    assert_eq!(page["metadata"]["remainingItemCount"], 3);
    let token = page["metadata"]["continue"].as_str().unwrap().to_owned();
    client.delete(&format!("{all}/c")).good();
    let second = client
        .get(&format!("{all}?limit=9&continue={token}"))
        .good();
    assert_eq!(names(&second), ["c", "d", "kube-root-ca.crt"]);
    assert_eq!(
        second["metadata"]["resourceVersion"],
        page["metadata"]["resourceVersion"]
    );
    let page = client.get(&format!("{all}?limit=1")).good();
    let token = page["metadata"]["continue"].as_str().unwrap();
    cluster.expire_lists();
    let (status, reason, _) = client.get(&format!("{all}?continue={token}")).refusal();
    assert_eq!((status, reason.as_str()), (410, "Expired"));
    assert_eq!(
        names(&client.get(&format!("{all}?labelSelector=n%3Da")).good()),
        ["a"]
    );
    let cluster_wide = client.get("/api/v1/configmaps").good();
    assert!(names(&cluster_wide).len() > 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_in_the_server_s_own_ways() {
    let (_cluster, client, _) = start().await;
    let group = client.get("/apis/nope.example.com");
    assert_eq!(group.body, "404 page not found\n");
    let unknown_group = client.get("/apis/nope.example.com/v1/foos");
    assert_eq!(
        (unknown_group.status, unknown_group.body.as_str()),
        (404, "404 page not found\n")
    );
    assert!(unknown_group.content_type.starts_with("text/plain"));
    let (status, _, message) = client.get("/apis/apps/v1beta9/deployments").refusal();
    assert_eq!(
        (status, message.as_str()),
        (404, "the server could not find the requested resource")
    );
    let (_, _, message) = client.get(WEB).refusal();
    assert_eq!(message, "deployments.apps \"web\" not found");
    let mut elsewhere = web();
    elsewhere["metadata"]["namespace"] = "nope".into();
    let path = "/apis/apps/v1/namespaces/nope/deployments/web";
    let (status, _, message) = client
        .apply(path, ("a", "&dryRun=All"), &elsewhere)
        .refusal();
    assert_eq!(
        (status, message.as_str()),
        (404, "namespaces \"nope\" not found")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_change_is_refused() {
    let (_cluster, client, _) = start().await;
    client.apply(WEB, ("kubectl", ""), &web()).good();
    let mut other = web();
    other["spec"]["selector"]["matchLabels"]["app"] = "x".into();
    *other
        .pointer_mut("/spec/template/metadata/labels/app")
        .unwrap() = "x".into();
    let (status, reason, message) = client
        .apply(WEB, ("kubectl", "&force=true&dryRun=All"), &other)
        .refusal();
    assert_eq!((status, reason.as_str()), (422, "Invalid"));
    assert_eq!(
        message,
        "Deployment.apps \"web\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"x\"}}: field is immutable"
    );
    let path = "/api/v1/namespaces/default/configmaps/fixed";
    let mut map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "fixed"}, "immutable": true, "data": {"a": "1"}});
    client.apply(path, ("kubectl", ""), &map).good();
    map["data"]["a"] = "2".into();
    let (_, _, message) = client.apply(path, ("kubectl", ""), &map).refusal();
    assert_eq!(
        message,
        "ConfigMap \"fixed\" is invalid: data: Forbidden: field is immutable when `immutable` is set"
    );
    let path = "/api/v1/namespaces/default/services/kubernetes";
    let (status, ..) = client
        .patch("merge", path, &json!({"spec": {"clusterIP": "10.96.0.9"}}))
        .refusal();
    assert_eq!(status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_patch_holds_to_its_tests() {
    let (_cluster, client, _) = start().await;
    client.apply(WEB, ("kubectl", ""), &web()).good();
    let steps = |seen: u32| json!([{"op": "test", "path": "/spec/replicas", "value": seen}, {"op": "replace", "path": "/spec/replicas", "value": 4}]);
    assert_eq!(client.patch("json", WEB, &steps(9)).status, 422);
    assert_eq!(
        client.patch("json", WEB, &steps(2)).good()["spec"]["replicas"],
        4
    );
    let mut old = client.get(WEB).good();
    old["metadata"]["resourceVersion"] = "1".into();
    let (status, _, message) = client.put(WEB, &old).refusal();
    assert_eq!(status, 409);
    assert!(message.starts_with("Operation cannot be fulfilled on deployments.apps \"web\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_autoscaler_is_served_in_both_versions() {
    let (_cluster, client, _) = start().await;
    let first = json!({"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"},
        "spec": {"maxReplicas": 5, "targetCPUUtilizationPercentage": 50, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}});
    let path = |version: &str| {
        format!("/apis/autoscaling/{version}/namespaces/default/horizontalpodautoscalers/h")
    };
    client.apply(&path("v1"), ("kubectl", ""), &first).good();
    let second = client.get(&path("v2")).good();
    assert_eq!(
        second["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"],
        50
    );
    let back = client.get(&path("v1")).good();
    assert_eq!(back["spec"]["targetCPUUtilizationPercentage"], 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_comes_furnished_and_goes_with_all_that_is_in_it() {
    let (_cluster, client, _) = start().await;
    client
        .post(
            "/api/v1/namespaces",
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
        )
        .good();
    let account = "/api/v1/namespaces/shop/serviceaccounts/default";
    let map = client
        .get("/api/v1/namespaces/shop/configmaps/kube-root-ca.crt")
        .good();
    assert_eq!(
        map["metadata"]["managedFields"][0]["manager"],
        "kube-controller-manager"
    );
    assert_eq!(client.get(account).status, 200);
    client.delete("/api/v1/namespaces/shop").good();
    assert_eq!(client.get(account).status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_makes_what_is_not_there_of_some_kinds_only() {
    let (_cluster, client, _) = start().await;
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"}});
    let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/r";
    assert_eq!(client.put(path, &role).status, 201);
    assert_eq!(client.put(path, &role).status, 200);
    assert_eq!(client.put(WEB, &web()).status, 404);
    let plugin = json!({"apiVersion": "configuration.konghq.com/v1", "kind": "KongPlugin", "metadata": {"name": "p"}, "plugin": "cors"});
    let path = "/apis/configuration.konghq.com/v1/namespaces/default/kongplugins/p";
    client.apply(path, ("kubectl", ""), &plugin).good();
    let (status, _, message) = client.put(path, &plugin).refusal();
    assert_eq!(status, 422);
    assert!(
        message.ends_with(
            "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_of_its_type_is_refused_differently_by_each_verb() {
    let (_cluster, client, _) = start().await;
    client.apply(WEB, ("kubectl", ""), &web()).good();
    let patch = json!({"spec": {"replicas": "x"}});
    assert_eq!(client.patch("merge", WEB, &patch).status, 422);
    let mut manifest = web();
    manifest["spec"]["replicas"] = "x".into();
    assert_eq!(client.put(WEB, &manifest).status, 400);
    let (status, _, message) = client.apply(WEB, ("kubectl", ""), &manifest).refusal();
    assert_eq!(status, 500);
    assert!(message.ends_with(".spec.replicas: expected numeric (int or float), got string"));
    manifest["spec"]["replicas"] = 1.into();
    *manifest
        .pointer_mut("/spec/template/spec/containers/0/resources/limits/cpu")
        .unwrap() = "lots".into();
    let (status, _, message) = client.apply(WEB, ("kubectl", ""), &manifest).refusal();
    assert_eq!(status, 500);
    assert!(message.contains("quantities must match the regular expression"));
    let content = ("application/vnd.kubernetes.protobuf", "k8s");
    assert_eq!(
        client
            .send("POST", "/api/v1/namespaces", content)
            .unwrap()
            .status,
        415
    );
    let invalid = |change: &dyn Fn(&mut Value)| {
        let mut manifest = web();
        change(&mut manifest);
        client
            .apply(WEB, ("kubectl", "&force=true"), &manifest)
            .refusal()
            .2
    };
    let message =
        invalid(&|it| it["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"}));
    assert!(
        message.contains("`selector` does not match template `labels`"),
        "{message}"
    );
    let message = invalid(&|it| {
        it["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
            json!([{"name": "v", "mountPath": "/v"}]);
    });
    assert!(
        message.ends_with("volumeMounts[0].name: Not found: \"v\""),
        "{message}"
    );
}
