//! What the domain builds on items, over every ledger: outbox, timers, slots,
//! what is done once, effects, leases, incidents, baselines, counters.

use std::collections::BTreeSet;

use domain::effect::{self, Claim, Effect, Held, Outcome, Progress};
use domain::incident::{self, Settled, State, Terms, Timing};
use domain::layer::Layer;
use domain::lease::{self, Lease, Taken};
use domain::life::{self, Moment, Telling};
use domain::message::{Audience, Kind, Message, Outgoing};
use domain::ports::{Item, Items, PortError, PortErrorKind, Write};
use domain::record::commit_with;
use domain::severity::Severity;
use domain::slot::{self, Limit};
use domain::unit::Unit;
use domain::work::Work;
use domain::{baseline, counter, once, outbox, timer};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::fixture::{Handle, Store, at, at_once, block_on, moment, scan, sighting};

fn unit() -> Unit {
    Unit::stack("111122223333", "eu-west-1", "shop")
}

fn outgoing(subject: &str, version: u64, second: i64) -> Outgoing {
    Outgoing {
        audience: Audience::Notify,
        layer: Some(Layer::CloudFormation),
        severity: Some(Severity::Medium),
        message: Message::about(
            (subject, version),
            Kind::FindingOpened,
            "production",
            at(second),
        ),
    }
}

/// Tries until nobody else is in the way for sixteen times in a row, which is rare and allowed.
fn until_done<T>(mut attempt: impl FnMut() -> Result<T, PortError>) -> T {
    loop {
        match attempt() {
            Ok(done) => return done,
            Err(error) => assert_eq!(error.kind, PortErrorKind::Conflict, "{error}"),
        }
    }
}

pub(super) async fn what_is_to_be_told_stays_until_it_is_published(store: Store) {
    let ledger = store();
    let all: Vec<Outgoing> = (0..40)
        .map(|it| outgoing(&format!("f-{it}"), 1, it))
        .collect();
    for outgoing in &all {
        // Written again by a retry it is still one.
        for _ in 0..2 {
            ledger
                .write(&[outbox::put(outgoing).unwrap()])
                .await
                .unwrap();
        }
    }
    let forgotten = async |second, limit| {
        let items = outbox::forgotten(&*ledger, at(second), limit)
            .await
            .unwrap();
        let told = items.iter().map(|it| it.read::<Outgoing>().unwrap());
        let seconds: BTreeSet<Timestamp> = told.map(|it| it.message.time).collect();
        assert_eq!(seconds.len(), items.len());
        (items, seconds)
    };
    let wait = outbox::FORGOTTEN_AFTER_MINUTES * 60;
    assert_eq!(forgotten(wait - 1, 100).await.1, BTreeSet::new());
    let (items, seconds) = forgotten(wait + 19, 100).await;
    assert_eq!(seconds, (0..20).map(at).collect());
    assert!(forgotten(wait + 100, 1).await.0.len() <= usize::from(outbox::SHARDS));
    for item in items {
        ledger.write(&[outbox::published(&item.key)]).await.unwrap();
        // Published twice, by a stream and by `clock`, it is gone.
        ledger.write(&[outbox::published(&item.key)]).await.unwrap();
    }
    assert_eq!(
        forgotten(wait + 100, 100).await.1,
        (20..40).map(at).collect()
    );
}

pub(super) async fn a_decision_puts_its_message_and_count_beside_the_finding(store: Store) {
    let ledger = store();
    let moment = Moment {
        environment: "production",
        telling: Telling::Everybody,
        ..moment(0)
    };
    let opened = life::opened(&sighting("shop", "Queue"), moment);
    ledger.commit(&opened).await.unwrap();
    // A second writer of the same decision is refused, and so are its message and count.
    ledger.commit(&opened).await.unwrap_err();
    let told = outbox::forgotten(&*ledger, at(900), 9).await.unwrap();
    assert_eq!(told.len(), 1);
    let message = told[0].read::<Outgoing>().unwrap().message;
    assert_eq!(message.id, format!("{}.1", opened.finding.id));
    let labels = [("layer", "cloudformation"), ("severity", "medium")];
    let count = counter::value(&*ledger, counter::OPENED, &labels).await;
    assert_eq!(count.unwrap(), 1);
}

