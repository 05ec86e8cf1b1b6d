//! What drift looks like, and what is none.

use sandbox_cluster::Way;
use serde_json::json;

use super::*;

#[test]
fn what_is_as_git_says_is_in_sync() {
    let world = World::shop();
    let scan = world.scan();
    assert_scan(&scan, 0, &[], &[]);
    assert_eq!(scan.count("resources"), 5, "{}", scan.report["summary"]);
    assert_eq!(scan.count("inSync"), 5);
    assert_eq!(scan.count("units"), 1);
    assert_eq!(scan.count("requests"), world.cluster.count(""));
    let table = world.workshop.run(&["scan"]);
    assert_eq!(table.code, 0, "{table:?}");
}

#[test]
fn every_way_of_applying_is_in_sync_and_shows_the_same_edit() {
    for way in [
        Way::ClientSide,
        Way::ArgoCd("shop".to_owned()),
        Way::ArgoCdServerSide("shop".to_owned()),
        Way::Helm("shop".to_owned()),
        Way::CreatedThenServerSide,
        Way::UntrackedThenServerSide,
    ] {
        let world = World::new();
        world.cluster.apply(&way, None, &shop()).expect("applied");
        world.write_all(&shop());
        let scan = world.scan();
        assert_eq!(
            (scan.code, scan.count("inSync")),
            (0, 5),
            "{way:?}: {:#}",
            scan.report
        );
        world.scale_by_hand();
        let scan = world.scan();
        assert_scan(&scan, 1, &[REPLICAS], &[]);
        let attribution = &scan.list("findings")[0]["differences"][0]["attribution"];
        assert_eq!(attribution["who"], "kubectl-edit", "{way:?}");
    }
}

#[test]
fn one_replica_is_one_finding_with_its_author() {
    let world = World::shop();
    world.scale_by_hand();
    let scan = world.scan();
    assert_scan(&scan, 1, &[REPLICAS], &[]);
    let mut finding = scan.list("findings")[0].clone();
    for own in ["id", "firstSeen", "lastSeen"] {
        assert!(finding[own].is_string(), "{finding:#}");
        finding.as_object_mut().expect("a finding").remove(own);
    }
    assert_eq!(
        finding,
        json!({
            "layer": "kubernetes", "target": "shop", "change": "modified",
            "resource": {"type": "apps/v1/Deployment", "id": "shop/web", "name": "web", "namespace": "shop",
                "account": null, "region": null, "stack": null, "cluster": "east", "rule": null, "address": null},
            "severity": "medium", "cause": "manual-scaling", "status": "open", "attribution": null,
            "differences": [{"path": "/spec/replicas", "kind": "changed", "expected": 2, "actual": 5,
                "sensitive": false, "potential": false, "severity": "medium", "cause": "manual-scaling",
                "attribution": {"who": "kubectl-edit", "at": "2026-11-24T02:10:00Z", "how": "Update"}}],
            "occurrences": 1,
        })
    );
    let table = world.workshop.run(&["scan"]);
    assert_eq!(table.code, 1, "{table:?}");
    for word in ["shop/web", "/spec/replicas", "2", "5", "kubectl-edit"] {
        assert!(table.stdout.contains(word), "{word}: {}", table.stdout);
    }
}

/// The content of the ConfigMap and its label, both by hand.
fn bent() -> World {
    let world = World::shop();
    world.edit(
        &settings(),
        &json!({"data": {"mode": "slow", "extra": "new"}, "metadata": {"labels": {"team": "other"}}}),
    );
    world
}

const CONTENT: &str =
    "configuration v1/ConfigMap shop/settings modified /data/extra:added /data/mode:changed";
const LABEL: &str = "kubernetes v1/ConfigMap shop/settings modified /metadata/labels/team:changed";

#[test]
fn the_content_of_a_config_map_is_another_layer_than_its_labels_and_it_counts_once() {
    let scan = bent().scan();
    assert_scan_lists(&scan, 1, &[CONTENT, LABEL]);
    let causes: Vec<_> = scan
        .list("findings")
        .iter()
        .map(|it| {
            (
                text(&it["layer"]),
                text(&it["cause"]),
                text(&it["severity"]),
            )
        })
        .collect();
    assert!(causes.contains(&(
        "configuration".to_owned(),
        "configuration-change".to_owned(),
        "medium".to_owned()
    )));
    assert!(causes.contains(&(
        "kubernetes".to_owned(),
        "label-change".to_owned(),
        "low".to_owned()
    )));
}

/// As `assert_scan`, of one object that drifted in two layers.
#[track_caller]
fn assert_scan_lists(scan: &Scan, code: i32, findings: &[&str]) {
    assert_scan(scan, code, findings, &[]);
    assert_eq!(scan.count("resources"), 5, "{}", scan.report["summary"]);
    assert_eq!(scan.count("inSync"), 4, "{}", scan.report["summary"]);
}

#[test]
fn a_layer_shows_only_its_own_and_closes_nothing_of_the_other() {
    let world = bent();
    for (layer, finding) in [("configuration", CONTENT), ("kubernetes", LABEL)] {
        let scan = world.workshop.scan(&["--layer", layer]);
        assert_scan(&scan, 1, &[finding], &[]);
    }
    assert_eq!(world.workshop.findings(false).len(), 2);
    // A drift of the other layer alone.
    world.edit(
        &settings(),
        &json!({"data": {"mode": "fast", "extra": null}}),
    );
    let scan = world.workshop.scan(&["--layer", "configuration"]);
    assert_scan(&scan, 0, &[], &[]);
    assert_scan(&world.scan(), 1, &[LABEL], &[]);
}

#[test]
fn the_value_of_a_secret_is_never_shown() {
    let world = World::shop();
    world.edit(
        &access(),
        &json!({"stringData": {"login": "willow-by-hand"}}),
    );
    let scan = world.scan();
    let finding = "configuration v1/Secret shop/access modified /data/login:changed";
    assert_scan(&scan, 1, &[finding], &[]);
    let difference = &scan.list("findings")[0]["differences"][0];
    assert_eq!(difference["sensitive"], true);
    assert_ne!(difference["expected"], difference["actual"]);
    for side in ["expected", "actual"] {
        assert!(
            text(&difference[side]["hmac"]).starts_with("v1:"),
            "{difference}"
        );
    }
    let said = format!("{:?}", scan.ran);
    // As text, and in base64.
    for word in ["willow", "d2lsbG93"] {
        assert!(!said.contains(word), "{word}: {said}");
    }
    assert_eq!(
        scan.list("findings")[0]["severity"],
        "high",
        "{:#}",
        scan.report["findings"]
    );
    assert_eq!(scan.list("findings")[0]["cause"], "secret-change");
}

#[test]
fn an_object_that_git_does_not_know_is_added_and_one_that_is_gone_is_deleted() {
    let world = World::shop();
    let hand = Hand::new("kubectl-create").at(edited());
    let manual = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "manual", "namespace": "shop"}, "data": {"a": "b"}});
    world.cluster.create(&hand, &manual).expect("created");
    world
        .cluster
        .delete(&namespaced("v1", "Service", "web"))
        .expect("deleted");
    let scan = world.scan();
    assert_scan(
        &scan,
        1,
        &[
            "configuration v1/ConfigMap shop/manual added",
            "kubernetes v1/Service shop/web deleted",
        ],
        &[],
    );
    let added = scan
        .list("findings")
        .iter()
        .find(|it| it["change"] == "added");
    let attribution = &added.expect("added")["attribution"];
    assert_eq!(attribution["who"], "kubectl-create");
    assert_eq!(attribution["at"], "2026-11-24T02:10:00Z");
}
