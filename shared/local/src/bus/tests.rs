//! The rules of the queues: what comes when, how often, and where it ends.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::handled::{Handled, Step};
use domain::layer::Layer;
use domain::message::{Audience, Kind, Message, Outgoing};
use domain::ports::{
    Clock as _, Guard, Item, Items as _, Key, Ledger as _, PortErrorKind, Queues as _, Topic as _,
    Write,
};
use domain::severity::Severity;
use domain::testing::{Fault, ManualClock, MemoryStore, scan};
use domain::unit::Unit;
use domain::work::Queue;
use domain::{outbox, timer};
use jiff::{SignedDuration, Timestamp};

use super::serve;
use super::{
    Bus, DeadLetter, Delivery, Handler, MOST_TRIES, Streamed, bury, dead_letters, send_back,
};

fn start() -> Timestamp {
    Timestamp::new(1_790_000_000, 0).unwrap()
}

/// A bus whose time moves only by waiting.
struct Bench {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    bus: Arc<Bus>,
}

impl Bench {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(ManualClock::at(start()));
        let bus = Arc::new(Bus::new(store.clone(), clock.clone()));
        Self { store, clock, bus }
    }

    /// Serves a queue until everything on the bus is dealt with.
    async fn serve(&self, queue: Queue, handler: impl Handler + 'static) -> Arc<dyn Handler> {
        let handler: Arc<dyn Handler> = Arc::new(handler);
        let serving = tokio::spawn(Arc::clone(&self.bus).serve(queue, Arc::clone(&handler)));
        let quiet = async {
            while !self.bus.is_quiet() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), quiet)
            .await
            .unwrap();
        serving.abort();
        handler
    }

    async fn letters(&self) -> Vec<DeadLetter> {
        dead_letters(&*self.store).await.unwrap()
    }
}

/// Answers each delivery by a rule, and remembers it with its time.
struct Answers<F> {
    clock: Arc<ManualClock>,
    seen: Arc<Mutex<Vec<(SignedDuration, Delivery)>>>,
    answer: F,
}

#[async_trait]
impl<F: Fn(&Delivery) -> Handled + Send + Sync> Handler for Answers<F> {
    async fn handle(&self, delivery: &Delivery) -> Handled {
        let after = self.clock.now().duration_since(start());
        self.seen.lock().unwrap().push((after, delivery.clone()));
        (self.answer)(delivery)
    }
}

type Seen = Arc<Mutex<Vec<(SignedDuration, Delivery)>>>;

fn answers<F>(bench: &Bench, answer: F) -> (Answers<F>, Seen)
where
    F: Fn(&Delivery) -> Handled + Send + Sync,
{
    let seen = Seen::default();
    let clock = bench.clock.clone();
    (
        Answers {
            clock,
            seen: seen.clone(),
            answer,
        },
        seen,
    )
}

fn told(seen: &Seen) -> Vec<(i64, String, u32)> {
    let seen = seen.lock().unwrap();
    seen.iter()
        .map(|(at, it)| (at.as_secs(), it.body.clone(), it.times))
        .collect()
}

#[tokio::test]
async fn a_message_that_is_done_or_dropped_comes_once() {
    let bench = Bench::new();
    bench
        .bus
        .send(Queue::StackDrift, "done", Duration::ZERO)
        .await
        .unwrap();
    bench
        .bus
        .send(Queue::StackDrift, "drop", Duration::ZERO)
        .await
        .unwrap();
    let (handler, seen) = answers(&bench, |it| match it.body.as_str() {
        "done" => Handled::Done,
        _ => Handled::Drop("nothing to do".to_owned()),
    });
    bench.serve(Queue::StackDrift, handler).await;
    assert_eq!(
        told(&seen),
        [(0, "done".to_owned(), 1), (0, "drop".to_owned(), 1)]
    );
    assert!(bench.letters().await.is_empty());
}

#[tokio::test]
async fn queues_keep_their_messages_apart() {
    let bench = Bench::new();
    bench
        .bus
        .send(Queue::Notify, "not yours", Duration::ZERO)
        .await
        .unwrap();
    let (handler, seen) = answers(&bench, |_| Handled::Done);
    let serving = tokio::spawn(Arc::clone(&bench.bus).serve(Queue::StackDrift, Arc::new(handler)));
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    serving.abort();
    assert!(told(&seen).is_empty());
    assert!(!bench.bus.is_quiet());
}

#[tokio::test]
async fn a_message_is_held_back_for_whole_seconds_and_no_longer_than_a_queue_can() {
    let bench = Bench::new();
    bench
        .bus
        .send(Queue::Notify, "later", Duration::from_millis(1200))
        .await
        .unwrap();
    bench
        .bus
        .send(Queue::Notify, "now", Duration::ZERO)
        .await
        .unwrap();
    let (handler, seen) = answers(&bench, |_| Handled::Done);
    bench.serve(Queue::Notify, handler).await;
    // The one that comes at once may be at work while the clock moves on already.
    let told = told(&seen);
    assert_eq!(told[0].1, "now");
    assert_eq!(told[1], (2, "later".to_owned(), 1));

    let too_long = Queue::LONGEST_DELAY + Duration::from_secs(1);
    let error = bench
        .bus
        .send(Queue::Notify, "x", too_long)
        .await
        .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
}

