//! The user's own tests of the policy.

use super::{now, parse, with};
use crate::{Policy, testing};

const TESTS: &str = r#"apiVersion: plumbline/v1
tests:
  - name: replicas are medium
    finding: {layer: kubernetes, target: microservices, change: modified}
    resource: {type: apps/v1/Deployment, name: product-service}
    difference: {path: /spec/replicas, kind: changed, expected: 2, actual: 1}
    attribution: {who: kubectl-edit, how: Update, console: false}
    expect: {severity: medium, cause: manual-scaling, ignored: false}
  - name: all of it is wrong
    finding: {layer: cloudformation}
    resource: {type: "AWS::SQS::Queue"}
    difference: {path: /Tags/0/Value}
    expect: {severity: high, cause: iam, ignored: true}
  - name: an ignore until the year's end
    finding: {layer: cloudformation, change: deleted}
    resource: {type: "AWS::SNS::Topic"}
    expect: {ignored: true}
  - name: and not after
    on: 2027-01-01
    finding: {layer: cloudformation, change: deleted}
    resource: {type: "AWS::SNS::Topic"}
    expect: {ignored: false, cause: resource-deleted}
  - name: a broken rule is a failure
    finding: {layer: terraform}
    difference: {actual: text}
    expect: {}
"#;

fn policy() -> Policy {
    Policy::new(&parse(&with(
        "severity: [{when: 'finding.layer == \"terraform\" && difference.actual > 1', severity: low}]\nignore: [{when: 'resource.type == \"AWS::SNS::Topic\" && difference.kind == \"removed\"', reason: r, owner: o, expires: 2026-12-31}]",
    ))
    .unwrap())
}

#[test]
fn each_test_that_fails_says_where_and_what() {
    let results = testing::run(&policy(), (TESTS, "tests.yaml"), now()).unwrap();
    let told: Vec<_> = results
        .iter()
        .map(|it| (it.line, it.failures.join("; ")))
        .collect();
    assert_eq!(
        told,
        [
            (3, String::new()),
            (9, "severity is low by default: tags, not high; cause is tag-change by default: tags, not iam; it is not ignored".to_owned()),
            (14, String::new()),
            (18, String::new()),
            (23, "severity[0] could not be evaluated: found no matching overload for '_>_' applied to '(string, int)'".to_owned()),
        ]
    );
    assert!(results[0].passed() && !results[1].passed());
    assert_eq!(
        (results[1].name.as_str(), results[1].file.as_str()),
        ("all of it is wrong", "tests.yaml")
    );
}

#[test]
fn a_test_file_is_checked_like_the_config() {
    for (right, wrong, said) in [
        (
            "severity: medium",
            "severty: medium",
            "tests.yaml:8:14: tests[0].expect.severty: unknown key; did you mean \"severity\"?",
        ),
        (
            "layer: kubernetes",
            "layer: kubernets",
            "tests.yaml:4:22: tests[0].finding.layer: unknown value \"kubernets\"; did you mean \"kubernetes\"?",
        ),
        (
            "resource: {type: apps",
            "resource: {typ: apps",
            "tests.yaml:5:16: tests[0].resource.typ: unknown key; did you mean \"type\"?",
        ),
    ] {
        let text = TESTS.replacen(right, wrong, 1);
        let error = testing::run(&policy(), (&text, "tests.yaml"), now()).unwrap_err();
        assert_eq!(error.to_string(), said);
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(
        testing::run_file(&policy(), file.path(), now())
            .unwrap_err()
            .to_string()
            .contains("is empty")
    );
}

#[test]
fn a_test_can_ask_which_rule_decides_what_is_shown_and_who_is_told() {
    let policy = Policy::new(
        &parse(&with(
            "severity: [{when: resource.name == \"Orders\", severity: high}]\nshow: [{when: 'difference.path == \"/Token\"', reason: r}]\nnotify: {routes: [{when: finding.severity == \"high\", to: [a]}], channels: {a: {webhook: {url: \"https://a.example\"}}}}",
        ))
        .unwrap(),
    );
    let ask = |expect: &str| {
        let text = format!(
            "apiVersion: plumbline/v1\ntests:\n  - name: n\n    finding: {{layer: cloudformation}}\n    resource: {{name: Orders}}\n    difference: {{path: /Token}}\n    expect: {{{expect}}}\n"
        );
        let results = testing::run(&policy, (&text, "t.yaml"), now()).unwrap();
        results[0].failures.join("; ")
    };
    assert_eq!(ask("rule: \"severity[0]\", show: true, channels: [a]"), "");
    assert_eq!(
        ask("rule: \"default: property\", show: false, channels: []"),
        "severity[0] decides, not default: property; a sensitive value of it is shown; told is a, not nobody"
    );
}
