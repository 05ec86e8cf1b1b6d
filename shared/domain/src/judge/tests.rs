use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::look::{Aside, NotOurs, Reason, UncoveredReason};

const KEY: [u8; 32] = [7; 32];

/// A catalogue that knows `/Same` and `/Theirs`.
struct Catalogue;

impl Equivalences for Catalogue {
    fn recognise(&self, comparison: &Comparison<'_>) -> Option<Suppression> {
        let (rule, kind) = match comparison.difference.path.as_str() {
            "/Same" => ("spelling", SuppressionKind::SameMeaning),
            "/Theirs" => ("autoscaler", SuppressionKind::NotOurs),
            _ => return None,
        };
        Some(Suppression {
            rule,
            kind,
            detail: "recognised".to_owned(),
        })
    }
}

/// Rules that go by the path's name.
struct ByPath;

impl Rules for ByPath {
    fn grade(&self, facts: &Facts<'_>, _: &mut Notices) -> Grade {
        let severity = match facts.path {
            "/Critical" | "/AlsoCritical" => Severity::Critical,
            "/Low" => Severity::Low,
            _ => Severity::Medium,
        };
        Grade {
            severity,
            cause: Cause::PropertyChange,
            rule: format!("by {}", facts.path),
        }
    }

    fn ignore(
        &self,
        facts: &Facts<'_>,
        _: Timestamp,
        notices: &mut Notices,
    ) -> Option<IgnoreMatch> {
        assert!(
            facts.severity.is_some() && facts.cause.is_some(),
            "ignores see the severity"
        );
        let hidden = facts.actual.is_some_and(|it| it.get("hmac").is_some());
        let ignored = facts.path == "/Ignored"
            || (facts.resource.name == "Gone" && facts.path.is_empty())
            || (facts.path == "/IgnoredIfHidden" && hidden);
        ignored.then(|| {
            notices.matched.insert("ignore[0]".to_owned());
            IgnoreMatch {
                rule: "ignore[0]".to_owned(),
                reason: "we know".to_owned(),
            }
        })
    }

    fn show(&self, facts: &Facts<'_>, _: &mut Notices) -> bool {
        facts.path == "/ShownPassword"
    }
}

fn difference(path: &str) -> RawDifference {
    RawDifference {
        entry: None,
        path: path.to_owned(),
        kind: DifferenceKind::Changed,
        expected: Some(json!("a")),
        actual: Some(json!("b")),
        potential: false,
        attribution: None,
        cause: None,
    }
}

fn modified(paths: &[&str]) -> Verdict {
    Verdict::Modified(Modified {
        unread: None,
        differences: paths.iter().map(|path| difference(path)).collect(),
        expected: json!({}),
        actual: json!({}),
    })
}

fn observed(name: &str, verdict: Verdict) -> Observed {
    Observed {
        resource: Resource {
            kind: "AWS::SQS::Queue".to_owned(),
            name: name.to_owned(),
            ..Resource::default()
        },
        identity: Identity::stack_resource("1", "r", "shop", name),
        verdict,
        aside: Aside::default(),
    }
}

fn judge(outcome: Outcome) -> (Judged, Notices) {
    let key = HashKey::new(KEY);
    let mut notices = Notices::default();
    let judged = Judge {
        catalogue: &Catalogue,
        rules: &ByPath,
        key: &key,
        now: Timestamp::UNIX_EPOCH,
    }
    .judge(
        Look {
            unit: Unit::stack("1", "r", "shop"),
            target: "all".to_owned(),
            started_at: Timestamp::UNIX_EPOCH,
            outcome,
        },
        &mut notices,
    );
    (judged, notices)
}

fn judge_one(verdict: Verdict) -> Judged {
    judge(Outcome::Seen(vec![observed("Queue", verdict)])).0
}

fn total(counts: Counts) -> u64 {
    let Counts {
        in_sync,
        drifted,
        ignored,
        pending,
        unknown,
        uncovered,
    } = counts;
    in_sync + drifted + ignored + pending + unknown + uncovered
}

#[test]
fn the_first_of_the_most_severe_differences_speaks_for_the_finding() {
    let judged = judge_one(modified(&["/Low", "/Critical", "/AlsoCritical"]));
    let sighting = &judged.sightings[0];
    assert_eq!(
        (sighting.severity, sighting.rule.as_str()),
        (Severity::Critical, "by /AlsoCritical")
    );
    let paths: Vec<&str> = sighting
        .differences
        .iter()
        .map(|it| it.path.as_str())
        .collect();
    assert_eq!(paths, ["/AlsoCritical", "/Critical", "/Low"]);
    assert_eq!((judged.counts.drifted, total(judged.counts)), (1, 1));
}

#[test]
fn the_same_meaning_is_in_sync_and_counted_by_its_rule() {
    let judged = judge_one(modified(&["/Same", "/Same"]));
    assert!(judged.sightings.is_empty() && judged.ignored.is_empty());
    assert_eq!((judged.counts.in_sync, total(judged.counts)), (1, 1));
    assert_eq!(judged.equivalences["spelling"], 2);
}

