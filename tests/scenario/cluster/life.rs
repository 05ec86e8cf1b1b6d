//! What becomes of the findings of a cluster from scan to scan.

use serde_json::json;

use super::*;

/// The status of every finding of the ledger, closed ones too.
fn statuses(world: &World) -> Vec<String> {
    world
        .workshop
        .findings(true)
        .iter()
        .map(|it| text(&it["status"]))
        .collect()
}

#[test]
fn what_was_put_straight_is_resolved_and_comes_back_as_the_same() {
    let world = World::shop();
    world.scale_by_hand();
    let first = world.scan();
    world.edit(&web(), &json!({"spec": {"replicas": 2}}));
    assert_scan(&world.scan(), 0, &[], &[]);
    assert_eq!(statuses(&world), ["resolved"]);
    world.scale_by_hand();
    let again = world.scan();
    assert_scan(&again, 1, &[REPLICAS], &[]);
    let (first, again) = (&first.list("findings")[0], &again.list("findings")[0]);
    assert_eq!(first["id"], again["id"]);
    assert_eq!(
        (&again["status"], &again["occurrences"]),
        (&json!("reopened"), &json!(2))
    );
}

#[test]
fn what_git_adopts_is_resolved() {
    let world = World::shop();
    world.scale_by_hand();
    assert_scan(&world.scan(), 1, &[REPLICAS], &[]);
    let mut manifest = shop()[1].clone();
    manifest["spec"]["replicas"] = json!(5);
    world.write_all(&[manifest]);
    let scan = world.scan();
    assert_eq!(
        (scan.code, statuses(&world)),
        (0, vec!["resolved".to_owned()]),
        "{:#}",
        scan.report
    );
}

#[test]
fn a_target_that_left_the_config_closes_its_findings_as_unwatched() {
    let world = World::shop();
    world.scale_by_hand();
    assert_scan(&world.scan(), 1, &[REPLICAS], &[]);
    let mut other = target(&json!({"manifests": {"directory": "other"}, "namespaces": []}));
    other["name"] = json!("other");
    write(
        &world.workshop.path("other/namespace.json"),
        &shop()[0].to_string(),
    );
    // As long as it is there, nothing closes, whatever else is scanned.
    world
        .workshop
        .configure(&config(&[target(&json!({})), other.clone()]));
    assert_scan(&world.workshop.scan(&["other"]), 0, &[], &[]);
    assert_eq!(statuses(&world), ["open"]);
    world.workshop.configure(&config(&[other]));
    let scan = world.scan();
    assert_scan(&scan, 0, &[], &[]);
    assert_eq!(statuses(&world), ["unwatched"]);
}

#[test]
fn an_ignore_lists_what_it_hides_and_counts_as_none() {
    let world = World::shop();
    world.scale_by_hand();
    let mut config: Value = serde_json::from_str(&config(&[target(&json!({}))])).expect("JSON");
    config["ignore"] = json!([{"when": "difference.path == '/spec/replicas'", "reason": "a test of load",
        "owner": "shop", "expires": "2199-01-01"}]);
    world.workshop.configure(&config.to_string());
    let scan = world.scan();
    assert_scan(&scan, 0, &[], &[]);
    let ignored: Vec<String> = scan.list("ignored").iter().map(said).collect();
    assert_eq!(
        ignored,
        ["ignore[0] apps/v1/Deployment shop/web /spec/replicas"]
    );
}
