//! The user's rules over the default ones, and what is said about them.

use domain::attribution::Attribution;
use domain::difference::{Change, DifferenceKind};
use domain::judge::{Facts, Grade, Notices, Rules as _};
use domain::layer::Layer;
use domain::resource::Resource;
use domain::severity::{Cause, Severity};
use serde_json::{Value, json};

use super::{now, parse, with};
use crate::{Outcome, Policy};

fn policy(more: &str) -> Policy {
    Policy::new(&parse(&with(more)).unwrap())
}

fn queue() -> Resource {
    Resource {
        kind: "AWS::SQS::Queue".to_owned(),
        id: "https://sqs/q".to_owned(),
        name: "Queue".to_owned(),
        stack: Some("orders".to_owned()),
        ..Resource::default()
    }
}

fn facts<'f>(resource: &'f Resource, path: &'f str, actual: &'f Value) -> Facts<'f> {
    Facts {
        layer: Layer::CloudFormation,
        target: "stacks",
        change: Change::Modified,
        severity: None,
        cause: None,
        resource,
        path,
        kind: DifferenceKind::Changed,
        expected: None,
        actual: Some(actual),
        attribution: None,
        console: false,
    }
}

fn grade(severity: Severity, cause: Cause, rule: &str) -> Grade {
    Grade {
        severity,
        cause,
        rule: rule.to_owned(),
    }
}

#[test]
fn the_users_first_match_decides_and_leaves_the_rest_to_the_default_rules() {
    let policy = policy(
        "severity:\n  - {when: 'resource.name == \"Other\"', severity: critical}\n  - {when: 'difference.path == \"/A\"', severity: high}\n  - {when: 'difference.path == \"/A\"', severity: low}\n  - {when: 'difference.path == \"/B\"', cause: manual-scaling}\n  - {when: 'difference.path == \"/C\"', severity: low, cause: tag-change}\n",
    );
    let (resource, value, mut notices) = (queue(), json!(1), Notices::default());
    for (path, expected) in [
        (
            "/A",
            grade(Severity::High, Cause::PropertyChange, "severity[1]"),
        ),
        (
            "/B",
            grade(Severity::Medium, Cause::ManualScaling, "severity[3]"),
        ),
        ("/C", grade(Severity::Low, Cause::TagChange, "severity[4]")),
        (
            "/D",
            grade(Severity::Medium, Cause::PropertyChange, "default: property"),
        ),
        (
            "/Tags/0",
            grade(Severity::Low, Cause::TagChange, "default: tags"),
        ),
    ] {
        assert_eq!(
            policy.grade(&facts(&resource, path, &value), &mut notices),
            expected
        );
    }
    assert_eq!(
        notices.matched.iter().collect::<Vec<_>>(),
        ["severity[1]", "severity[3]", "severity[4]"]
    );
    assert!(notices.failed.is_empty());
}

#[test]
fn rules_see_every_documented_variable_and_absent_ones_are_empty() {
    let resource = queue();
    let attribution = Attribution {
        who: "alice".to_owned(),
        at: None,
        how: "SetQueueAttributes".to_owned(),
        console: false,
    };
    let expected = json!({"a": [1, 2.5, "x", null, true]});
    let full = Facts {
        expected: Some(&expected),
        attribution: Some(&attribution),
        console: true,
        ..facts(&resource, "/A", &Value::Null)
    };
    let bare = Facts {
        actual: None,
        ..facts(&resource, "/A", &Value::Null)
    };
    for (facts, holds) in [
        (
            &full,
            "finding.layer == 'cloudformation' && finding.target == 'stacks' && finding.change == 'modified'",
        ),
        (
            &full,
            "resource.type == 'AWS::SQS::Queue' && resource.id != '' && resource.name == 'Queue' && resource.stack == 'orders'",
        ),
        (
            &full,
            "resource.account == '' && resource.region == '' && resource.cluster == '' && resource.namespace == ''",
        ),
        (
            &full,
            "difference.path == '/A' && difference.kind == 'changed' && difference.actual == null",
        ),
        (
            &full,
            "difference.expected.a[0] == 1 && difference.expected.a[1] == 2.5 && difference.expected.a[4]",
        ),
        (&full, "difference.expected.a.exists(x, x == 'x')"),
        (
            &full,
            "attribution.who == 'alice' && attribution.how.startsWith('Set') && attribution.console",
        ),
        (
            &bare,
            "difference.expected == null && difference.actual == null",
        ),
        (
            &bare,
            "attribution.who == '' && attribution.how == '' && !attribution.console",
        ),
        (&bare, "resource.stack.matches('^ord.*s$')"),
    ] {
        let policy = policy(&format!(
            "severity: [{{when: \"{holds}\", severity: critical}}]"
        ));
        let mut notices = Notices::default();
        let decided = policy.grade(facts, &mut notices);
        assert_eq!(decided.severity, Severity::Critical, "{holds}: {notices:?}");
    }
}

