//! What stands in the ledger after events, however they arrive.

use domain::ports::PortErrorKind;
use domain::testing::{Fault, Faults};
use registry::Scanner;
use serde_json::json;

use super::*;

fn at(hour: i8) -> Option<Timestamp> {
    Some(format!("2026-11-24T{hour:02}:00:00Z").parse().unwrap())
}

/// The body of a case, as another event at another time.
fn later(case: &str, id: &str, time: &str) -> String {
    let mut event: Value = serde_json::from_str(body(case)).unwrap();
    event["id"] = json!(id);
    event["time"] = json!(time);
    event.to_string()
}

#[test]
fn every_case_is_handled_and_a_second_delivery_changes_nothing() {
    for (case, body) in cases() {
        let world = World::new();
        let first = world.hear(body);
        assert!(
            matches!(first, Handled::Done | Handled::Drop(_)),
            "{case}: {first:?}"
        );
        let before = world.store.all_items();
        assert_eq!(before.is_empty(), first != Handled::Done, "{case}");
        assert_eq!(world.hear(body), first, "{case}");
        assert_eq!(world.store.all_items(), before, "{case}");
    }
}

#[test]
fn a_push_makes_the_image_known() {
    let world = World::new();
    world.hear_case("push");
    let image = world.image();
    assert_eq!(image.image.repository, "shop/product-service");
    assert_eq!(
        world.images()[0].key.pk,
        format!("IMG#shop/product-service#{}", image.image.digest)
    );
    assert!(image.media_type.is_some() && image.artifact_type.is_some() && !image.refers);
    let copy = world.copy();
    assert_eq!(copy.pushed_at, at(6));
    assert_eq!(copy.tags["1.4.2"].what, TagMark::Pushed);
    assert_eq!(
        copy.state,
        State {
            name: StateName::Present,
            since: at(6)
        }
    );
}

#[test]
fn an_event_is_remembered_by_its_id_for_fifteen_days_with_its_facts() {
    let world = World::new();
    world.hear_case("scan-frequency");
    let items = world.store.all_items();
    assert_eq!(items.len(), 1);
    assert!(items[0].key.pk.starts_with("IDEM#ecr#"));
    assert_eq!(
        items[0].expires,
        Some("2026-12-09T12:00:00Z".parse().unwrap())
    );
    assert_eq!(items[0].body["kind"], "ECR Scan Resource Change");
    assert_eq!(
        items[0].body["scanFrequency"]["repositories"]["shop/product-service"],
        "SCAN_ON_PUSH"
    );
}

#[test]
fn the_newest_of_archive_restore_and_deletion_stands_in_whatever_order_they_arrive() {
    let cases = [
        "push",
        "archive",
        "restore",
        "scan-basic",
        "scan-basic-clean",
        "inspector-scan",
    ];
    let whole = World::new();
    cases.iter().for_each(|case| whole.hear_case(case));
    assert_eq!(
        whole.copy().state,
        State {
            name: StateName::Present,
            since: at(9)
        }
    );
    assert!(whole.copy().scans[&Scanner::Basic].what.counts.is_empty());
    for order in permutations(cases.len()) {
        let world = World::new();
        for index in &order {
            world.hear_case(cases[*index]);
            world.hear_case(cases[*index]);
        }
        assert_eq!(world.bodies(), whole.bodies(), "{order:?}");
    }
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(n - 1).into_iter();
    shorter
        .flat_map(|it| {
            (0..n).map(move |place| {
                let mut longer = it.clone();
                longer.insert(place, n - 1);
                longer
            })
        })
        .collect()
}

#[test]
fn an_older_event_never_overwrites_a_newer_one() {
    let world = World::new();
    world.hear_case("archive");
    world.hear_case("push");
    assert_eq!(world.copy().state.name, StateName::Archived);
    world.hear_case("delete");
    // Deleted at seven, archived at eight: the tag is gone, and with the last of them the image.
    assert_eq!(
        world.copy().state,
        State {
            name: StateName::Deleted,
            since: at(7)
        }
    );
    assert_eq!(
        world.hear(&later("push", "again", "2026-11-24T06:30:00Z")),
        Handled::Done
    );
    assert_eq!(world.copy().state.name, StateName::Deleted);
    assert_eq!(
        world.hear(&later("push", "anew", "2026-11-24T10:00:00Z")),
        Handled::Done
    );
    assert_eq!(
        world.copy().state,
        State {
            name: StateName::Present,
            since: at(10)
        }
    );
    assert_eq!(world.copy().pushed_at, at(6));
}

#[test]
fn a_deleted_tag_takes_the_image_only_with_its_last_tag() {
    let world = World::new();
    world.hear_case("push");
    let mut other: Value = serde_json::from_str(body("push")).unwrap();
    other["id"] = json!("other");
    other["detail"]["image-tag"] = json!("stable");
    assert_eq!(world.hear(&other.to_string()), Handled::Done);
    world.hear_case("delete");
    assert_eq!(world.copy().state.name, StateName::Present);
    assert_eq!(world.copy().tags["1.4.2"].what, TagMark::Deleted);
    world.hear_case("delete-untagged");
    assert_eq!(world.copy().state.name, StateName::Deleted);
}

