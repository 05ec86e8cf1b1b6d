//! What a scan costs: time, processor, memory and API calls, for 1, 10 and 200 stacks on an emulator of its own.
//!
//! See README.md beside this file. It judges nothing: figures depend on the machine, and a reader compares them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal that ends where something it needs is missing"
)]

mod accounts;
mod first_day;
mod limits;
mod scale;
mod start;

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use nix::sys::resource::{Usage, UsageWho, getrusage};
use plumbline_tests::{aws::Aws, emulator::Emulator};
use serde_json::{Value, json};

/// How many stacks, in the order in which they are made: each account grows out of the one before.
const SIZES: [usize; 3] = [1, 10, 200];

/// Resources of one stack.
const RESOURCES: usize = 5;

/// Of so many resources one is bent, rounded up.
const BENT: usize = 10;

/// Scans of each size.
const RUNS: usize = 5;

/// The argument that makes this program the one that starts and measures a single command.
const MEASURE: &str = "--measure-one";

/// What one scan cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    wall: Duration,
    processor: Duration,
    /// Peak resident memory, in KiB.
    memory: u64,
    requests: u64,
    findings: usize,
}

fn main() {
    let mut arguments = env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some(MEASURE), Some(program)) => measure_one(&program, arguments),
        (Some("--plumbline"), Some(program)) => bench(Path::new(&program)),
        (Some("--scale"), Some(program)) => {
            let stacks = arguments.next().and_then(|it| it.parse().ok());
            scale::bench(Path::new(&program), stacks.unwrap_or(1_000));
        }
        (Some("--accounts"), Some(program)) => accounts::bench(Path::new(&program)),
        (Some("--first-day"), Some(program)) => first_day::bench(Path::new(&program)),
        (Some("--functions"), Some(directory)) => {
            start::bench(Path::new(&directory), Path::new("events"));
        }
        _ => {
            eprintln!(
                "usage, from the repository's root: cargo run --release -p plumbline-tests --example bench -- \
                 --plumbline PATH | --scale PATH [STACKS] | --accounts PATH | --first-day PATH | --functions DIRECTORY"
            );
            std::process::exit(2);
        }
    }
}

fn bench(plumbline: &Path) {
    let plumbline = plumbline
        .canonicalize()
        .unwrap_or_else(|e| panic!("{}: {e}", plumbline.display()));
    let emulator = Emulator::start();
    let aws = emulator.aws();
    println!("| stacks | drifted | wall s | processor s | peak MiB | API calls | ms per stack |");
    println!("|---|---|---|---|---|---|---|");
    let mut made = 0;
    for size in SIZES {
        eprintln!("making {size} stack(s)");
        for index in made..size {
            aws.create_stack(&name(index), &template(index));
        }
        let drifted = (size * RESOURCES).div_ceil(BENT);
        // One of every second stack, whose resources are as many as BENT.
        for index in (made..size).filter(|index| index % (BENT / RESOURCES) == 0) {
            bend(&aws, index);
        }
        made = size;
        let costs: Vec<Cost> = (0..RUNS)
            .map(|_| scan(&plumbline, &emulator.endpoint()))
            .collect();
        assert!(
            costs.iter().all(|cost| cost.findings == drifted),
            "{drifted} resources are bent: {costs:?}"
        );
        println!("{}", row(size, drifted, &costs));
    }
    println!(
        "\nminimum / median / maximum of {RUNS} first scans each, {}",
        plumbline.display()
    );
}

/// One scan with a new ledger, in a process that starts no other: `getrusage` tells only of all children together.
fn scan(plumbline: &Path, endpoint: &str) -> Cost {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = json!({"apiVersion": "plumbline/v1", "environment": "bench",
        "targets": [{"name": "all", "cloudformation": {"stacks": ["*"]}}]});
    std::fs::write(directory.path().join("plumbline.yaml"), config.to_string())
        .expect("the configuration");
    let measured = measured(plumbline)
        // Who did it takes calls by the number of findings, and time that CloudTrail's limit gives.
        .args(["scan", "-o", "json", "--no-attribution"])
        .current_dir(directory.path())
        .env_clear()
        .envs(["HOME", "TMPDIR"].map(|name| (name, directory.path())))
        .envs([("AWS_ENDPOINT_URL", endpoint), ("AWS_REGION", "us-east-1")])
        .envs([
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ])
        .stderr(Stdio::inherit())
        .output()
        .expect("this program can be started");
    let measured: Value = serde_json::from_slice(&measured.stdout).expect("what the scan cost");
    let number = |key: &str| measured[key].as_u64().expect("a figure");
    let report: Value =
        serde_json::from_str(measured["stdout"].as_str().unwrap_or_default()).expect("a report");
    assert_eq!(report["unknown"], json!([]), "everything was looked at");
    Cost {
        wall: Duration::from_micros(number("wall")),
        processor: Duration::from_micros(number("processor")),
        memory: number("memory"),
        requests: report["summary"]["requests"]
            .as_u64()
            .expect("the number of requests"),
        findings: report["findings"].as_array().map_or(0, Vec::len),
    }
}