#[tokio::test]
async fn a_message_that_fails_for_now_comes_again_until_it_was_tried_often_enough() {
    let bench = Bench::new();
    bench
        .bus
        .send(Queue::StackDrift, "m", Duration::ZERO)
        .await
        .unwrap();
    let (handler, seen) = answers(&bench, |_| {
        Handled::Retry("the other side is down".to_owned())
    });
    bench.serve(Queue::StackDrift, handler).await;
    let times: Vec<u32> = told(&seen).into_iter().map(|it| it.2).collect();
    assert_eq!(times, (1..=MOST_TRIES).collect::<Vec<_>>());
    let ids: std::collections::BTreeSet<String> = seen
        .lock()
        .unwrap()
        .iter()
        .map(|(_, it)| it.id.clone())
        .collect();
    assert_eq!(ids.len(), 1, "each try is the same message: {ids:?}");
    let letters = bench.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].source, "stack-drift");
    assert_eq!(
        letters[0].reason,
        "tried 5 times; the last time: the other side is down"
    );
}

#[tokio::test]
async fn a_message_that_heals_is_no_dead_letter() {
    let bench = Bench::new();
    bench
        .bus
        .send(Queue::StackDrift, "m", Duration::ZERO)
        .await
        .unwrap();
    let (handler, seen) = answers(&bench, |it| match it.times {
        3 => Handled::Done,
        _ => Handled::Retry("not yet".to_owned()),
    });
    bench.serve(Queue::StackDrift, handler).await;
    assert_eq!(told(&seen).len(), 3);
    assert!(bench.letters().await.is_empty());
}

#[tokio::test]
async fn a_message_that_can_never_succeed_is_a_dead_letter_at_once_and_only_one() {
    let bench = Bench::new();
    for _ in 0..2 {
        bench
            .bus
            .send(Queue::Notify, "poison", Duration::ZERO)
            .await
            .unwrap();
    }
    let (handler, seen) = answers(&bench, |_| Handled::Fail("it is not JSON".to_owned()));
    bench.serve(Queue::Notify, handler).await;
    assert_eq!(told(&seen).len(), 2);
    let letters = bench.letters().await;
    assert_eq!(letters.len(), 1, "delivered twice, it is one: {letters:?}");
    assert_eq!(
        (letters[0].queue, letters[0].body.as_str()),
        (Some(Queue::Notify), "poison")
    );
    assert_eq!(letters[0].reason, "it is not JSON");
    assert_eq!(letters[0].id().len(), 18);
}

#[tokio::test]
async fn later_is_a_new_message_with_its_own_body_or_a_timer_where_it_is_long() {
    let bench = Bench::new();
    bench
        .bus
        .send(Queue::StackDrift, "soon", Duration::ZERO)
        .await
        .unwrap();
    bench
        .bus
        .send(Queue::StackDrift, "tomorrow", Duration::ZERO)
        .await
        .unwrap();
    let later = |hours, body: Option<&str>| Handled::Later {
        at: start()
            .checked_add(SignedDuration::from_hours(hours))
            .unwrap(),
        body: body.map(str::to_owned),
    };
    let (handler, seen) = answers(&bench, move |it| match it.body.as_str() {
        "soon" => Handled::Later {
            at: start().checked_add(SignedDuration::from_secs(60)).unwrap(),
            body: Some("second".to_owned()),
        },
        "tomorrow" => later(24, None),
        _ => Handled::Done,
    });
    bench.serve(Queue::StackDrift, handler).await;
    let seen = told(&seen);
    assert!(seen.contains(&(60, "second".to_owned(), 1)), "{seen:?}");
    let tomorrow = start().checked_add(SignedDuration::from_hours(24)).unwrap();
    let timers = timer::due(&*bench.store, tomorrow, 10).await.unwrap();
    assert_eq!(timers.len(), 1);
    let timer: timer::Timer = timers[0].read().unwrap();
    assert_eq!(
        (timer.queue, timer.body.as_str()),
        (Queue::StackDrift, "tomorrow")
    );
}

#[tokio::test]
async fn a_handler_that_panics_has_not_handled_its_message() {
    struct Panics(AtomicU32);
    #[async_trait]
    impl Handler for Panics {
        async fn handle(&self, _: &Delivery) -> Handled {
            assert!(self.0.fetch_add(1, Ordering::SeqCst) > 0, "the first time");
            Handled::Done
        }
    }
    let bench = Bench::new();
    bench
        .bus
        .send(Queue::ImagePush, "m", Duration::ZERO)
        .await
        .unwrap();
    bench
        .serve(Queue::ImagePush, Panics(AtomicU32::new(0)))
        .await;
    assert!(bench.letters().await.is_empty());
    assert_eq!(
        bench.clock.now().duration_since(start()),
        SignedDuration::from_secs(1)
    );
}

