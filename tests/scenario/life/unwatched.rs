//! What closes findings when nobody looks there any more, and what must not.

use plumbline_tests::{
    emulator::Emulator,
    proxy::{Fault, Proxy, Rule},
};
use serde_json::json;

use super::{account, done, events, set_timeout, stack_of, stacks, status, statuses, targets};
use crate::support::{Workshop, id, text};

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(name, status)| ((*name).to_owned(), (*status).to_owned()))
        .collect()
}

#[test]
fn a_deleted_stack_closes_its_findings_as_unwatched() {
    let (_emulator, aws, workshop) = account(&["Orders"]);
    aws.create_stack("bills", &stack_of(&["Bills"]));
    set_timeout(&aws, "Orders", 5);
    set_timeout(&aws, "Bills", 5);
    let scan = workshop.scan(&[]);
    let orders = id(scan
        .list("findings")
        .iter()
        .find(|it| status(it).0 == "Orders")
        .expect("its finding"));
    aws.delete_stack("orders");
    let scan = workshop.scan(&[]);
    assert_eq!(scan.code, 1, "{:#}", scan.report);
    assert!(
        scan.ran.stderr.contains("1 finding(s) closed as unwatched"),
        "{:?}",
        scan.ran
    );
    assert_eq!(
        statuses(&workshop),
        pairs(&[("Bills", "open"), ("Orders", "unwatched")])
    );
    assert_eq!(events(&workshop, &orders), ["opened", "unwatched"]);
    let scan = workshop.scan(&[]);
    assert!(
        !scan.ran.stderr.contains("unwatched"),
        "it is said once: {:?}",
        scan.ran
    );

    // The same stack made again and bent again is the same finding.
    aws.create_stack("orders", &stack_of(&["Orders"]));
    set_timeout(&aws, "Orders", 5);
    let scan = workshop.scan(&[]);
    let again = scan
        .list("findings")
        .iter()
        .find(|it| status(it).0 == "Orders")
        .expect("its finding");
    assert_eq!(
        (id(again), status(again).1),
        (orders, "reopened".to_owned())
    );
}

#[test]
fn the_last_stack_of_a_region_closes_its_findings_too() {
    let (_emulator, aws, workshop) = account(&["Orders"]);
    set_timeout(&aws, "Orders", 5);
    assert_eq!(workshop.scan(&[]).code, 1);
    aws.delete_stack("orders");
    // Nothing that is listed says which account this is, so it has to be asked.
    let scan = workshop.scan(&[]);
    assert_eq!(
        scan.code, 2,
        "the target matches nothing: {:#}",
        scan.report
    );
    assert_eq!(statuses(&workshop), pairs(&[("Orders", "unwatched")]));
}

#[test]
fn a_target_that_left_the_configuration_closes_its_findings_as_unwatched() {
    let (_emulator, aws, workshop) = account(&["Orders"]);
    aws.create_stack("bills", &stack_of(&["Bills"]));
    workshop.configure(&targets(&[
        ("a", stacks(&["orders"])),
        ("b", stacks(&["bills"])),
    ]));
    set_timeout(&aws, "Orders", 5);
    set_timeout(&aws, "Bills", 5);
    assert_eq!(workshop.scan(&[]).code, 1);
    workshop.configure(&targets(&[("a", stacks(&["orders"]))]));
    assert_eq!(workshop.scan(&[]).code, 1);
    assert_eq!(
        statuses(&workshop),
        pairs(&[("Bills", "unwatched"), ("Orders", "open")])
    );
    // A target of another name that watches the same stack keeps its finding.
    workshop.configure(&targets(&[("c", stacks(&["ord*"]))]));
    assert_eq!(workshop.scan(&[]).code, 1);
    assert_eq!(
        statuses(&workshop),
        pairs(&[("Bills", "unwatched"), ("Orders", "open")])
    );
}