#[test]
fn a_rule_that_cannot_be_evaluated_does_not_match_and_is_reported_without_values() {
    let secret = json!("hunter2");
    let resource = queue();
    for (when, said) in [
        (
            "difference.actual > 1",
            "found no matching overload for '_>_' applied to '(string, int)'",
        ),
        ("difference.actual.nothing == 1", ""),
        ("difference.path", "gives a string, not true or false"),
        ("{'a': 1}[difference.actual] == 1", "a key is not there"),
        ("int(difference.actual) == 1", ""),
        ("'x'.matches(difference.actual + '(')", "matches() failed"),
        ("[1][7] == 1", "an index is out of bounds"),
    ] {
        let policy = policy(&format!(
            "severity: [{{when: \"{when}\", severity: critical}}]"
        ));
        let mut notices = Notices::default();
        let decided = policy.grade(&facts(&resource, "/A", &secret), &mut notices);
        assert_eq!(decided.rule, "default: property", "{when}");
        let why = &notices.failed["severity[0]"];
        assert!(
            why.contains(said) && !why.contains("hunter2"),
            "{when}: {why}"
        );
        assert!(notices.matched.is_empty());
    }
}

#[test]
fn a_value_that_is_too_large_fails_the_rules_that_ask_for_it_and_no_others() {
    let policy = policy(
        "severity:\n  - {when: 'difference.actual == \"x\"', severity: high}\n  - {when: 'resource.name == \"Queue\"', severity: low}\n",
    );
    let (resource, value, mut notices) = (queue(), json!("x".repeat(5 << 20)), Notices::default());
    assert_eq!(
        policy
            .grade(&facts(&resource, "/A", &value), &mut notices)
            .rule,
        "severity[1]"
    );
    assert_eq!(
        notices.failed["severity[0]"],
        "there is no \"actual\" in what it looks at"
    );
}

#[test]
fn an_ignore_sees_what_was_decided_and_holds_until_its_date() {
    let policy = policy(
        "ignore:\n  - {when: 'true', reason: old, owner: o, expires: 2026-11-23}\n  - {when: 'finding.severity == \"low\" && finding.cause == \"tag-change\"', reason: cost tool, owner: o, expires: 2026-11-24}\n  - {when: 'resource.name == \"None\"', reason: unused, owner: o, expires: 2030-01-01}\n",
    );
    let (resource, value, mut notices) = (queue(), json!(1), Notices::default());
    let mut it = facts(&resource, "/Tags/0", &value);
    assert_eq!(policy.ignore(&it, now(), &mut notices), None);
    it.severity = Some(Severity::Low);
    it.cause = Some(Cause::TagChange);
    let ignored = policy.ignore(&it, now(), &mut notices).unwrap();
    assert_eq!(
        (ignored.rule.as_str(), ignored.reason.as_str()),
        ("ignore[1]", "cost tool")
    );
    let tomorrow = "2026-11-25T00:00:00Z".parse().unwrap();
    assert_eq!(policy.ignore(&it, tomorrow, &mut notices), None);
    let unmatched: Vec<_> = policy
        .unmatched_ignores(&notices, now())
        .iter()
        .map(ToString::to_string)
        .collect();
    // One past its date has a warning of its own.
    assert_eq!(unmatched, ["ignore[2] (plumbline.yaml:6, \"unused\")"]);
    notices
        .failed
        .insert("ignore[2]".to_owned(), "x".to_owned());
    assert_eq!(policy.unmatched_ignores(&notices, now()), []);
}

#[test]
fn show_is_true_where_a_rule_says_so() {
    let shows =
        policy("show: [{when: 'difference.path == \"/A\"', reason: r}, {when: '…', reason: r}]");
    let (resource, value, mut notices) = (queue(), json!(1), Notices::default());
    assert!(shows.show(&facts(&resource, "/A", &value), &mut notices));
    assert!(!shows.show(&facts(&resource, "/B", &value), &mut notices));
    assert!(!policy("").show(&facts(&resource, "/A", &value), &mut notices));
}