pub(super) async fn timers_are_due_in_their_order_and_not_before(store: Store) {
    let ledger = store();
    let work = |number: i64| Work::SettleIncident {
        incident: format!("i-{number}"),
    };
    for second in [30, 10, 20, 0] {
        let timers: Vec<Write> = (0..10)
            .map(|it| timer::put(at(second), &work(it)).unwrap())
            .collect();
        ledger.write(&timers).await.unwrap();
        ledger.write(&timers).await.unwrap();
    }
    let due = async |now: Timestamp, limit| timer::due(&*ledger, now, limit).await.unwrap();
    let times = |items: &[Item]| -> Vec<Timestamp> {
        let read = |it: &Item| it.read::<timer::Timer>().unwrap().due_at;
        items.iter().map(read).collect()
    };
    assert_eq!(due(at(-1), 100).await, []);
    assert_eq!(due(at(0), 100).await.len(), 10);
    let all = due(at(20), 100).await;
    assert_eq!(all.len(), 30);
    for shard in all.chunk_by(|one, other| one.key.pk == other.key.pk) {
        assert!(times(shard).is_sorted());
        let first = due(at(20), 1).await;
        assert!(
            first.iter().any(|it| it.key == shard[0].key),
            "the first of its shard"
        );
    }
    for item in all {
        let fired = Write::Delete(item.key, domain::ports::Guard::None);
        ledger.write(&[fired]).await.unwrap();
    }
    assert_eq!(due(at(29), 100).await, []);
    assert_eq!(due(at(31), 100).await.len(), 10);
}

pub(super) async fn slots_are_never_given_twice(store: Store) {
    const EACH: usize = 12;
    let taken = at_once(&store, 4, |ledger: Handle, writer| {
        let limit = Limit::detections("111122223333", "eu-west-1");
        let count = 1 + usize::try_from(writer).unwrap() % 2;
        // All at the same moment by their clocks.
        let reserve = || block_on(slot::reserve(&*ledger, limit, count, at(0)));
        let mut slots = Vec::new();
        for _ in 0..EACH {
            let reserved = until_done(reserve);
            slots.extend((0..count).map(|it| reserved.at(it)));
        }
        slots
    });
    let mut taken = taken.concat();
    taken.sort_unstable();
    let interval = SignedDuration::from_millis(50);
    assert_eq!(taken.len(), EACH * 6);
    assert_eq!(taken[0], at(0));
    for pair in taken.windows(2) {
        assert_eq!(pair[1].duration_since(pair[0]), interval, "{pair:?}");
    }
}

pub(super) async fn an_event_is_taken_once_by_one_of_many(store: Store) {
    let firsts = at_once(&store, 4, |ledger: Handle, writer| {
        let event = |number: u64| {
            let key = once::key("aws.ecr", &format!("event {number}"));
            // The very same bytes from everybody: what is told apart is who wrote them.
            let remember = once::remember(key, &"facts", at(0)).unwrap();
            // Some bring a count along, which goes another way.
            let counts = (0..writer % 2)
                .map(|_| counter::one("test_total", &[("a", "b")], "x"))
                .collect();
            until_done(|| {
                block_on(once::first_time(
                    &*ledger,
                    remember.clone(),
                    Vec::clone(&counts),
                ))
            })
        };
        (0..15).map(event).collect::<Vec<bool>>()
    });
    for event in 0..15 {
        assert_eq!(
            firsts.iter().filter(|it| it[event]).count(),
            1,
            "event {event}"
        );
    }
    let counting = firsts.iter().skip(1).step_by(2).flatten();
    let counted = counting.filter(|it| **it).count() as u64;
    let ledger = store();
    let value = counter::value(&*ledger, "test_total", &[("a", "b")]).await;
    assert_eq!(value.unwrap(), counted);
    let key = once::key("aws.ecr", "event 0");
    let stored = ledger.get(&key).await.unwrap().unwrap();
    assert_eq!(
        stored.expires,
        Some(at(0) + (once::REMEMBERED_DAYS * 24).hours())
    );
}

fn effect() -> Effect {
    Effect {
        incident: "i-0123456789abcdef".to_owned(),
        channel: "oncall".to_owned(),
        transition: "fire.1".to_owned(),
    }
}

