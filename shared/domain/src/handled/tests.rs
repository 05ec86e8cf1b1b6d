use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Handled, Step};
use crate::ports::{PortError, PortErrorKind};
use crate::work::Queue;

fn now() -> Timestamp {
    Timestamp::new(1_790_000_000, 0).unwrap()
}

fn why() -> String {
    "why".to_owned()
}

/// The step for what is to come again after so long.
fn later(wait: SignedDuration, body: Option<&str>) -> Step {
    let at = now().checked_add(wait).unwrap();
    let body = body.map(str::to_owned);
    Step::of(Handled::Later { at, body }, now())
}

#[test]
fn what_is_done_or_dropped_is_acknowledged() {
    assert_eq!(Step::of(Handled::Done, now()), Step::Acknowledge);
    assert_eq!(Step::of(Handled::Drop(why()), now()), Step::Acknowledge);
}

#[test]
fn what_fails_is_buried_and_what_may_go_well_returns_with_the_reason() {
    assert_eq!(Step::of(Handled::Fail(why()), now()), Step::Bury(why()));
    assert_eq!(Step::of(Handled::Retry(why()), now()), Step::Return(why()));
}

#[test]
fn what_is_soon_is_sent_again_after_whole_seconds() {
    let again = |seconds, body: Option<&str>| Step::SendAgain {
        delay: Duration::from_secs(seconds),
        body: body.map(str::to_owned),
    };
    assert_eq!(
        later(SignedDuration::from_millis(1500), None),
        again(2, None)
    );
    assert_eq!(
        later(SignedDuration::from_secs(60), Some("next")),
        again(60, Some("next"))
    );
    assert_eq!(later(SignedDuration::from_secs(-5), None), again(0, None));
}

#[test]
fn what_no_queue_holds_back_so_long_becomes_a_timer() {
    let longest = SignedDuration::try_from(Queue::LONGEST_DELAY).unwrap();
    let longer = longest + SignedDuration::from_millis(1);
    assert_eq!(
        later(longest, None),
        Step::SendAgain {
            delay: Queue::LONGEST_DELAY,
            body: None
        }
    );
    assert_eq!(
        later(longer, Some("next")),
        Step::SetTimer {
            at: now().checked_add(longer).unwrap(),
            body: Some("next".to_owned())
        }
    );
}

#[test]
fn a_failure_that_can_heal_stays_and_one_that_cannot_is_buried() {
    for (kind, is_buried) in [
        (PortErrorKind::Invalid, true),
        (PortErrorKind::TooLarge, true),
        (PortErrorKind::Throttled, false),
        (PortErrorKind::Denied, false),
        (PortErrorKind::NotFound, false),
        (PortErrorKind::Conflict, false),
        (PortErrorKind::Unavailable, false),
        (PortErrorKind::Timeout, false),
    ] {
        let step = Step::of(PortError::new(kind, "sns:Publish", "no").into(), now());
        assert_eq!(matches!(step, Step::Bury(_)), is_buried, "{kind:?}");
        assert_eq!(matches!(step, Step::Return(_)), !is_buried, "{kind:?}");
    }
}
