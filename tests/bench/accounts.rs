//! Four hundred stacks in three accounts and two regions under limits, bent by hand: whether everything is found and nothing
//! else, how many calls that takes, and how long beside the limits' own time.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use sandbox::{Attached, Attachment, Rate, Sandbox, World};
use serde_json::{Value, json};

const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];
const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const STACKS: usize = 400;
const BY_HAND: usize = 40;

/// How long one detection takes.
const DETECTION: Duration = Duration::from_secs(2);

/// The limits: calls a second of an account and region (of IAM, of an account).
const LIMITS: [(&str, u32); 4] = [
    ("cloudformation:DetectStackDrift", 20),
    ("ec2:*", 100),
    ("iam:*", 100),
    ("cloudtrail:LookupEvents", 2),
];

/// Measures and prints a table.
pub(crate) fn bench(plumbline: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(measure(plumbline));
}

async fn measure(plumbline: &Path) {
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
    for (call, rate) in LIMITS {
        let rate = Rate {
            per_second: f64::from(rate),
            burst: rate,
        };
        sandbox.limit(call, Some(rate));
    }
    let (report, wall) = scan(plumbline, &sandbox).await;
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
    row(&sandbox, (found.len(), authors), wall);
    sandbox.stop().await;
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

fn row(sandbox: &Sandbox, (findings, authors): (usize, usize), wall: Duration) {
    let (wall, limit) = (wall.as_secs_f64(), limit(sandbox).as_secs_f64());
    let counts = sandbox.counts();
    let calls: u64 = counts.values().sum();
    let is_live = |call: &str| {
        ["ec2:", "iam:", "s3:", "kms:", "eks:"]
            .iter()
            .any(|it| call.starts_with(it))
    };
    let live = counts.iter().filter(|((call, _), _)| is_live(call));
    let live: u64 = live.map(|(_, count)| count).sum();
    println!(
        "| stacks | findings | with author | wall s | the limits' own s | ratio | calls | of what hangs there | look-ups |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    println!(
        "| {STACKS} | {findings} | {authors} | {wall:.1} | {limit:.1} | {:.2} | {calls} | {live} | {} |",
        wall / limit,
        sandbox.count("cloudtrail:LookupEvents")
    );
}

fn role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/plumbline-read")
}

fn list<'r>(report: &'r Value, name: &str) -> &'r [Value] {
    report[name].as_array().map_or(&[], Vec::as_slice)
}

/// The time that the limits leave for the calls that were made.
fn limit(sandbox: &Sandbox) -> Duration {
    let mut calls: BTreeMap<(String, String, &str), u32> = BTreeMap::new();
    for request in sandbox.requests() {
        for (limited, _) in LIMITS {
            let is_it = match limited.strip_suffix('*') {
                Some(service) => request.call.starts_with(service),
                None => request.call == limited,
            };
            if is_it {
                let region = match limited {
                    "iam:*" => String::new(),
                    _ => request.region.clone(),
                };
                let place = (request.account.clone(), region, limited);
                *calls.entry(place).or_default() += 1;
            }
        }
    }
    let own = calls.iter().map(|((_, _, limited), count)| {
        let rate = LIMITS.iter().find(|(call, _)| call == limited);
        let time = Duration::from_secs(1) * *count / rate.map_or(1, |it| it.1);
        match *limited {
            "cloudformation:DetectStackDrift" => time + DETECTION,
            _ => time,
        }
    });
    own.max().unwrap_or_default()
}

async fn scan(plumbline: &Path, sandbox: &Sandbox) -> (Value, Duration) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let accounts = ACCOUNTS.map(|id| json!({"id": id, "read": role(id), "externalId": "x"}));
    let config = json!({"apiVersion": "plumbline/v1", "environment": "bench", "accounts": accounts,
        "targets": [{"name": "all", "cloudformation": {"stacks": ["*"], "accounts": ACCOUNTS, "regions": REGIONS}}]});
    std::fs::write(directory.path().join("plumbline.yaml"), config.to_string())
        .expect("the configuration");
    let mut command = Command::new(plumbline);
    command
        .args(["scan", "-o", "json"])
        .current_dir(directory.path())
        .env_clear()
        .envs(["HOME", "TMPDIR"].map(|name| (name, directory.path())))
        .envs([
            ("AWS_ENDPOINT_URL", sandbox.endpoint().as_str()),
            ("AWS_REGION", REGIONS[0]),
            ("AWS_ACCESS_KEY_ID", "000000000000"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
    let began = Instant::now();
    let output = tokio::task::spawn_blocking(move || command.output().expect("plumbline"))
        .await
        .expect("it ends");
    let wall = began.elapsed();
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let report = serde_json::from_slice(&output.stdout).expect("a report");
    (report, wall)
}
