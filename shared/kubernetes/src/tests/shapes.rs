use domain::difference::DifferenceKind;
use domain::ports::Cluster as _;
use serde_json::{Value, json};

use super::wait;
use crate::find::find;
use crate::path::Path;
use crate::schema::{Document, ListKind, Node};
use crate::shape::{Extras, mismatches};
use crate::testing::Memory;

fn document(api_version: &str) -> Document {
    Document::new(wait(Memory::default().schema(api_version)).unwrap())
}

fn widget(spec: Value) -> Value {
    json!({"apiVersion": "example.org/v1", "kind": "Widget",
           "metadata": {"name": "w", "namespace": "shop"}, "spec": spec})
}

/// What of `desired` is not in `live`, as `PATH KIND`.
fn missing(desired: Value, live: Value) -> Vec<String> {
    let document = document("example.org/v1");
    let node = document.kind("example.org", "v1", "Widget");
    let (desired, live) = (widget(desired), widget(live));
    let how = ("example.org/v1/Widget", Extras::WithinValues);
    let places = mismatches(&desired, &live, node, how).places;
    for it in &places {
        // A path leads to what it is about, on the sides that have it.
        assert_eq!(find(&desired, &node, &it.path), it.expected, "{}", it.path);
        assert_eq!(find(&live, &node, &it.path), it.actual, "{}", it.path);
    }
    places
        .iter()
        .map(|it| format!("{} {}", it.path, it.kind))
        .collect()
}

#[test]
fn what_is_contained_by_meaning_needs_no_question() {
    for (desired, live) in [
        (json!({}), json!({"anything": 1, "tags": ["x"]})),
        (json!({"size": "1000m"}), json!({"size": 1})),
        (json!({"color": null}), json!({"color": "red"})),
        (
            json!({"tags": ["a", "b"]}),
            json!({"tags": ["c", "b", "a"]}),
        ),
        (
            json!({"parts": [{"id": 1}]}),
            json!({"parts": [{"id": 2, "side": "left"}, {"id": 1, "side": "left", "weight": 3}]}),
        ),
        (
            json!({"steps": [{"run": "a"}]}),
            json!({"steps": [{"run": "a", "retries": 3}]}),
        ),
        (
            json!({"tags": [], "parts": [], "steps": [], "note": null}),
            json!({}),
        ),
        (
            json!({"selector": {"matchLabels": {}}}),
            json!({"selector": {}}),
        ),
        (
            json!({"free": {"a": {"b": 1}}}),
            json!({"free": {"a": {"b": 1.0, "c": 2}, "d": 3}}),
        ),
    ] {
        assert_eq!(missing(desired.clone(), live), [""; 0], "{desired}");
    }
}

#[test]
fn one_difference_stands_at_the_deepest_node_that_differs() {
    for (desired, live, told) in [
        (
            json!({"color": "red"}),
            json!({"color": "blue"}),
            "/spec/color changed",
        ),
        (
            json!({"selector": {"matchLabels": {"a": "b"}}}),
            json!({}),
            "/spec/selector removed",
        ),
        // An empty struct may say something that its absence does not.
        (json!({"selector": {}}), json!({}), "/spec/selector removed"),
        (
            json!({"tags": ["a", "b"]}),
            json!({"tags": ["b"]}),
            "/spec/tags[=a] removed",
        ),
        (
            json!({"parts": [{"id": 1, "weight": 2}]}),
            json!({"parts": [{"id": 1, "side": "left", "weight": 3}]}),
            "/spec/parts[id=1,side=left]/weight changed",
        ),
        (
            json!({"parts": [{"id": 1, "side": "right"}]}),
            json!({"parts": [{"id": 1, "side": "left"}]}),
            "/spec/parts[id=1,side=right] removed",
        ),
        (
            json!({"steps": [{"run": "a"}, {"run": "b"}]}),
            json!({"steps": [{"run": "a"}, {"run": "c"}]}),
            "/spec/steps/1/run changed",
        ),
        (
            json!({"steps": [{"run": "a"}]}),
            json!({"steps": [{"run": "a"}, {"run": "b"}]}),
            "/spec/steps changed",
        ),
        (
            json!({"steps": [{"run": "a"}]}),
            json!({"steps": [{"run": "a", "retries": 4}]}),
            "/spec/steps/0/retries added",
        ),
        (
            json!({"free": {"list": [1, 2]}}),
            json!({"free": {"list": [1, 3]}}),
            "/spec/free/list/1 changed",
        ),
        (
            json!({"note": null}),
            json!({"note": "x"}),
            "/spec/note changed",
        ),
        (
            json!({"color": {"a": 1}}),
            json!({"color": "a"}),
            "/spec/color changed",
        ),
    ] {
        assert_eq!(missing(desired.clone(), live), [told], "{desired}");
    }
}

