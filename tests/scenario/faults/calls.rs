//! Calls that are refused, throttled, slow, or never answered.

use std::time::Duration;

use plumbline_tests::proxy::{Fault, Rule, rewrite};

use super::*;

const ALL: [&str; 3] = ["alpha", "beta", "gamma"];

/// All three stacks, unknown for one reason.
fn each(reason: &'static str) -> Vec<(&'static str, &'static str, &'static str)> {
    ALL.iter().map(|stack| (*stack, *stack, reason)).collect()
}

#[test]
fn a_scan_costs_three_calls_a_stack_and_one_more_where_it_is_bent() {
    let bench = Bench::new();
    // Who bent it is asked of CloudTrail, and counted where that is tested.
    bench.exact([], &["--no-attribution"]);
    let count = |action| bench.proxy.count(action);
    assert_eq!(
        (count(DETECT), count(DETECTION), count(RESOURCES)),
        (3, 3, 3)
    );
    // Gamma is clean.
    assert_eq!((count(DRIFTS), count(DETECT_RESOURCE)), (2, 0));
    assert_eq!(bench.proxy.requests().len(), 11 + count(LIST));
}

#[test]
fn a_stack_that_is_throttled_for_ever_is_unknown_throttled() {
    let bench = Bench::new();
    let scan = bench.beta_unknown(
        [on_beta(DETECT, Fault::Throttle)],
        &[],
        &[("beta", "throttled")],
    );
    assert!(detail(&scan).contains("Rate exceeded"), "{}", detail(&scan));
    let tries = bench
        .proxy
        .requests()
        .iter()
        .filter(|it| it.fault == Some("Throttle"))
        .count();
    assert_eq!(tries, 2, "AWS_MAX_ATTEMPTS");
    bench.recovers();
}

#[test]
fn throttling_of_three_calls_in_ten_changes_nothing() {
    let mut bench = Bench::new();
    // At ten attempts no call is throttled for ever, whatever the order.
    bench.shop = bench.shop.with("AWS_MAX_ATTEMPTS", "12");
    bench.exact([Rule::new(Fault::Throttle).chance(30, 4)], &[]);
    assert!(bench.proxy.requests().iter().any(|it| it.fault.is_some()));
}

#[test]
fn lists_that_fail_during_the_wait_cost_nothing_but_other_calls() {
    let bench = Bench::new();
    let later_ones = (2..20).map(|n| Rule::new(Fault::AccessDenied).action(LIST).nth(n));
    bench.exact(later_ones, &[]);
    assert!(bench.proxy.requests().iter().any(|it| it.fault.is_some()));
}

#[test]
fn a_refusal_of_any_of_the_six_calls_is_unknown_denied() {
    let bench = Bench::new();
    let denied = |action| on_beta(action, Fault::AccessDenied);
    for action in [DETECT, RESOURCES] {
        let scan = bench.beta_unknown([denied(action)], &[], &[("beta", "denied")]);
        assert!(
            detail(&scan).contains(&format!("cloudformation:{action}")),
            "{}",
            detail(&scan)
        );
    }
    // Only what is not in sync has to be asked for.
    bench.beta_unknown([denied(DRIFTS)], &[], &[("Parameter", "denied")]);
    let failed = on_beta(DRIFTS, rewrite::unknown_row("Parameter", "Rate exceeded"));
    bench.beta_unknown(
        [failed, denied(DETECT_RESOURCE)],
        &[],
        &[("Parameter", "denied")],
    );
    bench.recovers();
}

#[test]
fn a_refused_answer_about_detections_leaves_every_stack_as_it_was() {
    let bench = Bench::new();
    bench.all_unknown(
        [Rule::new(Fault::AccessDenied).action(DETECTION)],
        &[],
        &each("denied"),
    );
    bench.recovers();
}

#[test]
fn stacks_that_cannot_be_listed_are_one_unknown_of_the_region() {
    let bench = Bench::new();
    let scan = bench.all_unknown(
        [Rule::new(Fault::AccessDenied).action(LIST)],
        &[],
        &[("*", "*", "denied")],
    );
    assert_eq!((scan.count("unknown"), scan.count("units")), (1, 0));
    let resource = &scan.list("unknown")[0]["resource"];
    assert_eq!(
        (&resource["type"], &resource["region"]),
        (&json!("AWS::CloudFormation::Stack"), &json!(REGION))
    );
    assert!(
        detail(&scan).contains("cloudformation:ListStacks"),
        "{}",
        detail(&scan)
    );
    bench.recovers();
}

#[test]
fn a_call_that_hangs_is_unknown_timeout_in_bounded_time() {
    let mut bench = Bench::new();
    bench.shop = bench.shop.with("AWS_MAX_ATTEMPTS", "1");
    let hang = on_beta(DETECT, Fault::Hang(Duration::from_secs(60)));
    let scan = bench.beta_unknown([hang], &[], &[("beta", "timeout")]);
    assert!(
        scan.ran.took < Duration::from_secs(20),
        "{:?}",
        scan.ran.took
    );
    bench.recovers();
}

#[test]
fn a_call_that_is_slow_is_waited_for() {
    let bench = Bench::new();
    bench.exact(
        [on_beta(RESOURCES, Fault::Delay(Duration::from_secs(2)))],
        &[],
    );
}

#[test]
fn a_connection_that_breaks_once_is_made_again() {
    let bench = Bench::new();
    for action in [DETECT, RESOURCES, DRIFTS] {
        bench.exact([on_beta(action, Fault::Reset).first(1)], &[]);
    }
    bench.exact([Rule::new(Fault::Reset).action(LIST).first(1)], &[]);
}

#[test]
fn a_connection_that_always_breaks_is_unknown_unreachable() {
    let bench = Bench::new();
    bench.beta_unknown(
        [on_beta(DETECT, Fault::Reset)],
        &[],
        &[("beta", "unreachable")],
    );
    bench.beta_unknown(
        [on_beta(RESOURCES, Fault::Reset)],
        &[],
        &[("beta", "unreachable")],
    );
    bench.all_unknown([Rule::new(Fault::Reset)], &[], &[("*", "*", "unreachable")]);
}

#[test]
fn a_service_that_fails_for_ever_is_unknown_unreachable() {
    let bench = Bench::new();
    for status in [500, 503] {
        bench.beta_unknown(
            [on_beta(DETECT, Fault::ServerError(status))],
            &[],
            &[("beta", "unreachable")],
        );
        bench.beta_unknown(
            [on_beta(DRIFTS, Fault::ServerError(status))],
            &[],
            &[("Parameter", "unreachable")],
        );
    }
    bench.exact([on_beta(DETECT, Fault::ServerError(503)).first(1)], &[]);
}
