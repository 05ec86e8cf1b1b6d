//! Four hundred stacks in three accounts and two regions under limits, bent by hand: whether everything is found and nothing
//! else, how many calls that takes, and how long beside the limits' own time; without asking who did it, and with.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Stdio,
    time::Duration,
};

use nix::sys::resource::{UsageWho, getrusage};
use sandbox::{Attached, Attachment, Sandbox, World};
use serde_json::{Value, json};

use crate::limits::{self, Least, Limit};

const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];
const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const STACKS: usize = 400;
const BY_HAND: usize = 40;

/// How long one detection takes.
const DETECTION: Duration = Duration::from_secs(2);

/// Scans of each kind, each of accounts of its own.
const RUNS: usize = 5;

/// The limits. No detection can have ended before the last one's start and its own time. Nobody can be asked about a
/// difference before the first detection has ended: a template says nothing of what is there.
const LIMITS: [Limit; 4] = [
    Limit {
        calls: "cloudformation:DetectStackDrift",
        rate: 20,
        besides: DETECTION,
    },
    Limit {
        calls: "ec2:*",
        rate: 100,
        besides: Duration::ZERO,
    },
    Limit {
        calls: "iam:*",
        rate: 100,
        besides: Duration::ZERO,
    },
    Limit {
        calls: "cloudtrail:LookupEvents",
        rate: 2,
        besides: DETECTION,
    },
];

/// What one scan came to.
struct Run {
    wall: Duration,
    /// Processor time of the command, and of this process with the sandbox.
    processors: [Duration; 2],
    least: Least,
    counts: BTreeMap<(String, u16), u64>,
    findings: usize,
    authors: usize,
}

/// Measures and prints a table.
pub(crate) fn bench(plumbline: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let plumbline = plumbline
        .canonicalize()
        .unwrap_or_else(|e| panic!("{}: {e}", plumbline.display()));
    println!(
        "| authors | findings | with author | wall s | the limits' own s | ratio | with all at once s | ratio | by \
         | calls | refused | of what hangs there | look-ups | sessions | processor s, sandbox's |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (asked, arguments) in [("no", &["--no-attribution"][..]), ("yes", &[][..])] {
        let mut runs: Vec<Run> = (0..RUNS)
            .map(|_| runtime.block_on(measure(&plumbline, arguments)))
            .collect();
        runs.sort_by_key(|it| it.wall);
        row(asked, &runs);
    }
    println!("\nwall: minimum / median / maximum of {RUNS}; the rest is of the median run");
}

async fn measure(plumbline: &Path, arguments: &[&str]) -> Run {
    let options = sandbox::Options {
        detection_time: DETECTION,
        keep: 100_000,
        ..sandbox::Options::default()
    };
    let sandbox = Sandbox::start(options).await.expect("a sandbox");
    make(&sandbox);
    let hung = sandbox.attach_some(1, BY_HAND);
    for account in ACCOUNTS {
        sandbox.trust(&role(account), Some("x"));
    }
    limits::set(&sandbox, &LIMITS);
    let before = own_processor();
    let (report, wall, processor) = scan(plumbline, arguments, &sandbox).await;
    let sandbox_processor = own_processor() - before;
    let found: BTreeSet<(&str, &str)> = list(&report, "findings")
        .iter()
        .filter_map(|it| {
            let resource = &it["resource"];
            Some((resource["id"].as_str()?, resource["name"].as_str()?))
        })
        .collect();
    // Of a policy that a stack declares CloudFormation itself tells what became of it.
    let name = |it: &Attached| match it.attachment {
        Attachment::BucketPolicy { .. } if it.is_seen => format!("{}Policy", it.logical_id),
        _ => it.logical_id.clone(),
    };
    let expected: Vec<(String, String)> = hung
        .iter()
        .map(|it| (it.physical_id.clone(), name(it)))
        .collect();
    let expected: BTreeSet<(&str, &str)> = expected
        .iter()
        .map(|(id, name)| (id.as_str(), name.as_str()))
        .collect();
    assert_eq!(found, expected, "exactly what was hung on by hand");
    assert_eq!(
        list(&report, "unknown").len(),
        0,
        "everything was looked at"
    );
    let authors = list(&report, "findings")
        .iter()
        .filter(|it| it["differences"][0]["attribution"].is_object())
        .count();
    let run = Run {
        wall,
        processors: [processor, sandbox_processor],
        least: limits::slowest(&sandbox.requests(), &LIMITS),
        counts: sandbox.counts(),
        findings: found.len(),
        authors,
    };
    sandbox.stop().await;
    run
}

