#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use domain::layer::Layer;
use domain::message::{Audience, Kind, Message};
use domain::ports::{PortError, Write};
use domain::severity::Severity;
use domain::testing::{Fault, Faults, MemoryStore, block_on};
use serde_json::json;

use super::*;

/// A topic that remembers what was published.
#[derive(Default)]
struct MemoryTopic {
    published: Mutex<Vec<Outgoing>>,
    answer: Mutex<Option<PortError>>,
    faults: Arc<Faults>,
}

#[async_trait]
impl Topic for MemoryTopic {
    async fn publish(&self, outgoing: &Outgoing) -> Result<(), PortError> {
        self.faults.call("topic:publish", || {
            let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(error) = answer.as_ref() {
                return Err(error.clone());
            }
            self.published.lock().unwrap().push(outgoing.clone());
            Ok(())
        })
    }
}

struct World {
    store: Arc<MemoryStore>,
    topic: Arc<MemoryTopic>,
    faults: Arc<Faults>,
    deps: Deps,
}

impl World {
    /// With one message in the outbox.
    fn new() -> Self {
        let faults = Arc::new(Faults::default());
        let store = Arc::new(MemoryStore::with(faults.clone()));
        let topic = Arc::new(MemoryTopic {
            faults: faults.clone(),
            ..MemoryTopic::default()
        });
        block_on(store.write(&[outbox::put(&outgoing()).unwrap()])).unwrap();
        faults.end();
        let deps = Deps {
            store: store.clone(),
            topic: topic.clone(),
        };
        Self {
            store,
            topic,
            faults,
            deps,
        }
    }

    fn hear(&self, record: &Record) -> Handled {
        block_on(handle(&self.deps, record))
    }

    fn published(&self) -> Vec<Outgoing> {
        self.topic.published.lock().unwrap().clone()
    }

    fn refuse(&self, kind: PortErrorKind) {
        let error = PortError::new(kind, "sns:Publish", "refused");
        *self.topic.answer.lock().unwrap() = Some(error);
    }
}

fn outgoing() -> Outgoing {
    Outgoing {
        audience: Audience::Notify,
        layer: Some(Layer::CloudFormation),
        severity: Some(Severity::High),
        message: Message::about(
            ("f-7k3qz2m90abcdef1", 1),
            Kind::FindingOpened,
            "production",
            "2026-11-24T06:00:00Z".parse().unwrap(),
        ),
    }
}

/// The stream's record of the message's writing.
fn record() -> Record {
    let Write::Put(item, _) = outbox::put(&outgoing()).unwrap() else {
        panic!("no put")
    };
    Record {
        is_new: true,
        keys: json!({"PK": item.key.pk, "SK": item.key.sk}),
        image: Some(json!({
            "PK": item.key.pk,
            "SK": item.key.sk,
            "version": 1,
            "body": item.body.to_string(),
        })),
    }
}

#[test]
fn a_message_is_published_and_leaves_the_outbox() {
    let world = World::new();
    assert_eq!(world.hear(&record()), Handled::Done);
    assert_eq!(world.published(), [outgoing()]);
    assert!(world.store.all_items().is_empty());
}

#[test]
fn a_record_that_comes_twice_is_the_same_message_twice_at_most() {
    let world = World::new();
    assert_eq!(world.hear(&record()), Handled::Done);
    assert_eq!(world.hear(&record()), Handled::Done);
    assert_eq!(world.published(), [outgoing(), outgoing()]);
    assert!(world.store.all_items().is_empty());
}

#[test]
fn whatever_fails_the_message_is_sent_or_still_in_the_outbox() {
    for fault in Fault::ALL {
        for call in 0..2 {
            let world = World::new();
            world.faults.fail_at(call, fault);
            let handled = world.hear(&record());
            world.faults.end();
            let is_kept = !world.store.all_items().is_empty();
            assert!(is_kept || !world.published().is_empty(), "{fault:?} {call}");
            // Only what was sent is acknowledged, so that the stream does not go on without it.
            assert_eq!(handled == Handled::Done, call == 1, "{fault:?} {call}");
            assert_eq!(world.hear(&record()), Handled::Done);
            assert!(world.store.all_items().is_empty());
            assert!((1..=2).contains(&world.published().len()));
        }
    }
}

#[test]
fn what_the_topic_may_take_another_time_stays() {
    use PortErrorKind::{Conflict, Denied, NotFound, Throttled, Timeout, Unavailable};
    for kind in [Conflict, Denied, NotFound, Throttled, Timeout, Unavailable] {
        let world = World::new();
        world.refuse(kind);
        let handled = world.hear(&record());
        assert!(matches!(handled, Handled::Retry(_)), "{handled:?}");
        assert_eq!(world.store.all_items().len(), 1, "{kind:?}");
    }
}

#[test]
fn what_the_topic_never_takes_fails_and_is_not_sent_again_for_ever() {
    for kind in [PortErrorKind::Invalid, PortErrorKind::TooLarge] {
        let world = World::new();
        world.refuse(kind);
        let Handled::Fail(reason) = world.hear(&record()) else {
            panic!("not failed")
        };
        assert!(
            reason.starts_with("OUTBOX#") && reason.contains("refused"),
            "{reason}"
        );
        assert!(world.store.all_items().is_empty());
    }
}

#[test]
fn an_item_that_cannot_be_read_fails_and_leaves_the_outbox() {
    let whole = record().image.unwrap()["body"].as_str().unwrap().to_owned();
    let cut = (0..whole.len()).map(|end| Some(json!({"body": whole[..end]})));
    let other = [
        None,
        Some(json!({})),
        Some(json!({"body": 5})),
        Some(json!({"body": "{}"})),
    ];
    for image in cut.chain(other) {
        let world = World::new();
        let broken = Record { image, ..record() };
        let Handled::Fail(reason) = world.hear(&broken) else {
            panic!("{broken:?}")
        };
        assert!(reason.contains("NewImage"), "{reason}");
        assert!(world.store.all_items().is_empty());
        assert!(matches!(world.hear(&broken), Handled::Fail(_)));
    }
    assert!(World::new().published().is_empty());
}

#[test]
fn an_unreadable_item_that_cannot_be_deleted_comes_again() {
    let world = World::new();
    world.faults.fail_at(0, Fault::Refused);
    let broken = Record {
        image: None,
        ..record()
    };
    assert!(matches!(world.hear(&broken), Handled::Retry(_)));
    assert!(matches!(world.hear(&broken), Handled::Fail(_)));
}

#[test]
fn what_is_no_new_item_of_the_outbox_is_dropped() {
    let world = World::new();
    let other = Record {
        keys: json!({"PK": "TIMER#1", "SK": "x"}),
        ..record()
    };
    let removed = Record {
        is_new: false,
        image: None,
        ..record()
    };
    for dropped in [other, removed] {
        assert!(matches!(world.hear(&dropped), Handled::Drop(_)));
    }
    let keyless = Record {
        keys: json!({"PK": 5}),
        ..record()
    };
    assert!(matches!(world.hear(&keyless), Handled::Fail(_)));
    assert!(world.published().is_empty());
    assert_eq!(world.store.all_items().len(), 1);
}