#[test]
fn a_region_that_cannot_be_listed_closes_nothing() {
    let emulator = Emulator::start();
    let proxy = Proxy::start(&emulator.endpoint());
    let regions = ["eu-west-1", "us-east-1"];
    let workshop = Workshop::new(&proxy.endpoint());
    workshop.watch(&regions, &["*"]);
    let aws = regions.map(|region| emulator.aws().region(region));
    for aws in &aws {
        aws.create_stack("orders", &stack_of(&["Orders"]));
        // What keeps a region's account known once the bent stack is gone.
        aws.create_stack("bills", &stack_of(&["Bills"]));
        set_timeout(aws, "Orders", 5);
    }
    let scan = workshop.scan(&[]);
    assert_eq!(
        (scan.code, scan.list("findings").len()),
        (1, 2),
        "{:#}",
        scan.report
    );

    for aws in &aws {
        aws.delete_stack("orders");
    }
    // Whichever region asks first is denied; the other one is listed, and what is gone there is closed.
    proxy.set([Rule::new(Fault::AccessDenied).action("ListStacks").first(1)]);
    let scan = workshop.scan(&[]);
    assert_eq!(scan.code, 2, "{:#}", scan.report);
    let [unknown] = scan.list("unknown") else {
        panic!("one unknown expected: {:#}", scan.report)
    };
    assert_eq!(unknown["reason"], "denied");
    for finding in workshop.findings(true) {
        let denied = finding["resource"]["region"] == unknown["resource"]["region"];
        assert_eq!(
            finding["status"],
            if denied { "open" } else { "unwatched" },
            "{finding}"
        );
    }
    proxy.clear();
    workshop.scan(&[]);
    assert_eq!(
        statuses(&workshop),
        pairs(&[("Orders", "unwatched"), ("Orders", "unwatched")])
    );
}

#[test]
fn a_scan_of_one_target_leaves_the_findings_of_the_others() {
    let (_emulator, aws, workshop) = account(&["Orders"]);
    aws.create_stack("bills", &stack_of(&["Bills"]));
    workshop.configure(&targets(&[
        ("a", stacks(&["orders"])),
        ("b", stacks(&["bills"])),
    ]));
    for seconds in [5, super::STRAIGHT] {
        set_timeout(&aws, "Orders", seconds);
        set_timeout(&aws, "Bills", seconds);
        let scan = workshop.scan(if seconds == 5 { &[] } else { &["a"] });
        assert_eq!(scan.code, i32::from(seconds == 5), "{:#}", scan.report);
    }
    assert_eq!(
        statuses(&workshop),
        pairs(&[("Bills", "open"), ("Orders", "resolved")])
    );
    // The code judges what this scan saw: the open finding of b does not count.
    assert_eq!(workshop.scan(&["a"]).code, 0);
    assert_eq!(workshop.scan(&["a", "b"]).code, 0);
    assert_eq!(
        statuses(&workshop),
        pairs(&[("Bills", "resolved"), ("Orders", "resolved")])
    );
}

#[test]
fn the_same_drift_has_the_same_id_in_every_ledger() {
    let (emulator, aws, workshop) = account(&["Orders", "Bills"]);
    set_timeout(&aws, "Orders", 5);
    set_timeout(&aws, "Bills", 5);
    let here = workshop.scan(&[]);
    let other = Workshop::new(&emulator.endpoint());
    // Another target of another environment: configuration is no part of an identity.
    other.configure(&targets(&[("orders-of-mine", stacks(&["ord*"]))]));
    let there = other.scan(&[]);
    let ids = |list: &[serde_json::Value]| list.iter().map(id).collect::<Vec<_>>();
    assert_eq!(ids(here.list("findings")), ids(there.list("findings")));
    let none = other.scan(&["--ledger", "none"]);
    assert_eq!(ids(here.list("findings")), ids(none.list("findings")));
}

#[test]
fn a_target_of_a_layer_to_come_is_unknown_and_the_others_are_looked_at() {
    let (_emulator, aws, workshop) = account(&["Orders"]);
    let terraform = json!({"terraform": {"plan": "plan.json"}});
    workshop.configure(&targets(&[
        ("stacks", stacks(&["*"])),
        ("network", terraform),
    ]));
    set_timeout(&aws, "Orders", 5);
    let scan = workshop.scan(&[]);
    assert_eq!(scan.code, 2);
    assert_eq!(scan.list("findings").len(), 1, "{:#}", scan.report);
    let [unknown] = scan.list("unknown") else {
        panic!("one unknown expected: {:#}", scan.report)
    };
    let told = ["layer", "target", "reason", "detail"].map(|key| text(&unknown[key]));
    assert_eq!(
        told,
        [
            "terraform",
            "network",
            "failed",
            "comes with layer terraform"
        ]
    );
    // Not selected, it is no part of the scan.
    for arguments in [&["stacks"][..], &["--layer", "cloudformation"]] {
        assert_eq!(workshop.scan(arguments).code, 1, "{arguments:?}");
    }
    assert_eq!(workshop.scan(&["network"]).code, 2);
    done(&workshop, &["findings", "list"]);
}