#[test]
fn items_that_cannot_be_told_apart_are_compared_by_place() {
    let twice = json!({"parts": [{"id": 1, "weight": 1}, {"id": 1, "weight": 2}]});
    assert_eq!(missing(twice.clone(), twice.clone()), [""; 0]);
    let other = json!({"parts": [{"id": 1, "weight": 1}, {"id": 1, "weight": 3}]});
    let document = document("example.org/v1");
    let node = document.kind("example.org", "v1", "Widget");
    let (twice, other) = (widget(twice), widget(other));
    let seen = mismatches(&twice, &other, node, ("", Extras::WithinValues));
    assert_eq!(seen.places[0].path.to_string(), "/spec/parts/1/weight");
}

#[test]
fn both_directions_count_where_everything_counts() {
    let (one, other) = (
        widget(json!({"tags": ["a"]})),
        widget(json!({"tags": ["b"], "color": "blue"})),
    );
    let document = document("example.org/v1");
    let node = document.kind("example.org", "v1", "Widget");
    let seen = mismatches(&one, &other, node, ("", Extras::Everywhere));
    let told: Vec<(String, DifferenceKind)> = seen
        .places
        .iter()
        .map(|it| (it.path.to_string(), it.kind))
        .collect();
    assert_eq!(
        told,
        [
            ("/spec/tags[=a]".to_owned(), DifferenceKind::Removed),
            ("/spec/tags[=b]".to_owned(), DifferenceKind::Added),
            ("/spec/color".to_owned(), DifferenceKind::Added),
        ]
    );
}

#[test]
fn order_says_something_only_for_init_containers() {
    let document = document("apps/v1");
    let node = document.kind("apps", "v1", "Deployment");
    let of = |field: &str, names: [&str; 2]| {
        let items: Vec<Value> = names
            .iter()
            .map(|it| json!({"name": it, "image": "x"}))
            .collect();
        json!({"spec": {"template": {"spec": {field: items}}}})
    };
    let told = |field| {
        let (one, other) = (of(field, ["a", "b"]), of(field, ["b", "a"]));
        let seen = mismatches(
            &one,
            &other,
            node,
            ("apps/v1/Deployment", Extras::WithinValues),
        );
        let paths: Vec<String> = seen.places.iter().map(|it| it.path.to_string()).collect();
        (paths, seen.same_meaning.get("list-order").copied())
    };
    assert_eq!(told("containers"), (vec![], Some(1)));
    assert_eq!(
        told("initContainers"),
        (vec!["/spec/template/spec/initContainers".to_owned()], None)
    );
    let metrics =
        |names: [&str; 2]| json!({"spec": {"metrics": [{"type": names[0]}, {"type": names[1]}]}});
    let (one, other) = (metrics(["a", "b"]), metrics(["b", "a"]));
    let how = (
        "autoscaling/v2/HorizontalPodAutoscaler",
        Extras::WithinValues,
    );
    let seen = mismatches(&one, &other, Node::UNKNOWN_OBJECT, how);
    assert_eq!(
        (seen.places.len(), seen.same_meaning.get("list-order")),
        (0, Some(&1))
    );
    let other = metrics(["a", "a"]);
    assert_ne!(
        mismatches(&one, &other, Node::UNKNOWN_OBJECT, how).places,
        []
    );
}

#[test]
fn documents_of_old_servers_know_keys_by_the_strategic_merge() {
    let document = Document::new(json!({"components": {"schemas": {"K": {
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "K"}],
        "properties": {
            "keyed": {"type": "array", "x-kubernetes-patch-strategy": "merge,retainKeys", "x-kubernetes-patch-merge-key": "name", "items": {}},
            "set": {"type": "array", "x-kubernetes-patch-strategy": "merge", "items": {"type": "string"}},
            "plain": {"type": "array", "items": {}}}}}}}));
    let node = document.kind("", "v1", "K");
    assert_eq!(node.child("keyed").list(), ListKind::Keyed(vec!["name"]));
    assert_eq!(node.child("set").list(), ListKind::Set);
    assert_eq!(node.child("plain").list(), ListKind::Atomic);
    assert!(!node.child("other").is_known());
    assert!(!document.kind("", "v2", "K").is_known());
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let document = Document::new(json!({"components": {"schemas": {
        "A": {"$ref": "#/components/schemas/B"}, "B": {"allOf": [{"$ref": "#/components/schemas/A"}]},
        "K": {"x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "K"}],
              "properties": {"a": {"$ref": "#/components/schemas/A"}}}}}}));
    let node = document.kind("", "v1", "K").child("a");
    assert_eq!(node.list(), ListKind::Atomic);
    assert!(!node.is_nullable());
}

#[test]
fn metadata_is_known_without_any_schema() {
    let object = json!({"metadata": {"finalizers": ["a", "b"], "labels": {"a": "b"}}});
    let path = Path::parse("/metadata/finalizers[=b]").unwrap();
    assert_eq!(
        find(&object, &Node::UNKNOWN_OBJECT, &path),
        Some(&json!("b"))
    );
    assert!(
        Node::UNKNOWN_OBJECT
            .child("metadata")
            .child("labels")
            .is_free_map()
    );
}
