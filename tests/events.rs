//! The folder `events`: every file is a whole event of its function and is
//! read by it.
//!
//! Each goes through the type that the Lambda ecosystem has for it, and then,
//! record by record, through the function's own handler over ports in memory.
//! What the handler does then is tested where it is; here it must only not
//! answer that it cannot read the event.

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use aws_lambda_events::event::dynamodb;
use aws_lambda_events::event::sqs::SqsEvent;
use domain::handled::Handled;
use domain::ports::PortErrorKind;
use serde_json::Value;

use world::World;

/// Every function that is deployed.
const FUNCTIONS: [&str; 8] = [
    "clock",
    "cluster-drift",
    "config-change",
    "drift-scan",
    "image-push",
    "notify",
    "publish",
    "stack-drift",
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../events")
}

/// The files by their names, `FUNCTION.CASE.json`, with what they hold.
fn files() -> BTreeMap<String, Value> {
    let entries = std::fs::read_dir(folder()).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let value = serde_json::from_str(&text);
            (
                name.clone(),
                value.unwrap_or_else(|error| panic!("{name}: {error}")),
            )
        })
        .collect()
}

fn function(name: &str) -> &str {
    name.split('.').next().unwrap()
}

/// What a function makes of an event, record by record.
fn handled(name: &str, event: &Value) -> Vec<Handled> {
    let world = World::new();
    match function(name) {
        "clock" => {
            assert!(event.is_object(), "{name}");
            vec![world.tick().map_or_else(Handled::from, |()| Handled::Done)]
        }
        // Without a configuration it cannot go on, once it has read what it is asked for.
        "drift-scan" => match world.scan(event) {
            Err(error) if error.kind == PortErrorKind::NotFound => vec![Handled::Done],
            other => vec![other.map_or_else(Handled::from, |()| Handled::Done)],
        },
        "publish" => {
            let batch: dynamodb::Event = serde_json::from_value(event.clone()).unwrap();
            let records = batch.records.iter();
            records.map(|it| world.publish(it)).collect()
        }
        queue_fed => {
            let batch: SqsEvent = serde_json::from_value(event.clone()).unwrap();
            let bodies = batch.records.iter().map(|it| {
                let source = it.event_source_arn.as_deref().unwrap();
                assert!(source.ends_with(queue_fed), "{name}: {source}");
                assert!(it.message_id.is_some(), "{name}");
                it.body.clone().unwrap()
            });
            bodies.map(|body| world.hear(queue_fed, &body)).collect()
        }
    }
}

#[test]
fn every_event_is_read_by_its_function() {
    for (name, event) in files() {
        let handled = handled(&name, &event);
        assert!(!handled.is_empty(), "{name}: no record");
        for handled in handled {
            assert!(!matches!(handled, Handled::Fail(_)), "{name}: {handled:?}");
        }
    }
}

#[test]
fn what_is_no_event_of_a_function_is_told_from_what_is() {
    let world = World::new();
    for queue_fed in [
        "cluster-drift",
        "config-change",
        "image-push",
        "notify",
        "stack-drift",
    ] {
        let handled = world.hear(queue_fed, "{}");
        assert!(
            matches!(handled, Handled::Fail(_)),
            "{queue_fed}: {handled:?}"
        );
    }
    let odd = serde_json::json!({"tragets": []});
    assert_eq!(world.scan(&odd).unwrap_err().kind, PortErrorKind::Invalid);
}

#[test]
fn every_function_has_an_event() {
    let files = files();
    let having: BTreeSet<&str> = files.keys().map(|name| function(name)).collect();
    assert_eq!(having, BTreeSet::from(FUNCTIONS));
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let deployed: BTreeSet<String> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(deployed, FUNCTIONS.map(str::to_owned).into());
}

#[test]
fn the_readme_lists_every_file_and_no_other() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let rows: BTreeMap<String, &str> = readme
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| [`")?.split(" | ");
            let file = cells.next()?.split('`').next()?.to_owned();
            let function = cells.next()?;
            let what = cells.next()?.trim_end_matches(" |");
            assert!(!what.is_empty(), "{file}");
            Some((file, function))
        })
        .collect();
    let files = files();
    let expected = files.keys().map(|name| (name.clone(), function(name)));
    assert_eq!(rows, expected.collect());
}

#[test]
fn an_event_names_no_account_but_the_example_and_no_two_messages_are_one() {
    let mut ids = BTreeSet::new();
    for (name, event) in files() {
        let text = event.to_string();
        let digits = text.split(|it: char| !it.is_ascii_alphanumeric());
        for word in digits.filter(|it| it.len() == 12 && it.bytes().all(|it| it.is_ascii_digit())) {
            assert_eq!(word, "111122223333", "{name}");
        }
        if let Some(id) = event["Records"][0]["messageId"].as_str() {
            assert!(ids.insert(id.to_owned()), "{name}: {id}");
        }
    }
}
