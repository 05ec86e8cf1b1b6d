//! What one look does to the ledger, alone, cut off, and with others writing at once.

mod double;
mod sequence;

use std::collections::BTreeMap;

use super::*;
use crate::attribution::Attribution;
use crate::finding::{Event, Status};
use crate::life::tests::{at, moment, sighting, unit};
use crate::life::{Word, said};
use crate::look::{Uncovered, UncoveredReason};
use double::{Double, Meanwhile, State, block_on};

/// A judged look that saw these resources with these values.
fn look(began: i64, complete: bool, drift: &[(&str, u8)]) -> Judged {
    Judged {
        unit: unit(),
        target: "shop-stacks".to_owned(),
        started_at: at(began),
        complete,
        sightings: drift
            .iter()
            .map(|(name, value)| sighting(name, *value))
            .collect(),
        ignored: Vec::new(),
        unknown: Vec::new(),
        uncovered: Vec::new(),
        pending: Vec::new(),
        counts: Counts {
            drifted: drift.len() as u64,
            ..Counts::default()
        },
        equivalences: BTreeMap::new(),
    }
}

fn write(ledger: &Double, judged: &Judged, now: i64) -> Result<Vec<Finding>, PortError> {
    // The look's own beginning counts, whatever the caller says.
    block_on(record(ledger, judged, (moment(now, now), &[])))
}

/// The findings that are open, with the value each was last seen with.
fn standing(state: &State) -> BTreeMap<String, u64> {
    let open = state.findings.values().filter(|it| it.closed.is_none());
    open.map(|it| {
        let value = it.differences[0].actual.as_ref().unwrap();
        (it.resource.name.clone(), value.as_u64().unwrap())
    })
    .collect()
}

fn expected(drift: &[(&str, u8)]) -> BTreeMap<String, u64> {
    drift
        .iter()
        .map(|(name, value)| ((*name).to_owned(), u64::from(*value)))
        .collect()
}

fn events(state: &State, name: &str) -> Vec<Event> {
    let history = &state.history[&sighting(name, 0).identity.id()];
    history.iter().map(|it| it.event).collect()
}

/// The state without what a repeated look may change.
fn without_times(mut state: State) -> State {
    for finding in state.findings.values_mut() {
        finding.version = 0;
        finding.last_seen = at(0);
    }
    state
}

#[test]
fn a_complete_look_opens_what_it_sees_and_closes_what_it_does_not() {
    let ledger = Double::default();
    write(&ledger, &look(0, true, &[("A", 1), ("B", 1)]), 1).unwrap();
    let recorded = write(&ledger, &look(10, true, &[("B", 2), ("C", 1)]), 11).unwrap();
    let state = ledger.state();
    assert_eq!(standing(&state), expected(&[("B", 2), ("C", 1)]));
    assert_eq!(
        recorded
            .iter()
            .map(|it| it.resource.name.as_str())
            .collect::<Vec<_>>(),
        ["B", "C"]
    );
    assert_eq!(events(&state, "A"), [Event::Opened, Event::Resolved]);
    let scan = &state.scans[&unit()];
    assert_eq!(
        (scan.generation, scan.started_at, scan.finished_at),
        (2, at(10), at(11))
    );
    assert_eq!((scan.counts.drifted, scan.config.as_str()), (2, "c0ffee"));
}

#[test]
fn what_can_no_longer_be_compared_is_not_closed_unless_it_became_another_type() {
    let uncovered = |kind: Option<&str>| {
        let mut resource = sighting("A", 1).resource;
        if let Some(kind) = kind {
            kind.clone_into(&mut resource.kind);
        }
        let mut judged = look(10, true, &[]);
        let reason = Uncovered {
            reason: UncoveredReason::NoDriftSupport,
            detail: String::new(),
        };
        judged.uncovered.push((resource, reason));
        let ledger = Double::default();
        write(&ledger, &look(0, true, &[("A", 1)]), 1).unwrap();
        write(&ledger, &judged, 11).unwrap();
        standing(&ledger.state())
    };
    assert_eq!(uncovered(None), expected(&[("A", 1)]));
    assert_eq!(uncovered(Some("AWS::EC2::VPC")), expected(&[]));
}