/// This program as the one that starts and measures a command, whose arguments follow.
fn measured(program: &Path) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.arg(MEASURE).arg(program);
    command
}

/// Runs one command and prints what it cost and what it printed, as JSON.
fn measure_one(program: &str, arguments: impl Iterator<Item = String>) {
    let started = Instant::now();
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .expect("the command");
    let wall = started.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("what the command used");
    let measured = json!({"wall": micros(wall), "processor": micros(processor(&usage)), "memory": memory(&usage),
        "stdout": String::from_utf8_lossy(&output.stdout)});
    println!("{measured}");
}

fn processor(usage: &Usage) -> Duration {
    [usage.user_time(), usage.system_time()]
        .into_iter()
        .map(|time| {
            let seconds = u64::try_from(time.tv_sec()).unwrap_or_default();
            Duration::from_secs(seconds)
                + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or_default())
        })
        .sum()
}

/// Peak resident memory in KiB. It is never less than this small program's own, from which the command was started.
fn memory(usage: &Usage) -> u64 {
    let peak = u64::try_from(usage.max_rss()).unwrap_or_default();
    // Linux counts KiB, macOS bytes.
    if cfg!(target_os = "macos") {
        peak / 1024
    } else {
        peak
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn row(stacks: usize, drifted: usize, costs: &[Cost]) -> String {
    let spread = |digits: usize, of: &dyn Fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let (least, median, most) = (
            values[0],
            values[values.len() / 2],
            values[values.len() - 1],
        );
        (
            format!("{least:.digits$} / {median:.digits$} / {most:.digits$}"),
            median,
        )
    };
    let (wall, median) = spread(2, &|cost| cost.wall.as_secs_f64());
    let (processor, _) = spread(2, &|cost| cost.processor.as_secs_f64());
    #[expect(
        clippy::cast_precision_loss,
        reason = "memory and requests are far below what a double holds exactly"
    )]
    let (memory, requests, stacks_f) = (
        spread(1, &|cost| cost.memory as f64 / 1024.0).0,
        spread(0, &|cost| cost.requests as f64).0,
        stacks as f64,
    );
    let each = median * 1000.0 / stacks_f;
    format!("| {stacks} | {drifted} | {wall} | {processor} | {memory} | {requests} | {each:.1} |")
}

fn name(index: usize) -> String {
    format!("bench-{index}")
}

fn template(index: usize) -> Value {
    let named = |what: &str| format!("bench-{index}-{what}");
    let tags = json!([{"Key": "team", "Value": "shop"}, {"Key": "stage", "Value": "test"}]);
    let resources = json!({
        "Queue": {"Type": "AWS::SQS::Queue", "Properties":
            {"QueueName": named("queue"), "VisibilityTimeout": 30, "Tags": tags}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": named("topic"), "DisplayName": "Orders"}},
        "Parameter": {"Type": "AWS::SSM::Parameter", "Properties":
            {"Name": format!("/{}", named("parameter")), "Type": "String", "Value": "50"}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties":
            {"LogGroupName": format!("/{}", named("logs")), "RetentionInDays": 30}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties":
            {"TableName": named("table"), "BillingMode": "PAY_PER_REQUEST",
             "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
             "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}}});
    assert_eq!(
        resources.as_object().map_or(0, serde_json::Map::len),
        RESOURCES
    );
    json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
}

fn bend(aws: &Aws, index: usize) {
    let attributes = json!({"VisibilityTimeout": 5});
    aws.set_queue_attributes(
        &format!("bench-{index}-queue"),
        attributes.as_object().expect("an object"),
    );
}
