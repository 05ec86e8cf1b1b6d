//! What arrives on the queue.

use domain::handled::Handled;
use domain::message::{Kind, Message};
use domain::work::Work;

use super::desk::{Desk, at, open};

fn fails(body: &str, with: &str) {
    match Desk::new().handle(body) {
        Handled::Fail(reason) => assert!(reason.contains(with), "{reason}"),
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn what_can_never_be_read_is_a_dead_letter_with_its_reason() {
    fails("{", "is not JSON");
    fails("{}", "none of Plumbline's");
    fails(
        r#"{"Type":"Notification","TopicArn":"arn","Message":"{}"}"#,
        "RawMessageDelivery",
    );
    fails(
        r#"{"apiVersion":"plumbline/v2","kind":"FindingOpened"}"#,
        "plumbline/v2",
    );
    fails(
        r#"{"apiVersion":"plumbline/v1","kind":"FindingOpened"}"#,
        "FindingOpened: missing field",
    );
    fails(
        r#"{"apiVersion":"plumbline/v1","kind":"SettleIncident"}"#,
        "incident",
    );
    let elsewhere = Work::CollectStack {
        stack_id: "arn".to_owned(),
        detection_id: None,
    };
    fails(&elsewhere.body(), "belongs on the queue of stack-drift");
    let about = Message::about(("f-nonsense", 1), Kind::FindingOpened, "e", at(0));
    fails(
        &serde_json::to_string(&about).unwrap(),
        "\"f-nonsense\" is no finding's id",
    );
}

#[test]
fn kinds_that_are_nothing_to_tell_are_dropped() {
    for kind in ["ScanFinished", "FindingPlanned", ""] {
        let body = format!(r#"{{"apiVersion":"plumbline/v1","kind":"{kind}"}}"#);
        assert!(
            matches!(Desk::new().handle(&body), Handled::Drop(_)),
            "{kind}"
        );
    }
}

#[test]
fn what_is_not_in_the_ledger_is_dropped() {
    let desk = Desk::new();
    assert!(matches!(
        desk.handle(&desk.message(&open())),
        Handled::Drop(_)
    ));
    let nothing = Work::SettleIncident {
        incident: "i-none".to_owned(),
    };
    assert!(matches!(desk.handle(&nothing.body()), Handled::Drop(_)));
    let nothing = Work::TellBaseline {
        target: "none".to_owned(),
    };
    assert!(matches!(desk.handle(&nothing.body()), Handled::Drop(_)));
}

#[test]
fn before_the_first_configuration_a_message_waits() {
    let desk = Desk::new();
    let empty = domain::testing::MemoryStore::new();
    empty.put_finding(open());
    let deps = crate::Deps {
        store: std::sync::Arc::new(empty),
        config: policy::InForce::new(),
        queues: desk.queues.clone(),
        channels: desk.channels.clone(),
        clock: desk.clock.clone(),
    };
    let body = desk.message(&open());
    let handled = domain::testing::block_on(crate::handle(&deps, &body));
    assert!(matches!(handled, Handled::Retry(_)), "{handled:?}");
}
