//! `init`: from nothing to the first report.

use std::fs;
use std::time::Instant;

use plumbline_tests::emulator::Emulator;
use sandbox::{Effect, Fault};
use serde_json::json;

use super::{Account, git, parsed};
use crate::support::Workshop;

/// That a file is in order without a warning.
#[track_caller]
fn assert_valid(workshop: &Workshop) {
    let ran = workshop.run(&["policy", "check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn from_nothing_to_the_first_report_on_the_emulators_account() {
    let emulator = Emulator::start();
    let queue = json!({"Resources": {"Orders": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "Orders"}}}});
    let topic = json!({"Resources": {"News": {"Type": "AWS::SNS::Topic"}}});
    emulator.aws().create_stack("orders", &queue);
    emulator
        .aws()
        .region("eu-west-1")
        .create_stack("news", &topic);
    let workshop = Workshop::new(&emulator.endpoint());
    let started = Instant::now();
    let ran = workshop.run(&[
        "init",
        "--region",
        "us-east-1",
        "--region",
        "eu-west-1",
        "--region",
        "eu-west-2",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for told in [
        "1 in eu-west-1",
        "1 in us-east-1",
        "none in 1 other region(s)",
        "plumbline scan",
    ] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert_valid(&workshop);
    let scan = workshop.scan(&[]);
    assert_eq!(
        (scan.code, scan.count("units")),
        (0, 2),
        "{:#}",
        scan.report
    );
    // The target is five minutes for a person; the machine's part of it is this.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn the_usual_regions_are_looked_at_and_one_that_refuses_is_named() {
    let account = Account::start();
    account.put("ap-southeast-2", "shop-staging");
    account.put("us-east-1", "pay-staging");
    account.put("us-east-1", "mail");
    let fault =
        Fault::on("cloudformation:ListStacks", Effect::Deny).place("000000000000", "eu-north-1");
    account.sandbox.faults().add(fault);
    let workshop = account.workshop();
    let report = parsed(&workshop.run(&["init", "-o", "json"]));
    assert_eq!(
        (&report["kind"], &report["environment"]),
        (&json!("InitReport"), &json!("staging"))
    );
    let missing = report["missing"].as_array().unwrap();
    assert!(
        missing
            .iter()
            .any(|it| it["what"] == "stacks in eu-north-1"),
        "{missing:?}"
    );
    assert_eq!(report["account"]["regions"].as_array().unwrap().len(), 17);
    let file = fs::read_to_string(workshop.path("plumbline.yaml")).unwrap();
    assert!(
        file.contains("regions: [us-east-1, ap-southeast-2]"),
        "{file}"
    );
    assert_valid(&workshop);
    assert_eq!(workshop.scan(&[]).count("units"), 3);
}

#[test]
fn without_credentials_a_file_is_written_all_the_same_and_says_what_to_fill_in() {
    let workshop = Workshop::new("http://127.0.0.1:9")
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY");
    let ran = workshop.run(&["init"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.contains("not found  account and stacks: "),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("no AWS credentials found"),
        "{}",
        ran.stdout
    );
    let file = fs::read_to_string(workshop.path("plumbline.yaml")).unwrap();
    assert!(file.contains("FILL IN"), "{file}");
    assert_valid(&workshop);
}

#[test]
fn without_credentials_the_regions_that_were_asked_for_are_written() {
    let workshop = Workshop::new("http://127.0.0.1:9")
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY");
    let ran = workshop.run(&["init", "--region", "eu-west-3"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let file = fs::read_to_string(workshop.path("plumbline.yaml")).unwrap();
    assert!(file.contains("      regions: [eu-west-3]\n"), "{file}");
    assert_valid(&workshop);
}

#[test]
fn a_file_that_is_there_is_left_alone_without_force() {
    let account = Account::start();
    let workshop = account.workshop();
    workshop.configure("mine: 1\n");
    let ran = workshop.run(&["init", "--region", "us-east-1"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("--force"), "{}", ran.stderr);
    let read = || fs::read_to_string(workshop.path("plumbline.yaml")).unwrap();
    assert_eq!(read(), "mine: 1\n");
    let ran = workshop.run(&["init", "--region", "us-east-1", "--output", "other.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.contains("plumbline scan --config other.yaml"),
        "{}",
        ran.stdout
    );
    let ran = workshop.run(&["init", "--region", "us-east-1", "--force"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(read().contains("apiVersion"));
    // What was begun and not finished would lie here.
    let left: Vec<_> = fs::read_dir(workshop.path(""))
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(workshop.run(&["init", "--output", "json"]).code, 2);
}

#[test]
fn the_kubeconfigs_contexts_and_the_git_remote_are_found_and_no_token_of_theirs() {
    let workshop = Workshop::new("http://127.0.0.1:9").without("AWS_ACCESS_KEY_ID");
    fs::create_dir(workshop.path(".kube")).unwrap();
    fs::write(
        workshop.path(".kube/config"),
        "apiVersion: v1\ncurrent-context: shop\ncontexts: [{name: other, context: {}}, {name: shop, context: {}}]\nusers: [{name: u, user: {token: marker-token}}]\n",
    )
    .unwrap();
    git(&workshop, &["init", "-q"]);
    git(
        &workshop,
        &[
            "remote",
            "add",
            "origin",
            "https://user:marker-password@github.com/shop/infra.git",
        ],
    );
    let ran = workshop.run(&["init"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let file = fs::read_to_string(workshop.path("plumbline.yaml")).unwrap();
    assert!(
        file.contains("\ngithub: {repository: shop/infra}\n"),
        "{file}"
    );
    assert!(file.contains("kubeconfig: {context: \"shop\"}"), "{file}");
    for text in [&file, &ran.stdout, &ran.stderr] {
        assert!(!text.contains("marker"), "{text}");
    }
    assert_valid(&workshop);
}
