use std::collections::BTreeSet;

use domain::identity::Identity;
use domain::layer::Layer;
use domain::look::Verdict;
use serde_json::{Value, json};

use super::{THEN, config, look_with};
use crate::look::Options;
use crate::testing::Memory;

fn options() -> Options {
    Options {
        namespaces: vec!["shop".to_owned()],
        ..Options::default()
    }
}

fn object(kind: &str, name: &str) -> Value {
    let api_version = if kind == "Deployment" {
        "apps/v1"
    } else {
        "v1"
    };
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "shop", "labels": {"a": "b"}}})
}

/// Who made each object that Git does not know.
fn added(cluster: &Memory, options: &Options) -> Vec<String> {
    cluster.put(&config(), ("kubectl", "Apply"), THEN);
    look_with(cluster, &[config()], options)
        .iter()
        .filter_map(|it| match &it.observed.verdict {
            Verdict::Added(who) => {
                let who = who.as_ref().map_or("-", |it| it.who.as_str());
                Some(format!(
                    "{} {} {who}",
                    it.observed.resource.kind, it.observed.resource.id
                ))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn what_git_does_not_know_is_added_by_whoever_made_it() {
    let cluster = Memory::default();
    cluster.put(
        &object("ConfigMap", "stray"),
        ("kubectl-create", "Update"),
        THEN,
    );
    cluster.edit(&object("ConfigMap", "stray"), ("kubectl-edit", ""), |it| {
        it["data"] = json!({"a": "1"})
    });
    cluster.put(&object("Deployment", "tool"), ("helm", "Update"), THEN);
    assert_eq!(added(&cluster, &Options::default()), [""; 0]);
    assert_eq!(
        added(&cluster, &options()),
        [
            "apps/v1/Deployment shop/tool helm",
            "v1/ConfigMap shop/stray kubectl-create",
        ]
    );
}

#[test]
fn furniture_owned_and_dying_objects_and_those_of_other_gits_are_not() {
    let cluster = Memory::default();
    let put = |kind: &str, name: &str, edit: &dyn Fn(&mut Value)| {
        let mut it = object(kind, name);
        edit(&mut it);
        cluster.put(&it, ("somebody", "Update"), THEN);
        // What an apply does not write, an edit puts there.
        cluster.edit(&it, ("somebody", ""), |live| edit(live));
    };
    let nothing: &dyn Fn(&mut Value) = &|_| {};
    put("ConfigMap", "kube-root-ca.crt", nothing);
    put("ConfigMap", "istio-ca-root-cert", nothing);
    put("ConfigMap", "leader", &|it| {
        it["metadata"]["annotations"] = json!({"control-plane.alpha.kubernetes.io/leader": "{}"})
    });
    put("ServiceAccount", "default", nothing);
    put("Secret", "token", &|it| {
        it["type"] = json!("kubernetes.io/service-account-token")
    });
    put("Secret", "release", &|it| {
        it["type"] = json!("helm.sh/release.v1")
    });
    put("ConfigMap", "owned", &|it| {
        it["metadata"]["ownerReferences"] = json!([{"uid": "1"}])
    });
    put("ConfigMap", "dying", &|it| {
        it["metadata"]["deletionTimestamp"] = json!(THEN)
    });
    put(
        "ConfigMap",
        "theirs",
        &|it| {
            it["metadata"]["annotations"] =
                json!({"argocd.argoproj.io/tracking-id": "other:/ConfigMap:shop/theirs"})
        },
    );
    put("ConfigMap", "elsewhere", nothing);
    let claim = object("ConfigMap", "of-a-controller");
    cluster.put(&claim, ("kube-controller-manager", "Update"), THEN);
    let mut options = options();
    let id = Identity::object(
        Layer::Configuration,
        "shop",
        ("", "ConfigMap"),
        (Some("shop"), "elsewhere"),
    );
    options.elsewhere = BTreeSet::from([id]);
    assert_eq!(added(&cluster, &options), [""; 0]);
    put(
        "ConfigMap",
        "copied",
        &|it| {
            it["metadata"]["annotations"] =
                json!({"argocd.argoproj.io/tracking-id": "other:/ConfigMap:shop/theirs"})
        },
    );
    put("Secret", "opaque", nothing);
    assert_eq!(added(&cluster, &options).len(), 2);
}

#[test]
fn only_the_kinds_that_count_and_only_in_the_namespaces_that_count() {
    let cluster = Memory::default();
    cluster.put(&object("ConfigMap", "a"), ("x", "Update"), THEN);
    cluster.put(&object("Deployment", "b"), ("x", "Update"), THEN);
    let widget = json!({"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "c", "namespace": "shop", "labels": {"a": "b"}}});
    cluster.put(&widget, ("x", "Update"), THEN);
    let mut elsewhere = object("ConfigMap", "d");
    elsewhere["metadata"]["namespace"] = json!("other");
    cluster.put(&elsewhere, ("x", "Update"), THEN);
    let mut options = options();
    assert_eq!(added(&cluster, &options).len(), 2);
    for (kinds, names) in [
        (vec!["Widget"], vec!["example.org/v1/Widget shop/c x"]),
        (
            vec!["example.org/v1/Widget"],
            vec!["example.org/v1/Widget shop/c x"],
        ),
        (vec!["apps/Deployment"], vec!["apps/v1/Deployment shop/b x"]),
        (vec![], vec![]),
    ] {
        options.unmanaged_kinds = Some(kinds.into_iter().map(str::to_owned).collect());
        assert_eq!(added(&cluster, &options), names);
    }
}
