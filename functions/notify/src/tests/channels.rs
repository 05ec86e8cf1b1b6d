//! Channels that do not take what they are told.

use domain::effect::{CLAIM_HOLDS, Effect, claim};
use domain::handled::Handled;
use domain::ports::{Clock as _, PortError, PortErrorKind};
use domain::testing::{Fault, block_on, scan};
use domain::work::Work;
use jiff::SignedDuration;

use super::desk::{AUDIT, Desk, TEAM, at, closed, next, open, unit};

fn error(kind: PortErrorKind) -> Option<PortError> {
    Some(PortError::new(kind, "slack:post", "env:TEAM: answered so"))
}

#[test]
fn a_channel_that_cannot_be_told_now_holds_up_no_other() {
    for kind in [
        PortErrorKind::Unavailable,
        PortErrorKind::Timeout,
        PortErrorKind::Conflict,
    ] {
        let desk = Desk::new();
        desk.channels.answer("env:AUDIT", error(kind));
        let Handled::Retry(reason) = desk.hear(&open()) else {
            panic!("{kind:?}");
        };
        assert!(
            reason.contains("channel audit: slack:post: env:TEAM"),
            "{reason}"
        );
        assert_eq!(desk.posts(), ["team.fire.1"]);
        desk.channels.answer("env:AUDIT", None);
        assert_eq!(desk.handle(&desk.message(&open())), Handled::Done);
        assert_eq!(desk.posts(), ["team.fire.1", "audit.fire.1"]);
    }
}

#[test]
fn a_channel_that_is_told_too_often_is_waited_for_and_holds_up_no_other() {
    let desk = Desk::new();
    desk.channels
        .answer("env:AUDIT", error(PortErrorKind::Throttled));
    // Not a try that counts: a burst must not end in the dead letters.
    let handled = desk.hear(&open());
    assert!(
        matches!(handled, Handled::Later { at: then, body: None } if then > at(0)),
        "{handled:?}"
    );
    assert_eq!(desk.posts(), ["team.fire.1"]);
    desk.channels.answer("env:AUDIT", None);
    assert_eq!(desk.handle(&desk.message(&open())), Handled::Done);
    assert_eq!(desk.posts(), ["team.fire.1", "audit.fire.1"]);
}

#[test]
fn what_a_channel_missed_it_is_told_in_order() {
    let desk = Desk::new();
    desk.channels
        .answer("env:AUDIT", error(PortErrorKind::Unavailable));
    desk.hear(&open());
    let gone = closed(&open(), 1);
    desk.hear(&gone);
    desk.store.put_scan(scan(&unit(), 9, at(6)));
    desk.clock.set(at(7));
    assert!(matches!(desk.settle(), Handled::Retry(_)));
    assert_eq!(desk.posts(), ["team.fire.1", "team.resolve.1"]);
    desk.channels.answer("env:AUDIT", None);
    assert_eq!(desk.settle(), Handled::Done);
    assert_eq!(desk.posts()[2..], ["audit.fire.1", "audit.resolve.1"]);
    assert!(matches!(desk.settle(), Handled::Drop(_)));
}

#[test]
fn a_channel_that_refuses_for_good_ends_in_a_dead_letter_after_the_others_were_told() {
    for kind in [
        PortErrorKind::Invalid,
        PortErrorKind::NotFound,
        PortErrorKind::Denied,
        PortErrorKind::TooLarge,
    ] {
        let desk = Desk::new();
        desk.channels.answer("env:AUDIT", error(kind));
        desk.store.put_finding(open());
        let body = desk.message(&open());
        let Handled::Fail(reason) = desk.handle(&body) else {
            panic!("{kind:?}");
        };
        assert_eq!(reason, "channel audit: slack:post: env:TEAM: answered so");
        assert_eq!(desk.posts(), ["team.fire.1"]);
        assert!(desk.incident().owed.is_empty());
        // Other messages do not bring it up again, and make no dead letters of their own.
        assert!(matches!(
            desk.handle(&desk.message(&next(&open()))),
            Handled::Drop(_)
        ));
        // It failed again when it was taken out of the dead letters too early.
        assert!(matches!(desk.handle(&body), Handled::Fail(_)));
        desk.channels.answer("env:AUDIT", None);
        assert_eq!(desk.handle(&body), Handled::Done);
        assert!(matches!(desk.handle(&body), Handled::Drop(_)));
        assert_eq!(desk.posts(), ["team.fire.1", "audit.fire.1"]);
    }
}

#[test]
fn a_resolve_that_failed_is_sent_when_its_message_comes_again() {
    let desk = Desk::with(&format!("  channels:\n{TEAM}"));
    desk.hear(&open());
    desk.hear(&closed(&open(), 1));
    desk.store.put_scan(scan(&unit(), 9, at(6)));
    desk.clock.set(at(7));
    desk.channels
        .answer("env:TEAM", error(PortErrorKind::Invalid));
    assert!(matches!(desk.settle(), Handled::Fail(_)));
    desk.channels.answer("env:TEAM", None);
    assert_eq!(desk.settle(), Handled::Done);
    assert_eq!(desk.posts(), ["team.fire.1", "team.resolve.1"]);
}