#[test]
fn a_copy_in_another_region_lives_its_own_life() {
    let world = World::new();
    world.hear_case("push");
    world.hear_case("replication");
    world.hear_case("delete-untagged");
    let copies = world.image().copies;
    assert_eq!(
        copies["111122223333/eu-central-1"].state.name,
        StateName::Deleted
    );
    let replica = &copies["111122223333/eu-west-1"];
    assert_eq!(replica.state.name, StateName::Present);
    assert!(replica.origin.is_some());
}

#[test]
fn a_scan_that_arrives_late_does_not_hide_a_newer_one() {
    let world = World::new();
    world.hear_case("scan-basic-clean");
    world.hear_case("scan-basic");
    let scan = &world.copy().scans[&Scanner::Basic];
    assert!(scan.what.counts.is_empty(), "{scan:?}");
    assert_eq!(world.copy().pushed_at, None);
}

#[test]
fn of_two_events_in_one_second_the_same_one_stands_in_both_orders() {
    let found = later("scan-basic", "a", "2026-11-24T06:05:00Z");
    let clean = later("scan-basic-clean", "b", "2026-11-24T06:05:00Z");
    let one = World::new();
    let other = World::new();
    for body in [&found, &clean] {
        one.hear(body);
    }
    for body in [&clean, &found] {
        other.hear(body);
    }
    assert_eq!(one.bodies(), other.bodies());
}

#[test]
fn a_vulnerability_is_one_item_with_inspectors_newest_word() {
    for order in [["2024", "closed"], ["closed", "2024"]] {
        let world = World::new();
        for case in order {
            world.hear_case(&format!("inspector-finding-{case}"));
        }
        let images = world.images();
        assert_eq!(images.len(), 1);
        assert!(images[0].key.sk.starts_with("VULN#arn:aws:inspector2:"));
        assert_eq!(images[0].body["what"]["status"], "CLOSED");
        world.hear_case("inspector-finding-2021");
        assert_eq!(world.images().len(), 2);
    }
}

#[test]
fn more_tags_than_fit_leave_the_newest() {
    let world = World::new();
    for number in 0..130 {
        let mut event: Value = serde_json::from_str(body("push")).unwrap();
        event["id"] = json!(format!("{number:03}"));
        event["detail"]["image-tag"] = json!(format!("build-{number}"));
        event["time"] = json!(format!(
            "2026-11-24T06:{:02}:{:02}Z",
            number / 60,
            number % 60
        ));
        assert_eq!(world.hear(&event.to_string()), Handled::Done);
    }
    let tags = world.copy().tags;
    assert_eq!(tags.len(), 100);
    assert!(tags.contains_key("build-129") && tags.contains_key("build-30"));
    assert!(!tags.contains_key("build-29"));
}

#[test]
fn an_event_without_a_date_is_taken_as_of_its_arrival() {
    let world = World::new();
    let never = later("push", "never", "2023-02-29T02:36:48Z");
    assert_eq!(world.hear(&never), Handled::Done);
    assert_eq!(world.copy().pushed_at, at(12));
}

#[test]
fn whatever_call_fails_the_next_delivery_ends_in_the_same_state() {
    let whole = World::new();
    whole.hear_case("push");
    for fault in Fault::ALL {
        for call in 0.. {
            let faults = Arc::new(Faults::default());
            let store = Arc::new(MemoryStore::with(faults.clone()));
            let world = World {
                deps: Deps {
                    store: store.clone(),
                    clock: whole.deps.clock.clone(),
                },
                store,
            };
            faults.fail_at(call, fault);
            let first = world.hear(body("push"));
            if faults.calls() <= call {
                assert!(call >= 3, "{call} calls");
                break;
            }
            assert!(matches!(first, Handled::Retry(_)), "{first:?}");
            faults.end();
            world.hear_case("push");
            assert_eq!(
                world.store.all_items(),
                whole.store.all_items(),
                "{fault:?} {call}"
            );
        }
    }
}

#[test]
fn a_conflict_is_decided_anew_and_given_back_to_the_queue_at_last() {
    struct Busy(MemoryStore, std::sync::atomic::AtomicUsize);
    #[async_trait::async_trait]
    impl Items for Busy {
        async fn get(&self, key: &Key) -> Result<Option<Item>, PortError> {
            self.0.get(key).await
        }
        async fn query(
            &self,
            pk: &str,
            range: &domain::ports::Range,
            limit: usize,
        ) -> Result<Vec<Item>, PortError> {
            self.0.query(pk, range, limit).await
        }
        async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
            use std::sync::atomic::Ordering::Relaxed;
            if self.1.load(Relaxed) > 0 {
                self.1.fetch_sub(1, Relaxed);
                return Err(PortError::new(PortErrorKind::Conflict, "test", "busy"));
            }
            self.0.write(writes).await
        }
    }
    let clock = World::new().deps.clock;
    for (conflicts, retries) in [(3, false), (100, true)] {
        let store = Arc::new(Busy(MemoryStore::new(), conflicts.into()));
        let deps = Deps {
            store,
            clock: clock.clone(),
        };
        let handled = block_on(handle(&deps, body("push")));
        assert_eq!(matches!(handled, Handled::Retry(_)), retries, "{handled:?}");
    }
}
