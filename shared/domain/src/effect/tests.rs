use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{CLAIM_HOLDS, Claim, Effect, Held, Outcome, Progress, claim, progress, record};
use crate::testing::{MemoryStore, block_on};

fn at(second: i64) -> Timestamp {
    Timestamp::new(1_790_000_000 + second, 0).unwrap()
}

fn effect() -> Effect {
    Effect {
        incident: "i-1".to_owned(),
        channel: "team".to_owned(),
        transition: "fire.1".to_owned(),
    }
}

fn take(store: &MemoryStore, now: Timestamp) -> Claim {
    block_on(claim(store, &effect(), now)).unwrap()
}

fn ours(store: &MemoryStore, now: Timestamp) -> Held {
    match take(store, now) {
        Claim::Ours(held) => held,
        other => panic!("{other:?}"),
    }
}

fn note(store: &MemoryStore, held: Held, outcome: &Outcome, now: Timestamp) {
    block_on(record(store, &effect(), (held, outcome), now)).unwrap();
}

#[test]
fn one_claims_and_the_others_wait() {
    let store = MemoryStore::new();
    assert!(!ours(&store, at(0)).taken_over);
    let until = at(0).checked_add(CLAIM_HOLDS).unwrap();
    assert_eq!(take(&store, at(1)), Claim::Busy(until));
    let just_before = until.checked_sub(SignedDuration::from_nanos(1)).unwrap();
    assert_eq!(take(&store, just_before), Claim::Busy(until));
    assert!(ours(&store, until).taken_over);
}

#[test]
fn what_was_done_is_never_claimed_again() {
    let store = MemoryStore::new();
    let held = ours(&store, at(0));
    note(&store, held, &Outcome::Done(Some("x".to_owned())), at(1));
    assert_eq!(take(&store, at(9_999)), Claim::Done);
    note(&store, held, &Outcome::Failed("late".to_owned()), at(2));
    assert_eq!(take(&store, at(9_999)), Claim::Done);
    assert_eq!(
        block_on(progress(&store, &effect())).unwrap(),
        Some(Progress::Done {
            at: at(1),
            external_id: Some("x".to_owned())
        })
    );
}

#[test]
fn a_released_and_a_failed_effect_can_be_claimed_at_once() {
    for outcome in [Outcome::NotNow, Outcome::Failed("gone".to_owned())] {
        let store = MemoryStore::new();
        let held = ours(&store, at(0));
        note(&store, held, &outcome, at(1));
        assert!(!ours(&store, at(1)).taken_over, "{outcome:?}");
    }
}

#[test]
fn one_whose_claim_was_taken_over_cannot_release_it() {
    for outcome in [Outcome::NotNow, Outcome::Failed("gone".to_owned())] {
        let store = MemoryStore::new();
        let slow = ours(&store, at(0));
        let _quick = ours(&store, at(120));
        note(&store, slow, &outcome, at(121));
        assert!(
            matches!(take(&store, at(122)), Claim::Busy(_)),
            "{outcome:?}"
        );
        // That it was done is true whoever says so.
        note(&store, slow, &Outcome::Done(None), at(123));
        assert_eq!(take(&store, at(124)), Claim::Done);
    }
}

#[test]
fn a_failure_that_is_claimed_again_does_not_give_the_claim_back_to_the_one_before() {
    let store = MemoryStore::new();
    let first = ours(&store, at(0));
    note(&store, first, &Outcome::Failed("gone".to_owned()), at(1));
    let _second = ours(&store, at(2));
    note(&store, first, &Outcome::NotNow, at(3));
    assert!(matches!(take(&store, at(4)), Claim::Busy(_)));
}

#[test]
fn each_try_has_the_same_key_and_each_effect_its_own() {
    assert_eq!(effect().idempotency_key(), "i-1.team.fire.1");
    let other = Effect {
        channel: "ops".to_owned(),
        ..effect()
    };
    assert_ne!(effect().idempotency_key(), other.idempotency_key());
    let foreign = Effect {
        channel: "größe 1%".to_owned(),
        ..effect()
    };
    assert_eq!(
        foreign.idempotency_key(),
        "i-1.gr%C3%B6%C3%9Fe%201%25.fire.1"
    );
    let store = MemoryStore::new();
    ours(&store, at(0));
    assert!(matches!(
        block_on(claim(&store, &other, at(0))).unwrap(),
        Claim::Ours(_)
    ));
}

proptest! {
    /// Whatever happens in whatever order, two never hold the claim at one
    /// time, and nobody gets it once it was done.
    #[test]
    fn a_claim_has_one_holder(steps in prop::collection::vec((0_u8..4, 0_i64..100), 1..40)) {
        let store = MemoryStore::new();
        let (mut now, mut holders, mut done) = (0, Vec::<(Held, i64)>::new(), false);
        for (step, pause) in steps {
            now += pause;
            match (step, holders.last().copied()) {
                (0, last) => if let Claim::Ours(held) = take(&store, at(now)) {
                    prop_assert!(!done);
                    let is_free = last.is_none_or(|(_, until)| until <= now);
                    prop_assert!(is_free, "claimed at {now} beside {last:?}");
                    holders.push((held, now + CLAIM_HOLDS.as_secs()));
                },
                (_, None) => {}
                (1, Some((held, _))) => {
                    note(&store, held, &Outcome::Done(None), at(now));
                    done = true;
                }
                (2, Some((held, _))) => {
                    note(&store, held, &Outcome::NotNow, at(now));
                    if let Some(last) = holders.last_mut() { last.1 = now; }
                }
                // The first one speaks up late: unless it is the only one, that says nothing.
                _ => {
                    note(&store, holders[0].0, &Outcome::Failed("x".to_owned()), at(now));
                    if let [only] = &mut holders[..] { only.1 = now; }
                }
            }
        }
    }
}
