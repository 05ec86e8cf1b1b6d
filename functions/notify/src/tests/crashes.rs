//! The process dies between any two steps, or a single call fails; then the messages come again.

use domain::finding::Finding;
use domain::handled::Handled;
use domain::incident::State;
use domain::severity::Severity;
use domain::testing::{Fault, scan};
use domain::work::Work;

use super::desk::{Desk, at, closed, next, open, unit};

/// A story told message by message; each is repeated until it is through.
struct Story {
    desk: Desk,
    /// When the handler is told to come again later, time passes.
    minute: i64,
    is_reached: bool,
}

impl Story {
    fn deliver(&mut self, body: &str) {
        for _ in 0..10 {
            match self.desk.handle(body) {
                Handled::Done | Handled::Drop(_) => return,
                Handled::Fail(reason) => panic!("{reason}"),
                Handled::Retry(_) | Handled::Later { .. } => {
                    // The process that died is replaced, and the queue shows the message again.
                    self.is_reached = true;
                    self.desk.faults.end();
                    self.minute += 3;
                    self.desk.clock.set(at(self.minute));
                }
            }
        }
        panic!("never through: {body}");
    }

    fn hear(&mut self, finding: &Finding) {
        self.desk.store.put_finding(finding.clone());
        let body = self.desk.message(finding);
        self.deliver(&body);
    }
}

/// Opening, raise, closing, settling, resolve, with one fault at that call; and whether it was reached.
fn told(desk: Desk, call: usize, fault: Fault) -> (Desk, bool) {
    desk.hear(&open());
    let incident = desk.incident().id;
    let settle = Work::SettleIncident { incident };
    let desk = desk.again();
    desk.faults.fail_at(call, fault);
    let mut story = Story {
        desk,
        minute: 0,
        is_reached: false,
    };
    story.hear(&open());
    let graver = Finding {
        severity: Severity::Critical,
        ..next(&open())
    };
    story.hear(&graver);
    story.hear(&closed(&graver, story.minute));
    story.minute += 30;
    story.desk.clock.set(at(story.minute));
    story.deliver(&settle.body());
    story.minute += 3;
    story.desk.clock.set(at(story.minute));
    let look = scan(&unit(), 9, at(story.minute));
    story.desk.store.put_scan(look);
    story.deliver(&settle.body());
    let is_reached = story.is_reached || story.desk.faults.calls() > call;
    story.desk.faults.end();
    (story.desk, is_reached)
}

#[test]
fn a_crash_costs_one_message_more_at_most_and_loses_none() {
    const ALL: [&str; 6] = [
        "audit.fire.1",
        "team.fire.1",
        "audit.raise.13",
        "team.raise.13",
        "audit.resolve.1",
        "team.resolve.1",
    ];
    let mut desk = Desk::new();
    for fault in Fault::ALL {
        let mut extras = 0;
        for call in 0.. {
            let is_reached;
            (desk, is_reached) = told(desk.again(), call, fault);
            let posts = desk.posts();
            for expected in ALL {
                assert!(
                    posts.iter().any(|it| it == expected),
                    "{fault:?} at {call}: {expected} is lost in {posts:?}"
                );
            }
            let extra = posts.len() - ALL.len();
            assert!(extra <= 1, "{fault:?} at {call}: {posts:?}");
            extras += extra;
            let incident = desk.incident();
            assert_eq!(incident.state, State::Resolved, "{fault:?} at {call}");
            assert!(incident.owed.is_empty(), "{fault:?} at {call}");
            if !is_reached {
                assert!(call > 60, "the story is as long as that: {call}");
                break;
            }
        }
        // Of six posts each was done once while its answer or its record was lost.
        assert!(extras >= 6, "{fault:?}: {extras}");
    }
}
