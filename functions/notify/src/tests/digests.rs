//! What is told of a baseline and of the configuration.

use domain::baseline;
use domain::current::{self, Refused};
use domain::finding::Finding;
use domain::handled::Handled;
use domain::message::{Kind, Message};
use domain::ports::{Items as _, PortError, PortErrorKind};
use domain::severity::Severity;
use domain::testing::{Fault, block_on, finding, scan};
use domain::unit::Unit;
use domain::work::Work;

use super::desk::{Desk, TEAM, at, unit};

fn taken(round: u64) -> String {
    let message = Message::about(("stacks", round), Kind::BaselineTaken, "production", at(0));
    serde_json::to_string(&message).unwrap()
}

fn timer() -> String {
    Work::TellBaseline {
        target: "stacks".to_owned(),
    }
    .body()
}

/// A target whose units have had their first look, with that many old findings in 30 stacks.
fn with_findings(desk: &Desk, count: usize) {
    block_on(baseline::begin(&*desk.store, "stacks", at(0))).unwrap();
    for number in 0..30 {
        let unit = Unit::stack("111122223333", "eu-west-1", &format!("stack-{number}"));
        desk.store.put_scan(scan(&unit, 1, at(0)));
    }
    for number in 0..count {
        let unit = Unit::stack(
            "111122223333",
            "eu-west-1",
            &format!("stack-{}", number % 30),
        );
        desk.store.put_finding(Finding {
            baseline: true,
            severity: Severity::ALL[number % 4],
            ..finding(&unit, &format!("Queue{number}"), at(0))
        });
    }
    block_on(baseline::tell_if_whole(
        &*desk.store,
        ("stacks", "production"),
        at(0),
    ))
    .unwrap();
}

