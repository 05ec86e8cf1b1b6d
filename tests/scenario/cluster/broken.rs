//! Manifests that are wrong: each says where, and the rest is compared.

use std::time::Duration;

use serde_json::json;

use super::*;

#[test]
fn a_broken_file_names_its_line_and_the_others_are_compared() {
    let world = World::shop();
    world.scale_by_hand();
    world.write(
        "broken.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a\n  b: c\n: :\n",
    );
    let scan = world.scan();
    let unknown = scan.list("unknown");
    assert_eq!((scan.code, unknown.len()), (2, 1), "{:#}", scan.report);
    let resource = &unknown[0]["resource"];
    assert_eq!(
        (&unknown[0]["reason"], &resource["type"]),
        (&json!("invalid"), &json!("Manifest"))
    );
    let id = text(&resource["id"]);
    let line = id
        .strip_prefix("k8s/broken.yaml:")
        .and_then(|it| it.split(' ').next());
    assert!(
        line.is_some_and(|it| it.parse::<u32>().is_ok_and(|it| it > 1)),
        "{id}"
    );
    assert_eq!(resource["cluster"], CLUSTER);
    assert_eq!(
        scan.list("findings").iter().map(told).collect::<Vec<_>>(),
        [REPLICAS]
    );
    // The report of a layer must not hide it: it may be about any object.
    for layer in ["configuration", "kubernetes"] {
        let scan = world.workshop.scan(&["--layer", layer]);
        assert_eq!(
            (scan.code, scan.list("unknown").len()),
            (2, 1),
            "{layer}: {:#}",
            scan.report
        );
    }
    let table = world.workshop.run(&["scan"]);
    assert_eq!(table.code, 2);
    assert!(table.stdout.contains("k8s/broken.yaml"), "{}", table.stdout);
}

#[test]
fn beside_what_cannot_be_read_nothing_counts_as_unknown_to_git_and_nothing_closes() {
    let world = World::shop();
    let hand = Hand::new("kubectl-create");
    let manual = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "manual", "namespace": "shop"}});
    world.cluster.create(&hand, &manual).expect("created");
    world.edit(&settings(), &json!({"data": {"mode": "slow"}}));
    let added = "configuration v1/ConfigMap shop/manual added";
    let mode = "configuration v1/ConfigMap shop/settings modified /data/mode:changed";
    assert_scan(&world.scan(), 1, &[added, mode], &[]);
    // The same file, broken: its object would look like one that Git does not know.
    let file = file_of(&shop()[3]);
    world.write(&file, "{\"apiVersion\": \"v1\",\n");
    let scan = world.scan();
    assert_eq!(scan.code, 2);
    assert_eq!(
        scan.list("findings").len(),
        0,
        "{:#}",
        scan.report["findings"]
    );
    assert_eq!(
        scan.list("unknown").len(),
        1,
        "{:#}",
        scan.report["unknown"]
    );
    assert_eq!(world.workshop.findings(false).len(), 2);
    world.write_all(&shop());
    assert_scan(&world.scan(), 1, &[added, mode], &[]);
}

#[test]
fn a_bomb_of_aliases_is_refused_at_once() {
    let world = World::shop();
    world.scale_by_hand();
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for at in 1..12 {
        let before = format!("*a{}, ", at - 1).repeat(9);
        bomb.push_str(&format!("a{at}: &a{at} [{before}]\n"));
    }
    world.write("bomb.yaml", &bomb);
    let scan = world.scan();
    assert_eq!(
        scan.list("findings").iter().map(told).collect::<Vec<_>>(),
        [REPLICAS]
    );
    assert_eq!(scan.code, 2);
    assert!(
        said(&scan.list("unknown")[0]).starts_with("invalid Manifest k8s/bomb.yaml:"),
        "{:#}",
        scan.report
    );
    assert!(detail(&scan).contains("too large"), "{}", detail(&scan));
    assert!(
        scan.ran.took < Duration::from_secs(20),
        "{:?}",
        scan.ran.took
    );
}

#[test]
fn a_config_map_of_20_mb_is_compared_as_far_as_it_goes() {
    let world = World::shop();
    world.scale_by_hand();
    let mut manifest = shop()[3].clone();
    let big = "x".repeat(20_000_000);
    manifest["data"]["big"] = json!(big);
    world.write_all(&[manifest.clone()]);
    let scan = world.scan();
    // The server takes no such object, and says so.
    assert_scan(
        &scan,
        2,
        &[REPLICAS],
        &["too-large v1/ConfigMap shop/settings -"],
    );
    assert!(scan.ran.stdout.len() < 100_000, "{}", scan.ran.stdout.len());
    // One that was never there is missing all the same.
    manifest["metadata"]["name"] = json!("large");
    world.write_all(&[manifest, shop()[3].clone()]);
    assert_scan(
        &world.scan(),
        1,
        &[REPLICAS, "configuration v1/ConfigMap shop/large deleted"],
        &[],
    );
}

#[test]
fn a_file_above_the_limit_is_invalid() {
    let world = World::shop();
    world.write("huge.yaml", &format!("# {}\n", "x".repeat(33 << 20)));
    let scan = world.scan();
    assert_scan(
        &scan,
        2,
        &[],
        &["invalid Manifest k8s/huge.yaml:1 (document 1) -"],
    );
    assert!(detail(&scan).contains("32 MiB"), "{}", detail(&scan));
}

#[test]
fn an_object_that_is_written_twice_is_not_compared_and_says_where() {
    let world = World::shop();
    world.scale_by_hand();
    let mut other = shop()[3].clone();
    other["data"]["mode"] = json!("other");
    world.write("twice.yaml", &other.to_string());
    // The same content twice is one object.
    world.write("again.yaml", &shop()[2].to_string());
    let scan = world.scan();
    assert_scan(
        &scan,
        2,
        &[REPLICAS],
        &["invalid Manifest k8s/twice.yaml:1 (document 1) -"],
    );
    let detail = detail(&scan);
    for word in ["ConfigMap shop/settings", "configmap-settings.json"] {
        assert!(detail.contains(word), "{detail}");
    }
}

#[test]
fn an_empty_directory_matched_nothing() {
    let world = World::new();
    let scan = world.scan();
    assert_scan(&scan, 2, &[], &["matched-nothing - - -"]);
    assert!(scan.list("unknown")[0]["resource"].is_null());
    assert_eq!(scan.count("resources"), 0);
    assert_eq!(scan.count("units"), 0, "{}", scan.report["summary"]);
}

#[test]
fn a_directory_that_is_not_there_is_unknown() {
    let world = World::new();
    world.watch(&target(&json!({"manifests": {"directory": "nowhere"}})));
    let scan = world.scan();
    assert_scan(&scan, 2, &[], &["not-found Cluster east -"]);
    assert!(detail(&scan).contains("nowhere"), "{}", detail(&scan));
}
