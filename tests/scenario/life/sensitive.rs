//! No sensitive value ever leaves the process, wherever one looks.

use std::{fs, path::Path, thread, time::Duration};

use plumbline_tests::{aws::Aws, emulator::Emulator};
use serde_json::{Value, json};

use super::done;
use crate::support::{Workshop, id, text};

/// A name that says what its value is.
const PARAMETER: &str = "/shop/db-password";

/// Values of which no part may be found anywhere: the template's and the live ones.
struct Markers {
    password: [String; 2],
    token: [String; 2],
    added: String,
    key: [String; 2],
}

impl Markers {
    /// Unique ones. The words among them betray themselves by no look of theirs, only by where they stand; the keys
    /// only by their look.
    fn new() -> Self {
        let word = |text: &str| format!("{text}-{:06}", fastrand::u32(..1_000_000));
        Self {
            password: [word("acorn"), word("birch")],
            token: [word("clover"), word("daisy")],
            added: word("elder"),
            key: [aws_secret_key(1), aws_secret_key(2)],
        }
    }

    fn all(&self) -> Vec<&String> {
        self.password
            .iter()
            .chain(&self.token)
            .chain([&self.added])
            .chain(&self.key)
            .collect()
    }

    #[track_caller]
    fn assert_absent(&self, bytes: &[u8], place: &str) {
        assert!(!bytes.is_empty(), "{place} is empty: nothing was looked at");
        for marker in self.all() {
            let found = bytes
                .windows(marker.len())
                .any(|window| window == marker.as_bytes());
            assert!(
                !found,
                "{marker} in {place}:\n{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }
}

/// Forty random characters of base64, as AWS makes them: the same for the same seed.
fn aws_secret_key(seed: u64) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..40)
        .map(|_| char::from(ALPHABET[rng.usize(..ALPHABET.len())]))
        .collect()
}

fn account(markers: &Markers) -> (Emulator, Aws) {
    let emulator = Emulator::start();
    let aws = emulator.aws();
    let template = json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {
        "Setting": {"Type": "AWS::SSM::Parameter", "Properties":
            {"Name": PARAMETER, "Type": "String", "Value": markers.password[0], "Description": "of the shop"}},
        "Worker": {"Type": "AWS::Lambda::Function", "Properties":
            {"FunctionName": "worker", "Runtime": "python3.12", "Handler": "index.handler",
             "Role": "arn:aws:iam::000000000000:role/service", "Code": {"ZipFile": "def handler(e, c): pass"},
             "Environment": {"Variables": {"API_TOKEN": markers.token[0], "STAGE": "blue"}}}},
        "Jobs": {"Type": "AWS::SQS::Queue", "Properties":
            {"QueueName": "jobs", "Tags": [{"Key": "owner", "Value": markers.key[0]}]}}}});
    aws.create_stack("shop", &template);
    (emulator, aws)
}

fn bend(aws: &Aws, markers: &Markers) {
    aws.put_parameter(PARAMETER, &markers.password[1], "of the shop");
    let variables =
        json!({"API_TOKEN": markers.token[1], "STAGE": "blue", "ORDERS_DSN": markers.added});
    aws.update_function("worker", &json!({"Environment": {"Variables": variables}}));
    aws.tag_queue("jobs", &[("owner".to_owned(), markers.key[1].clone())]);
}

/// The hashes of a report by resource, path and side.
fn hashes(findings: &[Value]) -> Vec<(String, String)> {
    let mut hashes = Vec::new();
    for finding in findings {
        for difference in finding["differences"].as_array().into_iter().flatten() {
            for side in ["expected", "actual"] {
                let Some(value) = difference.get(side) else {
                    continue;
                };
                let hash = text(&value["hmac"]);
                assert!(
                    hash.starts_with("v1:") && hash.len() == 67,
                    "a value that is not concealed: {finding:#}"
                );
                let place = format!(
                    "{} {} {side}",
                    text(&finding["resource"]["name"]),
                    text(&difference["path"])
                );
                hashes.push((place, hash));
            }
            assert_eq!(difference["sensitive"], true, "{finding:#}");
        }
    }
    hashes.sort();
    hashes
}

