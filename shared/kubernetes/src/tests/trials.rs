use domain::ports::{Cluster as _, Kind, ObjectName, Refused};
use serde_json::{Value, json};

use super::{THEN, differences, is_in_sync, look_at, told, wait};
use crate::testing::Memory;
use crate::trial::Trial;

fn name(group: &str, kind: &str, name: &str) -> ObjectName {
    ObjectName {
        kind: Kind {
            group: group.to_owned(),
            version: "v1".to_owned(),
            name: kind.to_owned(),
            plural: "things".to_owned(),
            namespaced: false,
            verbs: Vec::new(),
            preferred: true,
        },
        namespace: None,
        name: name.to_owned(),
    }
}

#[test]
fn a_trial_has_a_name_of_its_own_and_its_result_the_real_one() {
    let real = name("", "ConfigMap", "web");
    let trial = Trial::of(
        &json!({"metadata": {"name": "web"}, "data": {"a": "web"}}),
        &real,
    );
    let new = trial.name.name.clone();
    assert_ne!(new, "web");
    assert!(
        new.len() < 50
            && new
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    );
    assert_eq!(trial.object["metadata"]["name"], json!(new));
    assert_eq!(trial.object["data"]["a"], "web");
    let result = json!({"metadata": {"name": new}, "spec": {"host": format!("{new}.example.org")}});
    assert_eq!(trial.restore(result)["spec"]["host"], "web.example.org");
    assert_eq!(Trial::of(&Value::Null, &real).name, trial.name);
    assert_ne!(
        Trial::of(&Value::Null, &name("", "ConfigMap", "other")).name,
        trial.name
    );
}

#[test]
fn a_definition_is_tried_under_another_plural() {
    let git = json!({"metadata": {"name": "widgets.example.org"},
                     "spec": {"group": "example.org", "names": {"plural": "widgets", "kind": "Widget"}}});
    let real = name(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "widgets.example.org",
    );
    let trial = Trial::of(&git, &real);
    let plural = trial.object["spec"]["names"]["plural"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(plural, "widgets");
    assert_eq!(trial.name.name, format!("{plural}.example.org"));
    let result = trial.restore(trial.object.clone());
    assert_eq!(result, git);
}

#[test]
fn what_the_real_service_holds_is_not_asked_for_twice() {
    let git = |address: &str| {
        json!({"metadata": {"name": "s"}, "spec": {
        "clusterIP": address, "clusterIPs": [address], "healthCheckNodePort": 3, "ports": [{"port": 80, "nodePort": 30080}]}})
    };
    let tried =
        |address| Trial::of(&git(address), &name("", "Service", "s")).object["spec"].clone();
    assert_eq!(tried("10.0.0.1"), json!({"ports": [{"port": 80}]}));
    assert_eq!(
        tried("None"),
        json!({"clusterIP": "None", "clusterIPs": ["None"], "ports": [{"port": 80}]})
    );
}

fn widget(spec: Value) -> Value {
    json!({"apiVersion": "example.org/v1", "kind": "Widget",
           "metadata": {"name": "w", "namespace": "shop"}, "spec": spec})
}

#[test]
fn a_refused_creation_leaves_fields_potential_and_entries_not() {
    let mut cluster = Memory::default();
    let git = widget(json!({"selector": {"matchLabels": {"a": "b"}}}));
    cluster.put(&git, ("kubectl", "Apply"), THEN);
    cluster.edit(&git, ("somebody", ""), |it| {
        it["spec"]["size"] = json!("1");
        it["spec"]["selector"]["matchLabels"]["c"] = json!("d");
    });
    let potential = |cluster: &Memory| -> Vec<(String, bool)> {
        let seen = look_at(cluster, std::slice::from_ref(&git));
        differences(&seen)
            .into_iter()
            .map(|it| (it.path.clone(), it.potential))
            .collect()
    };
    let both = |field| {
        vec![
            ("/spec/selector/matchLabels/c".to_owned(), false),
            ("/spec/size".to_owned(), field),
        ]
    };
    assert_eq!(potential(&cluster), both(false));
    cluster.refuse_creations(|_| {
        Some(Refused::ByServer {
            status: 403,
            reason: "Forbidden".to_owned(),
            message: String::new(),
        })
    });
    assert_eq!(potential(&cluster), both(true));
}

#[test]
fn what_a_refused_apply_leaves_unclear_a_creation_clears() {
    // A default within an atomic list, as the dry run would fill it in.
    let git = widget(json!({"steps": [{"run": "a"}], "color": "blue"}));
    let mut cluster = Memory::default();
    cluster.put(&git, ("kubectl", "Apply"), THEN);
    cluster.edit(&git, ("somebody", ""), |it| {
        it["spec"]["color"] = json!("green")
    });
    cluster.refuse_applies(|_| {
        Some(Refused::ByServer {
            status: 422,
            reason: "Invalid".to_owned(),
            message: String::new(),
        })
    });
    assert_eq!(
        told(&look_at(&cluster, std::slice::from_ref(&git))),
        ["/spec/color changed somebody"]
    );
}

#[test]
fn a_clean_object_is_not_asked_about() {
    let git = widget(json!({"color": "blue", "tags": ["a"]}));
    let cluster = Memory::default();
    cluster.put(&git, ("kubectl", "Apply"), THEN);
    assert!(is_in_sync(&look_at(&cluster, std::slice::from_ref(&git))));
    assert_eq!(cluster.dry_runs(), 0);
    let name = cluster.name_of(&git).unwrap();
    assert!(wait(cluster.get(&name)).unwrap().is_some());
}
