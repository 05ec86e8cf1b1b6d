//! Answers that are not what they should be: broken, endless, in pieces.

use plumbline_tests::proxy::{Fault, Rule};

use super::*;

#[test]
fn an_answer_that_is_not_xml_to_its_end_is_unknown_invalid() {
    let bench = Bench::new();
    for fault in [Fault::Malformed, Fault::Truncate(200), Fault::Truncate(0)] {
        for action in [DETECT, RESOURCES] {
            bench.beta_unknown(
                [on_beta(action, fault.clone())],
                &[],
                &[("beta", "invalid")],
            );
        }
        bench.beta_unknown(
            [on_beta(DRIFTS, fault.clone())],
            &[],
            &[("Parameter", "invalid")],
        );
        bench.all_unknown(
            [Rule::new(fault).action(LIST)],
            &[],
            &[("*", "*", "invalid")],
        );
    }
    bench.recovers();
}

#[test]
fn an_answer_cut_short_on_its_way_is_fetched_again_and_else_unreachable() {
    let bench = Bench::new();
    bench.beta_unknown(
        [on_beta(RESOURCES, Fault::CutMidBody)],
        &[],
        &[("beta", "unreachable")],
    );
    let tries = bench
        .proxy
        .requests()
        .iter()
        .filter(|it| it.fault == Some("CutMidBody"))
        .count();
    assert_eq!(tries, 2);
    bench.exact([on_beta(RESOURCES, Fault::CutMidBody).first(1)], &[]);
}

#[test]
fn an_answer_of_seventy_megabytes_is_unknown_too_large_and_not_fetched_twice() {
    let bench = Bench::new();
    let huge = Fault::Oversized(70 * 1024 * 1024);
    bench.beta_unknown(
        [on_beta(RESOURCES, huge.clone())],
        &[],
        &[("beta", "too-large")],
    );
    let tries = bench
        .proxy
        .requests()
        .iter()
        .filter(|it| it.fault == Some("Oversized"))
        .count();
    assert_eq!(tries, 1);
    bench.beta_unknown([on_beta(DRIFTS, huge)], &[], &[("Parameter", "too-large")]);
    bench.recovers();
}

#[test]
fn every_list_is_read_to_its_last_page() {
    let bench = Bench::new();
    for size in 1..=3 {
        let pages = [
            (LIST, "StackSummaries"),
            (RESOURCES, "StackResourceSummaries"),
            (DRIFTS, "StackResourceDrifts"),
        ]
        .map(|(action, list)| Rule::new(Fault::Pages { list, size }).action(action));
        bench.exact(pages, &[]);
        let pages_of_resources = bench.proxy.count(RESOURCES);
        // Alpha has four resources, beta and gamma three.
        assert_eq!(
            pages_of_resources,
            4_usize.div_ceil(size) + 2 * 3_usize.div_ceil(size)
        );
    }
}

#[test]
fn a_list_that_repeats_its_token_is_unknown_invalid_and_ends() {
    let bench = Bench::new();
    // Whatever is asked for, the answer is the same first page.
    let endless = |action: &'static str, list: &'static str| {
        // A token of the emulator's own, for the page that begins at the first entry.
        let (end, token) = (
            format!("</{list}>"),
            format!("<NextToken>{action}:0</NextToken>"),
        );
        Fault::rewrite(move |body| body.replacen(&end, &format!("{end}{token}"), 1))
    };
    for (action, list) in [
        (RESOURCES, "StackResourceSummaries"),
        (DRIFTS, "StackResourceDrifts"),
    ] {
        let name = if action == DRIFTS {
            "Parameter"
        } else {
            "beta"
        };
        let scan = bench.beta_unknown(
            [on_beta(action, endless(action, list))],
            &[],
            &[(name, "invalid")],
        );
        assert!(detail(&scan).contains("NextToken"), "{}", detail(&scan));
        let asked = bench
            .proxy
            .requests()
            .iter()
            .filter(|it| it.fault.is_some())
            .count();
        assert_eq!(asked, 2);
    }
    let list = Rule::new(endless(LIST, "StackSummaries")).action(LIST);
    let scan = bench.all_unknown([list], &[], &[("*", "*", "invalid")]);
    assert!(detail(&scan).contains("NextToken"), "{}", detail(&scan));
    bench.recovers();
}