#[test]
fn kinds_that_come_later_say_so_and_hold_up_no_other() {
    let others = "    pager: {pagerduty: {routingKey: 'env:A'}}\n    bot: {slack: {token: 'env:B', channel: '#oncall'}}\n    topic: {sns: {topic: 'arn:aws:sns:eu-west-1:111122223333:t'}}\n    mail: {email: {from: a@example.com, to: [b@example.com]}}\n    tickets: {github: {repository: example/shop}}\n";
    let desk = Desk::with(&format!("  channels:\n{others}{TEAM}"));
    let Handled::Fail(reason) = desk.hear(&open()) else {
        panic!("they cannot be told");
    };
    for what in [
        "channel pager: channel: PagerDuty comes with a later version of Plumbline; until then",
        "channel bot: channel: Slack with a bot token comes",
        "channel topic: channel: SNS comes",
        "channel mail: channel: e-mail comes",
        "channel tickets: channel: GitHub issues comes",
    ] {
        assert!(reason.contains(what), "{reason}");
    }
    assert_eq!(desk.posts(), ["team.fire.1"]);
}

#[test]
fn a_claim_of_one_who_died_is_waited_for_and_taken_over() {
    let desk = Desk::with(&format!("  channels:\n{AUDIT}"));
    desk.store.put_finding(open());
    let body = desk.message(&open());
    // The call that posts is the first after which something was posted.
    let before_post = (0..).find(|&call| {
        let trial = Desk::with(&format!("  channels:\n{AUDIT}"));
        trial.store.put_finding(open());
        trial.faults.fail_at(call, Fault::DeadAfter);
        trial.handle(&body);
        trial.posts().len() == 1
    });
    desk.faults.fail_at(before_post.unwrap(), Fault::DeadBefore);
    assert!(matches!(desk.handle(&body), Handled::Retry(_)));
    desk.faults.end();
    let until = at(0) + CLAIM_HOLDS;
    let busy = Handled::Later {
        at: until,
        body: None,
    };
    assert_eq!(desk.handle(&body), busy);
    desk.clock
        .advance(CLAIM_HOLDS - SignedDuration::from_secs(1));
    assert_eq!(desk.handle(&body), busy);
    desk.clock.set(until);
    assert_eq!(desk.handle(&body), Handled::Done);
    assert_eq!(desk.posts(), ["audit.fire.1"]);
    assert_eq!(desk.clock.now(), until);
}

/// A desk whose one channel has been told neither of the opening nor of the resolve.
fn owing_both() -> Desk {
    let desk = Desk::with(&format!("  channels:\n{TEAM}"));
    desk.channels
        .answer("env:TEAM", error(PortErrorKind::Unavailable));
    desk.hear(&open());
    desk.hear(&closed(&open(), 1));
    desk.store.put_scan(scan(&unit(), 9, at(6)));
    desk.clock.set(at(7));
    assert!(matches!(desk.settle(), Handled::Retry(_)));
    desk.channels.answer("env:TEAM", None);
    desk
}

#[test]
fn a_channel_hears_of_no_resolve_before_the_opening() {
    let mut has_waited = false;
    for call in 0..40 {
        let desk = owing_both();
        let incident = desk.incident().id;
        let body = Work::SettleIncident { incident }.body();
        desk.faults.fail_at(call, Fault::Refused);
        desk.handle(&body);
        desk.faults.end();
        let posts = desk.posts();
        has_waited |= posts.is_empty();
        assert_ne!(posts, ["team.resolve.1"], "{call}");
        desk.clock.advance(CLAIM_HOLDS);
        desk.handle(&body);
        // The opening twice, where it was its record that failed.
        let mut posts = desk.posts();
        posts.dedup();
        assert_eq!(posts, ["team.fire.1", "team.resolve.1"], "{call}");
    }
    assert!(has_waited);
}

#[test]
fn a_channel_that_another_message_tells_of_the_opening_waits_with_the_resolve() {
    let desk = owing_both();
    let opening = Effect {
        incident: desk.incident().id,
        channel: "team".to_owned(),
        transition: "fire.1".to_owned(),
    };
    block_on(claim(&*desk.store, &opening, at(7))).unwrap();
    let until = at(7) + CLAIM_HOLDS;
    let busy = Handled::Later {
        at: until,
        body: None,
    };
    assert_eq!(desk.settle(), busy);
    assert!(desk.posts().is_empty(), "{:?}", desk.posts());
    desk.clock.set(until);
    assert_eq!(desk.settle(), Handled::Done);
    assert_eq!(desk.posts(), ["team.fire.1", "team.resolve.1"]);
}
