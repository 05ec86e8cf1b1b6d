//! The beginning of looks.

use domain::handled::Handled;
use domain::ports::{Items as _, PortErrorKind};
use domain::slot::{self, Limit};
use domain::testing::block_on;
use domain::work::{Queue, Work};
use jiff::Timestamp;

use super::desk::{ACCOUNT, Desk, REGION, at, ended, unit, wanted};

#[test]
fn a_look_starts_one_detection_however_often_it_is_asked_for() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    let (body, handled) = desk.look(&id);
    assert_eq!(handled, Handled::Done);
    assert!(matches!(desk.handle(&body), Handled::Drop(_)));
    assert_eq!(desk.cloud.calls(), [format!("detect {}", id.as_str())]);
}

#[test]
fn a_timer_stands_behind_the_completion_event() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    desk.look(&id);
    let [timer] = &desk.timers()[..] else {
        panic!("{:?}", desk.timers())
    };
    assert_eq!((timer.queue, timer.due_at), (Queue::StackDrift, at(300)));
    desk.pass(300);
    assert_eq!(desk.handle(&timer.body), Handled::Done);
    assert_eq!(desk.generation(&id), 1);
    // Once the look is over the timer has nothing to say.
    assert!(matches!(desk.handle(&timer.body), Handled::Drop(_)));
}

#[test]
fn a_message_before_its_slot_comes_again_at_its_slot() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    let work = Work::LookAtStack {
        stack_id: id.as_str().to_owned(),
        target: "shops".to_owned(),
        asked_at: at(0),
        not_before: Some(at(30)),
        attempt: 0,
    };
    let Handled::Later { at: then, body } = desk.handle(&work.body()) else {
        panic!("it did not wait for its slot")
    };
    assert_eq!((then, body), (at(30), Some(work.body())));
    assert!(desk.cloud.calls().is_empty());
    desk.pass(30);
    assert_eq!(desk.handle(&work.body()), Handled::Done);
}

#[test]
fn a_look_without_a_slot_takes_the_next_free_one() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    let limit = Limit::detections(ACCOUNT, REGION);
    block_on(slot::reserve(&*desk.store, limit, 200, at(0))).unwrap();
    let (_, handled) = desk.look(&id);
    let Handled::Later { at: then, .. } = handled else {
        panic!("{handled:?}")
    };
    assert_eq!(then, at(10), "200 slots at 20 a second");
}

#[test]
fn throttled_everybody_holds_back_and_the_look_comes_again() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    desk.cloud.refuse(PortErrorKind::Throttled);
    let (_, handled) = desk.look(&id);
    let Handled::Later { at: then, body } = handled else {
        panic!("{handled:?}")
    };
    assert!(then >= at(2), "{then}");
    desk.pass(3);
    assert_eq!(desk.handle(&body.unwrap()), Handled::Done);
}

#[test]
fn a_stack_that_stays_throttled_is_unknown_after_a_bounded_number_of_tries() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    let mut body = wanted(&id, at(0)).body();
    let mut tries = 0;
    loop {
        desk.cloud.refuse(PortErrorKind::Throttled);
        tries += 1;
        assert!(tries < 50, "it never ends");
        match desk.handle(&body) {
            Handled::Later { body: next, .. } => {
                body = next.unwrap();
                desk.pass(60);
            }
            handled => {
                assert_eq!(handled, Handled::Done);
                break;
            }
        }
    }
    assert_eq!((desk.runs("error"), desk.generation(&id)), (1, 0));
    // Delivered once more, it is not counted once more.
    desk.cloud.refuse(PortErrorKind::Throttled);
    assert!(matches!(desk.handle(&body), Handled::Drop(_)));
    assert_eq!(desk.runs("error"), 1);
}

#[test]
fn a_detection_of_somebody_else_is_waited_for() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    desk.cloud.refuse(PortErrorKind::Conflict);
    let (_, handled) = desk.look(&id);
    let Handled::Later { at: then, body } = handled else {
        panic!("{handled:?}")
    };
    assert_eq!(then, at(60));
    desk.pass(60);
    assert_eq!(desk.handle(&body.unwrap()), Handled::Done);
    assert_eq!(desk.look_ends(&id), 1);
}

#[test]
fn a_stack_in_motion_is_left_alone_and_one_without_detection_is_uncovered() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    desk.cloud
        .change(&id, |it| it.status = "UPDATE_IN_PROGRESS".to_owned());
    desk.cloud.refuse(PortErrorKind::Invalid);
    let (_, handled) = desk.look(&id);
    assert!(
        matches!(handled, Handled::Later { at: then, .. } if then == at(300)),
        "{handled:?}"
    );
    desk.cloud
        .change(&id, |it| it.status = "ROLLBACK_COMPLETE".to_owned());
    desk.pass(300);
    desk.cloud.refuse(PortErrorKind::Invalid);
    assert_eq!(desk.look(&id).1, Handled::Done);
    assert_eq!((desk.runs("uncovered"), desk.runs("error")), (1, 0));
    assert_eq!(desk.generation(&id), 0, "that was no complete look");
}

