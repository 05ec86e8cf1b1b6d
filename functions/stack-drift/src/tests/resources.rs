//! Looks at one resource, because AWS Config saw it change.

use domain::handled::Handled;
use domain::stack::{DriftStatus, StackId};
use domain::work::Work;

use super::around::{group, ssh};
use super::desk::Desk;

fn change(desk: &Desk, id: &StackId, logical_id: &str) -> String {
    Work::LookAtResource {
        stack_id: id.as_str().to_owned(),
        logical_id: logical_id.to_owned(),
        asked_at: desk.now(),
        attempt: 0,
    }
    .body()
}

/// A stack that was looked at some time ago.
fn looked_at(desk: &Desk) -> StackId {
    let id = desk.stack("shop", &["Queue", "Other"]);
    desk.look_through(&id);
    desk.pass(600);
    desk.cloud.calls();
    id
}

#[test]
fn a_changed_resource_is_looked_at_alone_and_its_finding_opens_and_closes() {
    let desk = Desk::new();
    let id = looked_at(&desk);
    desk.cloud.bend(&id, "Queue", DriftStatus::Modified);
    let body = change(&desk, &id, "Queue");
    for _ in 0..2 {
        assert_eq!(desk.handle(&body), Handled::Done);
        assert_eq!(desk.findings(&id), ["Queue open"]);
    }
    assert_eq!(
        desk.cloud.calls()[..2],
        [
            format!("describe {}", id.as_str()),
            format!("detect {} Queue", id.as_str())
        ]
    );
    assert_eq!(desk.outbox(), ["BaselineTaken", "FindingOpened"]);
    desk.pass(60);
    desk.cloud.bend(&id, "Queue", DriftStatus::InSync);
    assert_eq!(desk.handle(&change(&desk, &id, "Queue")), Handled::Done);
    assert_eq!(desk.findings(&id), ["Queue resolved"]);
    assert_eq!(desk.generation(&id), 1, "the stack was not looked at");
}

#[test]
fn nothing_is_closed_by_a_look_at_another_resource() {
    let desk = Desk::new();
    let id = looked_at(&desk);
    desk.cloud.bend(&id, "Queue", DriftStatus::Modified);
    desk.handle(&change(&desk, &id, "Queue"));
    desk.pass(60);
    desk.handle(&change(&desk, &id, "Other"));
    assert_eq!(desk.findings(&id), ["Queue open"]);
}

#[test]
fn a_rule_made_by_hand_is_seen_at_once() {
    let desk = Desk::new();
    let id = group(&desk);
    desk.look_through(&id);
    desk.pass(600);
    desk.attachments.add_rule(ssh());
    assert_eq!(desk.handle(&change(&desk, &id, "Group")), Handled::Done);
    assert_eq!(desk.findings(&id), ["Group open"]);
}

#[test]
fn a_stack_in_motion_is_left_alone_for_a_while() {
    let desk = Desk::new();
    let id = looked_at(&desk);
    desk.cloud.change(&id, |stack| {
        "UPDATE_IN_PROGRESS".clone_into(&mut stack.status)
    });
    desk.cloud.bend(&id, "Queue", DriftStatus::Modified);
    let Handled::Later { at, body } = desk.handle(&change(&desk, &id, "Queue")) else {
        panic!("it did not wait")
    };
    assert_eq!(at.duration_since(desk.now()).as_secs(), 300);
    assert!(desk.findings(&id).is_empty());
    desk.cloud
        .change(&id, |stack| "UPDATE_COMPLETE".clone_into(&mut stack.status));
    desk.pass(300);
    assert_eq!(desk.handle(&body.unwrap()), Handled::Done);
    assert_eq!(desk.findings(&id), ["Queue open"]);
}

#[test]
fn a_look_at_the_whole_stack_that_began_since_will_do() {
    let desk = Desk::new();
    let id = looked_at(&desk);
    let body = change(&desk, &id, "Queue");
    desk.pass(1);
    desk.look_through(&id);
    desk.cloud.calls();
    assert!(matches!(desk.handle(&body), Handled::Drop(_)));
    assert!(desk.cloud.calls().is_empty());
}

#[test]
fn a_stack_without_its_first_look_and_one_that_nobody_watches_are_left_out() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    assert!(matches!(
        desk.handle(&change(&desk, &id, "Queue")),
        Handled::Drop(_)
    ));
    let foreign = desk
        .cloud
        .put(("999988887777", "eu-west-1"), "shop", &["Queue"]);
    let Handled::Drop(why) = desk.handle(&change(&desk, &foreign, "Queue")) else {
        panic!("an account that nobody knows")
    };
    assert!(why.contains("999988887777"), "{why}");
    assert!(desk.cloud.calls().is_empty());
}

#[test]
fn a_refusal_is_tried_again_and_in_the_end_left_to_the_schedule() {
    let desk = Desk::new();
    let id = looked_at(&desk);
    // Nothing by that name is in the stack.
    assert!(matches!(
        desk.handle(&change(&desk, &id, "Gone")),
        Handled::Drop(_)
    ));
    desk.cloud.change(&id, |stack| {
        "UPDATE_IN_PROGRESS".clone_into(&mut stack.status)
    });
    let last = Work::LookAtResource {
        stack_id: id.as_str().to_owned(),
        logical_id: "Queue".to_owned(),
        asked_at: desk.now(),
        attempt: 11,
    };
    let Handled::Drop(why) = desk.handle(&last.body()) else {
        panic!("it is tried for ever")
    };
    assert!(why.contains("schedule"), "{why}");
}
