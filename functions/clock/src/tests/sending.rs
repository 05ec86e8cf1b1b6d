//! Timers and the outbox.

use domain::outbox;
use domain::ports::{Guard, Item, Key, Write};
use domain::testing::Fault;
use domain::timer;
use domain::work::{Queue, Work};
use serde_json::json;

use super::*;

fn settle(incident: usize) -> Work {
    Work::SettleIncident {
        incident: format!("i-{incident}"),
    }
}

fn collect(stack: usize) -> Work {
    Work::CollectStack {
        stack_id: format!("arn:{stack}"),
        detection_id: None,
    }
}

fn timer(work: &Work) -> Write {
    timer::put(start(), work).unwrap()
}

fn broken_timer(shard: usize, place: &str) -> Write {
    let key = Key::new(format!("TIMER#{shard}"), place);
    let body = json!({"queue": "somewhere-else", "body": "keep me"});
    Write::Put(Item::first(key, &body).unwrap(), Guard::None)
}

#[test]
fn a_due_timer_is_sent_to_its_queue_once_and_then_gone() {
    let world = World::new();
    world.write(&[timer(&settle(1)), timer(&collect(1))]);
    let later = start().checked_add(1.millisecond()).unwrap();
    world.write(&[timer::put(later, &settle(2)).unwrap()]);
    assert!(world.run().is_ok());
    assert!(world.run().is_ok());
    let mut sent: Vec<(Queue, String)> = world
        .sent()
        .into_iter()
        .map(|it| (it.queue, it.body))
        .collect();
    sent.sort();
    assert_eq!(
        sent,
        [
            (Queue::StackDrift, collect(1).body()),
            (Queue::Notify, settle(1).body()),
        ]
    );
    assert_eq!(world.count("TIMER#"), 1);
    world.clock.advance(SignedDuration::from_secs(60));
    assert!(world.run().is_ok());
    assert_eq!(world.sent().len(), 3);
    assert_eq!(world.count("TIMER#"), 0);
}

#[test]
fn a_broken_timer_ends_in_the_dead_letters_and_stops_no_other() {
    let world = World::new();
    for shard in 0..8 {
        world.write(&[broken_timer(shard, "2026-11-24T05:00:00.000Z#x")]);
    }
    world.write(&[timer(&settle(1))]);
    assert!(world.run().is_ok());
    assert!(world.run().is_ok());
    assert_eq!(world.sent().len(), 1);
    assert_eq!(world.count("TIMER#"), 0);
    let letters = world.dead_letters.all();
    assert_eq!(letters.len(), 8);
    assert_eq!(letters[0].source, "TIMER#0 2026-11-24T05:00:00.000Z#x");
    assert!(
        letters[0].reason.contains("somewhere-else"),
        "{}",
        letters[0].reason
    );
    assert!(letters[0].body.contains("keep me"));
}

#[test]
fn a_dead_letter_that_cannot_be_put_keeps_the_timer() {
    let world = World::new();
    world.write(&[broken_timer(0, "2026-11-24T05:00:00.000Z#x")]);
    *world.dead_letters.refuses.lock().unwrap() = Some(PortErrorKind::Throttled);
    let error = world.run().unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Throttled);
    assert!(
        error.detail.starts_with("timers: dead-letters:put"),
        "{error}"
    );
    assert_eq!(world.count("TIMER#"), 1);
    assert_eq!(world.heartbeats(), 1);
}

#[test]
fn more_timers_than_one_reading_gives_are_all_sent_in_one_run() {
    let world = World::new();
    for number in 0..600 {
        world.write(&[timer(&settle(number))]);
    }
    assert!(world.run().is_ok());
    assert_eq!(world.sent().len(), 600);
    assert_eq!(world.count("TIMER#"), 0);
}

/// Queues one of which refuses everything.
struct OneRefuses(Arc<MemoryQueues>, Mutex<usize>);

#[async_trait]
impl Queues for OneRefuses {
    async fn send(
        &self,
        queue: Queue,
        body: &str,
        delay: std::time::Duration,
    ) -> Result<(), PortError> {
        if queue == Queue::StackDrift {
            *self.1.lock().unwrap() += 1;
            return Err(PortError::new(
                PortErrorKind::Denied,
                "sqs:SendMessage",
                "no",
            ));
        }
        self.0.send(queue, body, delay).await
    }
}

