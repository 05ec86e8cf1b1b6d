//! Openings, changes and closings.

use domain::finding::{Finding, Silence};
use domain::handled::Handled;
use domain::incident::State;
use domain::severity::Severity;
use domain::testing::scan;

use super::desk::{Desk, TEAM, at, closed, next, open, reopened, unit};

#[test]
fn an_opening_is_told_once_to_each_channel() {
    let desk = Desk::new();
    assert_eq!(desk.hear(&open()), Handled::Done);
    assert_eq!(desk.posts(), ["audit.fire.1", "team.fire.1"]);
    assert!(desk.incident().owed.is_empty());
}

#[test]
fn a_change_that_is_not_graver_is_not_told() {
    let desk = Desk::new();
    desk.hear(&open());
    assert!(matches!(desk.hear(&next(&open())), Handled::Drop(_)));
    assert_eq!(desk.posts().len(), 2);
}

#[test]
fn a_graver_severity_is_told_once() {
    let desk = Desk::new();
    desk.hear(&open());
    let graver = Finding {
        severity: Severity::Critical,
        ..next(&open())
    };
    assert_eq!(desk.hear(&graver), Handled::Done);
    desk.hear(&Finding {
        severity: Severity::Low,
        ..next(&graver)
    });
    desk.hear(&next(&next(&graver)));
    assert_eq!(desk.posts()[2..], ["audit.raise.13", "team.raise.13"]);
}

#[test]
fn a_flap_within_the_settle_time_tells_nothing() {
    let desk = Desk::new();
    desk.hear(&open());
    let gone = closed(&open(), 1);
    desk.hear(&gone);
    let back = reopened(&gone, 3);
    desk.hear(&back);
    desk.clock.set(at(6));
    desk.store.put_scan(scan(&unit(), 9, at(6)));
    assert!(matches!(desk.settle(), Handled::Drop(_)));
    assert_eq!(desk.posts().len(), 2, "{:?}", desk.posts());
    assert_eq!(desk.incident().state, State::Firing);
}

#[test]
fn what_came_and_went_before_anybody_heard_of_it_is_not_told() {
    let desk = Desk::new();
    assert!(matches!(desk.hear(&closed(&open(), 1)), Handled::Drop(_)));
    assert!(desk.posts().is_empty());
}

#[test]
fn baselines_and_what_is_silenced_are_not_told() {
    let desk = Desk::new();
    let baseline = Finding {
        baseline: true,
        ..open()
    };
    let silenced = Finding {
        silence: Some(Silence {
            at: at(0),
            by: "me".to_owned(),
            reason: "later".to_owned(),
            until: at(60),
        }),
        ..open()
    };
    for quiet in [baseline, silenced] {
        assert!(matches!(desk.hear(&quiet), Handled::Drop(_)));
    }
    assert!(desk.posts().is_empty());
}

#[test]
fn an_opening_soon_after_a_resolve_keeps_the_incident_and_one_much_later_does_not() {
    let desk = Desk::with(&format!("  channels:\n{TEAM}"));
    desk.hear(&open());
    let first = desk.incident().id;
    let gone = closed(&open(), 1);
    desk.hear(&gone);
    desk.store.put_scan(scan(&unit(), 9, at(7)));
    desk.clock.set(at(8));
    assert_eq!(desk.settle(), Handled::Done);
    desk.clock.set(at(37));
    let back = reopened(&gone, 37);
    desk.hear(&back);
    assert_eq!(desk.incident().id, first);
    let gone = closed(&back, 38);
    desk.hear(&gone);
    desk.store.put_scan(scan(&unit(), 10, at(43)));
    desk.clock.set(at(44));
    desk.settle();
    desk.settle();
    desk.clock.set(at(74));
    desk.hear(&reopened(&gone, 74));
    assert_ne!(desk.incident().id, first);
    assert_eq!(
        desk.posts(),
        [
            "team.fire.1",
            "team.resolve.1",
            "team.fire.2",
            "team.resolve.2",
            "team.fire.1"
        ]
    );
}

#[test]
fn routes_decide_who_is_told_and_a_resolve_follows_whoever_was() {
    let routes = format!(
        "  routes: [{{when: 'finding.severity == \"critical\"', to: [team]}}]\n  channels:\n{TEAM}"
    );
    let desk = Desk::with(&routes);
    assert!(matches!(desk.hear(&open()), Handled::Drop(_)));
    assert_eq!(
        desk.incident().state,
        State::Firing,
        "an incident lives without channels"
    );
    let graver = Finding {
        severity: Severity::Critical,
        ..next(&open())
    };
    desk.hear(&graver);
    let gone = Finding {
        severity: Severity::Medium,
        ..closed(&graver, 1)
    };
    desk.hear(&gone);
    desk.store.put_scan(scan(&unit(), 9, at(6)));
    desk.clock.set(at(7));
    desk.settle();
    assert_eq!(desk.posts(), ["team.raise.13", "team.resolve.1"]);
}

#[test]
fn without_channels_the_incident_lives_and_nobody_is_told() {
    let desk = Desk::with("");
    assert!(matches!(desk.hear(&open()), Handled::Drop(_)));
    assert_eq!(desk.incident().state, State::Firing);
    assert!(desk.posts().is_empty());
}

#[test]
fn a_channel_that_left_the_configuration_owes_nothing() {
    let desk = Desk::new();
    desk.hear(&open());
    desk.configure(&format!("  channels:\n{TEAM}"));
    desk.hear(&closed(&open(), 1));
    desk.store.put_scan(scan(&unit(), 9, at(6)));
    desk.clock.set(at(7));
    assert_eq!(desk.settle(), Handled::Done);
    assert_eq!(desk.posts()[2..], ["team.resolve.1"]);
    assert!(desk.incident().owed.is_empty());
}
