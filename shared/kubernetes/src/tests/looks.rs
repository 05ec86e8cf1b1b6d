use domain::layer::Layer;
use domain::look::{Reason, Verdict};
use serde_json::{Value, json};

use super::{THEN, config, deployment, is_in_sync, look_at, look_with, manifests, wait};
use crate::look::{Head, Options, Request, Seen, look};
use crate::testing::Memory;

fn many(count: usize) -> Vec<Value> {
    (0..count)
        .map(|at| {
            let mut it = config();
            it["metadata"]["name"] = json!(format!("c{at}"));
            it["metadata"]["namespace"] = json!(format!("ns{}", at % 4));
            it
        })
        .collect()
}

fn applied(cluster: &Memory, git: &[Value]) {
    for it in git {
        cluster.put(it, ("kubectl", "Apply"), THEN);
    }
}

fn reasons(seen: &[Seen]) -> Vec<(String, Reason)> {
    seen.iter()
        .filter_map(|it| match &it.observed.verdict {
            Verdict::Unknown(gap) => Some((it.observed.resource.id.clone(), gap.reason)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_config_map_is_two_entries_side_by_side_and_all_else_one() {
    let cluster = Memory::default();
    let git = [config(), deployment()];
    applied(&cluster, &git);
    cluster.edit(&config(), ("kubectl-edit", ""), |it| {
        it["data"]["a"] = json!("9")
    });
    let seen = look_at(&cluster, &git);
    let layers: Vec<(Layer, bool)> = seen
        .iter()
        .map(|it| {
            (
                it.observed.identity.layer(),
                matches!(it.observed.verdict, Verdict::InSync),
            )
        })
        .collect();
    assert_eq!(
        layers,
        [
            (Layer::Kubernetes, true),
            (Layer::Kubernetes, true),
            (Layer::Configuration, false)
        ]
    );
    assert_eq!(seen[1].observed.resource, seen[2].observed.resource);
    assert_eq!(seen[2].observed.resource.id, "shop/settings");
    assert_eq!(seen[2].observed.resource.cluster.as_deref(), Some("shop"));
}

#[test]
fn a_kind_is_listed_once_and_a_clean_object_costs_nothing_more() {
    let mut cluster = Memory::default();
    cluster.page = 100;
    let git = many(50);
    applied(&cluster, &git);
    assert!(is_in_sync(&look_at(&cluster, &git)));
    // What is served, the schema, the list.
    assert_eq!(domain::ports::Cluster::requests(&cluster), 3);
}

#[test]
fn what_is_not_there_is_deleted_on_its_own_layer() {
    let cluster = Memory::default();
    let git = many(5);
    applied(&cluster, &git[1..]);
    let seen = look_at(&cluster, &git);
    let deleted: Vec<_> = seen
        .iter()
        .filter(|it| matches!(it.observed.verdict, Verdict::Deleted))
        .collect();
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].observed.identity.layer(), Layer::Configuration);
    assert_eq!(deleted[0].observed.resource.id, "ns0/c0");
}

#[test]
fn a_list_whose_token_expires_begins_again_and_nothing_is_told_twice() {
    let cluster = Memory::default();
    let git = many(20);
    applied(&cluster, &git);
    cluster
        .expiring
        .store(3, std::sync::atomic::Ordering::Relaxed);
    let seen = look_at(&cluster, &git);
    assert!(is_in_sync(&seen));
    assert_eq!(seen.len(), 40);
    cluster
        .expiring
        .store(u64::MAX, std::sync::atomic::Ordering::Relaxed);
    let seen = look_at(&cluster, &git);
    assert!(
        reasons(&seen)
            .iter()
            .all(|(_, reason)| *reason == Reason::Conflict)
    );
    assert!(!reasons(&seen).is_empty());
}

#[test]
fn a_refused_list_is_asked_more_narrowly_down_to_single_objects() {
    let mut cluster = Memory::default();
    let git = many(8);
    applied(&cluster, &git);
    cluster.denied.insert("v1/ConfigMap".to_owned());
    assert!(is_in_sync(&look_at(&cluster, &git)));
    cluster.denied.insert("v1/ConfigMap ns1".to_owned());
    assert!(is_in_sync(&look_at(&cluster, &git)));
    cluster.denied.insert("get v1/ConfigMap".to_owned());
    let seen = look_at(&cluster, &git);
    let denied = |name: &str| (name.to_owned(), Reason::Denied);
    assert_eq!(reasons(&seen), [denied("ns1/c1"), denied("ns1/c5")]);
}

#[test]
fn a_namespace_whose_objects_cannot_be_listed_is_said_to_be_unknown() {
    let mut cluster = Memory::default();
    applied(&cluster, &[config()]);
    cluster.denied.insert("v1/Secret shop".to_owned());
    let options = Options {
        namespaces: vec!["shop".to_owned()],
        ..Options::default()
    };
    let seen = look_with(&cluster, &[config()], &options);
    assert_eq!(reasons(&seen), [("shop/*".to_owned(), Reason::Denied)]);
}

#[test]
fn a_kind_or_version_that_is_not_served_is_unknown_and_the_rest_is_looked_at() {
    let mut cluster = Memory::default();
    let widget = json!({"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "shop"}});
    let mut old = deployment();
    old["apiVersion"] = json!("extensions/v1beta1");
    applied(&cluster, &[config()]);
    cluster.unserve("example.org/v1/Widget");
    let seen = look_at(&cluster, &[config(), widget, old]);
    let unserved = |name: &str| (name.to_owned(), Reason::NoSuchKind);
    assert_eq!(reasons(&seen), [unserved("shop/w"), unserved("shop/web")]);
    assert_eq!(seen.len(), 4);
}

#[test]
fn namespaces_are_filled_in_and_cluster_scoped_objects_have_none() {
    let cluster = Memory::default();
    let mut map = config();
    map["metadata"].as_object_mut().unwrap().remove("namespace");
    let mut stored = map.clone();
    stored["metadata"]["namespace"] = json!("apps");
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                      "metadata": {"name": "r", "namespace": "ignored"}, "rules": []});
    applied(&cluster, &[stored, role.clone()]);
    let options = Options {
        default_namespace: "apps".to_owned(),
        ..Options::default()
    };
    let seen = look_with(&cluster, &[map, role], &options);
    assert!(is_in_sync(&seen));
    let ids: Vec<&str> = seen
        .iter()
        .map(|it| it.observed.resource.id.as_str())
        .collect();
    assert_eq!(ids, ["r", "apps/settings", "apps/settings"]);
}

#[test]
fn of_an_object_that_git_has_twice_the_later_counts() {
    let cluster = Memory::default();
    let mut first = config();
    first["data"]["a"] = json!("0");
    applied(&cluster, &[config()]);
    assert!(is_in_sync(&look_at(&cluster, &[first, config()])));
}

#[test]
fn what_differs_between_the_deployed_revision_and_head_is_pending_and_no_drift() {
    let cluster = Memory::default();
    applied(&cluster, &[config(), deployment()]);
    let (mut changed, mut new) = (config(), config());
    changed["data"]["a"] = json!("9");
    new["metadata"]["name"] = json!("new");
    let (deployed, head) = (
        manifests(&[config(), deployment()]),
        manifests(&[changed, new]),
    );
    let options = Options::default();
    let request = Request {
        cluster: "shop",
        manifests: &deployed,
        head: Some(Head {
            manifests: &head,
            detail: "def is ahead of abc",
        }),
        options: &options,
    };
    let seen = wait(look(&cluster, &request)).unwrap();
    assert!(is_in_sync(&seen));
    let pending: Vec<(&str, Option<&str>)> = seen
        .iter()
        .flat_map(|it| {
            it.observed
                .aside
                .pending
                .iter()
                .map(move |pending| (it.observed.resource.id.as_str(), pending.path.as_deref()))
        })
        .collect();
    assert_eq!(
        pending,
        [
            ("shop/web", None),
            ("shop/new", None),
            ("shop/settings", Some("/data/a"))
        ]
    );
}

#[test]
fn objects_in_motion_are_left_alone_only_where_the_motion_is_the_deployers() {
    let unseen = |it: &mut Value| {
        it["metadata"]["generation"] = json!(2);
        it["status"] = json!({"observedGeneration": 1});
    };
    let cluster = Memory::default();
    let mut git = deployment();
    applied(&cluster, std::slice::from_ref(&git));
    cluster.edit(&git, ("kubectl", ""), unseen);
    git["spec"]["replicas"] = json!(3);
    assert_eq!(
        reasons(&look_at(&cluster, &[git.clone()])),
        [("shop/web".to_owned(), Reason::InMotion)]
    );
    cluster.edit(&git, ("kubectl-edit", ""), |it| {
        it["spec"]["replicas"] = json!(9)
    });
    assert_eq!(reasons(&look_at(&cluster, &[git.clone()])), []);
    cluster.edit(&git, ("kubectl-edit", ""), |it| {
        it["metadata"]["deletionTimestamp"] = json!(THEN)
    });
    assert_eq!(
        reasons(&look_at(&cluster, &[git])),
        [("shop/web".to_owned(), Reason::InMotion)]
    );
}

#[test]
fn without_knowing_the_autoscalers_a_scale_is_only_potential() {
    let mut cluster = Memory::default();
    applied(&cluster, &[deployment()]);
    cluster.edit(&deployment(), ("kubectl", "scale"), |it| {
        it["spec"]["replicas"] = json!(9)
    });
    cluster
        .denied
        .insert("autoscaling/v2/HorizontalPodAutoscaler".to_owned());
    cluster
        .denied
        .insert("autoscaling/v2/HorizontalPodAutoscaler shop".to_owned());
    let seen = look_at(&cluster, &[deployment()]);
    assert!(super::differences(&seen)[0].potential);
    // Where the namespace's own may be listed, they are known.
    let one = "autoscaling/v2/HorizontalPodAutoscaler shop";
    cluster.denied.remove(one);
    let seen = look_at(&cluster, &[deployment()]);
    assert!(!super::differences(&seen)[0].potential);
}

#[test]
fn neither_debug_prints_nor_refusals_show_values() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"},
                        "data": {"a": "aHVudGVyMg=="}});
    let mut cluster = Memory::default();
    applied(&cluster, std::slice::from_ref(&secret));
    cluster.edit(&secret, ("kubectl-edit", ""), |it| {
        it["data"]["a"] = json!("c3dvcmRmaXNo")
    });
    cluster.refuse_applies(|_| {
        Some(domain::ports::Refused::ByServer {
            status: 422,
            reason: "Invalid".to_owned(),
            message: "aHVudGVyMg== is not allowed".to_owned(),
        })
    });
    let seen = look_at(&cluster, &[secret]);
    let printed = format!("{seen:?}");
    assert!(
        !printed.contains("aHVudGVyMg") && !printed.contains("c3dvcmRmaXNo"),
        "{printed}"
    );
}

#[test]
fn a_schema_that_does_not_come_leaves_its_objects_unknown_and_one_that_is_not_there_does_not() {
    let mut cluster = Memory::default();
    applied(&cluster, &[deployment(), config()]);
    cluster.denied.insert("late apps/v1".to_owned());
    let seen = look_at(&cluster, &[deployment(), config()]);
    assert_eq!(reasons(&seen), [("shop/web".to_owned(), Reason::Timeout)]);
    assert_eq!(seen.len(), 3);
    cluster.delete(&deployment());
    let seen = look_at(&cluster, &[deployment()]);
    assert!(matches!(seen[0].observed.verdict, Verdict::Deleted));
}
