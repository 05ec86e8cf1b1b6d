//! Stacks that move, go away, or rest in a state without detection.

use std::{thread, time::Duration};

use plumbline_tests::proxy::{Fault, Rule, rewrite};

use super::*;

/// Long enough for the test to do something meanwhile.
const MEANWHILE: Duration = Duration::from_secs(2);

/// Lets the first list of stacks be as it is; the rules after it are for those during the wait.
fn but_the_first_list() -> Rule {
    Rule::new(Fault::Delay(Duration::ZERO))
        .action(LIST)
        .first(1)
}

fn beta_is(status: &str) -> Rule {
    Rule::new(rewrite::stack_status("beta", status)).action(LIST)
}

#[test]
fn a_stack_deleted_before_its_detection_is_unknown_not_found_and_then_unwatched() {
    let bench = Bench::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            bench.wait_for(DETECT, BETA, 1);
            bench.aws.delete_stack("beta");
        });
        bench.beta_unknown(
            [on_beta(DETECT, Fault::Delay(MEANWHILE))],
            &[],
            &[("beta", "not-found")],
        );
    });
    beta_is_gone(&bench);
}

#[test]
fn a_stack_deleted_during_its_detection_is_unknown_not_found_and_then_unwatched() {
    let bench = Bench::new();
    let wait = Rule::new(Fault::Delay(MEANWHILE)).action(LIST).nth(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            bench.wait_for(LIST, "", 2);
            bench.aws.delete_stack("beta");
        });
        bench.beta_unknown([wait], &[], &[("beta", "not-found")]);
    });
    beta_is_gone(&bench);
}

#[test]
fn a_stack_deleted_after_its_detection_is_unknown_not_found() {
    let bench = Bench::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            bench.wait_for(RESOURCES, BETA, 1);
            bench.aws.delete_stack("beta");
        });
        bench.beta_unknown(
            [on_beta(RESOURCES, Fault::Delay(MEANWHILE))],
            &[],
            &[("beta", "not-found")],
        );
    });
    beta_is_gone(&bench);
}

/// The next scan finds it gone: its finding is closed, and not as if it had been put right.
fn beta_is_gone(bench: &Bench) {
    let scan = bench.scan([], &[]);
    scan.assert_unknown(&[]);
    scan.assert_drift(&[queue("alpha"), topic("alpha")]);
    assert_eq!(scan.code, 1);
    assert_same(
        &bench.shop.findings(false),
        &[queue("alpha"), topic("alpha")],
    );
    let all = bench.shop.findings(true);
    let closed = all
        .iter()
        .find(|finding| address(finding).0 == "beta")
        .expect("its finding is kept");
    assert_eq!(closed["status"], "unwatched");
}

#[test]
fn a_stack_that_is_being_changed_is_unknown_in_motion_and_not_detected() {
    let bench = Bench::new();
    for status in [
        "UPDATE_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    ] {
        let scan = bench.beta_unknown([beta_is(status)], &[], &[("beta", "in-motion")]);
        assert!(detail(&scan).contains(status), "{}", detail(&scan));
        assert_eq!(bench.proxy.count(DETECT), 2);
    }
    bench.recovers();
}

#[test]
fn a_stack_that_begins_to_be_changed_during_the_look_is_unknown_in_motion() {
    let bench = Bench::new();
    let status = "UPDATE_IN_PROGRESS";
    bench.beta_unknown(
        [but_the_first_list(), beta_is(status)],
        &[],
        &[("beta", "in-motion")],
    );
    // So is one whose change begins between the list and the detection, which is then refused.
    let refusal = Fault::error(
        "ValidationError",
        "Stack [beta] is in UPDATE_IN_PROGRESS state",
        400,
    );
    let rules = [
        but_the_first_list(),
        beta_is(status),
        on_beta(DETECT, refusal),
    ];
    bench.beta_unknown(rules, &[], &[("beta", "in-motion")]);
    // And one whose resource moves while the stack's summary does not say so yet.
    let moving = edit_row("Topic", |row| {
        with_elements(row, &[("ResourceStatus", status)])
    });
    bench.beta_unknown([on_beta(RESOURCES, moving)], &[], &[("beta", "in-motion")]);
    bench.recovers();
}

#[test]
fn a_stack_updated_during_the_look_is_unknown_in_motion() {
    let bench = Bench::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            bench.wait_for(RESOURCES, BETA, 1);
            let mut template = template("beta");
            template["Resources"]["Topic"]["Properties"]["DisplayName"] = "calm".into();
            bench.aws.update_stack("beta", &template);
        });
        bench.beta_unknown(
            [on_beta(RESOURCES, Fault::Delay(MEANWHILE))],
            &[],
            &[("beta", "in-motion")],
        );
    });
    bench.recovers();
}

#[test]
fn a_stack_in_a_state_without_detection_is_uncovered_and_keeps_its_findings() {
    let bench = Bench::new();
    for status in ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"] {
        let before = bench.open_in("beta");
        let scan = bench.scan([beta_is(status)], &[]);
        let uncovered = scan.list("uncovered");
        let of_beta: Vec<_> = uncovered
            .iter()
            .filter(|entry| address(entry).0 == "beta")
            .collect();
        assert_eq!(of_beta.len(), 1, "{uncovered:#?}");
        assert_eq!(of_beta[0]["reason"], "stack-state");
        assert_eq!(of_beta[0]["resource"]["type"], "AWS::CloudFormation::Stack");
        assert!(text(&of_beta[0]["detail"]).contains(status));
        scan.assert_unknown(&[]);
        scan.assert_drift(&[queue("alpha"), topic("alpha")]);
        assert_eq!(
            (scan.code, scan.count("uncovered")),
            (1, RESOURCES_UNCOVERED + 1)
        );
        assert_eq!(bench.open_in("beta"), before);
        assert_eq!(bench.scan([beta_is(status)], &["--strict"]).code, 2);
    }
    bench.recovers();
}