#[test]
fn a_queue_that_refuses_holds_up_no_other_however_many_wait_for_it() {
    let mut world = World::new();
    let refusing = Arc::new(OneRefuses(world.queues.clone(), Mutex::default()));
    world.deps.queues = refusing.clone();
    for number in 0..600 {
        let early = start().checked_sub(1.hour()).unwrap();
        world.write(&[timer::put(early, &collect(number)).unwrap()]);
        world.write(&[timer(&settle(number))]);
    }
    let error = world.run().unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert_eq!(world.sent().len(), 600);
    assert_eq!(world.count("TIMER#"), 600);
    assert_eq!(*refusing.1.lock().unwrap(), 1);
}

#[test]
fn a_run_without_time_leaves_the_rest_to_the_next() {
    let world = World::new();
    let old = start().checked_sub(1.hour()).unwrap();
    for version in 0..100 {
        world.write(&[outbox::put(&outgoing(version, old)).unwrap()]);
    }
    *world.topic.clock.1.lock().unwrap() = SignedDuration::from_secs(1);
    assert!(world.run().is_ok());
    assert_eq!(world.topic.all().len(), 40);
    assert_eq!(world.count("OUTBOX#"), 60);
    assert_eq!(world.heartbeats(), 1);
    assert!(world.run().is_ok());
    assert!(world.run().is_ok());
    assert_eq!(world.topic.all().len(), 100);
}

#[test]
fn what_the_outbox_holds_for_two_minutes_is_published_and_gone() {
    let world = World::new();
    let at = |seconds: i64| start().checked_sub(seconds.seconds()).unwrap();
    let old = outgoing(1, at(121));
    world.write(&[
        outbox::put(&old).unwrap(),
        outbox::put(&outgoing(2, at(119))).unwrap(),
    ]);
    assert!(world.run().is_ok());
    assert!(world.run().is_ok());
    assert_eq!(world.topic.all(), [old]);
    assert_eq!(world.count("OUTBOX#"), 1);
}

#[test]
fn a_message_that_the_topic_never_takes_ends_in_the_dead_letters() {
    let world = World::new();
    let old = start().checked_sub(1.hour()).unwrap();
    let key = Key::new("OUTBOX#0", "00000000000000000000000000");
    world.write(&[
        outbox::put(&outgoing(1, old)).unwrap(),
        Write::Put(Item::first(key, &json!({"odd": 1})).unwrap(), Guard::None),
    ]);
    *world.topic.refuses.lock().unwrap() = Some(PortErrorKind::TooLarge);
    assert!(world.run().is_ok());
    assert_eq!(world.dead_letters.all().len(), 2);
    assert_eq!(world.count("OUTBOX#"), 0);
}

#[test]
fn a_topic_that_refuses_for_now_is_asked_once_a_run_and_loses_nothing() {
    let world = World::new();
    let old = start().checked_sub(1.hour()).unwrap();
    for version in 0..100 {
        world.write(&[outbox::put(&outgoing(version, old)).unwrap()]);
    }
    world.write(&[timer(&settle(1))]);
    *world.topic.refuses.lock().unwrap() = Some(PortErrorKind::Throttled);
    let error = world.run().unwrap_err();
    assert!(
        error.to_string().contains("outbox: topic:publish"),
        "{error}"
    );
    assert_eq!(world.count("OUTBOX#"), 100);
    assert_eq!((world.sent().len(), world.heartbeats()), (1, 1));
    *world.topic.refuses.lock().unwrap() = None;
    assert!(world.run().is_ok());
    assert_eq!(world.topic.all().len(), 100);
}

#[test]
fn whatever_call_fails_the_next_runs_send_all_and_nothing_is_lost() {
    let old = start().checked_sub(1.hour()).unwrap();
    for fault in Fault::ALL {
        for call in 0.. {
            let world = World::new();
            world.write(&[
                timer(&settle(1)),
                timer(&settle(2)),
                broken_timer(3, "2026-11-24T05:00:00.000Z#x"),
                outbox::put(&outgoing(1, old)).unwrap(),
            ]);
            world.faults.fail_at(call, fault);
            let result = world.run();
            let is_over = world.faults.calls() <= call;
            world.faults.end();
            assert_eq!(result.is_ok(), is_over, "{fault:?} {call}");
            assert!(world.run().is_ok());
            assert_eq!(world.count("TIMER#") + world.count("OUTBOX#"), 0);
            let sent = world.sent().len();
            let (published, buried) = (world.topic.all().len(), world.dead_letters.all().len());
            assert!((2..=3).contains(&sent), "{fault:?} {call}: {sent}");
            assert!((1..=2).contains(&published) && (1..=2).contains(&buried));
            assert!(sent + published + buried <= 5, "one extra at most");
            if is_over {
                assert!(call > 10, "{call}");
                break;
            }
        }
    }
}