#[test]
fn what_is_not_ours_or_ignored_is_listed_and_one_of_them_makes_the_resource_ignored() {
    for paths in [&["/Theirs"][..], &["/Ignored"], &["/Same", "/Ignored"]] {
        let judged = judge_one(modified(paths));
        assert!(judged.sightings.is_empty());
        assert_eq!(judged.ignored.len(), 1, "{paths:?}");
        assert_eq!((judged.counts.ignored, total(judged.counts)), (1, 1));
    }
}

#[test]
fn drift_beside_suppressed_differences_is_drift_and_the_rest_stays_listed() {
    let judged = judge_one(modified(&["/Same", "/Theirs", "/Ignored", "/Real"]));
    assert_eq!(judged.sightings[0].differences.len(), 1);
    assert_eq!(judged.sightings[0].differences[0].path, "/Real");
    assert_eq!(judged.ignored.len(), 2);
    assert_eq!((judged.counts.drifted, total(judged.counts)), (1, 1));
}

#[test]
fn a_sensitive_value_is_a_hash_everywhere_unless_a_rule_shows_it() {
    let judged = judge_one(modified(&["/Password", "/ShownPassword", "/Plain"]));
    let by_path = |path: &str| {
        let mut all = judged.sightings[0].differences.iter();
        all.find(|it| it.path == path).unwrap()
    };
    let key = HashKey::new(KEY);
    assert_eq!(by_path("/Password").actual, Some(key.conceal(&json!("b"))));
    assert!(by_path("/Password").sensitive);
    assert_eq!(by_path("/ShownPassword").actual, Some(json!("b")));
    assert!(!by_path("/ShownPassword").sensitive && !by_path("/Plain").sensitive);
}

#[test]
fn no_rule_of_the_user_sees_a_sensitive_value() {
    let mut raw = difference("/IgnoredIfHidden");
    raw.actual = Some(json!({"dbPassword": "hunter2"}));
    let verdict = Verdict::Modified(Modified {
        unread: None,
        differences: vec![raw],
        expected: json!({}),
        actual: json!({}),
    });
    assert_eq!(judge_one(verdict).counts.ignored, 1);
}

#[test]
fn large_values_are_digests() {
    let mut raw = difference("/Plain");
    raw.actual = Some(json!("word ".repeat(1_100_000)));
    let verdict = Verdict::Modified(Modified {
        unread: None,
        differences: vec![raw],
        expected: json!({}),
        actual: json!({}),
    });
    let shown = judge_one(verdict).sightings[0].differences[0]
        .actual
        .clone()
        .unwrap();
    assert_eq!(shown["bytes"], json!(5_500_002));
}

#[test]
fn a_deleted_resource_goes_through_the_rules_once_with_an_empty_path() {
    let judged = judge_one(Verdict::Deleted);
    assert_eq!(
        (
            judged.sightings[0].change,
            judged.sightings[0].rule.as_str()
        ),
        (Change::Deleted, "by ")
    );
    let (ignored, notices) = judge(Outcome::Seen(vec![observed("Gone", Verdict::Deleted)]));
    assert!(ignored.sightings.is_empty());
    assert_eq!(
        (ignored.counts.ignored, ignored.ignored[0].path.as_deref()),
        (1, None)
    );
    assert!(notices.matched.contains("ignore[0]"));
}

#[test]
fn only_a_look_without_an_unknown_is_complete() {
    let gap = || Gap::new(Reason::Throttled, "Rate exceeded");
    let seen = |verdicts: Vec<Verdict>| {
        Outcome::Seen(
            verdicts
                .into_iter()
                .map(|it| observed("Queue", it))
                .collect(),
        )
    };
    let nature = || Uncovered {
        reason: UncoveredReason::NoDriftSupport,
        detail: String::new(),
    };
    let resource = Resource::default;
    for (outcome, complete, unknown, uncovered) in [
        (seen(vec![]), true, 0, 0),
        (
            seen(vec![Verdict::InSync, Verdict::Uncovered(nature())]),
            true,
            0,
            1,
        ),
        (
            seen(vec![Verdict::InSync, Verdict::Unknown(gap())]),
            false,
            1,
            0,
        ),
        (Outcome::Unknown(resource(), gap()), false, 1, 0),
        (Outcome::Uncovered(resource(), nature()), false, 0, 1),
    ] {
        let (judged, _) = judge(outcome);
        assert_eq!(judged.complete, complete);
        assert_eq!(
            (judged.counts.unknown, judged.counts.uncovered),
            (unknown, uncovered)
        );
    }
}

