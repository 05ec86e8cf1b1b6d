//! The end of looks.

use domain::handled::Handled;
use domain::ports::Items as _;
use domain::stack::{DetectionOutcome, DriftStatus, ResourceRow};
use domain::testing::block_on;
use domain::work::Work;
use domain::{baseline, nest};

use super::desk::{Desk, at, ended, unit};

#[test]
fn a_clean_stack_costs_two_calls() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A", "B"]);
    assert_eq!(desk.look_through(&id), Handled::Done);
    assert_eq!(
        desk.cloud.calls(),
        [
            format!("detect {}", id.as_str()),
            format!("resources {}", id.as_str())
        ]
    );
    assert_eq!((desk.generation(&id), desk.runs("clean")), (1, 1));
}

#[test]
fn what_drifted_before_anybody_watched_is_told_as_one_baseline() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A", "B"]);
    desk.cloud.bend(&id, "A", DriftStatus::Modified);
    desk.look_through(&id);
    assert_eq!(desk.findings(&id), ["A open"]);
    assert_eq!(desk.outbox(), ["BaselineTaken"]);
    // What bends after that is told one by one.
    desk.pass(3600);
    desk.cloud.bend(&id, "B", DriftStatus::Modified);
    desk.look_through(&id);
    assert_eq!(desk.outbox(), ["BaselineTaken", "FindingOpened"]);
}

#[test]
fn a_baseline_waits_for_the_targets_other_stacks_an_hour_at_most() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    let other = desk.stack("shop-2", &["A"]);
    let wait = baseline::wait_for("shops", &unit(&other)).unwrap();
    block_on(desk.store.write(&[wait])).unwrap();
    desk.look_through(&id);
    assert!(desk.outbox().is_empty());
    let told_at_last = desk.timers().into_iter().find(|it| {
        let work = Work::read(&serde_json::from_str(&it.body).unwrap());
        matches!(work, Some(Ok(Work::TellBaseline { .. })))
    });
    assert_eq!(told_at_last.unwrap().due_at, at(3600));
    desk.look_through(&other);
    assert_eq!(desk.outbox(), ["BaselineTaken"]);
}

#[test]
fn a_repeated_end_counts_nothing_twice() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    desk.cloud.bend(&id, "A", DriftStatus::Modified);
    desk.look(&id);
    let detection = desk.lease_detection(&id).unwrap();
    let event = ended(&id, &detection, "DETECTION_COMPLETE");
    assert_eq!(desk.handle(&event), Handled::Done);
    let calls = desk.cloud.calls().len();
    desk.pass(30);
    assert!(matches!(desk.handle(&event), Handled::Drop(_)));
    assert_eq!(desk.cloud.calls().len(), 0, "after {calls}");
    assert_eq!((desk.generation(&id), desk.runs("drift")), (1, 1));
}

#[test]
fn a_repeated_end_of_an_incomplete_look_counts_nothing_twice_either() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    desk.cloud.bend(&id, "A", DriftStatus::Unknown);
    desk.look(&id);
    let event = ended(
        &id,
        &desk.lease_detection(&id).unwrap(),
        "DETECTION_COMPLETE",
    );
    assert_eq!(desk.handle(&event), Handled::Done);
    desk.pass(30);
    assert!(matches!(desk.handle(&event), Handled::Drop(_)));
    assert_eq!((desk.generation(&id), desk.runs("error")), (0, 1));
    let again = desk
        .timers()
        .into_iter()
        .filter(|it| it.body.contains("LookAtStack"))
        .count();
    assert_eq!(again, 1, "it is looked at again");
}

#[test]
fn a_running_detection_is_no_end() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    desk.look(&id);
    let detection = desk.lease_detection(&id).unwrap();
    let event = ended(&id, &detection, "DETECTION_IN_PROGRESS");
    assert!(matches!(desk.handle(&event), Handled::Drop(_)));
    desk.cloud.end(&detection, DetectionOutcome::InProgress);
    let backstop = desk.timers()[0].body.clone();
    desk.pass(300);
    assert!(matches!(desk.handle(&backstop), Handled::Later { at: then, .. } if then == at(420)));
    // It ends with the lease.
    desk.pass(1800);
    assert_eq!(desk.handle(&backstop), Handled::Done);
    assert_eq!((desk.generation(&id), desk.runs("error")), (0, 1));
    assert_eq!(desk.lease_detection(&id), None);
}