fn texts(desk: &Desk) -> Vec<String> {
    let posted = desk.channels.posted().into_iter();
    posted
        .map(|it| it.body["text"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn three_hundred_old_findings_are_one_digest() {
    let desk = Desk::with(&format!("  channels:\n{TEAM}"));
    with_findings(&desk, 300);
    for body in [taken(1), taken(1), timer()] {
        desk.handle(&body);
    }
    assert_eq!(desk.posts(), ["team.digest.1"]);
    assert_eq!(
        texts(&desk),
        ["[production] Baseline of stacks: 300 findings in 30 stacks"]
    );
    let body = desk.channels.posted()[0].body.to_string();
    assert!(
        body.contains("*critical* 75") && body.contains("and 10 more stacks"),
        "{body}"
    );
    assert!(body.chars().count() < 12_000);
}

#[test]
fn a_clean_baseline_is_told_too() {
    let desk = Desk::with(&format!("  channels:\n{TEAM}"));
    with_findings(&desk, 0);
    assert_eq!(desk.handle(&taken(1)), Handled::Done);
    desk.handle(&taken(1));
    assert_eq!(
        texts(&desk),
        ["[production] Baseline of stacks: 30 stacks, nothing drifts"]
    );
}

#[test]
fn what_closed_or_belongs_to_another_target_is_not_counted() {
    let desk = Desk::with(&format!("  channels:\n{TEAM}"));
    with_findings(&desk, 1);
    let other = Finding {
        baseline: true,
        target: "other".to_owned(),
        ..finding(&unit(), "Other", at(0))
    };
    desk.store.put_finding(other.clone());
    desk.store.put_finding(super::desk::closed(
        &Finding {
            target: "stacks".to_owned(),
            ..finding(&unit(), "Closed", at(0))
        },
        1,
    ));
    desk.handle(&taken(1));
    assert_eq!(
        texts(&desk),
        ["[production] Baseline of stacks: 1 finding in 30 stacks"]
    );
}

#[test]
fn it_waits_for_every_unit_but_no_longer_than_an_hour() {
    let desk = Desk::with(&format!("  channels:\n{TEAM}"));
    let stuck = baseline::wait_for("stacks", &unit()).unwrap();
    block_on(desk.store.write(&[stuck])).unwrap();
    with_findings(&desk, 3);
    assert!(matches!(desk.handle(&timer()), Handled::Drop(_)));
    assert!(desk.posts().is_empty());
    desk.clock.set(at(60));
    assert_eq!(desk.handle(&timer()), Handled::Done);
    desk.handle(&timer());
    assert_eq!(desk.posts().len(), 1);
    let body = desk.channels.posted()[0].body.to_string();
    assert!(body.contains("1 unit had no complete look yet."), "{body}");
}

#[test]
fn stacks_that_join_later_are_told_only_where_they_drift() {
    let desk = Desk::with(&format!("  channels:\n{TEAM}"));
    with_findings(&desk, 2);
    desk.handle(&taken(1));
    let join = |minute: i64, round: u64| {
        desk.clock.set(at(minute));
        block_on(baseline::begin(&*desk.store, "stacks", at(minute))).unwrap();
        let of = ("stacks", "production");
        block_on(baseline::tell_if_whole(&*desk.store, of, at(minute))).unwrap();
        desk.handle(&taken(round))
    };
    assert_eq!(join(100, 2), Handled::Done);
    assert_eq!(
        desk.posts().len(),
        1,
        "a new stack without drift is no news"
    );
    desk.store.put_finding(Finding {
        baseline: true,
        ..finding(&unit(), "Late", at(200))
    });
    desk.store.put_scan(scan(&unit(), 1, at(200)));
    assert_eq!(join(200, 3), Handled::Done);
    desk.handle(&taken(3));
    assert_eq!(desk.posts(), ["team.digest.1", "team.digest.3"]);
    assert!(
        texts(&desk)[1].contains("1 finding in 31 stacks"),
        "{:?}",
        texts(&desk)
    );
}

#[test]
fn a_digest_goes_to_every_channel_but_pagers_and_a_failed_one_is_sent_again() {
    let channels =
        format!("  channels:\n    pager: {{pagerduty: {{routingKey: 'env:A'}}}}\n{TEAM}");
    let desk = Desk::with(&channels);
    with_findings(&desk, 3);
    let refused = PortError::new(PortErrorKind::Invalid, "slack:post", "no");
    desk.channels.answer("env:TEAM", Some(refused));
    assert_eq!(
        desk.handle(&taken(1)),
        Handled::Fail("channel team: slack:post: no".to_owned())
    );
    desk.channels.answer("env:TEAM", None);
    assert_eq!(desk.handle(&taken(1)), Handled::Done);
    desk.handle(&taken(1));
    assert_eq!(desk.posts(), ["team.digest.1"]);
}

#[test]
fn a_crash_between_any_two_steps_costs_one_digest_more_at_most() {
    let mut desk = Desk::new();
    for fault in Fault::ALL {
        for call in 0.. {
            desk = desk.again();
            with_findings(&desk, 3);
            desk.faults.fail_at(call, fault);
            let first = desk.handle(&taken(1));
            let is_through = desk.faults.calls() <= call;
            desk.faults.end();
            desk.clock.set(at(3));
            desk.handle(&taken(1));
            for channel in ["team.digest.1", "audit.digest.1"] {
                let times = desk.posts().iter().filter(|it| *it == channel).count();
                assert!(
                    (1..=2).contains(&times),
                    "{fault:?} at {call}: {channel} {times} times"
                );
            }
            assert!(desk.posts().len() <= 3, "{fault:?} at {call}");
            if is_through {
                assert_eq!((first, desk.posts().len()), (Handled::Done, 2));
                break;
            }
        }
    }
}

fn refuse(desk: &Desk, tag: &str, errors: &str) -> String {
    let refused = Refused {
        tag: tag.to_owned(),
        errors: errors.to_owned(),
        at: at(1),
    };
    block_on(current::refuse(&*desk.store, &refused, "production")).unwrap();
    let message = Message::about(("config", 1), Kind::ConfigRefused, "production", at(1));
    serde_json::to_string(&message).unwrap()
}

#[test]
fn a_first_configuration_that_is_refused_has_nobody_to_tell() {
    let mut desk = Desk::new();
    desk.store = std::sync::Arc::new(domain::testing::MemoryStore::new());
    desk.deps.store = desk.store.clone();
    desk.deps.config = policy::InForce::new();
    let message = refuse(&desk, "1", "plumbline.yaml:1:1: no targets");
    assert!(matches!(desk.handle(&message), Handled::Drop(_)));
    assert_eq!(desk.channels.posted(), []);
}

#[test]
fn a_refused_configuration_is_told_once_a_version() {
    let desk = Desk::new();
    let errors = "plumbline.yaml:3:5: targets[0].nme: unknown key; did you mean \"name\"?";
    let message = refuse(&desk, "2", errors);
    assert_eq!(desk.handle(&message), Handled::Done);
    assert_eq!(desk.handle(&message), Handled::Done);
    assert_eq!(desk.posts(), ["audit.refused", "team.refused"]);
    let posted = desk.channels.posted();
    assert_eq!(posted[0].body["errors"], errors);
    assert!(
        posted[1].body.to_string().contains("plumbline.yaml:3:5"),
        "{:?}",
        posted[1]
    );
    let message = refuse(&desk, "3", errors);
    desk.handle(&message);
    assert_eq!(desk.posts().len(), 4);
}

#[test]
fn a_refusal_that_a_later_version_has_overtaken_is_not_told() {
    let desk = Desk::new();
    let message = refuse(&desk, "2", "x");
    desk.configure(&format!("  channels:\n{TEAM}"));
    assert!(matches!(desk.handle(&message), Handled::Drop(_)));
}
