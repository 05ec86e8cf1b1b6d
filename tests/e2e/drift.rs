//! From a bent stack to one message, and from the mended one to one resolve.

use serde_json::{Value, json};

use super::support::{End, System, queue};

#[test]
fn e2e_drift_becomes_one_message_and_one_resolve() {
    let system = System::start();
    let plumbline = &system.plumbline;
    let stack = system.make_stack("shop-orders", &[queue("shop-orders")]);
    let stacks = [stack.clone()];

    // The first look is the baseline; its completion event is lost.
    system.scan(&stacks, End::Timer);
    plumbline.wait("the digest", || (system.told() == [1, 1]).then_some(()));
    system.once_more();
    assert_eq!(system.kinds(), ["BaselineDigest"]);

    // Bent: one finding, one message per channel, however often anything is delivered.
    system.bend(&queue("shop-orders"));
    system.scan(&stacks, End::Event);
    plumbline.wait("the message", || (system.told() == [2, 2]).then_some(()));
    system.once_more();
    let finding = system.finding(&stack);
    assert_eq!(finding["closed"], Value::Null);
    assert_eq!(finding["baseline"], false);
    assert_eq!(system.kinds(), ["BaselineDigest", "IncidentFired"]);
    let posts = system.sink.posts("/hook");
    let told = &posts[1].body["finding"];
    assert_eq!(told["id"], finding["id"]);
    let difference = &told["differences"][0];
    assert_eq!(difference["path"], "/VisibilityTimeout");
    assert_eq!(
        (&difference["expected"], &difference["actual"]),
        (&json!(30), &json!(45))
    );
    assert!(posts[1].headers["x-plumbline-signature"].starts_with("v1="));
    assert_eq!(
        posts[1].headers["idempotency-key"],
        posts[1].body["id"].as_str().unwrap()
    );
    let slack = system.sink.posts("/slack")[1].body.to_string();
    assert!(slack.contains("/VisibilityTimeout"), "{slack}");

    // Mended: it closes at once and is told after one more clean look, which is asked for by itself.
    system.mend(&queue("shop-orders"));
    system.scan(&stacks, End::Event);
    assert_eq!(system.finding(&stack)["closed"]["how"], "resolved");
    system.once_more();
    assert_eq!(system.told(), [2, 2], "a resolve before the clean look");
    system.settle(&stack, 3);
    system.once_more();
    assert_eq!(
        system.kinds(),
        ["BaselineDigest", "IncidentFired", "IncidentResolved"]
    );
    let resolve = &system.sink.posts("/hook")[2].body;
    assert_eq!(resolve["incident"], posts[1].body["incident"]);
    assert_eq!(
        (&resolve["how"], &resolve["confirmed"]),
        (&json!("resolved"), &json!(true))
    );

    // Everything that was put aside for later happens too, and tells nobody anything.
    plumbline.table().make_due("");
    plumbline.run_schedule("clock", 1);
    system.once_more();
    assert_eq!(system.told(), [3, 3]);
    assert_eq!(plumbline.table().timers(), []);
    assert!(plumbline.count_dead_letters().is_empty());
    counts_are_exact(&system, system.generation(&stack));
}

fn counts_are_exact(system: &System, looks: u64) {
    let table = system.plumbline.table();
    let runs = |outcome| {
        let labels = format!("layer=cloudformation,outcome={outcome}");
        table.counter("drift_detection_runs_total", &labels)
    };
    assert_eq!(runs("clean") + runs("drift"), looks);
    assert!(looks >= 4 && runs("drift") >= 1 && runs("error") == 0);
    let opened = "plumbline_findings_opened_total";
    assert_eq!(
        table.counter(opened, "layer=cloudformation,severity=medium"),
        1
    );
    let closed = "plumbline_findings_closed_total";
    assert_eq!(
        table.counter(closed, "layer=cloudformation,how=resolved"),
        1
    );
}
