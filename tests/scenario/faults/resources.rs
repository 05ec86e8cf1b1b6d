//! Single resources that were not compared, or not in this look.

use plumbline_tests::proxy::{Fault, Rule, rewrite};

use super::*;

/// Before any look of these tests.
const LONG_AGO: &str = "2020-01-01T00:00:00.000Z";

fn checked_long_ago(logical_id: &str) -> Fault {
    edit_row(logical_id, |row| {
        xml::with_text(row, "LastCheckTimestamp", LONG_AGO)
    })
}

/// The answer about one resource: it could not be compared this time either.
fn still_unknown(words: &'static str) -> Fault {
    Fault::rewrite(move |answer| {
        let answer = xml::without(answer, "PropertyDifferences");
        let answer = xml::with_text(&answer, "StackResourceDriftStatus", "UNKNOWN");
        let end = "</StackResourceDrift>";
        answer.replacen(
            end,
            &format!("<DriftStatusReason>{words}</DriftStatusReason>{end}"),
            1,
        )
    })
}

#[test]
fn a_throttled_resource_is_asked_again_by_its_name() {
    let bench = Bench::new();
    bench.exact(
        [on_beta(
            DRIFTS,
            rewrite::unknown_row("Parameter", "Rate exceeded"),
        )],
        &[],
    );
    assert_eq!(bench.proxy.count(DETECT_RESOURCE), 1);
}

#[test]
fn a_resource_that_stays_throttled_is_unknown_throttled() {
    let bench = Bench::new();
    let rules = [
        on_beta(DRIFTS, rewrite::unknown_row("Parameter", "Rate exceeded")),
        on_beta(DETECT_RESOURCE, Fault::Throttle),
    ];
    let scan = bench.beta_unknown(rules, &[], &[("Parameter", "throttled")]);
    let resource = &scan.list("unknown")[0]["resource"];
    assert_eq!(
        (&resource["type"], &resource["stack"]),
        (&json!("AWS::SSM::Parameter"), &json!("beta"))
    );
    // The call succeeds, and says that the check behind it was throttled.
    let rules = [
        on_beta(DRIFTS, rewrite::unknown_row("Parameter", "Rate exceeded")),
        on_beta(DETECT_RESOURCE, still_unknown("Rate exceeded")),
    ];
    bench.beta_unknown(rules, &[], &[("Parameter", "throttled")]);
    assert_eq!(bench.proxy.count(DETECT_RESOURCE), 2);
    bench.recovers();
}

#[test]
fn asking_again_ends_with_the_time_that_a_stack_may_take() {
    let bench = Bench::new();
    // Asking twice takes pauses of five seconds in all.
    let rules = [
        on_beta(DRIFTS, rewrite::unknown_row("Parameter", "Rate exceeded")),
        on_beta(DETECT_RESOURCE, still_unknown("Rate exceeded")),
    ];
    bench.beta_unknown(rules, &["--timeout", "4s"], &[("beta", "timeout")]);
    assert_eq!(bench.proxy.count(DETECT_RESOURCE), 1);
    bench.recovers();
}

#[test]
fn the_words_of_a_failed_comparison_decide_its_reason() {
    let bench = Bench::new();
    for (words, reason) in [
        (
            "User is not authorized to perform: ssm:GetParameter",
            "denied",
        ),
        ("The request timed out", "timeout"),
        ("An internal failure", "failed"),
        ("", "failed"),
    ] {
        let rules = [
            on_beta(DRIFTS, rewrite::unknown_row("Parameter", words)),
            on_beta(DETECT_RESOURCE, still_unknown(words)),
        ];
        bench.beta_unknown(rules, &[], &[("Parameter", reason)]);
    }
    bench.recovers();
}

#[test]
fn a_row_older_than_the_look_is_asked_again_by_its_name() {
    let bench = Bench::new();
    for logical_id in ["Parameter", "Queue"] {
        bench.exact([on_beta(RESOURCES, checked_long_ago(logical_id))], &[]);
        assert_eq!(bench.proxy.count(DETECT_RESOURCE), 1, "{logical_id}");
    }
    bench.exact(
        [on_beta(DRIFTS, rewrite::row_from("Parameter", LONG_AGO))],
        &[],
    );
    assert_eq!(bench.proxy.count(DETECT_RESOURCE), 1);
}

