//! The policy as it grows: the user's tests of it, and what a change loosens.

use std::fs;

use serde_json::json;

use super::{git, parsed};
use crate::support::Workshop;

/// The page that shows how a policy is written and tested.
const PAGE: &str = include_str!("../../../docs/policy.md");

/// A YAML block of the page, by a line that only it has.
fn block(line: &str) -> String {
    let mut blocks = PAGE
        .split("```yaml\n")
        .skip(1)
        .filter_map(|it| it.split_once("```"));
    let found = blocks.find(|(text, _)| text.lines().any(|it| it.trim() == line));
    found
        .unwrap_or_else(|| panic!("no block with {line}"))
        .0
        .to_owned()
}

fn workshop() -> Workshop {
    let workshop = Workshop::new("http://127.0.0.1:9");
    workshop.configure(&block("- name: shop"));
    workshop
}

#[test]
fn the_example_of_the_documentation_passes() {
    let workshop = workshop();
    let example = block("- name: a dead-letter queue that is gone is high");
    fs::write(workshop.path("plumbline.test.yaml"), example).unwrap();
    let ran = workshop.run(&["policy", "test"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.ends_with(" 0 failed\n"), "{}", ran.stdout);
}

#[test]
fn a_test_that_fails_says_what_was_expected_what_came_and_by_which_rule() {
    let workshop = workshop();
    let test = "apiVersion: plumbline/v1\ntests:\n  - name: a redrive policy is low\n    finding: {layer: cloudformation}\n    resource: {type: AWS::SQS::Queue}\n    difference: {path: /RedrivePolicy}\n    expect: {severity: low, ignored: true, channels: [oncall]}\n";
    fs::write(workshop.path("a.test.yaml"), test).unwrap();
    let ran = workshop.run(&["policy", "test"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(
        ran.stdout,
        "FAIL  a redrive policy is low (a.test.yaml:3)\n        severity is high by severity[0], not low\n        it is not ignored\n        told is nobody, not oncall\n        severity[0] matches (plumbline.yaml:7)\n0 passed, 1 failed\n"
    );
    let report = parsed(&workshop.run(&["policy", "test", "-o", "json"]));
    assert_eq!(
        (
            &report["failed"],
            &report["tests"][0]["explanation"]["rule"]
        ),
        (&json!(1), &json!("severity[0]"))
    );
}

#[test]
fn a_test_file_that_is_wrong_or_missing_is_no_failed_test() {
    let workshop = workshop();
    let ran = workshop.run(&["policy", "test"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("plumbline.test.yaml"), "{}", ran.stderr);
    fs::write(workshop.path("b.test.yaml"), "apiVersion: plumbline/v1\ntests:\n  - name: n\n    finding: {layer: cloudformation}\n    expect: {chanels: []}\n").unwrap();
    let ran = workshop.run(&["policy", "test"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.contains(
            "b.test.yaml:5:14: tests[0].expect.chanels: unknown key; did you mean \"channels\"?"
        ),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_a_change_loosens_is_told_for_people_scripts_and_pull_requests() {
    let workshop = workshop();
    git(&workshop, &["init", "-q"]);
    git(&workshop, &["add", "plumbline.yaml"]);
    git(&workshop, &["commit", "-q", "-m", "policy"]);
    let same = workshop.run(&["policy", "check", "--against", "HEAD", "--strict"]);
    assert_eq!(same.code, 0, "{same:?}");
    assert!(
        same.stdout.contains("loosens nothing, tightens nothing"),
        "{}",
        same.stdout
    );

    let before = fs::read_to_string(workshop.path("plumbline.yaml")).unwrap();
    let after = before
        .replace("severity: high", "severity: low")
        .replace("\"shop-*\"", "\"shop-a*\"");
    workshop.configure(&after);
    let check =
        |more: &[&str]| workshop.run(&[&["policy", "check", "--against", "HEAD"], more].concat());
    let ran = check(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout
            .contains("    target shop · stacks: shop-* → only shop-a*\n"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("AWS::SQS::Queue at /RedrivePolicy: high by"),
        "{}",
        ran.stdout
    );
    let strict = check(&["--strict"]);
    assert_eq!(strict.code, 1, "{strict:?}");
    let report = parsed(&check(&["-o", "json"]));
    assert_eq!(report["against"]["file"], "HEAD:plumbline.yaml");
    assert_eq!(
        report["against"]["loosens"].as_array().unwrap().len(),
        2,
        "{report:#}"
    );
    let markdown = check(&["-o", "markdown"]).stdout;
    assert!(
        markdown.contains("- `target shop` `stacks`: `shop-*` → `only shop-a*`\n"),
        "{markdown}"
    );

    // A plain file will do as well, and the way back tightens.
    fs::write(workshop.path("old.yaml"), &after).unwrap();
    workshop.configure(&before);
    let back = workshop.run(&["policy", "check", "--against", "old.yaml", "--strict"]);
    assert_eq!(back.code, 0, "{back:?}");
    assert!(
        back.stdout.contains("loosens nothing\n  tightens\n"),
        "{}",
        back.stdout
    );
}

#[test]
fn a_revision_that_is_none_or_an_option_is_refused() {
    let workshop = workshop();
    let outside = workshop.run(&["policy", "check", "--against", "main"]);
    assert_eq!(outside.code, 2, "{outside:?}");
    git(&workshop, &["init", "-q"]);
    for revision in ["main", "--output=x", ""] {
        let against = format!("--against={revision}");
        let ran = workshop.run(&["policy", "check", &against]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("--against"), "{}", ran.stderr);
    }
    assert!(!workshop.path("x").exists());
    assert_eq!(workshop.run(&["policy", "check", "--strict"]).code, 2);
}