#[test]
fn why_a_detection_failed_is_asked() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    desk.look(&id);
    let detection = desk.lease_detection(&id).unwrap();
    desk.cloud.end(
        &detection,
        DetectionOutcome::Failed("A: Rate exceeded".to_owned()),
    );
    desk.cloud.calls();
    assert_eq!(
        desk.handle(&ended(&id, &detection, "DETECTION_FAILED")),
        Handled::Done
    );
    assert_eq!(desk.cloud.calls()[0], format!("detection {detection}"));
}

#[test]
fn a_detection_that_somebody_else_started_counts_too() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    desk.look(&id);
    let foreign = desk.lease_detection(&id).unwrap();
    block_on(domain::lease::release(
        &*desk.store,
        &unit(&id),
        &format!("look#{id}#{}", at(0)),
    ))
    .unwrap();
    desk.cloud.bend(&id, "A", DriftStatus::Modified);
    let event = ended(&id, &foreign, "DETECTION_COMPLETE");
    assert_eq!(desk.handle(&event), Handled::Done);
    assert_eq!((desk.generation(&id), desk.findings(&id).len()), (1, 1));

    let unwatched = desk.stack("another", &["A"]);
    let event = ended(&unwatched, "detection-9", "DETECTION_COMPLETE");
    assert!(matches!(desk.handle(&event), Handled::Drop(_)));
}

#[test]
fn an_event_of_a_detection_that_the_api_does_not_know_is_dropped() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    let event = ended(&id, "detection-made-up", "DETECTION_COMPLETE");
    assert!(matches!(desk.handle(&event), Handled::Drop(reason) if reason.contains("exist")));
    assert_eq!((desk.generation(&id), desk.runs("error")), (0, 0));
}

#[test]
fn a_failed_detection_whose_reason_is_gone_is_an_unknown() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    desk.look(&id);
    let detection = desk.lease_detection(&id).unwrap();
    desk.cloud.forget(&detection);
    let event = ended(&id, &detection, "DETECTION_FAILED");
    assert_eq!(desk.handle(&event), Handled::Done);
    assert_eq!((desk.generation(&id), desk.runs("error")), (0, 1));
    assert_eq!(desk.lease_detection(&id), None);
}

#[test]
fn rows_older_than_the_acceptance_are_measured_by_the_start_the_api_gives() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    desk.look(&id);
    // Accepted a moment after it began, as a Date in whole seconds may say.
    let early = at(0) - jiff::SignedDuration::from_millis(300);
    desk.cloud
        .change(&id, |it| it.rows[0].checked_at = Some(early));
    let detection = desk.lease_detection(&id).unwrap();
    desk.cloud.calls();
    desk.handle(&ended(&id, &detection, "DETECTION_COMPLETE"));
    let calls = desk.cloud.calls();
    assert_eq!(calls[1], format!("detection {detection}"));
    assert_eq!(
        calls[2],
        format!("detect {} A", id.as_str()),
        "a stale row is asked again"
    );
}

#[test]
fn a_stack_changed_in_the_second_of_its_acceptance_is_measured_by_the_start_the_api_gives() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    // Created a little after the whole second, and the detection began after that.
    let created = at(0) + jiff::SignedDuration::from_millis(300);
    desk.cloud
        .change(&id, |it| it.rows[0].updated_at = Some(created));
    desk.look(&id);
    let detection = desk.lease_detection(&id).unwrap();
    let began = at(0) + jiff::SignedDuration::from_millis(600);
    desk.cloud.began(&detection, began);
    desk.cloud
        .change(&id, |it| it.rows[0].checked_at = Some(began));
    desk.handle(&ended(&id, &detection, "DETECTION_COMPLETE"));
    assert_eq!((desk.generation(&id), desk.runs("error")), (1, 0));
}

#[test]
fn mended_it_resolves_and_bent_again_it_reopens() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    desk.look_through(&id);
    for (status, expected) in [
        (DriftStatus::Modified, "A open"),
        (DriftStatus::InSync, "A resolved"),
        (DriftStatus::Modified, "A reopened"),
    ] {
        desk.pass(3600);
        desk.cloud.bend(&id, "A", status);
        desk.look_through(&id);
        assert_eq!(desk.findings(&id), [expected]);
    }
}