pub(super) async fn an_effect_is_claimed_by_one_and_taken_over_after_its_time(store: Store) {
    let claims = at_once(&store, 4, |ledger: Handle, _| {
        // All at the same moment by their clocks: their claims are the same bytes.
        until_done(|| block_on(effect::claim(&*ledger, &effect(), at(0))))
    });
    let over = at(0) + effect::CLAIM_HOLDS;
    let held: Vec<Held> = claims
        .iter()
        .filter_map(|it| match it {
            Claim::Ours(held) => Some(*held),
            other => {
                assert_eq!(*other, Claim::Busy(over));
                None
            }
        })
        .collect();
    assert!(held.len() == 1 && !held[0].taken_over, "{claims:?}");
    let ledger = store();
    let claim = async |now| effect::claim(&*ledger, &effect(), now).await.unwrap();
    let ours = |claim| match claim {
        Claim::Ours(held) => held,
        other => panic!("{other:?}"),
    };
    let record = async |held, outcome: &Outcome| {
        let recorded = effect::record(&*ledger, &effect(), (held, outcome), over).await;
        recorded.unwrap();
    };
    assert_eq!(claim(over - 1.second()).await, Claim::Busy(over));
    let second = ours(claim(over).await);
    assert!(second.taken_over);
    // Who was cut off has nothing to say any more.
    record(held[0], &Outcome::NotNow).await;
    assert!(matches!(claim(over).await, Claim::Busy(_)));
    record(second, &Outcome::NotNow).await;
    let third = ours(claim(over).await);
    assert!(!third.taken_over);
    let done = Outcome::Done(Some("1503435956.000247".to_owned()));
    record(third, &done).await;
    record(third, &Outcome::NotNow).await;
    assert_eq!(claim(over + 9.hours()).await, Claim::Done);
    let progress = effect::progress(&*ledger, &effect()).await.unwrap();
    let done = Progress::Done {
        at: over,
        external_id: Some("1503435956.000247".to_owned()),
    };
    assert_eq!(progress, Some(done));
}

fn lease_of(holder: &str, second: i64) -> Lease {
    Lease {
        holder: holder.to_owned(),
        target: "stacks".to_owned(),
        asked_at: at(second),
        look_started_at: at(second),
        detection: None,
        accepted_at: None,
        attempt: 0,
        until: at(second) + lease::HOLDS,
    }
}

pub(super) async fn a_unit_is_leased_to_one_until_it_is_released(store: Store) {
    let taken = at_once(&store, 4, |ledger: Handle, writer| {
        let lease = lease_of(&format!("work {writer}"), 0);
        until_done(|| block_on(lease::take(&*ledger, &unit(), &lease)))
    });
    assert_eq!(taken.iter().filter(|it| **it == Taken::Ours).count(), 1);
    let ledger = store();
    let held = lease::held(&*ledger, &unit()).await.unwrap().unwrap();
    let others = lease_of("another", 1);
    let take = async |lease: &Lease| lease::take(&*ledger, &unit(), lease).await.unwrap();
    assert_eq!(take(&others).await, Taken::Busy(held.clone()));
    assert_eq!(
        take(&held).await,
        Taken::Ours,
        "a first try that was cut off"
    );
    let accepted = Lease {
        detection: Some("d-1".to_owned()),
        ..held
    };
    lease::note(&*ledger, &unit(), &accepted, &[])
        .await
        .unwrap();
    assert_eq!(take(&accepted).await, Taken::Busy(accepted.clone()));
    lease::release(&*ledger, &unit(), "another").await.unwrap();
    assert_eq!(take(&others).await, Taken::Busy(accepted.clone()));
    lease::release(&*ledger, &unit(), &accepted.holder)
        .await
        .unwrap();
    assert_eq!(lease::held(&*ledger, &unit()).await.unwrap(), None);
    assert_eq!(take(&others).await, Taken::Ours);
    // The same work on the same unit again, with the same words: released and taken anew.
    lease::release(&*ledger, &unit(), "another").await.unwrap();
    assert_eq!(take(&others).await, Taken::Ours);
    assert_eq!(ledger.unit_findings(&unit()).await.unwrap(), []);
}

