//! The sample events.

use std::{fs, path::Path};

use plumbline_tests::deploy::{Deployment, names};
use serde_json::{Value, json};

#[test]
fn e2e_every_event_of_the_folder_is_accepted() {
    let plumbline = Deployment::start();
    plumbline.put_configuration(&configuration());
    plumbline.run_schedule("clock", 1);
    let functions = names();
    let mut seen = Vec::new();
    for (name, event) in samples() {
        let function = name.split('.').next().unwrap().to_owned();
        assert!(functions.contains(&function), "{name} is of no function");
        let answer = plumbline.invoke(&function, &event);
        // A batch is answered record by record; a schedule's function answers nothing.
        if event.get("Records").is_some() {
            assert_eq!(
                answer,
                json!({"batchItemFailures": []}),
                "{name}\n{}",
                plumbline.logs()
            );
        } else {
            assert_eq!(answer, Value::Null, "{name}");
        }
        seen.push(function);
    }
    seen.dedup();
    assert_eq!(seen, functions, "every function has an event, in order");
    plumbline.wait_until_quiet();
    assert!(
        plumbline.count_dead_letters().is_empty(),
        "{:?}",
        plumbline.count_dead_letters()
    );
}

#[test]
fn e2e_a_trail_is_heard_of_what_changed_something_and_of_nothing_else() {
    let plumbline = Deployment::start();
    let mut heard = Vec::new();
    for (name, event) in samples() {
        let Some(case) = name.strip_prefix("stack-drift.trail-") else {
            continue;
        };
        let body = event["Records"][0]["body"].as_str().unwrap();
        let event: Value = serde_json::from_str(body).unwrap();
        if plumbline.tell_rules(&event, 1) == 1 {
            heard.push(case.trim_end_matches(".json").to_owned());
        }
    }
    assert_eq!(
        heard,
        [
            "cloudformation",
            "console-action",
            "console",
            "role",
            "user"
        ],
        "not heard of: what failed, and what only reads"
    );
}

/// Every file with its content, in the order of names.
fn samples() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut samples: Vec<(String, Value)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect();
    samples.sort_by(|a, b| a.0.cmp(&b.0));
    samples
}

/// One with the targets that the events name. They select none of the events' stacks: CloudFormation here knows neither
/// those nor their detections, and what it does not know is asked again.
fn configuration() -> String {
    "apiVersion: plumbline/v1\nenvironment: e2e\ntargets:\n  \
     - {name: network, cloudformation: {stacks: [\"kong-*\"]}}\n  \
     - {name: services, cloudformation: {stacks: [\"kong-*\"]}}\n"
        .to_owned()
}