#[test]
fn no_sensitive_value_is_printed_or_kept_anywhere() {
    let markers = Markers::new();
    let (emulator, aws) = account(&markers);
    bend(&aws, &markers);
    // Whatever a log might say, it would say it now.
    let workshop = Workshop::new(&emulator.endpoint())
        .with("RUST_LOG", "trace")
        .with("RUST_BACKTRACE", "1");
    workshop.watch(&[], &["*"]);
    let first = workshop.scan(&[]);
    assert_eq!(
        (first.code, first.list("findings").len()),
        (1, 3),
        "{:#}",
        first.report
    );
    let ids: Vec<String> = first.list("findings").iter().map(id).collect();

    // An open reader keeps the write-ahead log from being folded into the ledger and removed.
    let mut reader = workshop
        .command(&["findings", "list", "--watch"])
        .spawn()
        .expect("a reader");
    for format in ["table", "wide", "json", "yaml", "sarif", "markdown", "name"] {
        let ran = workshop.run(&["scan", "-o", format]);
        markers.assert_absent(format!("{ran:?}").as_bytes(), &format!("scan -o {format}"));
    }
    let log = workshop.path(".plumbline/ledger-wal");
    markers.assert_absent(&read(&log), "the write-ahead log");
    reader.kill().expect("the reader is this test's own");
    let output = reader.wait_with_output().expect("its output");
    markers.assert_absent(&output.stdout, "findings list --watch");

    let until = ["--reason", "a trial", "--until", "2999-12-31"];
    for id in &ids {
        for command in [
            &["findings", "show", id][..],
            &["findings", "show", id, "-o", "json"],
            &["findings", "show", id, "-o", "yaml"],
            &["explain", id],
            &[&["findings", "accept", id], &until[..]].concat(),
            &["findings", "list", "-o", "wide"],
            &["findings", "list", "-o", "json"],
            &["report", "--html", "-"],
            &["report", "--html", "page.html"],
        ] {
            let ran = done(&workshop, command);
            markers.assert_absent(format!("{ran:?}").as_bytes(), &format!("{command:?}"));
        }
    }
    // The ledger, its key, the page, and whatever else was left.
    markers.assert_absent(&workshop.written(), "the files");
    assert!(read(&workshop.path(".plumbline/ledger.key")).len() > 60);

    // What is not sensitive is shown all the same.
    aws.put_parameter(PARAMETER, &markers.password[1], "of the market");
    let ran = workshop.run(&["scan"]);
    assert!(ran.stdout.contains("of the market"), "{}", ran.stdout);
    markers.assert_absent(format!("{ran:?}").as_bytes(), "the table");
}

#[test]
fn a_keyed_hash_changes_with_its_value_and_with_nothing_else() {
    let markers = Markers::new();
    let (emulator, aws) = account(&markers);
    bend(&aws, &markers);
    let workshop = Workshop::new(&emulator.endpoint());
    workshop.watch(&[], &["*"]);
    let scan = |arguments: &[&str]| hashes(workshop.scan(arguments).list("findings"));

    let first = scan(&[]);
    assert_eq!(
        first.len(),
        7,
        "both sides of three and one of the added: {first:?}"
    );
    assert_eq!(scan(&[]), first, "the same values, the same hashes");
    let of = |hashes: &[(String, String)], place: &str| {
        hashes
            .iter()
            .find(|(at, _)| at == place)
            .map(|(_, hash)| hash.clone())
            .expect("a hash")
    };
    let (expected, actual) = ("Setting /Value expected", "Setting /Value actual");
    assert_ne!(of(&first, expected), of(&first, actual));

    aws.put_parameter(
        PARAMETER,
        &format!("{}-other", markers.password[1]),
        "of the shop",
    );
    let second = scan(&[]);
    let changed: Vec<_> = first
        .iter()
        .zip(&second)
        .filter(|(a, b)| a != b)
        .map(|(a, _)| a.0.as_str())
        .collect();
    assert_eq!(changed, [actual]);
    bend(&aws, &markers);
    assert_eq!(scan(&[]), first, "the value of old has its hash of old");

    // Equal values are equal wherever they stand.
    aws.update_function(
        "worker",
        &json!({"Environment": {"Variables": {"API_TOKEN": markers.password[0], "STAGE": "blue"}}}),
    );
    let third = scan(&[]);
    assert_eq!(
        of(&third, "Worker /Environment/Variables/API_TOKEN actual"),
        of(&third, expected)
    );

    // No hash of one ledger tells anything about another's.
    let elsewhere = [
        scan(&["--ledger", "other"]),
        scan(&["--ledger", "none"]),
        scan(&["--ledger", "none"]),
    ];
    for (index, hashes) in elsewhere.iter().enumerate() {
        for other in elsewhere[index + 1..].iter().chain([&third]) {
            assert!(
                hashes
                    .iter()
                    .zip(other)
                    .all(|(a, b)| a.0 == b.0 && a.1 != b.1),
                "{hashes:?} {other:?}"
            );
        }
    }
    assert_eq!(
        scan(&["--ledger", "other"]),
        elsewhere[0],
        "its key stays with it"
    );
}

#[track_caller]
fn read(path: &Path) -> Vec<u8> {
    for _ in 0..50 {
        if let Ok(bytes) = fs::read(path)
            && !bytes.is_empty()
        {
            return bytes;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("{} is missing or empty", path.display())
}