#[test]
fn an_incomplete_look_closes_nothing_and_is_no_look_of_the_unit() {
    let ledger = Double::default();
    write(&ledger, &look(0, true, &[("A", 1)]), 1).unwrap();
    write(&ledger, &look(10, false, &[("B", 1)]), 11).unwrap();
    let state = ledger.state();
    assert_eq!(standing(&state), expected(&[("A", 1), ("B", 1)]));
    assert_eq!(state.scans[&unit()].generation, 1);
}

#[test]
fn a_failed_look_writes_nothing() {
    let ledger = Double::default();
    write(&ledger, &look(0, true, &[("A", 1)]), 1).unwrap();
    let (before, tried) = (ledger.state(), *ledger.tried.lock().unwrap());
    write(&ledger, &look(10, false, &[]), 11).unwrap();
    assert_eq!(ledger.state(), before);
    assert_eq!(*ledger.tried.lock().unwrap(), tried);
}

#[test]
fn a_baseline_that_is_told_twice_is_still_the_baseline() {
    let ledger = Double::default();
    write(&ledger, &look(0, true, &[("A", 1)]), 1).unwrap();
    let once = ledger.state();
    write(&ledger, &look(0, true, &[("A", 1)]), 5).unwrap();
    assert_eq!(without_times(ledger.state()), without_times(once));
    write(&ledger, &look(6, true, &[("A", 1)]), 7).unwrap();
    assert_eq!(ledger.state().scans[&unit()].generation, 2);
}

#[test]
fn one_observation_judged_by_another_config_is_another_look() {
    let ledger = Double::default();
    let judged = look(0, true, &[("A", 1)]);
    write(&ledger, &judged, 1).unwrap();
    let other = Moment {
        config: "another",
        ..moment(0, 2)
    };
    block_on(record(&ledger, &judged, (other, &[]))).unwrap();
    let scan = ledger.state().scans.remove(&unit()).unwrap();
    assert_eq!((scan.generation, scan.config.as_str()), (2, "another"));
}

#[test]
fn a_look_that_a_complete_one_overtook_is_returned_and_not_written() {
    let ledger = Double::default();
    write(&ledger, &look(10, true, &[("A", 2)]), 11).unwrap();
    let before = ledger.state();
    let recorded = write(&ledger, &look(5, true, &[("A", 1), ("B", 1)]), 12).unwrap();
    assert_eq!(ledger.state(), before);
    let id = |name: &str| sighting(name, 0).identity.id();
    assert_eq!(recorded[0], before.findings[&id("A")]);
    assert_eq!((&recorded[1].id, recorded[1].version), (&id("B"), 1));
    assert_eq!(recorded[1].status(at(12)), Status::Open);
}

#[test]
fn a_look_reports_the_drift_it_saw_even_where_a_newer_one_has_closed_it() {
    let ledger = Double::default();
    write(&ledger, &look(10, true, &[("A", 1)]), 11).unwrap();
    write(&ledger, &look(30, true, &[]), 31).unwrap();
    let before = ledger.state();
    for complete in [true, false] {
        let seen = write(&ledger, &look(20, complete, &[("A", 1)]), 32).unwrap();
        assert_eq!(seen[0].status(at(32)), Status::Reopened);
        assert_eq!(seen[0].first_seen, at(11));
    }
    assert_eq!(ledger.state(), before);
}

#[test]
fn a_look_that_is_overtaken_while_it_is_written_gives_way() {
    // The newer look saw A with another value, and its SCAN is written just before ours.
    let ledger = Double::default();
    let other = Double::default();
    write(&other, &look(10, true, &[("A", 2)]), 11).unwrap();
    let newer = other.state();
    let id = sighting("A", 0).identity.id();
    ledger.meanwhile.lock().unwrap().extend([
        Meanwhile::Finding(Box::new(Decision {
            finding: newer.findings[&id].clone(),
            history: newer.history[&id].clone(),
            also: Vec::new(),
        })),
        Meanwhile::Look(Box::new(newer.scans[&unit()].clone())),
    ]);
    let recorded = write(&ledger, &look(5, true, &[("A", 1)]), 12).unwrap();
    assert_eq!(ledger.state(), newer);
    assert_eq!(recorded[0], newer.findings[&id]);
}