/// Generated stacks in every account and region.
fn make(sandbox: &Sandbox) {
    let places = || {
        ACCOUNTS
            .iter()
            .flat_map(|id| REGIONS.map(|region| (*id, region)))
    };
    let each = STACKS.div_ceil(places().count());
    let mut left = STACKS;
    for (seed, (account, region)) in (0..).zip(places()) {
        let stacks = each.min(left);
        left -= stacks;
        for mut stack in World::generate(seed, stacks).with_attachments().stacks {
            stack.place = Some((account.to_owned(), region.to_owned()));
            for it in &mut stack.resources {
                rename(&mut it.properties, region);
            }
            sandbox.create_stack(stack).expect("a stack can be made");
        }
    }
}

/// Roles have their names in the whole account.
fn rename(properties: &mut Value, region: &str) {
    if let Some(Value::String(name)) = properties.get_mut("RoleName") {
        name.push_str(region);
    }
}

/// One row of the table, of runs by their time.
fn row(asked: &str, runs: &[Run]) {
    let seconds = |run: &Run| run.wall.as_secs_f64();
    let run = &runs[runs.len() / 2];
    let wall = format!(
        "{:.2} / {:.2} / {:.2}",
        seconds(&runs[0]),
        seconds(run),
        seconds(&runs[runs.len() - 1])
    );
    let calls = |is_one: &dyn Fn(&str, u16) -> bool| -> u64 {
        let counts = run.counts.iter();
        counts
            .filter(|((call, status), _)| is_one(call, *status))
            .map(|(_, count)| count)
            .sum()
    };
    let is_live = |call: &str, _: u16| {
        ["ec2:", "iam:", "s3:", "kms:", "eks:"]
            .iter()
            .any(|it| call.starts_with(it))
    };
    // A bucket without a policy is answered by 404.
    let is_refused = |_: &str, status: u16| !(200..300).contains(&status) && status != 404;
    let [by_rate, with_burst] =
        [run.least.by_rate, run.least.with_burst].map(|it| it.as_secs_f64());
    println!(
        "| {asked} | {} | {} | {wall} | {by_rate:.2} | {:.2} | {with_burst:.2} | {:.2} | {} | {} | {} | {} | {} | {} | {:.1}, {:.1} |",
        run.findings,
        run.authors,
        seconds(run) / by_rate,
        seconds(run) / with_burst,
        run.least.of,
        calls(&|_, _| true),
        calls(&is_refused),
        calls(&is_live),
        calls(&|call, _| call == "cloudtrail:LookupEvents"),
        calls(&|call, _| call == "sts:AssumeRole"),
        run.processors[0].as_secs_f64(),
        run.processors[1].as_secs_f64(),
    );
}

fn role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/plumbline-read")
}

fn list<'r>(report: &'r Value, name: &str) -> &'r [Value] {
    report[name].as_array().map_or(&[], Vec::as_slice)
}

/// One scan with a new ledger: its report, its wall and its processor time.
async fn scan(
    plumbline: &Path,
    arguments: &[&str],
    sandbox: &Sandbox,
) -> (Value, Duration, Duration) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let accounts = ACCOUNTS.map(|id| json!({"id": id, "read": role(id), "externalId": "x"}));
    let config = json!({"apiVersion": "plumbline/v1", "environment": "bench", "accounts": accounts,
        "targets": [{"name": "all", "cloudformation": {"stacks": ["*"], "accounts": ACCOUNTS, "regions": REGIONS}}]});
    std::fs::write(directory.path().join("plumbline.yaml"), config.to_string())
        .expect("the configuration");
    let mut command = crate::measured(plumbline);
    command
        .args(["scan", "-o", "json"])
        .args(arguments)
        .current_dir(directory.path())
        .env_clear()
        .envs(["HOME", "TMPDIR"].map(|name| (name, directory.path())))
        .envs([
            ("AWS_ENDPOINT_URL", sandbox.endpoint().as_str()),
            ("AWS_REGION", REGIONS[0]),
            ("AWS_ACCESS_KEY_ID", "000000000000"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ])
        .stderr(Stdio::inherit());
    let measured = tokio::task::spawn_blocking(move || command.output().expect("plumbline"))
        .await
        .expect("it ends");
    let measured: Value = serde_json::from_slice(&measured.stdout).expect("what the scan cost");
    let report =
        serde_json::from_str(measured["stdout"].as_str().unwrap_or_default()).expect("a report");
    let time = |key: &str| Duration::from_micros(measured[key].as_u64().expect("a figure"));
    (report, time("wall"), time("processor"))
}

/// The processor time of this process so far.
fn own_processor() -> Duration {
    crate::processor(&getrusage(UsageWho::RUSAGE_SELF).expect("what this process used"))
}