#[test]
fn a_rule_may_lower_a_security_change_and_cannot_rename_it() {
    let policy = policy("severity: [{when: 'true', severity: low, cause: tag-change}]");
    let role = Resource {
        kind: "AWS::IAM::Role".to_owned(),
        ..Resource::default()
    };
    let (value, mut notices) = (json!(1), Notices::default());
    let it = facts(&role, "/Policies", &value);
    assert_eq!(
        policy.grade(&it, &mut notices),
        grade(Severity::Low, Cause::Iam, "severity[0]")
    );
    assert!(policy.explain(&it, now()).floor);
    let allowed = Policy::new(&parse(&with("remediation: {allowAutomatic: [iam]}")).unwrap());
    assert!(!allowed.explain(&it, now()).floor);
    let queue = queue();
    assert!(!policy.explain(&facts(&queue, "/A", &value), now()).floor);
}

#[test]
fn rules_that_lower_a_security_change_are_found_before_anything_is_judged() {
    let lowered = |when: &str, severity: &str| {
        let policy = policy(&format!(
            "severity: [{{when: '{when}', severity: {severity}}}]"
        ));
        policy
            .floor_warnings()
            .iter()
            .map(|it| it.cause)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        lowered("resource.type == \"AWS::IAM::Role\"", "low"),
        [Cause::Iam]
    );
    assert_eq!(
        lowered(
            "resource.type == \"AWS::IAM::Role\" && resource.stack == \"sandbox\"",
            "high"
        ),
        [Cause::Iam]
    );
    assert_eq!(
        lowered(
            "resource.stack.startsWith(\"dev-\") && resource.type.startsWith(\"AWS::KMS\")",
            "low"
        ),
        [Cause::KeyOrBucketPolicy]
    );
    assert_eq!(
        lowered(
            "finding.target == \"t\" && finding.layer == \"kubernetes\"",
            "low"
        )
        .len(),
        3
    );
    assert_eq!(lowered("true", "low").len(), 5);
    assert_eq!(lowered("true", "critical"), []);
    assert_eq!(lowered("resource.type == \"AWS::SQS::Queue\"", "low"), []);
    assert_eq!(lowered("difference.path.startsWith(\"/Tags\")", "low"), []);
    let text = with("severity: [{when: 'resource.type == \"AWS::IAM::Role\"', severity: low}]");
    assert_eq!(
        Policy::new(&parse(&text).unwrap()).floor_warnings()[0].to_string(),
        "plumbline.yaml:3: severity[0] lowers iam to low (for example AWS::IAM::Role); it is still never put straight automatically unless remediation.allowAutomatic names it"
    );
}

#[test]
fn an_explanation_lists_the_rules_in_the_order_they_were_asked() {
    let policy = policy(
        "severity:\n  - {when: 'resource.name == \"Other\"', severity: high}\n  - {when: 'difference.actual > 1', severity: high}\n  - {when: 'resource.name == \"Queue\"', severity: high}\n  - {when: 'true', severity: low}\nignore:\n  - {when: 'finding.severity == \"high\"', reason: because, owner: o, expires: 2030-01-01}\n",
    );
    let (resource, value) = (queue(), json!("text"));
    let found = policy.explain(&facts(&resource, "/Tags/0", &value), now());
    assert_eq!(
        (found.severity, found.cause, found.rule.as_str()),
        (Severity::High, Cause::TagChange, "severity[2]")
    );
    assert_eq!(found.ignored_by.unwrap().reason, "because");
    let asked: Vec<_> = found
        .evaluated
        .iter()
        .map(|it| (it.rule.as_str(), it.line))
        .collect();
    assert_eq!(
        asked,
        [
            ("severity[0]", Some(4)),
            ("severity[1]", Some(5)),
            ("severity[2]", Some(6)),
            ("default: opened-to-the-world", None),
            ("default: recorder-stopped", None),
            ("default: security", None),
            ("default: not-applied", None),
            ("default: tags", None),
            ("ignore[0]", Some(9)),
        ]
    );
    assert!(matches!(found.evaluated[1].outcome, Outcome::Failed(_)));
    assert_eq!(found.evaluated[0].outcome, Outcome::NotMatched);
    assert_eq!(found.evaluated[8].outcome, Outcome::Matched);
}

#[test]
fn what_is_explained_is_what_is_graded() {
    let policy = policy(
        "severity: [{when: 'difference.path == \"/A\"', severity: high}, {when: 'difference.path == \"/B\"', cause: iam}]",
    );
    let resource = queue();
    for path in ["/A", "/B", "/Tags", "/SecurityGroupIds", ""] {
        let value = json!(1);
        let it = facts(&resource, path, &value);
        let grade = policy.grade(&it, &mut Notices::default());
        let found = policy.explain(&it, now());
        assert_eq!(
            (found.severity, found.cause, found.rule),
            (grade.severity, grade.cause, grade.rule)
        );
    }
}