#[test]
fn a_write_that_somebody_overtook_is_decided_anew_on_what_they_wrote() {
    let ledger = Double::default();
    write(&ledger, &look(0, true, &[("A", 1)]), 1).unwrap();
    let stored = ledger.state().findings.into_values().next().unwrap();
    let word = Word::Acknowledge { reason: None };
    let theirs = said(&stored, &word, "ana", at(5)).unwrap();
    ledger
        .meanwhile
        .lock()
        .unwrap()
        .push_back(Meanwhile::Finding(Box::new(theirs)));
    let recorded = write(&ledger, &look(10, true, &[("A", 2)]), 11).unwrap();
    assert_eq!(recorded[0].status(at(11)), Status::Acknowledged);
    assert_eq!(
        events(&ledger.state(), "A"),
        [Event::Opened, Event::Acknowledged, Event::Changed]
    );
}

#[test]
fn a_write_that_is_always_overtaken_is_given_up_after_sixteen_attempts() {
    let ledger = Double::default();
    write(&ledger, &look(0, true, &[("A", 1)]), 1).unwrap();
    let mut stored = ledger.state().findings.into_values().next().unwrap();
    for second in 0..20 {
        let word = Word::Acknowledge { reason: None };
        let theirs = said(&stored, &word, "ana", at(second)).unwrap();
        stored = theirs.finding.clone();
        ledger
            .meanwhile
            .lock()
            .unwrap()
            .push_back(Meanwhile::Finding(Box::new(theirs)));
    }
    *ledger.tried.lock().unwrap() = 0;
    let error = write(&ledger, &look(30, true, &[("A", 2)]), 31).unwrap_err();
    assert_eq!(
        (error.kind, *ledger.tried.lock().unwrap()),
        (PortErrorKind::Conflict, 16)
    );
}

#[test]
fn a_finding_that_another_unit_takes_over_meanwhile_is_not_closed() {
    let ledger = Double::default();
    write(&ledger, &look(0, true, &[("A", 1), ("B", 1)]), 1).unwrap();
    let id = sighting("A", 0).identity.id();
    let mut taken = sighting("A", 1);
    taken.unit = Unit::stack("111122223333", "eu-west-1", "other");
    let stored = ledger.state().findings.remove(&id).unwrap();
    let theirs = life::seen(Some(&stored), &taken, moment(5, 5)).unwrap();
    // The first write of the look is B's; the second is the closing of A, which it has listed by then.
    let nothing_new = life::seen(
        Some(&ledger.state().findings[&sighting("B", 0).identity.id()]),
        &sighting("B", 1),
        moment(6, 6),
    );
    ledger.meanwhile.lock().unwrap().extend([
        Meanwhile::Finding(Box::new(nothing_new.unwrap())),
        Meanwhile::Look(Box::new(Scan {
            generation: 1,
            unit: taken.unit.clone(),
            ..ledger.state().scans[&unit()].clone()
        })),
        Meanwhile::Finding(Box::new(theirs)),
    ]);
    write(&ledger, &look(10, true, &[("B", 1)]), 11).unwrap();
    assert_eq!(ledger.state().findings[&id].closed, None);
}

