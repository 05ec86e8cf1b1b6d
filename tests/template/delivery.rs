//! What lies in a queue or the stream is processed, or kept with the dead letters.

use serde_json::{Value, json};

use super::support::{
    Complaints, FED_BY_QUEUE, FUNCTIONS, Template, holds_and_notices, list, map, target,
};

/// Every queue: SSE-SQS, never KMS (EventBridge and SNS could not write); long polling; kept for days.
fn queues(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    for queue in template.of_type("AWS::SQS::Queue") {
        let property = |name| template.property(queue, name);
        if property("SqsManagedSseEnabled") != true {
            complaints.push(format!("{queue} is not encrypted with SSE-SQS"));
        }
        if !property("KmsMasterKeyId").is_null() {
            complaints.push(format!(
                "{queue} has a KMS key, under which services cannot write"
            ));
        }
        if property("ReceiveMessageWaitTimeSeconds") != 20 {
            complaints.push(format!("{queue} is polled without waiting"));
        }
        let dead = queue.ends_with("DeadLetters");
        let least = if dead { 14 } else { 4 } * 86_400;
        if property("MessageRetentionPeriod")
            .as_u64()
            .is_none_or(|kept| kept < least)
        {
            complaints.push(format!(
                "{queue} keeps messages for less than {least} seconds"
            ));
        }
        if !dead {
            let wanted = queue.replace("Queue", "DeadLetters");
            let redrive = property("RedrivePolicy");
            if target(&redrive["deadLetterTargetArn"]) != Some(&wanted)
                || redrive["maxReceiveCount"].as_u64().is_none_or(|n| n < 3)
            {
                complaints.push(format!(
                    "{queue} does not give up to {wanted} after some receives"
                ));
            }
        }
    }
    for (function, _) in FUNCTIONS {
        if template
            .at(&format!("/Resources/{function}DeadLetters"))
            .is_null()
        {
            complaints.push(format!("{function} has no dead letter queue"));
        }
    }
    complaints
}

#[test]
fn every_queue_can_be_written_to_and_gives_up_to_its_own_dead_letters() {
    let template = Template::deployed();
    holds_and_notices(
        &template,
        queues,
        &[
            (
                "/Resources/NotifyQueue/Properties/SqsManagedSseEnabled",
                json!(false),
                "NotifyQueue is not encrypted",
            ),
            (
                "/Resources/NotifyQueue/Properties/KmsMasterKeyId",
                json!("alias/aws/sqs"),
                "NotifyQueue has a KMS key",
            ),
            (
                "/Resources/ClockDeadLetters/Properties/KmsMasterKeyId",
                json!("alias/aws/sqs"),
                "ClockDeadLetters has a KMS key",
            ),
            (
                "/Resources/NotifyQueue/Properties/ReceiveMessageWaitTimeSeconds",
                json!(0),
                "NotifyQueue is polled",
            ),
            (
                "/Resources/NotifyQueue/Properties/MessageRetentionPeriod",
                json!(3600),
                "NotifyQueue keeps",
            ),
            (
                "/Resources/ClockDeadLetters/Properties/MessageRetentionPeriod",
                json!(345_600),
                "ClockDeadLetters keeps",
            ),
            (
                "/Resources/NotifyQueue/Properties/RedrivePolicy",
                Value::Null,
                "NotifyQueue does not give up",
            ),
            (
                "/Resources/NotifyQueue/Properties/RedrivePolicy/deadLetterTargetArn",
                json!({"Fn::GetAtt": ["ClockDeadLetters", "Arn"]}),
                "give up to NotifyDeadLetters",
            ),
            (
                "/Resources/PublishDeadLetters",
                Value::Null,
                "Publish has no dead letter queue",
            ),
        ],
    );
}

/// A message stays invisible for six time-outs of its function, as AWS asks; only failed records come back.
fn sources(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    for function in FED_BY_QUEUE {
        let timeout = template
            .function(function, "Timeout")
            .as_u64()
            .expect("a time-out");
        let visible = template
            .property(&format!("{function}Queue"), "VisibilityTimeout")
            .as_u64()
            .unwrap_or(30);
        if visible < 6 * timeout {
            complaints.push(format!("{function}Queue shows a message again after {visible} s, within six time-outs of {timeout} s"));
        }
        let events = map(template.property(function, "Events"));
        let source = events
            .values()
            .find(|event| event["Type"] == "SQS")
            .map_or(&Value::Null, |event| &event["Properties"]);
        if target(&source["Queue"]) != Some(&format!("{function}Queue")) {
            complaints.push(format!("{function} is not fed by its own queue"));
        }
        if source["FunctionResponseTypes"] != json!(["ReportBatchItemFailures"]) {
            complaints.push(format!(
                "{function} repeats whole batches for one bad record"
            ));
        }
        if source["ScalingConfig"]["MaximumConcurrency"]
            .as_u64()
            .is_none_or(|n| !(2..=10).contains(&n))
        {
            complaints.push(format!(
                "{function} may take all of the account's concurrency"
            ));
        }
        for event in events.keys() {
            // SAM names the mapping after both; a queue of the same name would be overwritten.
            if !template
                .at(&format!("/Resources/{function}{event}"))
                .is_null()
            {
                complaints.push(format!(
                    "the event {event} of {function} has the logical id of another resource"
                ));
            }
        }
    }
    complaints
}

