//! What cannot be done: it does not hold up what can, says why, and can be sent again.

use std::collections::BTreeMap;

use plumbline_tests::deploy::{Letter, queue_arn};
use serde_json::json;

use super::support::{End, System, look_at, queue};

#[test]
fn e2e_a_poisoned_record_does_not_hold_up_its_batch() {
    let (system, stacks) = System::watching(&["shop-orders", "shop-users"]);
    let plumbline = &system.plumbline;
    let looks: Vec<u64> = stacks.iter().map(|it| system.generation(it)).collect();

    // While nothing feeds the function, what is sent to it gathers to one batch.
    plumbline.feed("stack-drift", false);
    system.bend(&queue("shop-orders"));
    plumbline.send("stack-drift", &look_at(&stacks[0]));
    plumbline.send("stack-drift", "this is no JSON");
    plumbline.send(
        "stack-drift",
        &json!({"detail-type": "Weather"}).to_string(),
    );
    plumbline.send("stack-drift", &look_at(&stacks[1]));
    plumbline.feed("stack-drift", true);
    for (stack, before) in stacks.iter().zip(looks) {
        system.end_look(stack, (End::Event, before + 1));
    }
    let letters = by_body(plumbline.wait("the dead letters of stack-drift", || {
        Some(plumbline.dead_letters("stack-drift")).filter(|it| it.len() == 2)
    }));
    says(&letters["this is no JSON"], "stack-drift", "is not JSON");
    says(
        &letters[r#"{"detail-type":"Weather"}"#],
        "stack-drift",
        "detail",
    );

    // The same for the other queue, beside the message of the finding.
    plumbline.wait("the message", || (system.told() == [2, 2]).then_some(()));
    plumbline.feed("notify", false);
    system.mend(&queue("shop-orders"));
    system.bend(&queue("shop-users"));
    plumbline.send(
        "notify",
        r#"{"Type":"Notification","TopicArn":"t","Message":"{}"}"#,
    );
    system.scan(&stacks, End::Event);
    plumbline.wait_for_messages("notify", 3);
    plumbline.feed("notify", true);
    plumbline.wait("the other message", || {
        (system.told() == [3, 3]).then_some(())
    });
    let letters = plumbline.wait("the dead letter of notify", || {
        Some(plumbline.dead_letters("notify")).filter(|it| it.len() == 1)
    });
    says(&letters[0], "notify", "RawMessageDelivery");
    plumbline.wait_until_quiet();
    let counts = [("Notify", 1), ("StackDrift", 2)].map(|(name, count)| (name.to_owned(), count));
    assert_eq!(plumbline.count_dead_letters(), BTreeMap::from(counts));
}

#[test]
fn e2e_a_dead_letter_is_redriven() {
    let (system, stacks) = System::watching(&["shop-orders"]);
    let plumbline = &system.plumbline;

    // Somebody removed the webhook in Slack; the other channel hears of it all the same.
    system.sink.refuse("/slack", 404, "no_service");
    system.bend(&queue("shop-orders"));
    system.scan(&stacks, End::Event);
    let letter = plumbline.wait("the dead letter", || plumbline.dead_letters("notify").pop());
    says(&letter, "notify", "no_service");
    let secret = system.sink.url("/slack");
    assert!(!format!("{letter:?}").contains(&secret), "{letter:?}");
    assert_eq!(system.told(), [1, 2]);

    // Put right and sent to where it came from, twice.
    system.sink.take_all();
    for _ in 0..2 {
        plumbline.send_to(&letter.attributes["source"], &letter.body);
    }
    plumbline.delete_dead_letter("notify", &letter);
    plumbline.wait("the message in Slack", || {
        (system.told() == [2, 2]).then_some(())
    });
    system.once_more();
    assert_eq!(system.told(), [2, 2]);
    assert!(plumbline.count_dead_letters().is_empty());
}

#[track_caller]
fn says(letter: &Letter, function: &str, reason: &str) {
    assert_eq!(letter.attributes["source"], queue_arn(function));
    let said = &letter.attributes["reason"];
    assert!(said.contains(reason), "{said:?} does not say {reason:?}");
}

fn by_body(letters: Vec<Letter>) -> BTreeMap<String, Letter> {
    let letters = letters.into_iter();
    letters.map(|it| (it.body.clone(), it)).collect()
}
