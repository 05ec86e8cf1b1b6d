//! Marker secrets in every sensitive place of objects, drifted and not: none is in anything that is printed, kept or
//! logged.

use std::collections::BTreeSet;

use sandbox_cluster::{Admission, Effect, Fault, Rights};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::support::id;

/// The token in the kubeconfig.
const TOKEN: &str = "willow-of-the-kubeconfig";

/// `willow` in base64, as the value of a Secret begins.
const ENCODED: &str = "d2lsbG93";

/// A place: type, kind, the object without its name, and what is not there before somebody adds it. `@` is the secret.
type Place = (&'static str, &'static str, &'static str, &'static str);

const PLACES: &[Place] = &[
    (
        "v1",
        "Secret",
        r#"{"stringData": {"mode": "@", "other": "a"}}"#,
        "/stringData/mode",
    ),
    (
        "v1",
        "Secret",
        r#"{"stringData": {"settings.json": "{\"mode\": \"@\"}", "other": "a"}}"#,
        "/stringData/settings.json",
    ),
    (
        "v1",
        "ConfigMap",
        r#"{"data": {"DB_PASSWORD": "@", "other": "a"}}"#,
        "/data/DB_PASSWORD",
    ),
    (
        "v1",
        "ConfigMap",
        r#"{"data": {"api.key": "@", "other": "a"}}"#,
        "/data/api.key",
    ),
    (
        "v1",
        "ConfigMap",
        r#"{"data": {"app.properties": "mode=fast\ndb.password=@\n", "other": "a"}}"#,
        "/data/app.properties",
    ),
    (
        "v1",
        "ConfigMap",
        r#"{"data": {"app.yaml": "db:\n  user: app\n  password: @\n", "other": "a"}}"#,
        "/data/app.yaml",
    ),
    (
        "v1",
        "ConfigMap",
        r#"{"data": {"app.json": "{\"db\": {\"password\": \"@\"}}", "other": "a"}}"#,
        "/data/app.json",
    ),
    (
        "v1",
        "ConfigMap",
        r#"{"data": {"url": "postgres://app:@@db:5432/app", "other": "a"}}"#,
        "/data/url",
    ),
    (
        "v1",
        "ConfigMap",
        r#"{"data": {".env": "MODE=fast\nAPI_TOKEN=@\n", "other": "a"}}"#,
        "/data/.env",
    ),
    (
        "v1",
        "ConfigMap",
        r#"{"data": {"run.sh": "export PGPASSWORD='@'\npsql\n", "other": "a"}}"#,
        "/data/run.sh",
    ),
    (
        "v1",
        "ConfigMap",
        r#"{"data": {"key": "-----BEGIN RSA PRIVATE KEY-----\n@\n-----END RSA PRIVATE KEY-----", "other": "a"}}"#,
        "/data/key",
    ),
    (
        "v1",
        "ConfigMap",
        r#"{"metadata": {"annotations": {"example.com/api-token": "@", "example.com/other": "a"}}, "data": {"a": "b"}}"#,
        "/metadata/annotations/example.com~1api-token",
    ),
    (
        "v1",
        "ConfigMap",
        r#"{"metadata": {"annotations": {"example.com/hook": "https://bot:@@hooks.example.com/a", "example.com/other": "a"}}, "data": {"a": "b"}}"#,
        "/metadata/annotations/example.com~1hook",
    ),
    (
        "v1",
        "Service",
        r#"{"metadata": {"annotations": {"example.com/config": "{\"token\": \"@\"}", "example.com/other": "a"}}, "spec": {"ports": [{"port": 80}]}}"#,
        "/metadata/annotations/example.com~1config",
    ),
    (
        "apps/v1",
        "Deployment",
        r#"{"env": [{"name": "MODE", "value": "@"}, {"name": "OTHER", "value": "a"}]}"#,
        "/env/0",
    ),
    (
        "apps/v1",
        "Deployment",
        r#"{"env": [{"name": "MODE", "value": "@"}]}"#,
        "/env",
    ),
    (
        "apps/v1",
        "StatefulSet",
        r#"{"env": [{"name": "MODE", "value": "@"}]}"#,
        "/env",
    ),
    (
        "batch/v1",
        "CronJob",
        r#"{"env": [{"name": "MODE", "value": "@"}]}"#,
        "/env",
    ),
    (
        "apps/v1",
        "Deployment",
        r#"{"args": ["--mode=fast", "--password=@"]}"#,
        "/args",
    ),
    (
        "apps/v1",
        "Deployment",
        r#"{"args": ["serve", "--token", "@"]}"#,
        "/args",
    ),
    (
        "apps/v1",
        "Deployment",
        r#"{"command": ["sh", "-c", "PGPASSWORD=@ psql"]}"#,
        "/command",
    ),
    (
        "batch/v1",
        "CronJob",
        r#"{"args": ["curl", "-u", "admin:@", "https://example.com"]}"#,
        "/args",
    ),
    (
        "apps/v1",
        "Deployment",
        r#"{"livenessProbe": {"httpGet": {"path": "/", "port": 80, "httpHeaders": [{"name": "Authorization", "value": "Bearer @"}]}}}"#,
        "/livenessProbe/httpGet/httpHeaders",
    ),
    (
        "apps/v1",
        "Deployment",
        r#"{"lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "curl -H 'X-Api-Key: @' localhost"]}}}}"#,
        "/lifecycle",
    ),
    (
        "configuration.konghq.com/v1",
        "KongPlugin",
        r#"{"plugin": "oidc", "config": {"client_secret": "@", "other": "a"}}"#,
        "/config/client_secret",
    ),
    (
        "configuration.konghq.com/v1",
        "KongPlugin",
        r#"{"plugin": "proxy", "config": {"auth": {"password": "@"}, "other": "a"}}"#,
        "/config/auth",
    ),
    (
        "networking.k8s.io/v1",
        "Ingress",
        r#"{"metadata": {"annotations": {"nginx.ingress.kubernetes.io/configuration-snippet": "proxy_set_header Authorization \"Bearer @\";", "example.com/other": "a"}}, "spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}}"#,
        "/metadata/annotations/nginx.ingress.kubernetes.io~1configuration-snippet",
    ),
];