pub(super) async fn an_incident_follows_its_finding_to_its_resolve(store: Store) {
    let ledger = store();
    let timing = Timing {
        settle: SignedDuration::from_mins(5),
        reopen: SignedDuration::from_mins(30),
    };
    let opened = life::opened(&sighting("shop", "Queue"), moment(0));
    ledger.commit(&opened).await.unwrap();
    let id = opened.finding.id.clone();
    let watched = at_once(&store, 3, |ledger: Handle, _| {
        let timing = Timing {
            settle: SignedDuration::from_mins(5),
            reopen: SignedDuration::from_mins(30),
        };
        let id = life::opened(&sighting("shop", "Queue"), moment(0))
            .finding
            .id;
        let routing = |_: &_| (timing, vec!["oncall".to_owned()]);
        until_done(|| block_on(incident::watch(&*ledger, &id, routing, at(1)))).unwrap()
    });
    assert!(watched.iter().all(|it| *it == watched[0]));
    let fired = &watched[0];
    assert_eq!((fired.state, fired.owed.len()), (State::Firing, 1));
    let nobody_failed = ("told", [].as_slice());
    incident::told(&*ledger, &fired.id, &fired.owed[0], nobody_failed)
        .await
        .unwrap();
    let close = |it: Option<&domain::finding::Finding>| life::not_seen(it?, moment(10));
    commit_with(&*ledger, &id, close).await.unwrap();
    let routing = |_: &_| (timing, vec!["oncall".to_owned()]);
    let settling = incident::watch(&*ledger, &id, routing, at(11))
        .await
        .unwrap();
    assert_eq!(settling.unwrap().state, State::Settling);
    let settled_at = at(10) + timing.settle;
    assert_eq!(timer::due(&*ledger, settled_at, 9).await.unwrap().len(), 1);
    let settle = async |now| {
        let terms = |_: &_| Terms {
            settle: timing.settle,
            patience: SignedDuration::from_hours(9),
            now,
        };
        incident::settle(&*ledger, &fired.id, terms)
            .await
            .unwrap()
            .0
    };
    assert_eq!(settle(settled_at).await, Settled::NotBefore(settled_at));
    let mut clean = scan(&unit(), 1);
    clean.started_at = settled_at;
    ledger.close_look(&clean, &[]).await.unwrap();
    assert!(matches!(settle(settled_at).await, Settled::Over(_)));
    assert_eq!(settle(settled_at).await, Settled::Moot);
    let over = incident::of_finding(&*ledger, &id).await.unwrap().unwrap();
    assert_eq!((over.state, over.owed.len()), (State::Resolved, 1));
    // The finding and its history are what they were.
    assert_eq!(ledger.history(&id).await.unwrap().len(), 2);
}

pub(super) async fn a_baseline_is_told_when_its_last_unit_had_its_look(store: Store) {
    let ledger = store();
    let others = Unit::stack("111122223333", "eu-west-1", "other");
    for unit in [unit(), others.clone()] {
        let wait = baseline::wait_for("stacks", &unit).unwrap();
        ledger.write(&[wait]).await.unwrap();
    }
    let tell = async || {
        let target = ("stacks", "production");
        baseline::tell_if_whole(&*ledger, target, at(5))
            .await
            .unwrap();
        outbox::forgotten(&*ledger, at(900), 9).await.unwrap().len()
    };
    for _ in 0..2 {
        baseline::begin(&*ledger, "stacks", at(1)).await.unwrap();
    }
    let patience = at(1) + baseline::PATIENCE;
    assert_eq!(timer::due(&*ledger, patience, 9).await.unwrap().len(), 1);
    let look = baseline::had_look("stacks", &unit());
    ledger.close_look(&scan(&unit(), 1), &[look]).await.unwrap();
    assert_eq!(tell().await, 0);
    let look = baseline::had_look("stacks", &others);
    ledger.close_look(&scan(&others, 1), &[look]).await.unwrap();
    assert_eq!(tell().await, 1);
    assert_eq!(tell().await, 1);
    let baseline = baseline::of(&*ledger, "stacks").await.unwrap().unwrap();
    assert_eq!((baseline.whole, baseline.first_at), (true, at(1)));
}

pub(super) async fn the_shards_of_a_counter_add_up(store: Store) {
    at_once(&store, 4, |ledger: Handle, writer| {
        for round in 0..15 {
            let labels = [("layer", "cloudformation"), ("outcome", "clean")];
            let by = format!("{writer} {round}");
            let count = counter::one(counter::DETECTION_RUNS, &labels, &by);
            until_done(|| block_on(ledger.write(std::slice::from_ref(&count))));
        }
    });
    let ledger = store();
    let items: &dyn Items = &*ledger;
    let value = async |outcome| {
        let labels = [("layer", "cloudformation"), ("outcome", outcome)];
        let value = counter::value(items, counter::DETECTION_RUNS, &labels).await;
        value.unwrap()
    };
    assert_eq!((value("clean").await, value("drift").await), (60, 0));
}
