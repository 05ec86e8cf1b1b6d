//! What each decision does, and what holds over any sequence of them.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::difference::DifferenceKind;
use crate::identity::Identity;
use crate::resource::Resource;
use crate::severity::{Cause, Severity};
use crate::unit::Unit;

/// A time, so many seconds after some epoch.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

/// The stack in which everything happens.
pub(crate) fn unit() -> Unit {
    Unit::stack("111122223333", "eu-west-1", "shop")
}

/// A look that began at one time and is written at another.
pub(crate) fn moment(began: i64, now: i64) -> Moment<'static> {
    Moment {
        now: at(now),
        look_started_at: at(began),
        config: "c0ffee",
        environment: "",
        telling: Telling::Nobody,
    }
}

/// A resource of the stack, seen with that value.
pub(crate) fn sighting(name: &str, value: u8) -> Sighting {
    Sighting {
        identity: Identity::stack_resource("111122223333", "eu-west-1", "shop", name),
        unit: unit(),
        target: "shop-stacks".to_owned(),
        resource: Resource {
            kind: "AWS::SQS::Queue".to_owned(),
            id: format!("https://queue/{name}"),
            name: name.to_owned(),
            ..Resource::default()
        },
        change: Change::Modified,
        severity: Severity::Medium,
        cause: Cause::PropertyChange,
        rule: "default: anything else".to_owned(),
        differences: vec![Difference {
            entry: None,
            path: "/VisibilityTimeout".to_owned(),
            kind: DifferenceKind::Changed,
            expected: Some(json!(30)),
            actual: Some(json!(value)),
            sensitive: false,
            potential: false,
            severity: Severity::Medium,
            cause: Cause::PropertyChange,
            attribution: None,
        }],
        attribution: None,
        is_partial: false,
    }
}

fn queue(value: u8) -> Sighting {
    sighting("Queue", value)
}

/// A finding that a look opened at second 0.
fn open() -> Finding {
    opened(&queue(1), moment(0, 0)).finding
}

fn see(finding: &Finding, value: u8, now: i64) -> Decision {
    seen(Some(finding), &queue(value), moment(now, now)).unwrap()
}

fn miss(finding: &Finding, now: i64) -> Finding {
    not_seen(finding, moment(now, now)).unwrap().finding
}

fn say(finding: &Finding, word: &Word, now: i64) -> Finding {
    said(finding, word, "ana", at(now)).unwrap().finding
}

fn acknowledge() -> Word {
    Word::Acknowledge { reason: None }
}

fn silence(until: i64) -> Word {
    Word::Silence {
        reason: "migration".to_owned(),
        until: at(until),
    }
}

fn accept(until: i64) -> Word {
    Word::Accept {
        reason: "as intended".to_owned(),
        until: at(until),
    }
}

fn events(decision: &Decision) -> Vec<Event> {
    decision.history.iter().map(|it| it.event).collect()
}

#[test]
fn a_first_sighting_opens_a_finding_at_version_one() {
    let first = seen(None, &queue(1), moment(3, 5)).unwrap();
    assert_eq!(first.finding.id, queue(1).identity.id());
    assert_eq!(
        (
            first.finding.version,
            first.finding.entries,
            first.finding.occurrences
        ),
        (1, 1, 1)
    );
    assert_eq!(
        (first.finding.first_seen, first.finding.look_started_at),
        (at(5), at(3))
    );
    assert_eq!(events(&first), [Event::Opened]);
    assert_eq!(
        first.history[0].detail,
        "medium modified: /VisibilityTimeout"
    );
}

#[test]
fn a_closed_finding_reopens_with_the_same_id() {
    let closed = miss(&open(), 10);
    assert_eq!(closed.status(at(10)), Status::Resolved);
    let again = see(&closed, 1, 20);
    assert_eq!(again.finding.id, closed.id);
    assert_eq!(
        (again.finding.first_seen, again.finding.last_seen),
        (at(0), at(20))
    );
    assert_eq!(
        (again.finding.occurrences, again.finding.status(at(20))),
        (2, Status::Reopened)
    );
    assert_eq!(events(&again), [Event::Reopened]);
}

