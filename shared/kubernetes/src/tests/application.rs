use serde_json::{Value, json};

use crate::application::{Application, Deployed};

fn read(status: Value) -> Deployed {
    Application::read(&json!({"status": status})).deployed
}

fn at(revisions: &[&str]) -> Deployed {
    Deployed::At(revisions.iter().map(|&it| it.to_owned()).collect())
}

#[test]
fn the_deployed_revision_is_that_of_the_last_whole_sync() {
    let history = json!([{"revision": "one"}, {"revision": "two"}]);
    let state = |phase: &str, operation: Value| {
        json!({"history": history, "sync": {"revision": "head"}, "operationState": {
            "phase": phase, "startedAt": "2026-11-24T06:00:00Z",
            "operation": operation, "syncResult": {"revision": "three"}}})
    };
    let whole = json!({"sync": {}});
    assert_eq!(read(state("Succeeded", whole.clone())), at(&["three"]));
    assert_eq!(read(state("Failed", whole.clone())), at(&["two"]));
    assert_eq!(
        read(state("Running", whole)),
        Deployed::InMotion("2026-11-24T06:00:00Z".to_owned())
    );
    let part = json!({"sync": {"resources": [{"kind": "Deployment"}]}});
    assert_eq!(read(state("Succeeded", part)), at(&["two"]));
    let dry = json!({"sync": {"dryRun": true}});
    assert_eq!(read(state("Succeeded", dry)), at(&["two"]));
    assert_eq!(read(json!({"sync": {"revision": "head"}})), Deployed::Never);
    assert_eq!(read(Value::Null), Deployed::Never);
}

#[test]
fn several_sources_have_a_revision_each() {
    let status = json!({"operationState": {"phase": "Succeeded", "syncResult": {"revision": "", "revisions": ["a", "1.2.0"]}}});
    assert_eq!(read(status), at(&["a", "1.2.0"]));
}

#[test]
fn sources_and_namespace_are_read() {
    let object = json!({"spec": {
        "destination": {"namespace": "shop"},
        "source": {"repoURL": "https://git.example/r", "path": "k8s", "targetRevision": "main"}}});
    let application = Application::read(&object);
    assert_eq!(application.namespace.as_deref(), Some("shop"));
    assert_eq!(application.sources[0].path, "k8s");
    let object = json!({"spec": {"sources": [{"repoURL": "a"}, {"repoURL": "b"}]}});
    assert_eq!(Application::read(&object).sources[1].repository, "b");
}
