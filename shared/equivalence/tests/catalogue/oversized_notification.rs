use domain::judge::SuppressionKind;
use serde_json::{Value, json};

use crate::harness::{BOTH, at, drift, rules};

const TYPE: &str = "AWS::Config::ConfigRule";
const ITEM: &str = "ConfigurationItemChangeNotification";
const OVERSIZED: &str = "OversizedConfigurationItemChangeNotification";

fn triggers(messages: &[&str]) -> Value {
    let details: Vec<Value> = messages
        .iter()
        .map(|message| json!({"EventSource": "aws.config", "MessageType": message}))
        .collect();
    json!({"Source": {"Owner": "CUSTOM_LAMBDA", "SourceDetails": details}})
}

#[test]
fn the_trigger_that_the_console_adds_is_not_ours() {
    let (expected, actual) = (triggers(&[ITEM]), triggers(&[ITEM, OVERSIZED]));
    for lists in BOTH {
        assert_eq!(
            rules(TYPE, &expected, &actual, lists),
            ["oversized-notification"]
        );
    }
    let said = at(TYPE, "/Source/SourceDetails/1", &expected, &actual).unwrap();
    assert_eq!(said.kind, SuppressionKind::NotOurs);
}

#[test]
fn a_real_drift_of_the_triggers_stays() {
    for (expected, actual) in [
        (
            triggers(&[ITEM]),
            triggers(&[ITEM, "ScheduledNotification"]),
        ),
        (
            triggers(&["ScheduledNotification"]),
            triggers(&["ScheduledNotification", OVERSIZED]),
        ),
        (triggers(&[ITEM, OVERSIZED]), triggers(&[ITEM])),
        (triggers(&[ITEM]), triggers(&[OVERSIZED])),
        (
            triggers(&[ITEM, OVERSIZED]),
            triggers(&[ITEM, OVERSIZED, OVERSIZED]),
        ),
        (triggers(&[ITEM]), triggers(&[])),
    ] {
        for lists in BOTH {
            assert!(
                !drift(TYPE, &expected, &actual, lists).is_empty(),
                "{expected} {actual}"
            );
        }
    }
    let mut scheduled = triggers(&[ITEM, OVERSIZED]);
    scheduled["Source"]["SourceDetails"][1]["MaximumExecutionFrequency"] = json!("One_Hour");
    let path = "/Source/SourceDetails/1";
    assert!(at(TYPE, path, &triggers(&[ITEM]), &scheduled).is_none());
}