#[test]
fn nested_stacks_are_looked_at_as_part_of_the_same_run() {
    let desk = Desk::new();
    let inner = desk.stack("inner", &["A"]);
    let outer = desk.stack("shop", &[]);
    let arn = inner.as_str().to_owned();
    desk.cloud.change(&outer, |it| {
        it.rows.push(ResourceRow {
            logical_id: "Inner".to_owned(),
            physical_id: arn,
            resource_type: "AWS::CloudFormation::Stack".to_owned(),
            status: "CREATE_COMPLETE".to_owned(),
            drift_status: DriftStatus::NotChecked,
            checked_at: None,
            updated_at: None,
        });
    });
    desk.look_through(&outer);
    let sent = desk.queues.take();
    let [look] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert_eq!(
        block_on(nest::names(&*desk.store, &unit(&inner))).unwrap(),
        ["inner", "shop"]
    );
    desk.pass(2);
    assert_eq!(desk.handle(&look.body), Handled::Done);
    let detection = desk.lease_detection(&inner).unwrap();
    desk.handle(&ended(&inner, &detection, "DETECTION_COMPLETE"));
    assert_eq!(desk.generation(&inner), 1);
    // Delivered again after that, it is done.
    assert!(matches!(desk.handle(&look.body), Handled::Drop(_)));
}

#[test]
fn a_stack_deleted_since_its_detection_resolves_nothing() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    desk.cloud.bend(&id, "A", DriftStatus::Modified);
    desk.look_through(&id);
    desk.pass(3600);
    desk.look(&id);
    let detection = desk.lease_detection(&id).unwrap();
    desk.cloud.delete(&id);
    let event = ended(&id, &detection, "DETECTION_COMPLETE");
    assert!(matches!(desk.handle(&event), Handled::Drop(_)));
    assert_eq!(desk.findings(&id), ["A open"]);
    let gone = block_on(domain::gone::since(&*desk.store, &unit(&id))).unwrap();
    assert_eq!(
        gone,
        Some(desk.now()),
        "what settles need not wait for a look"
    );
}

#[test]
fn a_stack_that_never_has_a_complete_look_is_told_of_after_an_hour() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Never", "Old", "New"]);
    desk.cloud.bend(&id, "Never", DriftStatus::Unknown);
    desk.cloud.bend(&id, "Old", DriftStatus::Modified);
    desk.look_through(&id);
    assert_eq!(desk.generation(&id), 0);
    assert_eq!(
        desk.outbox(),
        ["BaselineTaken"],
        "nobody else is waited for"
    );
    desk.pass(3000);
    desk.look_through(&id);
    assert_eq!(desk.outbox(), ["BaselineTaken"], "still its baseline");
    desk.pass(3600);
    desk.cloud.bend(&id, "New", DriftStatus::Modified);
    desk.look_through(&id);
    assert_eq!(desk.outbox(), ["BaselineTaken", "FindingOpened"]);
    assert_eq!(desk.findings(&id), ["Old open", "New open"]);
}

#[test]
fn a_stack_that_no_target_selects_any_more_is_not_looked_at() {
    let desk = Desk::new();
    let id = desk.stack("another", &["A"]);
    desk.cloud.bend(&id, "A", DriftStatus::Modified);
    // It was watched once: the ledger has its last look.
    let last = domain::testing::scan(&unit(&id), 1, at(-9000));
    desk.store.put_scan(domain::record::Scan {
        target: "shops".to_owned(),
        ..last
    });
    assert!(matches!(desk.look(&id).1, Handled::Drop(_)));
    let event = ended(&id, "detection-1", "DETECTION_COMPLETE");
    assert!(matches!(desk.handle(&event), Handled::Drop(_)));
    assert_eq!(desk.findings(&id), [""; 0]);
}

#[test]
fn an_event_ahead_of_the_api_is_no_end_yet() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    desk.look(&id);
    let detection = desk.lease_detection(&id).unwrap();
    desk.cloud.end(&detection, DetectionOutcome::InProgress);
    // A failed one has to be asked after.
    let event = ended(&id, &detection, "DETECTION_FAILED");
    assert!(matches!(desk.handle(&event), Handled::Later { at: then, .. } if then == at(30)));
    assert_eq!((desk.generation(&id), desk.runs("error")), (0, 0));
}

#[test]
fn the_unluckier_of_two_copies_leaves_the_others_lease() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["A"]);
    desk.look(&id);
    let held = block_on(domain::lease::held(&*desk.store, &unit(&id))).unwrap();
    let holder = held.unwrap().holder;
    block_on(domain::lease::give_back(&*desk.store, &unit(&id), &holder)).unwrap();
    assert!(desk.lease_detection(&id).is_some());
}
