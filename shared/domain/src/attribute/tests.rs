use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::conceal::HashKey;
use crate::judge::{Comparison, Equivalences, IgnoreMatch, Judge, Suppression};
use crate::life::tests::{at, moment, sighting};
use crate::life::{self, Telling};
use crate::look::{Look, Outcome};
use crate::unit::Unit;

/// Rules for which the console is critical, a robot's work ignored and a deletion by a person high.
struct ByWho;

impl Rules for ByWho {
    fn grade(&self, facts: &Facts<'_>, _: &mut Notices) -> Grade {
        let severity = match (facts.console, facts.attribution) {
            (true, _) => Severity::Critical,
            (false, Some(it)) if it.who == "intern" => Severity::Low,
            (false, Some(_)) if facts.change == Change::Deleted => Severity::High,
            _ => Severity::Medium,
        };
        Grade {
            severity,
            cause: match facts.console {
                true => Cause::AwsConsoleChange,
                false => Cause::PropertyChange,
            },
            rule: format!("{severity}"),
        }
    }

    fn ignore(&self, facts: &Facts<'_>, _: Timestamp, _: &mut Notices) -> Option<IgnoreMatch> {
        assert!(facts.severity.is_some() && facts.cause.is_some());
        let is_robot = facts.attribution.is_some_and(|it| it.who == "robot");
        is_robot.then(|| IgnoreMatch {
            rule: "ignore[0]".to_owned(),
            reason: "the robot may".to_owned(),
        })
    }

    fn show(&self, _: &Facts<'_>, _: &mut Notices) -> bool {
        false
    }
}

struct NoCatalogue;

impl Equivalences for NoCatalogue {
    fn recognise(&self, _: &Comparison<'_>) -> Option<Suppression> {
        None
    }
}

fn by(who: &str, console: bool) -> Attribution {
    Attribution {
        who: who.to_owned(),
        at: Some(at(0)),
        how: "SetQueueAttributes".to_owned(),
        console,
    }
}

/// A queue with two differences.
fn queue() -> Sighting {
    let mut queue = sighting("Queue", 77);
    let mut delay = queue.differences[0].clone();
    "/DelaySeconds".clone_into(&mut delay.path);
    queue.differences.insert(0, delay);
    queue
}

fn judged(sightings: Vec<Sighting>) -> Judged {
    let key = HashKey::new([1; 32]);
    let judge = Judge {
        catalogue: &NoCatalogue,
        rules: &ByWho,
        key: &key,
        now: at(0),
    };
    let look = Look {
        unit: Unit::stack("111122223333", "eu-west-1", "shop"),
        target: "all".to_owned(),
        started_at: at(0),
        outcome: Outcome::Seen(Vec::new()),
    };
    let mut judged = judge.judge(look, &mut Notices::default());
    judged.counts.drifted = sightings.len() as u64;
    judged.sightings = sightings;
    judged
}

fn asked(sighting: Sighting, who: &Who<'_>) -> Judged {
    let mut judged = judged(vec![sighting]);
    look(&mut judged, (&ByWho, at(0)), who, &mut Notices::default());
    judged
}

#[test]
fn severity_rises_with_a_console_session_and_its_rule_speaks() {
    let told = asked(queue(), &|_, difference| {
        (difference?.path == "/DelaySeconds").then(|| by("alice", true))
    });
    let [sighting] = &told.sightings[..] else {
        panic!("one sighting")
    };
    assert_eq!(sighting.severity, Severity::Critical);
    assert_eq!(sighting.cause, Cause::AwsConsoleChange);
    assert_eq!(sighting.rule, "critical");
    assert_eq!(sighting.differences[0].severity, Severity::Critical);
    assert_eq!(sighting.differences[1].severity, Severity::Medium);
    assert_eq!(sighting.differences[1].attribution, None);
}

#[test]
fn severity_never_falls_with_it() {
    let told = asked(queue(), &|_, _| Some(by("intern", false)));
    assert_eq!(told.sightings[0].severity, Severity::Medium);
    assert!(
        told.sightings[0]
            .differences
            .iter()
            .all(|it| it.severity == Severity::Medium && it.attribution.is_some())
    );
}