#[test]
fn a_look_cut_off_between_any_two_writes_is_healed_by_the_next() {
    let truth = [("A", 2), ("C", 1), ("D", 1)];
    let start = Double::default();
    write(&start, &look(0, true, &[("A", 1), ("B", 1), ("C", 1)]), 1).unwrap();
    let start = start.state();

    let whole = Double::with(start.clone());
    write(&whole, &look(10, true, &truth), 11).unwrap();
    let writes = *whole.tried.lock().unwrap();
    // Three findings seen, one closed, the look itself.
    assert_eq!(writes, 5);
    write(&whole, &look(20, true, &truth), 21).unwrap();

    for left in 0..writes {
        let ledger = Double::with(start.clone());
        *ledger.left.lock().unwrap() = Some(left);
        write(&ledger, &look(10, true, &truth), 11).unwrap_err();
        assert_eq!(
            ledger.state().scans[&unit()].generation,
            1,
            "cut off after {left}"
        );
        *ledger.left.lock().unwrap() = None;
        write(&ledger, &look(20, true, &truth), 21).unwrap();
        let state = ledger.state();
        assert_eq!(standing(&state), expected(&truth), "cut off after {left}");
        for name in ["A", "B", "C", "D"] {
            assert_eq!(
                events(&state, name),
                events(&whole.state(), name),
                "cut off after {left}"
            );
        }
        assert_eq!(state.scans[&unit()].generation, 2);
    }
}

#[test]
fn what_a_finding_shows_was_done_since_the_last_look_that_did_not_show_it() {
    let ledger = Double::default();
    let since = |seen: &[Finding]| seen.iter().map(|it| it.since).collect::<Vec<_>>();
    let first = write(&ledger, &look(0, true, &[("a", 1)]), 1).unwrap();
    assert_eq!(since(&first), [None], "nobody looked before");
    write(&ledger, &look(10, true, &[]), 11).unwrap();
    let again = write(&ledger, &look(20, true, &[("a", 1)]), 21).unwrap();
    assert_eq!(since(&again), [Some(at(10))]);
    // The same once more is no news.
    let same = write(&ledger, &look(30, true, &[("a", 1)]), 31).unwrap();
    assert_eq!(since(&same), [Some(at(10))]);
    // As long as nobody knows who did the first, the second does not hide it.
    let other = write(&ledger, &look(40, true, &[("a", 2)]), 41).unwrap();
    assert_eq!(since(&other), [Some(at(10))]);
}

fn alice() -> Attribution {
    Attribution {
        who: "alice".to_owned(),
        at: None,
        how: "SetQueueAttributes".to_owned(),
        console: false,
    }
}

#[test]
fn a_complete_look_whose_word_on_a_finding_was_overtaken_is_no_measure_of_when_it_was_done() {
    let ledger = Double::default();
    let mut known = look(0, true, &[("a", 1)]);
    for difference in &mut known.sightings[0].differences {
        difference.attribution = Some(alice());
    }
    write(&ledger, &known, 1).unwrap();
    // A later look that could not read all of it is written first.
    let mut partial = look(20, false, &[("a", 1)]);
    partial.sightings[0].is_partial = true;
    write(&ledger, &partial, 21).unwrap();
    // The whole one sees what is new, and is not heard.
    write(&ledger, &look(10, true, &[("a", 2)]), 22).unwrap();
    let seen = write(&ledger, &look(30, true, &[("a", 2)]), 31).unwrap();
    assert_eq!(seen[0].since, Some(at(0)), "the look before it all");
    assert_eq!(seen[0].read_at, Some(at(30)));
}

#[test]
fn what_comes_in_sight_again_in_part_may_all_be_older() {
    let ledger = Double::default();
    write(&ledger, &look(0, true, &[]), 1).unwrap();
    let first = write(&ledger, &look(5, true, &[("a", 1)]), 6).unwrap();
    assert_eq!(first[0].since, Some(at(0)));
    let gone = |previous: Option<&Finding>| life::unwatched(previous?, Telling::Nobody, at(10));
    block_on(commit_with(&ledger, &first[0].id, gone)).unwrap();
    let mut partial = look(20, false, &[("a", 2)]);
    partial.sightings[0].is_partial = true;
    let again = write(&ledger, &partial, 21).unwrap();
    assert_eq!((again[0].since, again[0].read_at), (None, None));
    // Its author is known before the whole is seen.
    for difference in &mut partial.sightings[0].differences {
        difference.attribution = Some(alice());
    }
    write(&ledger, &partial, 22).unwrap();
    let all = write(&ledger, &look(30, true, &[("a", 1)]), 31).unwrap();
    assert_eq!(all[0].since, None, "the look at 5 did show it");
}
