mod kept;
mod properties;

use jiff::{SignedDuration, Timestamp};

use super::{Incident, Settled, State, Step, Terms, Timing, observe, settled};
use crate::finding::{Closed, Closing, Finding, Silence};
use crate::severity::Severity;
use crate::testing::{finding, scan};
use crate::unit::Unit;

const TIMING: Timing = Timing {
    settle: SignedDuration::from_mins(5),
    reopen: SignedDuration::from_mins(30),
};

fn at(minute: i64) -> Timestamp {
    Timestamp::new(1_790_000_000 + minute * 60, 0).unwrap()
}

fn unit() -> Unit {
    Unit::stack("111122223333", "eu-west-1", "shop")
}

fn open() -> Finding {
    finding(&unit(), "Queue", at(0))
}

fn closed_at(minute: i64) -> Finding {
    Finding {
        closed: Some(Closed {
            at: at(minute),
            how: Closing::Resolved,
        }),
        ..open()
    }
}

fn terms(minute: i64) -> Terms {
    Terms {
        settle: TIMING.settle,
        patience: SignedDuration::from_hours(24),
        now: at(minute),
    }
}

fn channels(names: &[&str]) -> Vec<String> {
    names.iter().map(|&it| it.to_owned()).collect()
}

fn watch(incident: Option<&Incident>, finding: &Finding, minute: i64) -> Option<Incident> {
    observe(
        incident,
        finding,
        (TIMING, &channels(&["team"])),
        at(minute),
    )
}

fn owed(incident: &Incident) -> Vec<String> {
    incident.owed.iter().map(super::Transition::name).collect()
}

fn firing() -> Incident {
    watch(None, &open(), 0).unwrap()
}

fn settling(minute: i64) -> Incident {
    watch(Some(&firing()), &closed_at(minute), minute).unwrap()
}

