//! What becomes of findings from scan to scan, and what is said of them in between, through the built command.

mod output;
mod sensitive;
mod unwatched;
mod words;

use plumbline_tests::{
    aws::Aws,
    emulator::{Emulator, python},
};
use serde_json::{Map, Value, json};
use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use crate::support::{Ran, Workshop, text};

/// The visibility time-out that every queue of these tests has in its template.
const STRAIGHT: u64 = 30;

/// An account with one stack, `orders`, of these queues, and a workshop that watches every stack of it.
fn account(queues: &[&str]) -> (Emulator, Aws, Workshop) {
    let emulator = Emulator::start();
    let aws = emulator.aws();
    aws.create_stack("orders", &stack_of(queues));
    let workshop = Workshop::new(&emulator.endpoint()).with("USER", "tester");
    workshop.watch(&[], &["*"]);
    (emulator, aws, workshop)
}

/// A template of queues, whose logical ids are their names.
fn stack_of(queues: &[&str]) -> Value {
    let resources: Map<String, Value> = queues
        .iter()
        .map(|name| {
            let properties =
                json!({"QueueName": name, "VisibilityTimeout": STRAIGHT, "DelaySeconds": 0});
            (
                (*name).to_owned(),
                json!({"Type": "AWS::SQS::Queue", "Properties": properties}),
            )
        })
        .collect();
    json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
}

/// Gives a queue another visibility time-out than its template has, or that one again.
fn set_timeout(aws: &Aws, queue: &str, seconds: u64) {
    let attributes = json!({"VisibilityTimeout": seconds});
    aws.set_queue_attributes(queue, attributes.as_object().expect("an object"));
}

/// A configuration of several targets, each by its name and section.
fn targets(targets: &[(&str, Value)]) -> String {
    let targets: Vec<Value> = targets
        .iter()
        .map(|(name, section)| {
            let mut target = section.clone();
            target["name"] = json!(name);
            target
        })
        .collect();
    json!({"apiVersion": "plumbline/v1", "environment": "test", "targets": targets}).to_string()
}

/// The target section that watches these stacks.
fn stacks(globs: &[&str]) -> Value {
    json!({"cloudformation": {"stacks": globs}})
}

/// Queues and the status of their findings, sorted; closed ones too.
#[track_caller]
fn statuses(workshop: &Workshop) -> Vec<(String, String)> {
    let mut statuses: Vec<_> = workshop.findings(true).iter().map(status).collect();
    statuses.sort();
    statuses
}

/// A finding's resource by its logical id, and its status.
fn status(finding: &Value) -> (String, String) {
    (text(&finding["resource"]["name"]), text(&finding["status"]))
}

/// Runs a command that must be done.
#[track_caller]
fn done(workshop: &Workshop, arguments: &[&str]) -> Ran {
    let ran = workshop.run(arguments);
    assert_eq!(ran.code, 0, "plumbline {arguments:?}: {ran:?}");
    ran
}

/// One finding with its history, as `findings show -o json` gives it.
#[track_caller]
fn show(workshop: &Workshop, id: &str) -> Value {
    let ran = done(workshop, &["findings", "show", id, "-o", "json"]);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("no finding ({e}): {ran:?}"))
}

/// The events of a finding's history, in order, after a check that none is missing.
#[track_caller]
fn events(workshop: &Workshop, id: &str) -> Vec<String> {
    let shown = show(workshop, id);
    let history = shown["history"].as_array().expect("a history");
    for (index, entry) in history.iter().enumerate() {
        assert_eq!(
            entry["seq"],
            json!(index + 1),
            "a gap in the history: {shown:#}"
        );
    }
    history.iter().map(|entry| text(&entry["event"])).collect()
}

/// Runs a Python program of the test environment over a text: the parsers of the product must not judge themselves.
#[track_caller]
fn judged_by_python(program: &str, input: &str) -> String {
    let mut process = Command::new(python())
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the interpreter of the test environment");
    let mut stdin = process.stdin.take().expect("its input");
    stdin
        .write_all(input.as_bytes())
        .expect("it reads its input");
    drop(stdin);
    let output = process.wait_with_output().expect("its output");
    assert!(output.status.success(), "{program} refused:\n{input}");
    String::from_utf8(output.stdout).expect("text")
}