#[test]
fn a_drifted_resource_that_was_not_read_whole_counts_once_and_makes_the_look_incomplete() {
    let gap = Gap::new(Reason::Denied, "ec2:DescribeSecurityGroupRules");
    let with = |paths: &[&str]| match modified(paths) {
        Verdict::Modified(it) => Verdict::Modified(Modified {
            unread: Some(gap.clone()),
            ..it
        }),
        other => other,
    };
    let drifted = judge_one(with(&["/A"]));
    assert_eq!((drifted.counts.drifted, drifted.counts.unknown), (1, 0));
    assert_eq!(drifted.unknown.len(), 1);
    assert!(!drifted.complete);
    let nothing_left = judge_one(with(&[]));
    assert_eq!(
        (nothing_left.counts.in_sync, nothing_left.counts.unknown),
        (0, 1)
    );
    assert!(!nothing_left.complete);
}

fn aside(name: &str, verdict: Verdict, aside: Aside) -> Observed {
    Observed {
        aside,
        ..observed(name, verdict)
    }
}

fn unsupported() -> Uncovered {
    Uncovered {
        reason: UncoveredReason::NoDriftSupport,
        detail: "v1/Binding".to_owned(),
    }
}

fn autoscaled() -> Aside {
    Aside {
        not_ours: vec![NotOurs {
            path: "/spec/replicas".to_owned(),
            rule: "owned-by-autoscaler",
            detail: "HorizontalPodAutoscaler cart".to_owned(),
        }],
        same_meaning: BTreeMap::from([("quantity-spelling", 2)]),
        pending: Vec::new(),
    }
}

fn ahead() -> Aside {
    Aside {
        pending: vec![Pending {
            path: Some("/spec/replicas".to_owned()),
            detail: "a1 is deployed, b2 is in Git".to_owned(),
        }],
        ..autoscaled()
    }
}

#[test]
fn what_is_seen_beside_the_verdict_is_said_and_counts_where_nothing_else_does() {
    let (judged, _) = judge(Outcome::Seen(vec![
        aside("Autoscaled", Verdict::InSync, autoscaled()),
        aside("Ahead", Verdict::InSync, ahead()),
        aside("Both", modified(&["/Low"]), ahead()),
        aside("Gone", Verdict::Uncovered(unsupported()), ahead()),
    ]));
    let expected = Counts {
        drifted: 1,
        ignored: 1,
        pending: 1,
        uncovered: 1,
        ..Counts::default()
    };
    assert_eq!(judged.counts, expected);
    assert_eq!((judged.ignored.len(), judged.pending.len()), (4, 3));
    assert_eq!(judged.ignored[0].rule, "owned-by-autoscaler");
    assert_eq!(judged.equivalences["quantity-spelling"], 8);
    assert!(judged.complete);
}

#[test]
fn one_object_in_two_layers_counts_once_as_the_stronger() {
    let config = |verdict| Observed {
        identity: Identity::object(
            Layer::Configuration,
            "shop",
            ("", "ConfigMap"),
            (Some("web"), "cart"),
        ),
        ..observed("cart", verdict)
    };
    let (judged, _) = judge(Outcome::Seen(vec![
        config(modified(&["/data/a"])),
        observed("cart", modified(&["/metadata/labels/a"])),
        observed("other", Verdict::InSync),
        config(modified(&["/Ignored"])),
        observed("cart", modified(&["/Low"])),
    ]));
    assert_eq!(judged.sightings.len(), 3);
    assert_eq!((judged.counts.drifted, total(judged.counts)), (2, 3));
}

#[test]
fn rules_see_the_layer_of_the_difference_and_the_cause_that_the_look_knows() {
    struct Seen(std::sync::Mutex<Vec<(Layer, Option<Cause>)>>);
    impl Rules for Seen {
        fn grade(&self, facts: &Facts<'_>, notices: &mut Notices) -> Grade {
            self.0.lock().unwrap().push((facts.layer, facts.cause));
            ByPath.grade(facts, notices)
        }
        fn ignore(&self, _: &Facts<'_>, _: Timestamp, _: &mut Notices) -> Option<IgnoreMatch> {
            None
        }
        fn show(&self, _: &Facts<'_>, _: &mut Notices) -> bool {
            false
        }
    }
    let rules = Seen(std::sync::Mutex::default());
    let late = RawDifference {
        cause: Some(Cause::NotApplied),
        ..difference("/data/a")
    };
    let observed = Observed {
        identity: Identity::object(
            Layer::Configuration,
            "shop",
            ("", "ConfigMap"),
            (Some("web"), "cart"),
        ),
        ..observed(
            "cart",
            Verdict::Modified(Modified {
                unread: None,
                differences: vec![late],
                expected: json!({}),
                actual: json!({}),
            }),
        )
    };
    let key = HashKey::new(KEY);
    let judge = Judge {
        catalogue: &Catalogue,
        rules: &rules,
        key: &key,
        now: Timestamp::UNIX_EPOCH,
    };
    let look = Look {
        unit: Unit::application("shop", "web"),
        target: "all".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        outcome: Outcome::Seen(vec![observed]),
    };
    judge.judge(look, &mut Notices::default());
    let seen = rules.0.into_inner().unwrap();
    assert_eq!(seen, [(Layer::Configuration, Some(Cause::NotApplied))]);
}