fn resolved(minute: i64) -> Incident {
    let look = scan(&unit(), 9, at(minute));
    match settled(
        &settling(1),
        &closed_at(1),
        (Some(&look), None),
        terms(minute),
    ) {
        Settled::Over(next) => *next,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_opening_fires_once() {
    let incident = firing();
    assert_eq!(incident.state, State::Firing);
    assert_eq!(owed(&incident), ["fire.1"]);
    assert_eq!(watch(Some(&incident), &open(), 9), None);
}

#[test]
fn baselines_silenced_and_accepted_findings_begin_nothing() {
    let baseline = Finding {
        baseline: true,
        ..open()
    };
    let silenced = Finding {
        silence: Some(Silence {
            at: at(0),
            by: "me".to_owned(),
            reason: "later".to_owned(),
            until: at(10),
        }),
        ..open()
    };
    assert_eq!(watch(None, &baseline, 0), None);
    assert_eq!(watch(None, &silenced, 0), None);
    assert!(watch(None, &silenced, 10).is_some());
    assert_eq!(watch(None, &closed_at(1), 1), None);
}

#[test]
fn a_flap_within_the_settle_time_tells_nothing() {
    let back = watch(Some(&settling(1)), &open(), 3).unwrap();
    assert_eq!((back.state, owed(&back)), (State::Firing, owed(&firing())));
    assert_eq!(back.closed_at, None);
    assert_eq!(back.check_at, None);
}

#[test]
fn a_severity_that_rises_is_told_once_and_one_that_falls_never() {
    let graver = Finding {
        severity: Severity::Critical,
        ..open()
    };
    let raised = watch(Some(&firing()), &graver, 1).unwrap();
    assert_eq!(owed(&raised), ["fire.1", "raise.13"]);
    assert_eq!(watch(Some(&raised), &graver, 2), None);
    assert_eq!(watch(Some(&raised), &open(), 3), None);
    assert_eq!(watch(Some(&raised), &graver, 4), None);
}

#[test]
fn a_channel_that_joins_with_a_raise_is_not_told_what_came_before() {
    let graver = Finding {
        severity: Severity::Critical,
        ..open()
    };
    let both = channels(&["oncall", "team"]);
    let raised = observe(Some(&firing()), &graver, (TIMING, &both), at(1)).unwrap();
    assert_eq!(raised.owed[0].channels, ["team"]);
    assert_eq!(raised.owed[1].channels, ["team", "oncall"]);
    let resolved = watch(Some(&raised), &closed_at(2), 2).unwrap();
    assert_eq!(resolved.channels, ["team", "oncall"]);
}

#[test]
fn without_channels_an_incident_lives_and_owes_nothing() {
    let incident = observe(None, &open(), (TIMING, &[]), at(0)).unwrap();
    assert_eq!(incident.state, State::Firing);
    assert!(incident.owed.is_empty());
}

#[test]
fn it_is_over_after_the_settle_time_and_one_more_clean_look() {
    let incident = settling(1);
    let ask = |look: Option<i64>, now: i64| {
        let look = look.map(|it| scan(&unit(), 2, at(it)));
        settled(&incident, &closed_at(1), (look.as_ref(), None), terms(now))
    };
    let not_before = Settled::NotBefore(at(6));
    assert_eq!(ask(None, 5), not_before);
    assert_eq!(ask(None, 99), not_before, "time alone settles nothing");
    assert_eq!(
        ask(Some(1), 99),
        not_before,
        "nor does the look that closed it"
    );
    assert_eq!(ask(Some(5), 99), not_before, "nor one from before");
    let Settled::Over(over) = ask(Some(6), 7) else {
        panic!("a clean look after the settle time ends it");
    };
    assert_eq!((over.state, over.unconfirmed), (State::Resolved, false));
    assert_eq!(owed(&over), ["fire.1", "resolve.1"]);
}

#[test]
fn what_opened_and_closed_again_unseen_settles_from_the_last_closing() {
    let incident = settling(1);
    let look = scan(&unit(), 2, at(7));
    let again = closed_at(6);
    let verdict = settled(&incident, &again, (Some(&look), None), terms(8));
    assert_eq!(verdict, Settled::NotBefore(at(11)));
    let next = watch(Some(&incident), &again, 8).unwrap();
    assert_eq!(next.closed_at, Some(at(6)));
    assert_eq!(watch(Some(&next), &again, 8), None);
}

#[test]
fn the_unit_that_closed_it_settles_it() {
    let mut moved = closed_at(1);
    moved.unit = Unit::stack("111122223333", "eu-west-1", "taken-over");
    let incident = watch(Some(&firing()), &moved, 1).unwrap();
    assert_eq!(incident.unit, moved.unit);
}

#[test]
fn nobody_waits_for_a_look_at_what_is_unwatched() {
    let gone = Finding {
        closed: Some(Closed {
            at: at(1),
            how: Closing::Unwatched,
        }),
        ..open()
    };
    let verdict = |now| settled(&settling(1), &gone, (None, None), terms(now));
    assert_eq!(verdict(5), Settled::NotBefore(at(6)));
    assert!(matches!(verdict(6), Settled::Over(it) if it.unconfirmed));
}

#[test]
fn a_unit_that_was_found_gone_since_has_settled() {
    let verdict = |gone: i64, now| {
        settled(
            &settling(2),
            &closed_at(2),
            (None, Some(at(gone))),
            terms(now),
        )
    };
    assert_eq!(
        verdict(2, 6),
        Settled::NotBefore(at(7)),
        "not before the settle time"
    );
    assert!(matches!(verdict(2, 7), Settled::Over(it) if it.unconfirmed));
    // Gone before that closing, another unit of its name has come since.
    assert_eq!(verdict(1, 7), Settled::NotBefore(at(7)));
}

#[test]
fn a_look_that_never_comes_is_given_up_after_a_day() {
    let verdict = |now| settled(&settling(1), &closed_at(1), (None, None), terms(now));
    assert_eq!(verdict(6 + 24 * 60 - 1), Settled::NotBefore(at(6)));
    assert!(matches!(verdict(6 + 24 * 60), Settled::Over(it) if it.unconfirmed));
}

#[test]
fn what_is_open_or_over_does_not_settle() {
    let look = scan(&unit(), 2, at(60));
    let ask = |incident: &Incident, finding: &Finding| {
        settled(incident, finding, (Some(&look), None), terms(60))
    };
    assert_eq!(ask(&settling(1), &open()), Settled::Moot);
    assert_eq!(ask(&firing(), &closed_at(1)), Settled::Moot);
    assert_eq!(ask(&resolved(10), &closed_at(1)), Settled::Moot);
}

#[test]
fn an_opening_soon_after_the_resolve_keeps_the_id_and_fires_again() {
    let over = resolved(10);
    let again = Finding {
        occurrences: 2,
        ..open()
    };
    let soon = watch(Some(&over), &again, 39).unwrap();
    assert_eq!((&soon.id, soon.fired), (&over.id, 2));
    assert_eq!(owed(&soon), ["fire.1", "resolve.1", "fire.2"]);
    let late = watch(Some(&over), &again, 40).unwrap();
    assert_ne!(late.id, over.id);
    assert_eq!(owed(&late), ["fire.1"]);
}

#[test]
fn an_id_is_pinned_for_ever() {
    let id = firing().id;
    assert!(id.starts_with("i-") && id.len() == 18, "{id}");
    assert_eq!(id, firing().id);
    assert_eq!(Step::Fire, firing().owed[0].step);
}
