//! Whatever is planted is found at its place, and nothing else is, however the object was applied.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{THEN, WAYS, config, deployment, differences, is_in_sync, look_at, told};
use crate::testing::Memory;

/// Edits of a Deployment, each with the path at which it has to be found, and how.
const EDITS: [(&str, &str, &str); 14] = [
    ("/spec/replicas", "7", "changed"),
    ("/spec/paused", "true", "added"),
    ("/metadata/labels/app", "\"other\"", "changed"),
    ("/metadata/labels/extra", "\"1\"", "added"),
    ("/metadata/annotations/note", "\"1\"", "added"),
    ("/metadata/labels/app", "", "removed"),
    (
        "/spec/template/spec/terminationGracePeriodSeconds",
        "60",
        "added",
    ),
    (
        "/spec/template/spec/tolerations",
        "[{\"key\":\"a\"}]",
        "added",
    ),
    (
        "/spec/template/spec/containers[name=app]/image",
        "\"web:2\"",
        "changed",
    ),
    (
        "/spec/template/spec/containers[name=app]/args/1",
        "\"c\"",
        "changed",
    ),
    (
        "/spec/template/spec/containers[name=app]/env[name=A]/value",
        "\"2\"",
        "changed",
    ),
    (
        "/spec/template/spec/containers[name=app]/resources/requests/cpu",
        "\"2\"",
        "changed",
    ),
    (
        "/spec/template/spec/containers[name=app]/resources/limits",
        "{\"cpu\":\"4\"}",
        "added",
    ),
    (
        "/spec/template/spec/containers[name=log]/livenessProbe",
        "{\"periodSeconds\":10,\"failureThreshold\":9}",
        "added",
    ),
];

fn pointer(path: &str) -> String {
    path.replace("containers[name=app]", "containers/0")
        .replace("containers[name=log]", "containers/1")
        .replace("env[name=A]", "env/0")
}

fn plant(object: &mut Value, path: &str, value: &str) {
    let pointer = pointer(path);
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let mut here = object;
    for step in parent.split('/').skip(1) {
        here = match step.parse::<usize>() {
            Ok(index) => &mut here[index],
            Err(_) => &mut here[step],
        };
        if here.is_null() {
            *here = json!({});
        }
    }
    match (value, key.parse::<usize>()) {
        ("", _) => {
            here.as_object_mut().unwrap().remove(key);
        }
        (value, Ok(index)) => here[index] = serde_json::from_str(value).unwrap(),
        (value, Err(_)) => here[key] = serde_json::from_str(value).unwrap(),
    }
}

#[test]
fn every_planted_edit_is_found_at_its_path_however_it_was_applied() {
    for way in WAYS {
        for (path, value, kind) in EDITS {
            let cluster = Memory::default();
            cluster.put(&deployment(), way, THEN);
            assert!(is_in_sync(&look_at(&cluster, &[deployment()])), "{way:?}");
            cluster.edit(&deployment(), ("kubectl-edit", ""), |it| {
                plant(it, path, value)
            });
            let who = if kind == "removed" {
                "-"
            } else {
                "kubectl-edit"
            };
            let seen = look_at(&cluster, &[deployment()]);
            assert_eq!(told(&seen), [format!("{path} {kind} {who}")], "{way:?}");
            let found = differences(&seen)[0];
            assert!(!found.potential && found.cause.is_none(), "{way:?} {path}");
            assert_eq!(found.expected.is_none(), kind == "added", "{way:?} {path}");
            assert_eq!(found.actual.is_none(), kind == "removed", "{way:?} {path}");
        }
    }
}

#[test]
fn an_object_that_was_created_and_then_adopted_gives_the_same() {
    for (path, value, kind) in EDITS {
        let cluster = Memory::default();
        cluster.put(&deployment(), ("kubectl-create", "Update"), THEN);
        cluster.put(&deployment(), ("kubectl", "Apply"), THEN);
        assert!(is_in_sync(&look_at(&cluster, &[deployment()])));
        cluster.edit(&deployment(), ("kubectl-edit", ""), |it| {
            plant(it, path, value)
        });
        let who = if kind == "removed" {
            "-"
        } else {
            "kubectl-edit"
        };
        assert_eq!(
            told(&look_at(&cluster, &[deployment()])),
            [format!("{path} {kind} {who}")]
        );
    }
}