#[test]
fn a_row_older_than_the_look_closes_nothing_where_asking_again_fails() {
    let bench = Bench::new();
    // The old row says that the queue, whose finding is open, is in sync.
    let rules = [
        on_beta(RESOURCES, checked_long_ago("Queue")),
        on_beta(DETECT_RESOURCE, Fault::Throttle),
    ];
    let scan = bench.scan(rules, &[]);
    scan.assert_unknown(&[("beta", "Queue", "throttled")]);
    scan.assert_drift(&[queue("alpha"), topic("alpha"), parameter("beta")]);
    assert_eq!(scan.code, 2);
    // What was seen is kept, and what was not seen stays as it was.
    assert_same(
        &bench.shop.findings(false),
        &[
            queue("alpha"),
            topic("alpha"),
            queue("beta"),
            parameter("beta"),
        ],
    );
    bench.recovers();
}

#[test]
fn a_row_without_its_drift_is_asked_again_by_its_name() {
    let bench = Bench::new();
    bench.exact([on_beta(DRIFTS, rewrite::without_row("Parameter"))], &[]);
    assert_eq!(bench.proxy.count(DETECT_RESOURCE), 1);
    for logical_id in ["Parameter", "Queue"] {
        bench.exact(
            [on_beta(
                RESOURCES,
                edit_row(logical_id, |row| xml::without(row, "DriftInformation")),
            )],
            &[],
        );
        assert_eq!(bench.proxy.count(DETECT_RESOURCE), 1, "{logical_id}");
    }
}

#[test]
fn a_resource_that_is_gone_is_told_as_deleted() {
    let bench = Bench::new();
    bench.aws.delete_topic("gamma-topic");
    let scan = bench.scan([], &[]);
    let gone = Drift {
        change: Change::Deleted,
        differences: Vec::new(),
        ..topic("gamma")
    };
    scan.assert_drift(&[queue("alpha"), topic("alpha"), parameter("beta"), gone]);
    assert_eq!(scan.code, 1);
}

#[test]
fn a_stack_without_resources_is_in_sync() {
    let bench = Bench::new();
    let empty = Fault::rewrite(|body| {
        let list = "StackResourceSummaries";
        let entries = xml::inner(body, list).expect("the list of resources");
        body.replacen(entries, "", 1)
    });
    let scan = bench.scan([on_beta(RESOURCES, empty)], &[]);
    scan.assert_unknown(&[]);
    scan.assert_drift(&[queue("alpha"), topic("alpha")]);
    assert_eq!(
        (scan.code, scan.count("units"), scan.count("resources")),
        (1, 3, 7)
    );
    // A whole look that does not find the resource: the stack has it no more.
    assert_same(
        &bench.shop.findings(false),
        &[queue("alpha"), topic("alpha")],
    );
}

#[test]
fn a_resource_that_was_not_checked_is_uncovered_and_keeps_its_finding() {
    let bench = Bench::new();
    let before = bench.open_in("alpha");
    // As CloudFormation leaves what a rollback was told to skip.
    let skipped = edit_row("Queue", |row| {
        let row = xml::without(row, "LastCheckTimestamp");
        xml::with_text(&row, "StackResourceDriftStatus", "NOT_CHECKED")
    });
    let rule = Rule::new(skipped)
        .action(RESOURCES)
        .containing(":stack/alpha/");
    let scan = bench.scan([rule], &[]);
    scan.assert_unknown(&[]);
    scan.assert_drift(&[topic("alpha"), parameter("beta")]);
    assert_eq!(scan.count("uncovered"), RESOURCES_UNCOVERED + 1);
    let its_queue = |list: &[Value]| -> Vec<Value> {
        let queues = list.iter().filter(|finding| address(finding).1 == "Queue");
        queues.cloned().collect()
    };
    assert_eq!(its_queue(&bench.open_in("alpha")), its_queue(&before));
    bench.recovers();
}
