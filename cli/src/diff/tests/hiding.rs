//! No secret is shown, and a change of one shows.

use domain::conceal::HashKey;
use kubernetes::Path;
use serde_json::{Value, json};

use crate::diff::hide::Hiding;

fn hidden(kind: &str, object: &Value, (hidden, shown): (&[&str], &[&str])) -> Value {
    let paths =
        |texts: &[&str]| -> Vec<Path> { texts.iter().map(|it| Path::parse(it).unwrap()).collect() };
    Hiding {
        kind,
        key: &HashKey::new([7; 32]),
        hidden: &paths(hidden),
        shown: &paths(shown),
    }
    .apply(object)
}

fn is_mask(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|it| it.starts_with("(hidden v1:") && it.len() == 24)
}

fn deployment(token: &str) -> Value {
    json!({"kind": "Deployment", "spec": {"replicas": 2, "template": {"spec": {"containers": [{
        "name": "web", "image": "nginx:1.27", "args": ["--listen=80", "--token", token],
        "env": [{"name": "MODE", "value": "fast"}],
    }]}}}})
}

#[test]
fn the_values_of_a_secret_are_hidden_and_a_change_shows() {
    let secret = |value: &str| json!({"kind": "Secret", "metadata": {"name": "db"}, "data": {"a": value, "b": "c2FtZQ=="}});
    let (one, other) = (secret("b25l"), secret("dHdv"));
    let of = |it: &Value| hidden("v1/Secret", it, (&[], &[]));
    let (one, other) = (of(&one), of(&other));
    assert_eq!(one["metadata"]["name"], "db");
    assert!(
        is_mask(&one["data"]["a"]) && is_mask(&one["data"]["b"]),
        "{one}"
    );
    assert_ne!(one["data"]["a"], other["data"]["a"]);
    assert_eq!(one["data"]["b"], other["data"]["b"]);
}

#[test]
fn what_did_not_change_is_hidden_as_well_and_the_rest_is_shown() {
    let shown = hidden(
        "apps/v1/Deployment",
        &deployment("abcdefgh12345678"),
        (&[], &[]),
    );
    let container = &shown["spec"]["template"]["spec"]["containers"][0];
    assert!(is_mask(&container["args"][2]), "{container}");
    assert!(is_mask(&container["env"][0]["value"]), "{container}");
    assert_eq!(
        (&container["env"][0]["name"], &container["args"][1]),
        (&json!("MODE"), &json!("--token"))
    );
    assert_eq!(
        (&container["image"], &shown["spec"]["replicas"]),
        (&json!("nginx:1.27"), &json!(2))
    );
}

#[test]
fn what_was_judged_sensitive_is_hidden_whatever_it_looks_like() {
    let object = json!({"spec": {"colour": "blue", "size": {"x": 1}}});
    let shown = hidden("x/v1/Y", &object, (&["/spec/colour", "/spec/size"], &[]));
    assert!(
        is_mask(&shown["spec"]["colour"]) && is_mask(&shown["spec"]["size"]),
        "{shown}"
    );
}

#[test]
fn what_the_configuration_shows_is_shown_and_nothing_beside_it() {
    let path = "/spec/template/spec/containers[name=web]/env[name=MODE]/value";
    let shown = hidden(
        "apps/v1/Deployment",
        &deployment("abcdefgh12345678"),
        (&[], &[path]),
    );
    let container = &shown["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["env"][0]["value"], "fast");
    assert!(is_mask(&container["args"][2]));
}