#[test]
fn seeing_the_same_again_changes_only_the_time_and_the_version() {
    let again = see(&open(), 1, 10);
    assert_eq!(events(&again), []);
    let expected = Finding {
        version: 2,
        last_seen: at(10),
        look_started_at: at(10),
        read_at: Some(at(10)),
        ..open()
    };
    assert_eq!(again.finding, expected);
}

#[test]
fn another_value_or_severity_is_noted_once() {
    let changed = see(&open(), 2, 10);
    assert_eq!(events(&changed), [Event::Changed]);
    let mut worse = queue(2);
    worse.severity = Severity::Critical;
    let worse = seen(Some(&changed.finding), &worse, moment(20, 20)).unwrap();
    assert_eq!(events(&worse), [Event::Changed]);
    assert_eq!(
        (worse.finding.severity, worse.finding.entries),
        (Severity::Critical, 3)
    );
}

#[test]
fn an_acknowledgement_holds_while_it_is_open_and_ends_when_it_reopens() {
    let noted = say(&open(), &acknowledge(), 5);
    let changed = see(&noted, 2, 10).finding;
    assert_eq!(changed.status(at(10)), Status::Acknowledged);
    let again = see(&miss(&changed, 20), 2, 30).finding;
    assert_eq!(
        (again.acknowledged.clone(), again.status(at(30))),
        (None, Status::Reopened)
    );
}

#[test]
fn a_silence_survives_changes_and_reopening_until_its_date() {
    let silent = say(&open(), &silence(100), 5);
    let again = see(&miss(&see(&silent, 2, 10).finding, 20), 3, 30).finding;
    assert_eq!(again.status(at(99)), Status::Silenced);
    assert_eq!(again.status(at(100)), Status::Reopened);
}

#[test]
fn an_acceptance_holds_for_what_was_accepted_and_ends_with_anything_else() {
    let accepted = say(&open(), &accept(100), 5);
    let same = see(&miss(&accepted, 10), 1, 20).finding;
    assert_eq!(
        (same.status(at(99)), same.status(at(100))),
        (Status::Accepted, Status::Reopened)
    );
    let other = see(&same, 2, 30);
    assert_eq!(events(&other), [Event::Changed, Event::AcceptanceEnded]);
    let back = see(&other.finding, 1, 40).finding;
    assert_eq!(back.status(at(40)), Status::Reopened);
}

#[test]
fn an_acceptance_past_its_date_ends_without_a_word() {
    let accepted = say(&open(), &accept(10), 5);
    let other = see(&accepted, 2, 10);
    assert_eq!(events(&other), [Event::Changed]);
    assert_eq!(other.finding.acceptance, None);
}

#[test]
fn an_absent_value_is_not_a_null_for_an_acceptance() {
    let mut absent = queue(1);
    absent.differences[0].actual = None;
    let mut null = queue(1);
    null.differences[0].actual = Some(json!(null));
    let print = |it: &Sighting| fingerprint(it.change, &it.differences);
    assert_ne!(print(&absent), print(&null));
}

#[test]
fn nothing_can_be_said_of_a_closed_finding_or_until_a_date_in_the_past() {
    let closed = miss(&open(), 10);
    let refused = said(&closed, &acknowledge(), "ana", at(20));
    assert_eq!(refused, Err(Refusal::Closed(Status::Resolved)));
    for word in [silence(20), accept(20), accept(19)] {
        assert_eq!(said(&open(), &word, "ana", at(20)), Err(Refusal::Past));
    }
}

