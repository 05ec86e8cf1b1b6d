//! Detections that fail, collide, or never end.

use std::time::Duration;

use plumbline_tests::proxy::{Fault, Rule, rewrite};

use super::*;

/// What CloudFormation says where somebody else's detection runs.
fn already_in_progress() -> Fault {
    Fault::error(
        "ValidationError",
        "Drift detection is already in progress for stack [beta]",
        400,
    )
}

/// A failed detection of every stack, with this reason.
fn failed(reason: &str) -> Rule {
    Rule::new(rewrite::detection_failed(reason)).action(DETECTION)
}

const JSON_REASON: &str = r#"{"Summary":"1 of 3 failed","Failures":[{"Resource":"Parameter","FailureReason":"Rate exceeded"}]}"#;

const BRACKET_REASON: &str = "Failed to detect drift on resources [Parameter]";

#[test]
fn what_a_failed_detection_names_is_asked_again_and_told_exactly() {
    for reason in [JSON_REASON, BRACKET_REASON] {
        let bench = Bench::new();
        let unknown = Rule::new(rewrite::unknown_row("Parameter", "Rate exceeded")).action(DRIFTS);
        bench.exact([failed(reason), unknown], &[]);
        // Each stack has one of that name.
        assert_eq!(bench.proxy.count(DETECT_RESOURCE), 3);
    }
}

#[test]
fn what_a_failed_detection_names_stays_unknown_where_asking_again_fails() {
    let bench = Bench::new();
    for reason in [JSON_REASON, BRACKET_REASON] {
        let rules = [
            failed(reason),
            on_beta(DETECT_RESOURCE, Fault::AccessDenied),
        ];
        // The detection's own row of it is fresh, and says how it is bent: only its failure is in doubt.
        let unknown = on_beta(DRIFTS, rewrite::unknown_row("Parameter", "Rate exceeded"));
        bench.beta_unknown(
            rules.into_iter().chain([unknown]),
            &[],
            &[("Parameter", "denied")],
        );
    }
    bench.recovers();
}

#[test]
fn a_failed_detection_without_a_reason_doubts_what_was_not_compared() {
    for reason in ["", "Internal failure"] {
        let bench = Bench::new();
        bench.exact([failed(reason)], &[]);
        // The one resource that was not compared: its type has no drift support, as the answer to the question says.
        assert_eq!(bench.proxy.count(DETECT_RESOURCE), 1);
    }
}

#[test]
fn a_detection_that_another_one_blocks_is_tried_again() {
    let bench = Bench::new();
    bench.exact([on_beta(DETECT, already_in_progress()).first(2)], &[]);
    assert_eq!(bench.proxy.count(DETECT), 5);
}

#[test]
fn a_detection_that_another_one_blocks_for_ever_is_unknown_conflict() {
    let bench = Bench::new();
    let scan = bench.beta_unknown(
        [on_beta(DETECT, already_in_progress())],
        &["--timeout", "6s"],
        &[("beta", "conflict")],
    );
    assert!(
        scan.ran.took < Duration::from_secs(10),
        "{:?}",
        scan.ran.took
    );
    bench.recovers();
}

#[test]
fn a_detection_that_never_ends_is_unknown_timeout() {
    let bench = Bench::new();
    let unknown = ["alpha", "beta", "gamma"].map(|stack| (stack, stack, "timeout"));
    let never = Rule::new(rewrite::detection_in_progress()).action(DETECTION);
    let scan = bench.all_unknown([never], &["--timeout", "4s"], &unknown);
    assert!(
        scan.ran.took < Duration::from_secs(10),
        "{:?}",
        scan.ran.took
    );
    bench.recovers();
}
