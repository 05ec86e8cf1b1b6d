//! What starts work, and what tells others: every hand-over may be made, and ends in dead letters when it cannot.

use serde_json::{Value, json};

use super::support::{Complaints, Template, holds_and_notices, list, target};

/// Rules and schedules retry for a bounded time and then hand over to the dead letters of the function they feed.
fn triggers(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    for rule in template.of_type("AWS::Events::Rule") {
        for to in list(template.property(rule, "Targets")) {
            let queue = target(&to["Arn"]).unwrap_or_default();
            given_up(
                rule,
                to,
                &queue.replace("Queue", "DeadLetters"),
                &mut complaints,
            );
            let policy = format!("{}Policy", queue);
            let statements = list(template.property(&policy, "PolicyDocument/Statement"));
            for needed in [queue.to_owned(), queue.replace("Queue", "DeadLetters")] {
                let open = statements.iter().any(|statement| {
                    statement["Effect"] == "Allow"
                        && statement["Principal"]["Service"] == "events.amazonaws.com"
                        && statement["Action"] == "sqs:SendMessage"
                        && list(&statement["Resource"])
                            .iter()
                            .any(|r| target(r) == Some(&needed))
                        && list(&statement["Condition"]["ArnEquals"]["aws:SourceArn"])
                            .iter()
                            .any(|r| target(r) == Some(rule))
                });
                if !open {
                    complaints.push(format!("{rule} may not write to {needed}"));
                }
            }
        }
    }
    for schedule in template.of_type("AWS::Scheduler::Schedule") {
        let to = template.property(schedule, "Target");
        let function = target(&to["Arn"]).unwrap_or_default();
        given_up(
            schedule,
            to,
            &format!("{function}DeadLetters"),
            &mut complaints,
        );
        let invoke = template.property(function, "EventInvokeConfig");
        if target(&invoke["DestinationConfig"]["OnFailure"]["Destination"])
            != Some(&format!("{function}DeadLetters"))
        {
            complaints.push(format!("{function} loses invocations that fail"));
        }
        if invoke["MaximumEventAgeInSeconds"]
            .as_u64()
            .is_none_or(|n| n > 3600)
        {
            complaints.push(format!("{function} is invoked for schedules long past"));
        }
    }
    complaints
}

fn given_up(name: &str, to: &Value, dead_letters: &str, complaints: &mut Complaints) {
    if target(&to["DeadLetterConfig"]["Arn"]) != Some(dead_letters) {
        complaints.push(format!("{name} does not give up to {dead_letters}"));
    }
    if to["RetryPolicy"]["MaximumEventAgeInSeconds"].is_null()
        || to["RetryPolicy"]["MaximumRetryAttempts"].is_null()
    {
        complaints.push(format!("{name} has no retry policy"));
    }
}

#[test]
fn every_rule_and_schedule_may_write_to_its_target_and_has_its_dead_letters() {
    let template = Template::deployed();
    let to = "/Resources/ImageRule/Properties/Targets/0";
    let statements = "/Resources/ImagePushQueuePolicy/Properties/PolicyDocument/Statement";
    holds_and_notices(
        &template,
        triggers,
        &[
            (
                &format!("{to}/DeadLetterConfig"),
                Value::Null,
                "ImageRule does not give up to ImagePushDeadLetters",
            ),
            (
                &format!("{to}/RetryPolicy"),
                Value::Null,
                "ImageRule has no retry policy",
            ),
            (
                &format!("{statements}/1/Condition/ArnEquals/aws:SourceArn/1"),
                Value::Null,
                "InspectorRule may not write to ImagePushQueue",
            ),
            (
                &format!("{statements}/1/Resource/1"),
                Value::Null,
                "ImageRule may not write to ImagePushDeadLetters",
            ),
            (
                &format!("{statements}/1/Condition"),
                Value::Null,
                "ImageRule may not write to ImagePushQueue",
            ),
            (
                "/Resources/ClockSchedule/Properties/Target/DeadLetterConfig",
                Value::Null,
                "ClockSchedule does not give up",
            ),
            (
                "/Resources/DriftScanSchedule/Properties/Target/RetryPolicy/MaximumRetryAttempts",
                Value::Null,
                "DriftScanSchedule has no retry policy",
            ),
            (
                "/Resources/Clock/Properties/EventInvokeConfig/DestinationConfig",
                Value::Null,
                "Clock loses invocations",
            ),
            (
                "/Resources/Clock/Properties/EventInvokeConfig/MaximumEventAgeInSeconds",
                Value::Null,
                "Clock is invoked for schedules long past",
            ),
        ],
    );
}

/// The topic's subscribers get their audience only, as it was published, and lose nothing.
fn topic(template: &Template) -> Complaints {
    let mut complaints = Complaints::new();
    for subscription in template.of_type("AWS::SNS::Subscription") {
        let property = |name| template.property(subscription, name);
        let audience = subscription.trim_end_matches("Subscription");
        if property("FilterPolicy") != &json!({"audience": [audience.to_lowercase()]})
            || property("FilterPolicyScope") != "MessageAttributes"
        {
            complaints.push(format!("{subscription} is not filtered by its audience"));
        }
        if property("RawMessageDelivery") != true {
            complaints.push(format!("{subscription} wraps messages"));
        }
        if target(property("Endpoint")) != Some(&format!("{audience}Queue")) {
            complaints.push(format!("{subscription} feeds another queue"));
        }
        if target(&property("RedrivePolicy")["deadLetterTargetArn"])
            != Some(&format!("{audience}DeadLetters"))
        {
            complaints.push(format!("{subscription} has no dead letters"));
        }
        let policy = template.property(
            &format!("{audience}QueuePolicy"),
            "PolicyDocument/Statement",
        );
        let open = list(policy).iter().any(|s| {
            s["Principal"]["Service"] == "sns.amazonaws.com"
                && target(&s["Condition"]["ArnEquals"]["aws:SourceArn"]) == Some("Events")
                && list(&s["Resource"]).len() == 2
        });
        if !open {
            complaints.push(format!(
                "the topic may not write to {audience}Queue and its dead letters"
            ));
        }
    }
    complaints
}

#[test]
fn the_topic_sends_each_audience_its_own() {
    let template = Template::deployed();
    let subscription = "/Resources/NotifySubscription/Properties";
    holds_and_notices(
        &template,
        topic,
        &[
            (
                &format!("{subscription}/FilterPolicy"),
                Value::Null,
                "not filtered by its audience",
            ),
            (
                &format!("{subscription}/FilterPolicy/audience"),
                json!(["notify", "commit"]),
                "not filtered by its audience",
            ),
            (
                &format!("{subscription}/FilterPolicyScope"),
                json!("MessageBody"),
                "not filtered by its audience",
            ),
            (
                &format!("{subscription}/RawMessageDelivery"),
                json!(false),
                "wraps messages",
            ),
            (
                &format!("{subscription}/Endpoint"),
                json!({"Fn::GetAtt": ["ImagePushQueue", "Arn"]}),
                "another queue",
            ),
            (
                &format!("{subscription}/RedrivePolicy"),
                Value::Null,
                "no dead letters",
            ),
            (
                "/Resources/NotifyQueuePolicy/Properties/PolicyDocument/Statement/1",
                Value::Null,
                "the topic may not write",
            ),
        ],
    );
}
