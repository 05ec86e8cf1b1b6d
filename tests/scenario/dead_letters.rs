//! The dead letters of a deployment: looked at, shown, sent back.

use plumbline_tests::{aws::Aws, emulator::Emulator};
use serde_json::{Value, json};

use crate::support::{ACCOUNT, REGION, Workshop, text};

fn sqs(aws: &Aws, operation: &str, body: &Value) -> Value {
    let answer = aws
        .json("sqs", &format!("AmazonSQS.{operation}"), body)
        .good();
    serde_json::from_str(&answer.body).unwrap_or(Value::Null)
}

fn queue(aws: &Aws, name: &str) -> String {
    text(&sqs(aws, "CreateQueue", &json!({"QueueName": name}))["QueueUrl"])
}

fn send(aws: &Aws, url: &str, body: &str, attributes: &Value) -> String {
    let message = json!({"QueueUrl": url, "MessageBody": body, "MessageAttributes": attributes});
    text(&sqs(aws, "SendMessage", &message)["MessageId"])
}

/// The bodies on a queue.
fn bodies(aws: &Aws, url: &str) -> Vec<String> {
    let ask = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0});
    let answer = sqs(aws, "ReceiveMessage", &ask);
    let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
    messages.iter().map(|it| text(&it["Body"])).collect()
}

fn attribute(value: &str) -> Value {
    json!({"DataType": "String", "StringValue": value})
}

fn look(stack: &str) -> String {
    json!({"apiVersion": "plumbline/v1", "kind": "LookAtStack", "target": "t",
        "stackId": format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{stack}/u")})
    .to_string()
}

#[track_caller]
fn letters(workshop: &Workshop, arguments: &[&str]) -> Vec<Value> {
    let ran = workshop.run(&[&["dead-letters", "-o", "json"], arguments].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let list: Value = serde_json::from_str(&ran.stdout).unwrap();
    list["deadLetters"].as_array().unwrap().clone()
}

#[test]
fn a_dead_letter_of_a_deployment_is_shown_without_being_consumed_and_goes_back_where_it_came_from()
{
    let emulator = Emulator::start();
    let aws = emulator.aws();
    let workshop = Workshop::new(&emulator.endpoint());
    let own = queue(&aws, "shop-stack-drift");
    let dead = queue(&aws, "shop-stack-drift-dead");
    let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:shop-stack-drift");
    // One that the function gave up, and one that SQS itself moved, which says nothing.
    let attributes = json!({"source": attribute(&arn), "reason": attribute("it is not known")});
    let known = send(&aws, &dead, &look("orders"), &attributes);
    let silent = send(&aws, &dead, "never-to-be-shown", &json!({}));

    // Looking twice in a row sees both: nothing is hidden by the first look.
    for _ in 0..2 {
        let letters = letters(&workshop, &["--queue", "shop-stack-drift-dead"]);
        assert_eq!(letters.len(), 2, "{letters:?}");
        let letter = letters
            .iter()
            .find(|it| it["id"] == known.as_str())
            .unwrap();
        assert_eq!(letter["source"], arn.as_str());
        assert_eq!(letter["reason"], "it is not known");
        assert_eq!(letter["about"], "LookAtStack orders");
        assert!(!letter["at"].is_null());
        assert!(!format!("{letters:?}").contains("never-to-be-shown"));
    }
    let show = workshop.run(&["dead-letters", "--queue", &dead, "show", &silent]);
    assert!(!show.stdout.contains("never-to-be-shown"), "{show:?}");
    let raw = workshop.run(&["dead-letters", "--queue", &dead, "show", &silent, "--raw"]);
    assert!(raw.stdout.contains("never-to-be-shown"), "{raw:?}");

    // Both are to go back; of one nobody knows where to.
    let all = workshop.run(&["dead-letters", "--queue", &dead, "retry", "--all"]);
    assert_eq!(all.code, 1, "{all:?}");
    assert!(
        all.stdout.contains("went back to shop-stack-drift\n"),
        "{all:?}"
    );
    assert!(all.stderr.contains("--to"), "{all:?}");
    assert_eq!(bodies(&aws, &own), [look("orders")]);
    let left = letters(&workshop, &["--queue", &dead]);
    assert_eq!(left.len(), 1, "{left:?}");
    let to = workshop.run(&[
        "dead-letters",
        "--queue",
        &dead,
        "retry",
        &silent,
        "--to",
        "shop-stack-drift",
    ]);
    assert_eq!(to.code, 0, "{to:?}");
    assert!(letters(&workshop, &["--queue", &dead]).is_empty());
}

#[test]
fn a_stack_says_which_queues_there_are_and_which_belong_together() {
    let emulator = Emulator::start();
    let aws = emulator.aws();
    let workshop = Workshop::new(&emulator.endpoint());
    let template = json!({"Resources": {
        "NotifyQueue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "notify-own"}},
        "NotifyDeadLetters": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "notify-dead"}}},
        "Outputs": {
            "NotifyQueueUrl": {"Value": {"Ref": "NotifyQueue"}},
            "NotifyDeadLettersUrl": {"Value": {"Ref": "NotifyDeadLetters"}}}});
    aws.create_stack("shop", &template);
    let dead = text(&sqs(&aws, "GetQueueUrl", &json!({"QueueName": "notify-dead"}))["QueueUrl"]);
    let own = text(&sqs(&aws, "GetQueueUrl", &json!({"QueueName": "notify-own"}))["QueueUrl"]);
    // Without any attribute: the stack's outputs alone say where it belongs.
    send(&aws, &dead, &look("orders"), &json!({}));
    let ran = workshop.run(&["dead-letters", "--stack", "shop", "retry", "--all"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("went back to notify-own"), "{ran:?}");
    assert_eq!(bodies(&aws, &own), [look("orders")]);
    assert!(letters(&workshop, &["--stack", "shop"]).is_empty());

    let wrong = workshop.run(&["dead-letters", "--stack", "not-there"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.stderr.contains("DescribeStacks"), "{wrong:?}");
}
