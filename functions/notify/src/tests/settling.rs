//! From a closing to the resolve.

use std::time::Duration;

use domain::finding::{Closed, Closing, Finding};
use domain::handled::Handled;
use domain::incident::State;
use domain::testing::{Fault, scan};
use domain::work::{Queue, Work};
use jiff::Timestamp;

use super::desk::{Desk, TEAM, at, closed, next, open, unit};

/// A desk at which the finding closed at minute 1 and the settle time is over.
fn settling() -> Desk {
    settling_at(Desk::with(&format!("  channels:\n{TEAM}")))
}

fn settling_at(desk: Desk) -> Desk {
    desk.hear(&open());
    desk.hear(&closed(&open(), 1));
    desk.clock.set(at(6));
    desk
}

fn looks(desk: &Desk) -> Vec<Timestamp> {
    let sent = desk.queues.sent().into_iter();
    sent.map(|it| {
        assert_eq!((it.queue, it.delay), (Queue::StackDrift, Duration::ZERO));
        let body = serde_json::from_str(&it.body).unwrap();
        let Work::LookAtStack {
            stack_id,
            target,
            asked_at,
            ..
        } = Work::read(&body).unwrap().unwrap()
        else {
            panic!("{}", it.body);
        };
        assert_eq!(
            stack_id,
            "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/"
        );
        assert_eq!(target, "stacks");
        asked_at
    })
    .collect()
}

#[test]
fn a_closing_tells_nothing_and_sets_a_timer() {
    let desk = Desk::new();
    desk.hear(&open());
    desk.hear(&closed(&open(), 1));
    assert_eq!(desk.posts().len(), 2);
    assert_eq!(desk.incident().state, State::Settling);
    assert_eq!(desk.timers(), [at(6)]);
}

#[test]
fn a_timer_that_comes_early_comes_again() {
    let desk = settling();
    desk.clock.set(at(5));
    let again = Handled::Later {
        at: at(6),
        body: None,
    };
    assert_eq!(desk.settle(), again);
    assert!(desk.queues.sent().is_empty());
}

#[test]
fn a_clean_look_after_the_settle_time_resolves_once() {
    let desk = settling();
    desk.store.put_scan(scan(&unit(), 9, at(6)));
    assert_eq!(desk.settle(), Handled::Done);
    assert!(matches!(desk.settle(), Handled::Drop(_)));
    assert_eq!(desk.posts(), ["team.fire.1", "team.resolve.1"]);
    assert!(desk.queues.sent().is_empty(), "nobody needs to look again");
}

#[test]
fn an_older_look_is_not_enough_and_one_more_is_asked_for() {
    let desk = settling();
    desk.store.put_scan(scan(&unit(), 9, at(5)));
    for _ in 0..3 {
        desk.settle();
    }
    assert_eq!(looks(&desk), [at(6)]);
    assert_eq!(
        desk.timers(),
        [at(6), at(8)],
        "one check, however often it is repeated"
    );
    // A repeat that comes late sets no timer of its own, or each would bring another.
    desk.clock.set(at(7));
    desk.settle();
    assert_eq!(desk.timers(), [at(6), at(8)]);
    assert_eq!(desk.posts().len(), 1);
}

#[test]
fn a_check_that_a_faster_clock_fired_early_comes_again_at_its_time() {
    let desk = settling();
    desk.store.put_scan(scan(&unit(), 9, at(5)));
    desk.settle();
    desk.clock.set(at(7));
    let again = Handled::Later {
        at: at(8),
        body: None,
    };
    assert_eq!(
        desk.settle(),
        again,
        "its timer is gone: dropped, nothing would be left of it"
    );
}

#[test]
fn at_most_one_look_is_asked_for_in_a_period() {
    let desk = settling();
    for minute in 6..23 {
        desk.clock.set(at(minute));
        desk.settle();
        desk.settle();
    }
    assert_eq!(looks(&desk), [at(6), at(11), at(16), at(21)]);
    desk.store.put_scan(scan(&unit(), 9, at(22)));
    desk.clock.set(at(23));
    assert_eq!(desk.settle(), Handled::Done);
    assert_eq!(desk.posts()[1..], ["team.resolve.1"]);
}

#[test]
fn a_crash_while_a_look_is_asked_for_asks_for_the_same_look_again() {
    let mut desk = settling();
    for fault in Fault::ALL {
        for call in 0.. {
            desk = settling_at(desk.again());
            let incident = desk.incident().id;
            let body = Work::SettleIncident { incident }.body();
            desk.faults.fail_at(call, fault);
            desk.handle(&body);
            let is_reached = desk.faults.calls() > call;
            desk.faults.end();
            desk.handle(&body);
            let asked = looks(&desk);
            assert!(!asked.is_empty(), "{fault:?} at {call}");
            assert!(
                asked.iter().all(|it| *it == at(6)),
                "{fault:?} at {call}: {asked:?}"
            );
            assert_eq!(desk.timers(), [at(6), at(8)], "{fault:?} at {call}");
            if !is_reached {
                assert!(call > 5, "it is as many calls as that: {call}");
                break;
            }
        }
    }
}

#[test]
fn what_nobody_looks_at_any_more_is_resolved_by_time_alone() {
    let unwatched = Finding {
        closed: Some(Closed {
            at: at(1),
            how: Closing::Unwatched,
        }),
        ..next(&open())
    };
    let mut of_no_target = closed(&open(), 1);
    of_no_target.target = "gone".to_owned();
    for finding in [unwatched, of_no_target] {
        let desk = Desk::with(&format!("  channels:\n{TEAM}"));
        desk.hear(&open());
        desk.hear(&finding);
        desk.clock.set(at(6));
        assert_eq!(desk.settle(), Handled::Done);
        assert_eq!(desk.posts(), ["team.fire.1", "team.resolve.1"]);
        assert!(desk.queues.sent().is_empty());
    }
}

#[test]
fn after_a_day_without_a_look_it_is_resolved_and_says_so() {
    let desk = settling();
    desk.clock.set(at(6 + 24 * 60 - 1));
    desk.settle();
    assert_eq!(desk.posts().len(), 1);
    desk.clock.set(at(6 + 24 * 60));
    assert_eq!(desk.settle(), Handled::Done);
    assert!(desk.incident().unconfirmed);
    let text = desk.channels.posted()[1].body.to_string();
    assert!(text.contains("No later look could confirm that."), "{text}");
}
