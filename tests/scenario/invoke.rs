//! One function's handler on this machine, with complete Lambda events.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::{Ran, Workshop};

/// A workshop that reaches no AWS at all.
fn workshop() -> Workshop {
    Workshop::new("http://127.0.0.1:9").with("AWS_MAX_ATTEMPTS", "1")
}

fn events() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

fn event(workshop: &Workshop, event: &Value) -> String {
    let path = workshop.path("event.json");
    fs::write(&path, event.to_string()).unwrap();
    path.display().to_string()
}

#[track_caller]
fn outcomes(ran: &Ran) -> Vec<(String, String)> {
    let told: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    let records = told["records"].as_array().unwrap().iter();
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    records
        .map(|it| (text(&it["record"]), text(&it["outcome"])))
        .collect()
}

#[test]
fn every_sample_event_can_be_given_to_its_function() {
    let workshop = workshop();
    let mut count = 0;
    for entry in fs::read_dir(events()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some((function, _)) = name.split_once('.').filter(|_| name.ends_with(".json")) else {
            continue;
        };
        let file = path.display().to_string();
        let ran = workshop.run(&["invoke", function, "--event", &file, "-o", "json"]);
        // What needs a configuration waits for one: none is in force in this ledger.
        assert!(ran.code < 2, "{name}: {ran:?}");
        assert!(
            outcomes(&ran).iter().all(|(_, it)| it != "fail"),
            "{name}: {ran:?}"
        );
        count += 1;
    }
    assert!(count > 30, "only {count} events in {}", events().display());
}

#[test]
fn each_record_is_handled_alone_and_one_that_fails_is_exit_code_1() {
    let workshop = workshop();
    let push = fs::read_to_string(events().join("image-push.push.json")).unwrap();
    let mut push: Value = serde_json::from_str(&push).unwrap();
    let records = push["Records"].as_array_mut().unwrap();
    let mut poison = records[0].clone();
    poison["messageId"] = json!("poison");
    poison["body"] = json!("never-to-be-shown");
    records.insert(0, poison);
    records.insert(1, json!({"messageId": "empty"}));
    let file = event(&workshop, &push);
    let ran = workshop.run(&["invoke", "image-push", "--event", &file, "-o", "json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let told: Vec<String> = outcomes(&ran).into_iter().map(|it| it.1).collect();
    assert_eq!(told, ["fail", "fail", "done"], "{ran:?}");
    assert!(!ran.stdout.contains("never-to-be-shown"), "{ran:?}");
    // Without the two the same event is done, and done again.
    push["Records"].as_array_mut().unwrap().drain(..2);
    let file = event(&workshop, &push);
    for _ in 0..2 {
        let ran = workshop.run(&["invoke", "image-push", "--event", &file]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

#[test]
fn the_clock_takes_the_configuration_into_force() {
    let workshop = workshop();
    workshop.watch(&["us-east-1"], &["*"]);
    let look = events().join("stack-drift.look.json");
    let look = look.display().to_string();
    let before = workshop.run(&["invoke", "stack-drift", "--event", &look]);
    assert_eq!(before.code, 1, "{before:?}");
    assert!(
        before.stdout.contains("no configuration is in force"),
        "{before:?}"
    );
    let minute = events().join("clock.minute.json");
    let ran = workshop.run(&["invoke", "clock", "--event", &minute.display().to_string()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let after = workshop.run(&["invoke", "stack-drift", "--event", &look]);
    assert_eq!(after.code, 0, "{after:?}");
    assert!(
        after
            .stdout
            .contains("target network does not select it any more"),
        "{after:?}"
    );
}

#[test]
fn the_clock_says_that_a_configuration_is_missing_or_refused() {
    let workshop = workshop();
    let minute = events().join("clock.minute.json");
    let minute = minute.display().to_string();
    let tick = || workshop.run(&["invoke", "clock", "--event", &minute]);
    let missing = tick();
    assert_eq!(missing.code, 1, "{missing:?}");
    assert!(
        missing.stdout.contains("plumbline.yaml: No such file")
            && missing.stdout.contains("--config"),
        "{missing:?}"
    );

    let refused = |ran: &Ran, stays: &str| {
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(
            ran.stdout.contains("is refused")
                && ran.stdout.contains("targts")
                && ran.stdout.contains(stays),
            "{ran:?}"
        );
    };
    let good = "apiVersion: plumbline/v1\nenvironment: test\n";
    let wrong = format!("{good}targts: []\n");
    fs::write(workshop.path("plumbline.yaml"), &wrong).unwrap();
    let ran = tick();
    refused(&ran, "and none is in force");

    fs::write(workshop.path("plumbline.yaml"), good).unwrap();
    let ran = tick();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stdout.contains("in force: plumbline.yaml"), "{ran:?}");
    fs::write(workshop.path("plumbline.yaml"), &wrong).unwrap();
    refused(&tick(), "the last good one stays in force");
}

#[test]
fn what_a_function_sends_is_told_as_not_delivered_with_what_it_is_about() {
    let workshop = workshop();
    let event = events().join("publish.outbox.json").display().to_string();
    let run = |more: &[&str]| {
        let ran = workshop.run(&[&["invoke", "publish", "--event", &event], more].concat());
        let told = "warning: 1 message was produced and not delivered";
        assert!(ran.stderr.contains(told), "{ran:?}");
        ran
    };
    let plain = run(&[]);
    let line = "would go to topic, audience notify: FindingOpened f-";
    assert!(plain.stdout.contains(line), "{plain:?}");
    let json: Value = serde_json::from_str(&run(&["-o", "json"]).stdout).unwrap();
    assert_eq!(json["sent"][0]["body"]["kind"], "FindingOpened", "{json}");
}

#[test]
fn what_is_no_event_of_the_function_is_exit_code_2_and_says_why() {
    let workshop = workshop();
    let file = event(&workshop, &json!({"detail-type": "x"}));
    let cases: [(&[&str], &str); 4] = [
        (&["invoke", "notify", "--event", &file], "fed by SQS"),
        (
            &["invoke", "publish", "--event", &file],
            "the table's stream",
        ),
        (&["invoke", "drift-scan", "--event", &file], "detail-type"),
        (
            &["invoke", "notify", "--event", "not-there.json"],
            "not-there.json",
        ),
    ];
    for (arguments, part) in cases {
        let ran = workshop.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(part), "{arguments:?}: {ran:?}");
    }
    let ran = workshop.run(&["invoke", "notify", "--event", &file, "--ledger", "none"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn a_table_needs_the_reference_to_its_key_and_is_no_file() {
    let workshop = workshop();
    let file = event(&workshop, &json!({"Records": []}));
    let ran = workshop.run(&["invoke", "notify", "--event", &file, "--table", "tab"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("PLUMBLINE_HMAC_KEY"), "{ran:?}");
    let both = workshop.run(&["findings", "--table", "tab", "--ledger", "f"]);
    assert_eq!(both.code, 2, "{both:?}");
    assert!(both.stderr.contains("cannot be used with"), "{both:?}");
}
