//! Connections that break, servers that restart, pages that expire.

use std::time::{Duration, Instant};

use sandbox_cluster::{Effect, Fault};
use serde_json::json;

use super::*;

#[test]
fn a_server_that_restarts_in_the_middle_is_asked_again() {
    let world = World::shop();
    world.scale_by_hand();
    let slow = Effect::Delay(Duration::from_secs(2));
    world
        .cluster
        .faults()
        .add(Fault::on("list:*", slow).times(3));
    thread::scope(|scope| {
        scope.spawn(|| {
            let began = Instant::now();
            // What is answered first are the questions before the lists, which then hang.
            while world.cluster.count("get:/openapi") == 0
                && began.elapsed() < Duration::from_secs(20)
            {
                thread::sleep(Duration::from_millis(10));
            }
            thread::sleep(Duration::from_millis(300));
            world.cluster.restart();
        });
        let scan = world.scan();
        assert_scan(&scan, 1, &[REPLICAS], &[]);
        // Some were asked that were never answered.
        let (asked, answered) = (scan.count("requests"), world.cluster.count(""));
        assert!(asked > answered, "{asked} {answered}");
    });
}

#[test]
fn a_body_that_is_cut_is_asked_for_again_and_for_ever_it_is_unknown() {
    let world = World::shop();
    world.scale_by_hand();
    world
        .cluster
        .faults()
        .add(Fault::on("list:deployments", Effect::Cut).times(1));
    assert_scan(&world.scan(), 1, &[REPLICAS], &[]);
    world
        .cluster
        .faults()
        .add(Fault::on("list:configmaps", Effect::Cut));
    assert_scan(
        &world.scan(),
        2,
        &[REPLICAS],
        &[
            "unreachable v1/ConfigMap shop/* -",
            "unreachable v1/ConfigMap shop/settings -",
        ],
    );
}

/// More objects than are on a page.
fn many() -> Vec<Value> {
    (0..1100)
        .map(|at| {
            json!({"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": format!("part-{at:04}"), "namespace": "shop"}, "data": {"at": at.to_string()}})
        })
        .collect()
}

#[test]
fn a_list_whose_token_expired_is_read_again_and_complete() {
    let world = World::shop();
    let many = many();
    world.apply(&many);
    let text: Vec<String> = many.iter().map(Value::to_string).collect();
    world.write("many.yaml", &text.join("\n---\n"));
    for name in ["part-0003", "part-0700", "part-1099"] {
        world.edit(
            &namespaced("v1", "ConfigMap", name),
            &json!({"data": {"at": "bent"}}),
        );
    }
    let stray = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aaa", "namespace": "shop"}});
    world
        .cluster
        .create(&Hand::new("kubectl-create"), &stray)
        .expect("created");
    let finding =
        |name: &str| format!("configuration v1/ConfigMap shop/{name} modified /data/at:changed");
    let findings = ["part-0003", "part-0700", "part-1099"].map(finding);
    let mut findings: Vec<&str> = findings.iter().map(String::as_str).collect();
    // It is on the first page, which is read twice.
    findings.push("configuration v1/ConfigMap shop/aaa added");
    let expired = Fault::on("list:configmaps", Effect::Expire).later_pages();
    world.cluster.faults().add(expired.clone().times(1));
    let scan = world.scan();
    assert_scan(&scan, 1, &findings, &[]);
    assert_eq!(scan.count("resources"), 1106);
    assert_eq!(
        world.cluster.counts()[&("list:configmaps".to_owned(), 410)],
        1
    );
    // For ever, what was on the first page is known, and of the rest nothing is said.
    world.cluster.faults().add(expired);
    let scan = world.scan();
    assert_eq!(scan.code, 2);
    let unknown = scan.list("unknown");
    assert!(
        unknown.iter().all(|it| it["reason"] == "conflict"),
        "{:#}",
        unknown[0]
    );
    assert!(
        unknown.len() > 500 && unknown.len() < 1000,
        "{}",
        unknown.len()
    );
    assert_eq!(
        scan.count("resources"),
        1107,
        "{:#}",
        scan.report["summary"]
    );
    assert_eq!(world.workshop.findings(false).len(), 4);
}

#[test]
fn a_cluster_out_of_reach_is_one_unknown_and_what_was_open_stays_open() {
    let world = World::shop();
    world.scale_by_hand();
    assert_scan(&world.scan(), 1, &[REPLICAS], &[]);
    world.lose();
    let scan = world.scan();
    assert_scan(&scan, 2, &[], &["unreachable Cluster east -"]);
    assert_eq!(scan.count("unknown"), 1);
    assert_eq!(scan.count("resources"), 1);
    let unit = &scan.list("unknown")[0]["resource"];
    assert_eq!(
        unit,
        &json!({"type": "Cluster", "id": "east", "name": null, "namespace": null, "account": null, "region": null,
            "stack": null, "cluster": "east", "rule": null, "address": null})
    );
    let open = world.workshop.findings(false);
    assert_eq!((open.len(), &open[0]["status"]), (1, &json!("open")));
    world.enter("");
    assert_scan(&world.scan(), 1, &[REPLICAS], &[]);
}

#[test]
fn a_kubeconfig_that_is_missing_or_has_no_such_context_is_unknown() {
    let world = World::shop();
    fs::remove_file(world.workshop.path("kubeconfig")).expect("removed");
    let scan = world.scan();
    assert_eq!(
        (scan.code, scan.count("unknown")),
        (2, 1),
        "{:#}",
        scan.report
    );
    assert!(detail(&scan).contains("kubeconfig"), "{}", detail(&scan));
    fs::write(
        world.workshop.path("kubeconfig"),
        world.cluster.kubeconfig("west", ""),
    )
    .expect("written");
    let scan = world.scan();
    assert_eq!(
        (scan.code, scan.count("unknown")),
        (2, 1),
        "{:#}",
        scan.report
    );
    assert!(detail(&scan).contains("east"), "{}", detail(&scan));
}
