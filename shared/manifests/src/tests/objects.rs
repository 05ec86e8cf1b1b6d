use serde_json::json;

use super::*;

#[test]
fn an_object_needs_a_type_and_a_name_that_are_text() {
    for (text, why) in [
        ("kind: A\nmetadata: {name: a}", "no apiVersion"),
        ("apiVersion: v1\nmetadata: {name: a}", "no kind"),
        (
            "apiVersion: ''\nkind: A\nmetadata: {name: a}",
            "no apiVersion",
        ),
        (
            "apiVersion: 1\nkind: A\nmetadata: {name: a}",
            "apiVersion is no text",
        ),
        // A kind of that name exists nowhere, but YAML would make a flag of it.
        (
            "apiVersion: v1\nkind: Y\nmetadata: {name: a}",
            "kind is no text",
        ),
        ("apiVersion: v1\nkind: A", "no metadata"),
        ("apiVersion: v1\nkind: A\nmetadata: a", "no metadata"),
        ("apiVersion: v1\nkind: A\nmetadata: {}", "no metadata.name"),
        (
            "apiVersion: v1\nkind: A\nmetadata: {name: }",
            "no metadata.name",
        ),
        (
            "apiVersion: v1\nkind: A\nmetadata: {name: 12}",
            "metadata.name is no text",
        ),
        (
            "apiVersion: v1\nkind: A\nmetadata: {name: 192e3}",
            "metadata.name is no text",
        ),
        (
            "apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: on}",
            "metadata.namespace is no text",
        ),
        (
            "apiVersion: v1\nkind: A\nmetadata: {generateName: a-}",
            "generateName",
        ),
        ("image: {tag: hunter2}", "neither apiVersion nor kind"),
        ("- hunter2", "is a list"),
        ("hunter2", "is a single value"),
        (
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component",
            "kustomize",
        ),
    ] {
        let read = one(text);
        let problems = problems(&read);
        assert!(read.objects.is_empty() && problems.len() == 1, "{text}");
        assert!(
            problems[0].starts_with("a.yaml:1 (document 1): ") && problems[0].contains(why),
            "{problems:?}"
        );
        assert!(!problems[0].contains("hunter2"));
    }
}

#[test]
fn an_empty_namespace_is_read_as_it_is_written() {
    let read = one("apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: }");
    assert_eq!(read.objects[0].object["metadata"]["namespace"], json!(null));
}

#[test]
fn lists_are_their_entries() {
    let read = one(
        "apiVersion: v1\nkind: List\nmetadata: {}\nitems:\n- apiVersion: v1\n  kind: A\n  metadata: {name: one}\n- apiVersion: v1\n  kind: List\n  items:\n  - {apiVersion: v1, kind: A, metadata: {name: two}}\n- 1\n- {kind: A, metadata: {name: x}}\n",
    );
    assert_eq!(names(&read), ["one", "two"]);
    let lines: Vec<_> = read.objects.iter().map(|it| it.place.line).collect();
    assert_eq!(lines, [5, 8]);
    let problems = problems(&read);
    assert!(
        problems[0].starts_with("a.yaml:12 ") && problems[0].contains("entry 3"),
        "{problems:?}"
    );
    assert!(
        problems[1].starts_with("a.yaml:13 ") && problems[1].contains("no apiVersion"),
        "{problems:?}"
    );
}

#[test]
fn entries_of_a_typed_list_have_its_type() {
    let read = one(
        "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: a}\n- {apiVersion: v1, kind: A, metadata: {name: b}}\n",
    );
    let types: Vec<_> = read
        .objects
        .iter()
        .map(|it| (it.object["apiVersion"].clone(), it.object["kind"].clone()))
        .collect();
    assert_eq!(
        types,
        [
            (json!("apps/v1"), json!("Deployment")),
            (json!("v1"), json!("A"))
        ]
    );
    // Entries of a List without a type of its own have none.
    assert_eq!(
        one("apiVersion: v1\nkind: List\nitems: [{metadata: {name: a}}]")
            .unreadable
            .len(),
        1
    );
}

#[test]
fn an_empty_list_is_nothing() {
    for items in ["", "[]", "~"] {
        let read = one(&format!(
            "apiVersion: v1\nkind: ConfigMapList\nitems: {items}\n"
        ));
        assert!(read.objects.is_empty() && read.unreadable.is_empty());
    }
    assert!(
        problems(&one("apiVersion: v1\nkind: List\nitems: {a: 1}"))[0].contains("items is no list")
    );
}

#[test]
fn plumblines_own_file_is_no_manifest_and_no_problem() {
    let read = one("apiVersion: plumbline/v1\nenvironment: production\n");
    assert!(read.objects.is_empty() && read.unreadable.is_empty());
}

#[test]
fn an_object_is_read_whole_and_as_kubectl_reads_it() {
    let read = one(
        "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: a\r\n  labels: {on: yes, sha: 7e3}\r\ndata:\r\n  a: |\r\n    x\r\n    y\r\n",
    );
    assert_eq!(
        read.objects[0].object,
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"true": true, "sha": 7000}}, "data": {"a": "x\ny\n"}})
    );
    assert!(!format!("{read:?}").contains("7000"));
}