/// What somebody did to an object.
const DONE: [&str; 4] = ["changed", "added", "removed", "nothing"];

/// The objects as Git has them and as they are, and how many of them drifted.
struct Planted {
    git: Vec<Value>,
    live: Vec<Value>,
    markers: Vec<String>,
    drifted: usize,
}

/// A number that is nowhere else.
fn marker(markers: &mut Vec<String>) -> String {
    let marker = format!("willow{}", 3_141_592 + markers.len() * 1_009);
    markers.push(marker.clone());
    marker
}

fn planted() -> Planted {
    let mut planted = Planted {
        git: Vec::new(),
        live: Vec::new(),
        markers: Vec::new(),
        drifted: 0,
    };
    for (at, place) in PLACES.iter().enumerate() {
        for done in DONE {
            let name = format!("p{at}-{done}");
            let [one, other] =
                [(); 2].map(|()| filled(place, &name, &marker(&mut planted.markers)));
            let without = without(place, &name);
            let (git, live) = match done {
                "changed" => (one, other),
                "added" => (without, other),
                "removed" => (one, without),
                _ => (one.clone(), one),
            };
            planted.drifted += usize::from(git != live);
            planted.git.push(git);
            planted.live.push(live);
        }
    }
    planted
}

fn filled(place: &Place, name: &str, secret: &str) -> Value {
    // The second of two is the `@` of an address.
    let body = serde_json::from_str(&place.2.replacen('@', secret, 1)).expect(place.2);
    whole(place, name, body)
}

/// The same without what holds the secret.
fn without(place: &Place, name: &str) -> Value {
    let mut body: Value = serde_json::from_str(place.2).expect(place.2);
    let (parent, key) = place.3.rsplit_once('/').expect("a pointer");
    let key = key.replace("~1", "/");
    match body.pointer_mut(parent).expect(parent) {
        Value::Array(items) => {
            items.remove(key.parse().expect("an index"));
        }
        other => {
            other.as_object_mut().expect("an object").remove(&key);
        }
    }
    whole(place, name, body)
}