#[test]
fn null_where_it_is_a_value_is_told_once() {
    let git = json!({"apiVersion": "example.org/v1", "kind": "Widget",
                     "metadata": {"name": "w", "namespace": "shop"}, "spec": {"note": null}});
    for way in WAYS {
        let cluster = Memory::default();
        cluster.put(&git, way, THEN);
        assert!(is_in_sync(&look_at(&cluster, std::slice::from_ref(&git))));
        cluster.edit(&git, ("kubectl-edit", ""), |it| {
            it["spec"]["note"] = json!("x")
        });
        let seen = look_at(&cluster, std::slice::from_ref(&git));
        assert_eq!(told(&seen), ["/spec/note changed kubectl-edit"]);
        assert_eq!(differences(&seen)[0].expected, Some(Value::Null));
        assert_eq!(
            cluster.dry_runs(),
            1,
            "what Git says is no addition to ask about"
        );
    }
}

#[test]
fn content_is_found_under_its_key_even_where_git_has_none() {
    let mut git = config();
    git.as_object_mut().unwrap().remove("data");
    for way in WAYS {
        let cluster = Memory::default();
        cluster.put(&git, way, THEN);
        cluster.edit(&git, ("kubectl-edit", ""), |it| {
            it["data"] = json!({"x": "1", "y.z": "2"})
        });
        let seen = look_at(&cluster, std::slice::from_ref(&git));
        assert_eq!(
            told(&seen),
            ["/data/x added kubectl-edit", "/data/y.z added kubectl-edit"]
        );
    }
}

#[test]
fn all_content_gone_is_told_key_by_key() {
    let cluster = Memory::default();
    cluster.put(&config(), WAYS[0], THEN);
    cluster.edit(&config(), ("kubectl-edit", ""), |it| {
        it.as_object_mut().unwrap().remove("data");
    });
    assert_eq!(
        told(&look_at(&cluster, &[config()])),
        ["/data/a removed -", "/data/b removed -"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn several_edits_are_all_found_and_nothing_else(chosen in prop::collection::btree_set(0..EDITS.len(), 0..6), way in 0..WAYS.len()) {
        let cluster = Memory::default();
        cluster.put(&deployment(), WAYS[way], THEN);
        let mut paths = std::collections::BTreeMap::new();
        for edit in chosen {
            let (path, value, kind) = EDITS[edit];
            cluster.edit(&deployment(), ("kubectl-edit", ""), |it| plant(it, path, value));
            paths.insert(path, kind);
        }
        let seen = look_at(&cluster, &[deployment()]);
        let found: std::collections::BTreeMap<&str, &str> = differences(&seen)
            .into_iter()
            .map(|it| (it.path.as_str(), it.kind.as_str()))
            .collect();
        prop_assert_eq!(found, paths);
    }

    #[test]
    fn other_spellings_of_the_same_are_in_sync(cpu in 1_u32..100, memory in 1_u32..64, order in any::<bool>()) {
        let mut git = deployment();
        git["spec"]["template"]["spec"]["containers"][0]["resources"] =
            json!({"requests": {"cpu": format!("{cpu}000m"), "memory": format!("{memory}Gi")}});
        let mut live = git.clone();
        live["spec"]["template"]["spec"]["containers"][0]["resources"] =
            json!({"requests": {"cpu": cpu.to_string(), "memory": format!("{}Mi", memory * 1024)}});
        live["spec"]["template"]["spec"]["containers"][0]["env"][1] = json!({"name": "NONE"});
        if order {
            live["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().reverse();
        }
        live["metadata"]["annotations"] = json!({});
        let cluster = Memory::default();
        cluster.put(&live, WAYS[0], THEN);
        prop_assert!(is_in_sync(&look_at(&cluster, &[git])));
        prop_assert_eq!(cluster.dry_runs(), 0);
    }
}