#[test]
fn reopening_by_hand_takes_back_every_word() {
    let spoken = say(
        &say(&say(&open(), &acknowledge(), 1), &silence(100), 2),
        &accept(100),
        3,
    );
    let cleared = said(&spoken, &Word::Reopen, "bo", at(4)).unwrap();
    assert_eq!(
        (events(&cleared), cleared.history[0].by.as_deref()),
        (vec![Event::Cleared], Some("bo"))
    );
    assert_eq!(cleared.finding.status(at(4)), Status::Open);
    let nothing = said(&cleared.finding, &Word::Reopen, "bo", at(5));
    assert_eq!(nothing, Err(Refusal::NothingSaid));
}

#[test]
fn an_older_look_neither_changes_nor_closes_nor_reopens() {
    let newer = see(&open(), 2, 10).finding;
    assert_eq!(seen(Some(&newer), &queue(1), moment(9, 20)), None);
    assert_eq!(not_seen(&newer, moment(9, 20)), None);
    let closed = miss(&newer, 15);
    assert_eq!(seen(Some(&closed), &queue(1), moment(14, 20)), None);
    assert!(seen(Some(&closed), &queue(1), moment(15, 20)).is_some());
}

#[test]
fn a_look_from_the_future_was_a_wrong_clock_and_silences_nobody() {
    let future = opened(&queue(1), moment(1000, 1000)).finding;
    let seen_now = seen(Some(&future), &queue(2), moment(10, 12))
        .unwrap()
        .finding;
    assert_eq!(seen_now.look_started_at, at(10));
    assert!(not_seen(&future, moment(10, 12)).is_some());
}

#[test]
fn a_unit_that_is_not_watched_any_more_closes_its_findings_for_looks_that_began_before() {
    let left = unwatched(&open(), Telling::Nobody, at(10)).unwrap();
    assert_eq!(
        (left.finding.status(at(10)), events(&left)),
        (Status::Unwatched, vec![Event::Unwatched])
    );
    assert_eq!(unwatched(&left.finding, Telling::Nobody, at(11)), None);
    assert_eq!(not_seen(&left.finding, moment(11, 11)), None);
    assert_eq!(seen(Some(&left.finding), &queue(1), moment(9, 12)), None);
    assert_eq!(
        see(&left.finding, 1, 20).finding.status(at(20)),
        Status::Reopened
    );
}

#[test]
fn a_resource_that_another_unit_took_over_belongs_to_that_unit() {
    let mut elsewhere = queue(1);
    elsewhere.unit = Unit::stack("111122223333", "eu-west-1", "other");
    let moved = seen(Some(&open()), &elsewhere, moment(10, 10)).unwrap();
    assert_eq!(
        (&moved.finding.unit, events(&moved)),
        (&elsewhere.unit, vec![])
    );
}

#[test]
fn the_history_names_five_paths_at_most_and_no_values() {
    let mut many = queue(77);
    many.differences = (0..7)
        .map(|i| Difference {
            path: format!("/P{i}"),
            ..many.differences[0].clone()
        })
        .collect();
    let detail = opened(&many, moment(0, 0)).history[0].detail.clone();
    assert_eq!(
        detail,
        "medium modified: /P0, /P1, /P2, /P3, /P4 and 2 more"
    );
}

#[derive(Clone, Debug)]
enum Step {
    See(u8),
    Miss,
    Unwatch,
    Say(Word),
}

fn steps() -> impl Strategy<Value = Vec<(i64, i64, Step)>> {
    // Dates are relative to the step: `until` is moved there when it is said.
    let word = prop_oneof![
        Just(acknowledge()),
        (1..60_i64).prop_map(silence),
        (1..60_i64).prop_map(accept),
        Just(Word::Reopen),
    ];
    let step = prop_oneof![
        4 => (0..3_u8).prop_map(Step::See),
        2 => Just(Step::Miss),
        1 => Just(Step::Unwatch),
        3 => word.prop_map(Step::Say),
    ];
    proptest::collection::vec((1..20_i64, 0..30_i64, step), 1..40)
}