/// An object of what a place has of it: all of it, or the container of a workload.
fn whole((api_version, kind, ..): &Place, name: &str, body: Value) -> Value {
    let labels = json!({"app": name});
    let mut container = json!({"name": "app", "image": "registry.example.com/web:1"});
    let mut template = |body: &Value| {
        for (key, value) in body.as_object().expect("a body") {
            container[key] = value.clone();
        }
        json!({"metadata": {"labels": labels}, "spec": {"containers": [container]}})
    };
    let mut object = match *kind {
        "Deployment" => {
            json!({"spec": {"selector": {"matchLabels": labels}, "template": template(&body)}})
        }
        "StatefulSet" => {
            json!({"spec": {"serviceName": "a", "selector": {"matchLabels": labels}, "template": template(&body)}})
        }
        "CronJob" => {
            let mut template = template(&body);
            template["spec"]["restartPolicy"] = json!("Never");
            json!({"spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}}})
        }
        _ => body,
    };
    object["apiVersion"] = json!(api_version);
    object["kind"] = json!(kind);
    object["metadata"]["name"] = json!(name);
    object["metadata"]["namespace"] = json!("shop");
    object
}

#[track_caller]
fn assert_absent(markers: &[String], bytes: &[u8], place: &str) {
    assert!(!bytes.is_empty(), "{place} is empty: nothing was looked at");
    let text = String::from_utf8_lossy(bytes);
    let around = |marker: &String| {
        let at = text.find(marker.as_str())?;
        let from = text[..at]
            .char_indices()
            .rev()
            .nth(200)
            .map_or(0, |(it, _)| it);
        Some(text[from..].chars().take(400).collect::<String>())
    };
    let found: Vec<_> = markers.iter().filter_map(around).collect();
    assert!(
        found.is_empty(),
        "{} in {place}, the first:\n{}",
        found.len(),
        found[0]
    );
}

/// Everything that a person or a script can have of it, and what is kept of it.
#[track_caller]
fn assert_nothing_told(world: &World, markers: &[String], findings: &[Value]) {
    for format in ["table", "wide", "json", "yaml", "sarif", "markdown", "name"] {
        let ran = world.workshop.run(&["scan", "-o", format]);
        assert!(ran.stdout.len() > findings.len(), "{format}: {ran:?}");
        assert_absent(
            markers,
            format!("{ran:?}").as_bytes(),
            &format!("scan -o {format}"),
        );
    }
    let ids: Vec<String> = findings.iter().step_by(11).map(id).collect();
    let mut commands = vec![
        vec!["findings", "list", "-o", "wide"],
        vec!["findings", "list", "-o", "json"],
        vec!["report", "--html", "-"],
    ];
    for id in &ids {
        commands.push(vec!["findings", "show", id, "-o", "yaml"]);
        commands.push(vec!["explain", id]);
    }
    for command in commands {
        let ran = world.workshop.run(&command);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_absent(
            markers,
            format!("{ran:?}").as_bytes(),
            &format!("{command:?}"),
        );
    }
    assert_absent(
        markers,
        &world.workshop.written(),
        "the ledger and whatever else was left",
    );
}

/// A world whose manifests and kubeconfig lie outside of what the command writes.
fn apart(outside: &TempDir, manifests: &[Value]) -> World {
    let mut world = World::new();
    fs::remove_file(world.workshop.path("kubeconfig")).expect("removed");
    let path = |name: &str| outside.path().join(name);
    world
        .cluster
        .add_user(TOKEN, "scanner", Rights::dry_run_only());
    fs::write(path("kubeconfig"), world.cluster.kubeconfig(CLUSTER, TOKEN)).expect("written");
    for manifest in manifests {
        write(&path("k8s").join(file_of(manifest)), &manifest.to_string());
    }
    let text = |name: &str| path(name).to_str().expect("UTF-8").to_owned();
    world.watch(&target(&json!({
        "cluster": {"kubeconfig": {"path": text("kubeconfig"), "context": CLUSTER}},
        "manifests": {"directory": text("k8s")},
    })));
    world.workshop = world
        .workshop
        .with("RUST_LOG", "trace")
        .with("RUST_BACKTRACE", "1");
    world
}

#[test]
fn no_marker_of_any_place_is_in_anything_that_is_printed_or_kept() {
    for way in [Way::ServerSide("kubectl".to_owned()), Way::ClientSide] {
        let planted = planted();
        let outside = TempDir::new().expect("a directory");
        let world = apart(&outside, &planted.git);
        world.apply(&[shop()[0].clone()]);
        world
            .cluster
            .apply(&way, None, &planted.git)
            .expect("applied");
        let hand = Hand::new("kubectl-replace").at(edited());
        for (git, live) in planted.git.iter().zip(&planted.live) {
            if git != live {
                let mut live = live.clone();
                // Whoever edits leaves the annotation as it is.
                let now = world.cluster.object(&Object::of(git)).expect("it is there");
                live["metadata"]["resourceVersion"] = now["metadata"]["resourceVersion"].clone();
                let last = "kubectl.kubernetes.io/last-applied-configuration";
                if let Some(text) = now["metadata"]["annotations"].get(last) {
                    live["metadata"]["annotations"][last] = text.clone();
                }
                world.cluster.replace(&hand, &live).expect("replaced");
            }
        }
        let scan = world.workshop.scan(&[]);
        let findings = scan.list("findings");
        let drifted: BTreeSet<String> = findings
            .iter()
            .map(|it| text(&it["resource"]["name"]))
            .collect();
        let wanted: BTreeSet<String> = planted
            .git
            .iter()
            .zip(&planted.live)
            .filter(|(git, live)| git != live)
            .map(|(git, _)| text(&git["metadata"]["name"]))
            .collect();
        assert_eq!(
            (drifted, scan.list("unknown").len()),
            (wanted, 0),
            "{way:?} {:#}",
            scan.report["unknown"]
        );
        assert_eq!(findings.len(), planted.drifted);
        let mut markers = planted.markers;
        markers.extend([TOKEN.to_owned(), ENCODED.to_owned()]);
        assert_nothing_told(&world, &markers, findings);
        let shown: Vec<String> = findings.iter().filter(|it| !hides(it)).map(told).collect();
        assert!(shown.is_empty(), "{shown:#?}");
    }
}

/// Whether a finding hides what it is about.
fn hides(finding: &Value) -> bool {
    let mut differences = finding["differences"]
        .as_array()
        .expect("differences")
        .iter();
    differences.any(|it| it["sensitive"] == true)
}

#[test]
fn what_the_server_quotes_of_an_object_is_not_passed_on() {
    let outside = TempDir::new().expect("a directory");
    let mut git = shop();
    git[1]["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{"name": "MODE", "value": "willow-in-env"}]);
    let world = apart(&outside, &git);
    world.apply(&git);
    world.scale_by_hand();
    world.edit(
        &access(),
        &json!({"stringData": {"login": "willow-by-hand"}}),
    );
    world.edit(&settings(), &json!({"data": {"mode": "slow"}}));
    let refuse = |status: u16, reason: &str, message: &str| {
        Effect::Refuse(status, reason.to_owned(), message.to_owned())
    };
    let faults = world.cluster.faults();
    world.cluster.admit(Admission {
        refuse: vec![(
            "apps/v1/Deployment".to_owned(),
            "deploy --password=willow-of-the-webhook is refused".to_owned(),
        )],
        inject: None,
    });
    faults.add(Fault::on(
        "patch:secrets",
        refuse(418, "Odd", "cannot take \"willow-of-the-secret\" for data"),
    ));
    faults.add(Fault::on(
        "patch:configmaps",
        refuse(418, "Odd", "postgres://app:willow-of-the-url@db is no mode"),
    ));
    let scan = world.workshop.scan(&[]);
    assert_scan(
        &scan,
        2,
        &["kubernetes apps/v1/Deployment shop/web modified /spec/replicas:changed?"],
        &[
            "failed v1/ConfigMap shop/settings -",
            "failed v1/Secret shop/access -",
        ],
    );
    let markers = [TOKEN, ENCODED, "willow"].map(str::to_owned);
    assert_absent(&markers, format!("{:?}", scan.ran).as_bytes(), "the scan");
    assert_nothing_told(&world, &markers, scan.list("findings"));
}

#[test]
fn what_cannot_be_read_is_not_quoted() {
    let outside = TempDir::new().expect("a directory");
    let world = apart(&outside, &shop());
    world.apply(&shop());
    let broken = [
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  login: \"willow-one\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  login: willow-two: willow-three\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: b}\ndata: {login: *willow-four}\n",
        "kind: Secret\nstringData: {login: willow-five}\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: [willow-six]}\nstringData: {login: willow-seven}\n",
        "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"stringData\": {\"login\": \"willow-eight\", }",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: c}\nstringData:\n  login: willow-nine\n  login: willow-ten\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: d}\nstringData:\n  login: !odd willow-eleven\n",
    ];
    for (at, text) in broken.iter().enumerate() {
        write(&outside.path().join(format!("k8s/broken-{at}.yaml")), text);
    }
    // The same Secret twice with different content.
    let mut twice = shop()[4].clone();
    twice["data"]["login"] = json!("d2lsbG93LXR3ZWx2ZQ==");
    write(&outside.path().join("k8s/twice.yaml"), &twice.to_string());
    let scan = world.workshop.scan(&[]);
    assert_eq!(scan.code, 2);
    let refused = scan
        .list("unknown")
        .iter()
        .filter(|it| it["resource"]["type"] == "Manifest");
    assert_eq!(refused.count(), 7, "{:#}", scan.report["unknown"]);
    let markers = [TOKEN, ENCODED, "willow"].map(str::to_owned);
    assert_absent(&markers, format!("{:?}", scan.ran).as_bytes(), "the scan");
    assert_nothing_told(&world, &markers, scan.list("findings"));
}
