//! A change that AWS Config saw, and a look at that one resource.

use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use super::support::{End, System, changed, queue};

/// What bends or mends a queue, and how many messages were told before and after.
type Step = (fn(&System, &str), usize);

#[test]
fn e2e_a_change_that_aws_config_saw_is_looked_at_within_the_minute() {
    let (system, stacks) = System::watching(&["shop-orders"]);
    let plumbline = &system.plumbline;
    let stack = &stacks[0];
    let looks = system.generation(stack);
    let work = format!("look#{}#Queue0", stack.id);
    let count = |action: &str| {
        let calls = plumbline.calls();
        calls.iter().filter(|it| it.action == action).count()
    };
    let whole = count("DetectStackDrift");

    let steps: [Step; 2] = [(System::bend, 2), (System::mend, 2)];
    for (step, (change, told)) in steps.into_iter().enumerate() {
        change(&system, &queue("shop-orders"));
        // Two changes in one minute, each told twice: one look at the minute's end.
        let before = Timestamp::now();
        for _ in 0..2 {
            let of = ("AWS::SQS::Queue", "shop-orders-orders");
            let event = changed(&stack.id, "Queue0", of);
            assert_eq!(plumbline.tell_rules(&event, 2), 1);
        }
        plumbline.wait_until_quiet();
        let timers = plumbline.table().timers();
        let asked: Vec<_> = timers
            .iter()
            .filter(|it| it.sk.ends_with(&format!("#{work}")))
            .collect();
        // Only where the minute turned in between it is two.
        assert!((1..=2).contains(&asked.len()), "{timers:?}");
        let due: Timestamp = asked[0].body["dueAt"].as_str().unwrap().parse().unwrap();
        assert!(
            due <= before + 61.seconds(),
            "{due} is no minute after {before}"
        );
        plumbline.table().make_due(&work);
        plumbline.run_schedule("clock", 1);
        plumbline.wait("the look at the resource", || {
            let findings = system.findings(stack);
            let closed = &findings.first()?.body["closed"];
            (closed.is_null() == (step == 0)).then_some(())
        });
        plumbline.wait("the message", || {
            (system.told() == [told, told]).then_some(())
        });
        system.once_more();
        assert_eq!(system.told(), [told, told]);
    }
    let finding = system.finding(stack);
    assert_eq!(finding["closed"]["how"], "resolved");
    assert_eq!(finding["differences"][0]["path"], "/VisibilityTimeout");
    assert_eq!(finding["differences"][0]["actual"], json!(45));
    assert_eq!(system.kinds(), ["BaselineDigest", "IncidentFired"]);
    assert!(count("DetectStackResourceDrift") >= 2);
    assert_eq!(
        count("DetectStackDrift"),
        whole,
        "a look at the whole stack"
    );
    assert_eq!(system.generation(stack), looks, "a look at the whole stack");

    // The schedule goes on by itself, and finds nothing else.
    system.scan(&stacks, End::Event);
    assert_eq!(system.told(), [2, 2]);
    assert!(plumbline.count_dead_letters().is_empty());
}