#[test]
fn an_ignore_by_who_takes_the_difference_and_at_last_the_finding() {
    let one = asked(queue(), &|_, difference| {
        (difference?.path == "/DelaySeconds").then(|| by("robot", false))
    });
    assert_eq!(one.sightings[0].differences.len(), 1);
    assert_eq!(one.ignored[0].path.as_deref(), Some("/DelaySeconds"));
    assert_eq!((one.counts.drifted, one.counts.ignored), (1, 0));

    let both = asked(queue(), &|_, _| Some(by("robot", false)));
    assert!(both.sightings.is_empty());
    assert_eq!((both.counts.drifted, both.counts.ignored), (0, 1));
    assert_eq!(both.ignored.len(), 2);
}

#[test]
fn who_deleted_a_resource_is_known_of_the_whole() {
    let mut gone = sighting("Queue", 1);
    gone.change = Change::Deleted;
    gone.differences.clear();
    let told = asked(gone.clone(), &|_, difference| {
        assert!(difference.is_none());
        Some(by("alice", false))
    });
    assert_eq!(told.sightings[0].severity, Severity::High);
    assert_eq!(told.sightings[0].attribution, Some(by("alice", false)));
    let ignored = asked(gone, &|_, _| Some(by("robot", false)));
    assert!(ignored.sightings.is_empty());
    assert_eq!(ignored.ignored[0].path, None);
}

#[test]
fn what_the_ledger_knows_of_the_very_same_difference_is_known() {
    let mut first = queue();
    first.differences[0].attribution = Some(by("alice", true));
    let finding = life::opened(&first, moment(0, 0)).finding;
    let findings = [finding];
    let told = asked(queue(), &known(&findings));
    assert_eq!(told.sightings[0].severity, Severity::Critical);

    let mut other_value = queue();
    other_value.differences[0].actual = Some(json!(5));
    let told = asked(other_value, &known(&findings));
    assert_eq!(told.sightings[0].severity, Severity::Medium);

    let mut closed = findings;
    closed[0].closed = life::not_seen(&closed[0], moment(1, 1))
        .unwrap()
        .finding
        .closed;
    let told = asked(queue(), &known(&closed));
    assert_eq!(told.sightings[0].differences[0].attribution, None);
}

#[test]
fn a_finding_is_told_again_only_where_its_severity_rises() {
    let listening = |began, now| life::Moment {
        telling: Telling::Everybody,
        ..moment(began, now)
    };
    let opened = life::opened(&queue(), listening(0, 0)).finding;
    let told = |console: bool| {
        let attributed = finding(
            &opened,
            &ByWho,
            &|_| Some(by("alice", console)),
            &mut Notices::default(),
        );
        life::attributed(&opened, &attributed.unwrap(), listening(0, 60)).unwrap()
    };
    let quiet = told(false);
    assert_eq!(quiet.also, []);
    assert_eq!(quiet.finding.severity, Severity::Medium);
    assert_eq!(quiet.history[0].detail, "SetQueueAttributes by alice");
    let loud = told(true);
    assert_eq!(loud.also.len(), 1);
    assert_eq!(loud.finding.severity, Severity::Critical);
    assert_eq!(loud.finding.rule, "critical");
    assert_eq!(
        loud.history[0].detail,
        "SetQueueAttributes by alice in the console"
    );

    // Asked once more, there is nothing new.
    let again = finding(
        &loud.finding,
        &ByWho,
        &|_| Some(by("bob", true)),
        &mut Notices::default(),
    );
    assert_eq!(again, None);
    // Of a baseline nobody is told one by one.
    let mut baseline = opened.clone();
    baseline.baseline = true;
    let attributed = finding(
        &baseline,
        &ByWho,
        &|_| Some(by("alice", true)),
        &mut Notices::default(),
    );
    let decided = life::attributed(&baseline, &attributed.unwrap(), listening(0, 60)).unwrap();
    assert_eq!(decided.also, []);
    assert!(decided.finding.baseline);
}