fn moved(word: &Word, now: i64) -> Word {
    let later = |until: &Timestamp| at(now + until.as_second() - at(0).as_second());
    match word.clone() {
        Word::Silence { reason, until } => Word::Silence {
            reason,
            until: later(&until),
        },
        Word::Accept { reason, until } => Word::Accept {
            reason,
            until: later(&until),
        },
        other => other,
    }
}

/// What must hold from one state to the next, whatever led there.
fn check(before: &Finding, decision: &Decision, step: &Step, now: i64) {
    let after = &decision.finding;
    let noted = events(decision);
    assert_eq!(
        (&after.id, &after.identity, after.first_seen),
        (&before.id, &before.identity, before.first_seen)
    );
    assert_eq!(after.version, before.version + 1);
    let numbers: Vec<u64> = decision.history.iter().map(|it| it.seq).collect();
    assert_eq!(
        numbers,
        (before.entries + 1..=after.entries).collect::<Vec<_>>()
    );
    let opens = before.closed.is_some() && after.closed.is_none();
    assert_eq!(opens, noted.contains(&Event::Reopened));
    assert_eq!(after.occurrences, before.occurrences + u64::from(opens));
    if opens {
        assert_eq!(after.acknowledged, None);
    }
    let print = |it: &Finding| fingerprint(it.change, &it.differences);
    match step {
        Step::See(_) => {
            assert_eq!(after.closed, None);
            assert_eq!(after.silence, before.silence);
            let holds = before
                .acceptance
                .as_ref()
                .is_some_and(|it| it.fingerprint == print(after));
            assert_eq!(
                after.acceptance,
                before.acceptance.clone().filter(|_| holds)
            );
            let ended = before
                .acceptance
                .as_ref()
                .is_some_and(|it| !holds && at(now) < it.until);
            assert_eq!(noted.contains(&Event::AcceptanceEnded), ended);
            assert_eq!(
                noted.contains(&Event::Changed),
                !opens && print(after) != print(before)
            );
        }
        Step::Miss | Step::Unwatch => {
            assert!(before.closed.is_none() && after.closed.is_some());
            let kept = |it: &Finding| (it.silence.clone(), it.acceptance.clone(), print(it));
            assert_eq!(kept(before), kept(after));
        }
        Step::Say(_) => {
            assert_eq!(
                (print(before), before.last_seen, noted.len()),
                (print(after), after.last_seen, 1)
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_life_keeps_its_rules(steps in steps()) {
        let (mut finding, mut now) = (open(), 0);
        // The newest look, or leaving of the unit, that changed it: kept here, apart from the finding's own memory.
        let mut newest = 0;
        let mut openings = 1;
        for (pause, age, step) in steps {
            now += pause;
            let began = (now - age).max(0);
            let decision = match &step {
                Step::See(value) => seen(Some(&finding), &queue(*value), moment(began, now)),
                Step::Miss => not_seen(&finding, moment(began, now)),
                Step::Unwatch => unwatched(&finding, Telling::Nobody, at(now)),
                Step::Say(word) => said(&finding, &moved(word, now), "ana", at(now)).ok(),
            };
            let by_look = matches!(step, Step::See(_) | Step::Miss);
            if by_look && began < newest {
                prop_assert_eq!(&decision, &None, "an older look spoke");
            }
            let unsaid = finding.acknowledged.is_none()
                && finding.silence.is_none()
                && finding.acceptance.is_none();
            let idle = (finding.closed.is_some() && !matches!(step, Step::See(_)))
                || (unsaid && matches!(step, Step::Say(Word::Reopen)));
            prop_assert!(decision.is_some() || idle || (by_look && began < newest));
            let Some(decision) = decision else { continue };
            check(&finding, &decision, &step, now);
            match step {
                Step::See(_) | Step::Miss => newest = began,
                Step::Unwatch => newest = now,
                Step::Say(_) => {}
            }
            openings += u64::from(finding.closed.is_some() && decision.finding.closed.is_none());
            finding = decision.finding;
        }
        prop_assert_eq!(finding.occurrences, openings);
    }
}