#[test]
fn a_stack_that_is_gone_has_no_look() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    desk.cloud.delete(&id);
    assert!(matches!(desk.look(&id).1, Handled::Drop(_)));
    assert_eq!(desk.runs("error"), 0);
    let gone = block_on(domain::gone::since(&*desk.store, &unit(&id))).unwrap();
    assert_eq!(gone, Some(at(0)));
    assert!(
        block_on(desk.store.get(&domain::lease::key(&unit(&id))))
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_refused_right_is_an_unknown_and_resolves_nothing() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    desk.cloud
        .bend(&id, "Queue", domain::stack::DriftStatus::Modified);
    desk.look_through(&id);
    desk.pass(3600);
    desk.cloud.refuse(PortErrorKind::Denied);
    assert_eq!(desk.look(&id).1, Handled::Done);
    assert_eq!(desk.findings(&id), ["Queue open"]);
    assert_eq!(desk.runs("error"), 1);
}

#[test]
fn an_outage_is_waited_out() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    desk.cloud.refuse(PortErrorKind::Unavailable);
    assert!(matches!(desk.look(&id).1, Handled::Later { at: then, .. } if then == at(120)));
}

#[test]
fn a_look_that_began_since_it_was_asked_for_will_do() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    let asked_before = wanted(&id, at(-10)).body();
    desk.look_through(&id);
    desk.cloud.calls();
    assert!(matches!(desk.handle(&asked_before), Handled::Drop(_)));
    assert!(desk.cloud.calls().is_empty());
}

#[test]
fn a_look_that_is_asked_for_while_an_older_one_runs_waits_for_it() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    desk.look(&id);
    desk.pass(10);
    let (_, handled) = desk.look(&id);
    assert!(
        matches!(handled, Handled::Later { at: then, .. } if then == at(70)),
        "{handled:?}"
    );
}

#[test]
fn a_target_that_left_the_configuration_has_no_looks() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    let work = Work::LookAtStack {
        stack_id: id.as_str().to_owned(),
        target: "gone".to_owned(),
        asked_at: at(0),
        not_before: None,
        attempt: 0,
    };
    assert!(matches!(desk.handle(&work.body()), Handled::Drop(_)));
}

#[test]
fn what_cannot_be_read_fails_and_says_where() {
    let desk = Desk::new();
    let id = desk.stack("shop", &["Queue"]);
    let settle = Work::SettleIncident {
        incident: "i-1".to_owned(),
    };
    for (body, says) in [
        ("", "not JSON"),
        ("{}", "detail-type: is missing"),
        (r#"{"detail-type":"Other","detail":{}}"#, "Other"),
        (
            r#"{"detail-type":"CloudFormation Drift Detection Status Change","detail":{}}"#,
            "detail.stack-id: is missing",
        ),
        (r#"{"apiVersion":"plumbline/v1","kind":"Dance"}"#, "Dance"),
        (
            r#"{"apiVersion":"plumbline/v1","kind":"CollectStack","stackId":"shop","detectionId":null}"#,
            "stackId",
        ),
        (settle.body().as_str(), "notify"),
        (
            ended(&id, "", "DETECTION_COMPLETE").as_str(),
            "detail.stack-drift-detection-id: is empty",
        ),
        (
            ended(&id, "d-1", "DETECTION_DANCES").as_str(),
            "detail.status-details.detection-status: \"DETECTION_DANCES\"",
        ),
        (
            ended(&id, "d-1", "DETECTION_COMPLETE")
                .replace(id.as_str(), "shop")
                .as_str(),
            "detail.stack-id: \"shop\"",
        ),
    ] {
        let handled = desk.handle(body);
        assert!(
            matches!(&handled, Handled::Fail(reason) if reason.contains(says)),
            "{body}: {handled:?}"
        );
    }
}

#[test]
fn without_a_configuration_our_messages_stay_and_events_go() {
    let desk = Desk::new();
    let empty = std::sync::Arc::new(domain::testing::MemoryStore::new());
    let id = desk.stack("shop", &["Queue"]);
    let deps = crate::Deps {
        store: empty,
        config: policy::InForce::new(),
        ..desk.deps
    };
    let handled = block_on(crate::handle(
        &deps,
        &wanted(&id, Timestamp::UNIX_EPOCH).body(),
    ));
    assert!(matches!(handled, Handled::Retry(_)), "{handled:?}");
    // Somebody else's detection is none of ours as long as nothing is watched.
    let event = super::desk::ended(&id, "detection-1", "DETECTION_COMPLETE");
    let handled = block_on(crate::handle(&deps, &event));
    assert!(matches!(handled, Handled::Drop(_)), "{handled:?}");
}

#[test]
fn a_look_may_name_only_the_stack() {
    let desk = Desk::new();
    let id =
        domain::stack::StackId::parse("arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/");
    let (_, handled) = desk.look(&id.unwrap());
    // The cloud of these tests knows stacks by ARN alone, so it answers that there is none of that name.
    assert!(matches!(handled, Handled::Drop(_)), "{handled:?}");
    assert_eq!(desk.cloud.calls(), ["detect shop", "describe shop"]);
}

#[test]
fn a_look_at_a_stack_of_an_account_that_nobody_knows_is_dropped() {
    let desk = Desk::new();
    let foreign = desk.cloud.put(("999988887777", REGION), "shop", &["Queue"]);
    let (_, handled) = desk.look(&foreign);
    let Handled::Drop(why) = handled else {
        panic!("{handled:?}")
    };
    assert!(why.contains("999988887777"), "{why}");
    assert!(desk.cloud.calls().is_empty() && desk.timers().is_empty());
}