#[test]
fn what_was_asked_about_must_still_be_there() {
    let opened = life::opened(&queue(), moment(0, 0)).finding;
    let attributed = finding(
        &opened,
        &ByWho,
        &|_| Some(by("alice", true)),
        &mut Notices::default(),
    )
    .unwrap();
    let changed = life::seen(Some(&opened), &sighting("Queue", 5), moment(10, 10)).unwrap();
    assert_eq!(
        life::attributed(&changed.finding, &attributed, moment(10, 20)),
        None
    );
    let closed = life::not_seen(&opened, moment(10, 10)).unwrap();
    assert_eq!(
        life::attributed(&closed.finding, &attributed, moment(10, 20)),
        None
    );
}

#[test]
fn a_look_that_was_judged_before_somebody_found_out_forgets_nothing() {
    let opened = life::opened(&queue(), moment(0, 0)).finding;
    let found = finding(
        &opened,
        &ByWho,
        &|_| Some(by("alice", true)),
        &mut Notices::default(),
    )
    .unwrap();
    let attributed = life::attributed(&opened, &found, moment(0, 60))
        .unwrap()
        .finding;
    let seen = life::seen(Some(&attributed), &queue(), moment(100, 100)).unwrap();
    assert_eq!(seen.finding.severity, Severity::Critical);
    assert_eq!(seen.finding.rule, "critical");
    assert_eq!(seen.history, []);
    assert!(
        seen.finding
            .differences
            .iter()
            .all(|it| it.attribution.is_some())
    );
    // Under another config its rules decide.
    let other = life::Moment {
        config: "other",
        ..moment(200, 200)
    };
    let seen = life::seen(Some(&attributed), &queue(), other).unwrap();
    assert_eq!(seen.finding.severity, Severity::Medium);
}

#[test]
fn what_could_not_be_read_keeps_what_was_added_with_its_severity_and_author() {
    let mut both = queue();
    both.differences[0].kind = DifferenceKind::Added;
    let opened = life::opened(&both, moment(0, 0)).finding;
    let who = |difference: Option<&Difference>| {
        (difference?.kind == DifferenceKind::Added).then(|| by("alice", true))
    };
    let found = finding(&opened, &ByWho, &who, &mut Notices::default()).unwrap();
    let known = life::attributed(&opened, &found, moment(0, 60))
        .unwrap()
        .finding;
    assert_eq!(known.severity, Severity::Critical);

    let mut unread = sighting("Queue", 77);
    unread.is_partial = true;
    let seen = life::seen(Some(&known), &unread, moment(100, 100)).unwrap();
    assert_eq!(seen.history, []);
    assert_eq!(seen.finding.differences, known.differences);
    assert_eq!(seen.finding.severity, Severity::Critical);
    assert_eq!(seen.finding.rule, known.rule);
    // Whoever is asked about it later is asked of the time until it was last seen.
    let path = |it: &Difference| (it.kind == DifferenceKind::Added).then(|| it.path.clone());
    let path = known.differences.iter().find_map(path).unwrap();
    let again = life::seen(Some(&seen.finding), &unread, moment(150, 150)).unwrap();
    for finding in [&seen.finding, &again.finding] {
        let unread: Vec<&String> = finding.unread.keys().collect();
        assert_eq!(unread, [&path]);
        let last = finding.last_saw(&path);
        assert_eq!(
            (last.look_started_at, last.at),
            (known.look_started_at, known.last_seen)
        );
    }
    let read = life::seen(Some(&again.finding), &both, moment(160, 160)).unwrap();
    assert_eq!(read.finding.unread.len(), 0);
    assert_eq!(read.finding.last_saw(&path).at, read.finding.last_seen);
    // Read whole, it is gone.
    let whole = life::seen(Some(&known), &sighting("Queue", 77), moment(200, 200)).unwrap();
    assert_eq!(whole.finding.severity, Severity::Medium);
    assert_eq!(whole.finding.differences.len(), 1);
}
