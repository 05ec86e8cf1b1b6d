//! What CloudFormation says of a stack as a whole, against what it says of each resource.

use plumbline_tests::proxy::{Fault, Rule};

use super::*;

/// Every summary of a stack in the answer says this.
fn summary(word: &'static str, count: &'static str) -> Fault {
    Fault::rewrite(move |answer| {
        let stacks = ["DRIFTED", "IN_SYNC"]
            .into_iter()
            .fold(answer.to_owned(), |answer, said| {
                answer.replace(
                    &format!("<StackDriftStatus>{said}</StackDriftStatus>"),
                    &format!("<StackDriftStatus>{word}</StackDriftStatus>"),
                )
            });
        xml::with_text(&stacks, "DriftedStackResourceCount", count)
    })
}

fn summaries(word: &'static str, count: &'static str) -> [Rule; 2] {
    [LIST, DETECTION].map(|action| Rule::new(summary(word, count)).action(action))
}

#[test]
fn a_stack_that_is_called_in_sync_hides_no_drift_of_its_resources() {
    let bench = Bench::new();
    bench.exact(summaries("IN_SYNC", "0"), &[]);
    assert!(bench.proxy.count(DETECTION) > 0);
}

#[test]
fn a_stack_that_is_called_drifted_has_no_drift_but_its_resources() {
    let bench = Bench::new();
    bench.exact(summaries("DRIFTED", "3"), &[]);
    assert!(bench.proxy.count(DETECTION) > 0);
}