#[test]
fn a_failed_record_comes_back_alone_and_not_too_early() {
    let template = Template::deployed();
    let source = "/Resources/StackDrift/Properties/Events/Messages/Properties";
    holds_and_notices(
        &template,
        sources,
        &[
            (
                "/Resources/StackDriftQueue/Properties/VisibilityTimeout",
                json!(719),
                "StackDriftQueue shows a message again",
            ),
            (
                "/Resources/StackDrift/Properties/Timeout",
                json!(121),
                "StackDriftQueue shows a message again",
            ),
            (
                &format!("{source}/Queue"),
                json!({"Fn::GetAtt": ["NotifyQueue", "Arn"]}),
                "StackDrift is not fed by its own queue",
            ),
            (
                &format!("{source}/FunctionResponseTypes"),
                Value::Null,
                "StackDrift repeats whole batches",
            ),
            (
                &format!("{source}/ScalingConfig"),
                Value::Null,
                "StackDrift may take all",
            ),
            (
                "/Resources/StackDriftMessages",
                json!({"Type": "AWS::SQS::Queue"}),
                "the event Messages of StackDrift",
            ),
        ],
    );
}

/// Only new outbox items reach publish, a bad one does not hold up the shard, and S3 keeps what failed.
fn stream(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    let source = template.property("Publish", "Events/Outbox/Properties");
    let pattern = source["FilterCriteria"]["Filters"][0]["Pattern"]
        .as_str()
        .unwrap_or("null");
    let wanted = json!({"eventName": ["INSERT"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "OUTBOX#"}]}}}});
    if serde_json::from_str::<Value>(pattern).ok() != Some(wanted)
        || list(&source["FilterCriteria"]["Filters"]).len() != 1
    {
        complaints.push("publish is called for more than new outbox items".to_owned());
    }
    for (name, value) in [
        ("FunctionResponseTypes", json!(["ReportBatchItemFailures"])),
        ("BisectBatchOnFunctionError", json!(true)),
    ] {
        if source[name] != value {
            complaints.push(format!("the stream of publish has no {name}: {value}"));
        }
    }
    for (name, most) in [
        ("MaximumRetryAttempts", 10),
        ("MaximumRecordAgeInSeconds", 3600),
    ] {
        if source[name].as_u64().is_none_or(|n| n > most) {
            complaints.push(format!("a record that fails blocks the stream: {name}"));
        }
    }
    let failure = &source["DestinationConfig"]["OnFailure"];
    if failure["Type"] != "S3" || target(&failure["Destination"]) != Some("Storage") {
        complaints.push("records that fail are not kept whole".to_owned());
    }
    if template.property("Ledger", "StreamSpecification/StreamViewType") != "NEW_IMAGE" {
        complaints.push("the stream does not carry the new item".to_owned());
    }
    complaints
}

#[test]
fn publish_gets_new_outbox_items_and_nothing_else() {
    let template = Template::deployed();
    let source = "/Resources/Publish/Properties/Events/Outbox/Properties";
    let filters = format!("{source}/FilterCriteria/Filters");
    holds_and_notices(
        &template,
        stream,
        &[
            (
                &format!("{filters}/0/Pattern"),
                json!(r#"{"eventName":["INSERT"]}"#),
                "more than new outbox items",
            ),
            (
                &format!("{filters}/0/Pattern"),
                json!(r#"{"dynamodb":{"Keys":{"PK":{"S":[{"prefix":"OUTBOX#"}]}}}}"#),
                "more than new outbox items",
            ),
            (
                &format!("{filters}/-"),
                json!({"Pattern": "{}"}),
                "more than new outbox items",
            ),
            (
                &format!("{source}/FunctionResponseTypes"),
                Value::Null,
                "FunctionResponseTypes",
            ),
            (
                &format!("{source}/BisectBatchOnFunctionError"),
                json!(false),
                "BisectBatchOnFunctionError",
            ),
            (
                &format!("{source}/MaximumRetryAttempts"),
                Value::Null,
                "MaximumRetryAttempts",
            ),
            (
                &format!("{source}/MaximumRecordAgeInSeconds"),
                json!(-1),
                "MaximumRecordAgeInSeconds",
            ),
            (
                &format!("{source}/DestinationConfig/OnFailure/Destination"),
                json!({"Fn::GetAtt": ["PublishDeadLetters", "Arn"]}),
                "not kept whole",
            ),
            (
                "/Resources/Ledger/Properties/StreamSpecification/StreamViewType",
                json!("KEYS_ONLY"),
                "the new item",
            ),
        ],
    );
}