#[tokio::test]
async fn a_dead_letter_that_cannot_be_written_is_not_lost() {
    let bench = Bench::new();
    bench.store.faults().fail_at(0, Fault::Refused);
    bench
        .bus
        .send(Queue::Notify, "poison", Duration::ZERO)
        .await
        .unwrap();
    let (handler, seen) = answers(&bench, |_| Handled::Fail("no".to_owned()));
    bench.serve(Queue::Notify, handler).await;
    assert_eq!(told(&seen).len(), 2);
    assert_eq!(bench.letters().await.len(), 1);
}

fn outgoing(audience: Audience) -> Outgoing {
    Outgoing {
        audience,
        layer: Some(Layer::CloudFormation),
        severity: Some(Severity::High),
        message: Message::about(("f-1", 3), Kind::FindingOpened, "test", start()),
    }
}

#[tokio::test]
async fn the_topic_tells_each_audience_its_own_and_nobody_else() {
    let bench = Bench::new();
    for audience in [Audience::Remediate, Audience::Commit, Audience::Rollout] {
        bench.bus.publish(&outgoing(audience)).await.unwrap();
    }
    assert!(bench.bus.is_quiet(), "nobody listens to these yet");
    bench
        .bus
        .publish(&outgoing(Audience::Notify))
        .await
        .unwrap();
    let (handler, seen) = answers(&bench, |_| Handled::Done);
    bench.serve(Queue::Notify, handler).await;
    let [(_, body, _)] = &told(&seen)[..] else {
        panic!("one message");
    };
    let message: Message = serde_json::from_str(body).unwrap();
    assert_eq!(message, outgoing(Audience::Notify).message);
}

#[tokio::test]
async fn the_stream_tells_what_is_new_in_the_outbox_and_only_if_it_was_written() {
    let store = Arc::new(MemoryStore::new());
    let (streamed, mut changes) = Streamed::new(store.clone());
    let told = outbox::put(&outgoing(Audience::Notify)).unwrap();
    let other = |guard| {
        let key = Key::new("SOMETHING", "ELSE");
        Write::Put(Item::first(key, &1).unwrap(), guard)
    };
    streamed
        .write(&[other(Guard::None), told.clone()])
        .await
        .unwrap();
    // All or nothing: a refused transaction has told nothing.
    let late = outbox::put(&Outgoing {
        message: Message::about(("f-2", 1), Kind::FindingOpened, "test", start()),
        ..outgoing(Audience::Notify)
    });
    streamed
        .write(&[other(Guard::Absent), late.unwrap()])
        .await
        .unwrap_err();
    // With a look, too.
    let unit = Unit::stack("1", "r", "s");
    let news = outbox::put(&Outgoing {
        message: Message::about(("f-3", 1), Kind::FindingOpened, "test", start()),
        ..outgoing(Audience::Notify)
    })
    .unwrap();
    let look = scan(&unit, 1, start());
    streamed
        .close_look(&look, std::slice::from_ref(&news))
        .await
        .unwrap();
    // A deletion is no news.
    streamed
        .write(&[outbox::published(told.key())])
        .await
        .unwrap();
    drop(streamed);
    let item = changes.next().await.unwrap();
    assert_eq!(&item.key, told.key());
    let item = changes.next().await.unwrap();
    assert_eq!(&item.key, news.key());
    assert!(changes.next().await.is_none());
}

#[tokio::test]
async fn a_dead_letter_that_is_sent_back_is_a_timer_that_is_due_and_no_letter_any_more() {
    let store = MemoryStore::new();
    let letter = DeadLetter {
        function: "notify".to_owned(),
        queue: Some(Queue::Notify),
        source: "notify".to_owned(),
        reason: "why".to_owned(),
        body: "{}".to_owned(),
        at: start(),
    };
    bury(&store, &letter).await.unwrap();
    send_back(&store, &letter, start()).await.unwrap();
    assert!(dead_letters(&store).await.unwrap().is_empty());
    let due = timer::due(&store, start(), 10).await.unwrap();
    let [item] = &due[..] else {
        panic!("one timer: {due:?}");
    };
    let timer: timer::Timer = item.read().unwrap();
    assert_eq!((timer.queue, timer.body.as_str()), (Queue::Notify, "{}"));
}

#[test]
fn the_table_of_outcomes() {
    let now = start();
    let soon = now.checked_add(SignedDuration::from_millis(1500)).unwrap();
    let step = |handled, times| serve::step(handled, times, now);
    let why = || "why".to_owned();
    assert_eq!(step(Handled::Done, 1), Step::Acknowledge);
    assert_eq!(step(Handled::Drop(why()), 1), Step::Acknowledge);
    assert_eq!(step(Handled::Fail(why()), 1), Step::Bury(why()));
    assert_eq!(
        step(Handled::Retry(why()), MOST_TRIES - 1),
        Step::Return(why())
    );
    assert!(matches!(
        step(Handled::Retry(why()), MOST_TRIES),
        Step::Bury(_)
    ));
    let again = Step::SendAgain {
        delay: Duration::from_secs(2),
        body: None,
    };
    assert_eq!(
        step(
            Handled::Later {
                at: soon,
                body: None
            },
            1
        ),
        again
    );
}
