//! Scans that are killed at any moment, and scans that run at the same time, over one ledger.

mod memory;

use std::{
    collections::BTreeMap,
    fs, thread,
    time::{Duration, Instant},
};

use plumbline_tests::{
    aws::Aws,
    emulator::Emulator,
    proxy::{Fault, Proxy, Rule},
};
use serde_json::{Map, Value, json};

use crate::support::{REGION, Scan, Workshop, id, text};
use memory::{Memory, assert_sound};

/// How many scans are killed, in all.
const KILLS: usize = 200;

/// The regions whose scans are killed at the same time, each with a ledger of its own. A scan mostly waits.
const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];

/// Every so many kills, a scan is let alone and must see exactly what is there.
const UNDISTURBED: usize = 10;

const STACKS: [&str; 3] = ["orders", "bills", "parcels"];

const STRAIGHT: u64 = 30;

/// Stacks of two queues each in one region, which a test bends and puts straight.
struct Account {
    aws: Aws,
    region: &'static str,
    /// The visibility time-out of each queue, by its name.
    timeouts: BTreeMap<String, u64>,
}

impl Account {
    fn new(emulator: &Emulator, region: &'static str) -> Self {
        let aws = emulator.aws().region(region);
        let mut timeouts = BTreeMap::new();
        for stack in STACKS {
            let mut resources = Map::new();
            for number in ["one", "two"] {
                let queue = format!("{stack}{number}");
                let properties = json!({"QueueName": queue, "VisibilityTimeout": STRAIGHT});
                resources.insert(
                    queue.clone(),
                    json!({"Type": "AWS::SQS::Queue", "Properties": properties}),
                );
                timeouts.insert(queue, STRAIGHT);
            }
            aws.create_stack(
                stack,
                &json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}),
            );
        }
        Self {
            aws,
            region,
            timeouts,
        }
    }

    fn set(&mut self, queue: &str, seconds: u64) {
        let attributes = json!({"VisibilityTimeout": seconds});
        self.aws
            .set_queue_attributes(queue, attributes.as_object().expect("an object"));
        self.timeouts.insert(queue.to_owned(), seconds);
    }

    /// Bends one queue, or puts it straight.
    fn change(&mut self, rng: &mut fastrand::Rng) {
        let names: Vec<_> = self.timeouts.keys().cloned().collect();
        let seconds = if rng.bool() { STRAIGHT } else { rng.u64(1..20) };
        self.set(&names[rng.usize(..names.len())], seconds);
    }

    /// The bent queues and their values.
    fn drift(&self) -> Vec<(String, u64)> {
        let bent = self
            .timeouts
            .iter()
            .filter(|(_, seconds)| **seconds != STRAIGHT);
        bent.map(|(name, seconds)| (name.clone(), *seconds))
            .collect()
    }
}

/// The drift that a scan or the ledger tells of.
fn told(findings: &[Value]) -> Vec<(String, u64)> {
    let mut told: Vec<_> = findings
        .iter()
        .map(|it| {
            (
                text(&it["resource"]["name"]),
                it["differences"][0]["actual"].as_u64().unwrap_or_default(),
            )
        })
        .collect();
    told.sort();
    told
}

/// A workshop whose scans go through a proxy that makes each call take a while.
fn slow(emulator: &Emulator, account: &Account) -> (Proxy, Workshop) {
    let proxy = Proxy::start(&emulator.endpoint());
    proxy.set([Rule::new(Fault::Delay(Duration::from_millis(8)))]);
    let workshop = Workshop::new(&proxy.endpoint());
    workshop.watch(&[account.region], &["*"]);
    (proxy, workshop)
}

/// Starts a scan and kills it after a while; whether it had ended by itself before.
fn kill_after(workshop: &Workshop, pause: Duration) -> bool {
    let mut process = workshop
        .command(&["scan"])
        .spawn()
        .expect("the command starts");
    thread::sleep(pause);
    let ended = process.try_wait().expect("its state").is_some();
    process.kill().expect("it is this test's own");
    process.wait().expect("its end");
    ended
}

#[test]
fn a_scan_that_is_killed_at_any_moment_loses_nothing() {
    let emulator = Emulator::start();
    thread::scope(|scope| {
        for region in REGIONS {
            scope.spawn({
                let emulator = &emulator;
                move || kill_many(emulator, region, KILLS / REGIONS.len())
            });
        }
    });
}

/// Kills scans of a region at random moments of their whole duration, and looks what is left each time.
fn kill_many(emulator: &Emulator, region: &'static str, kills: usize) {
    let seed = fastrand::u64(..);
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut account = Account::new(emulator, region);
    let (_proxy, workshop) = slow(emulator, &account);
    let mut memory = Memory::default();
    account.set("ordersone", 5);
    account.set("billstwo", 5);
    let mut last = workshop.scan(&[]);
    let mut whole = last.ran.took;
    assert_eq!(told(last.list("findings")), account.drift());
    memory.compare(&workshop, "after the first scan");

    let mut ended = 0;
    for kill in 0..kills {
        // The more a scan has to write, the more moments there are at which half of it is written.
        for _ in 0..4 {
            account.change(&mut rng);
        }
        let pause = whole.mul_f64(rng.f64());
        let context = format!("after kill {kill} at {pause:?} of {whole:?}, seed {seed}, {region}");
        ended += usize::from(kill_after(&workshop, pause));
        // The command is the first to open it, as it would be.
        let ran = workshop.run(&["findings", "list", "--all", "-o", "name"]);
        assert_eq!(ran.code, 0, "{context}: {ran:?}");
        memory.compare(&workshop, &context);
        memory.assert_holds(&last, &context);
        if kill % UNDISTURBED == UNDISTURBED - 1 {
            assert_sound(&workshop, &context);
            last = workshop.scan(&[]);
            // The first ones may have been slower than the machine is by now.
            whole = whole.min(last.ran.took);
            assert_eq!(
                told(last.list("findings")),
                account.drift(),
                "{context}: {:#}",
                last.report
            );
            assert_eq!(
                told(&workshop.findings(false)),
                account.drift(),
                "{context}"
            );
            assert_eq!(
                last.code,
                i32::from(!account.drift().is_empty()),
                "{context}"
            );
        }
    }
    assert!(
        ended < kills / 2,
        "{ended} of {kills} scans were over before they were killed: none was disturbed"
    );
}

#[test]
fn a_first_scan_that_is_killed_leaves_a_ledger_that_the_next_one_can_use() {
    let seed = fastrand::u64(..);
    let mut rng = fastrand::Rng::with_seed(seed);
    let emulator = Emulator::start();
    let mut account = Account::new(&emulator, REGION);
    account.set("parcelsone", 5);
    let (_proxy, workshop) = slow(&emulator, &account);
    let started = Instant::now();
    workshop.scan(&["--ledger", "none"]);
    // Making the ledger and its key is the beginning of a scan.
    let beginning = started.elapsed() / 4;
    for kill in 0..KILLS / 5 {
        let directory = workshop.path(".plumbline");
        if directory.exists() {
            fs::remove_dir_all(&directory).expect("the ledger can be removed");
        }
        let pause = beginning.mul_f64(rng.f64());
        kill_after(&workshop, pause);
        let context = format!("after kill {kill} at {pause:?}, seed {seed}");
        let scan = workshop.scan(&[]);
        assert_eq!(
            (scan.code, told(scan.list("findings"))),
            (1, account.drift()),
            "{context}: {:?}",
            scan.ran
        );
        let mut memory = Memory::default();
        memory.compare(&workshop, &context);
        memory.assert_holds(&scan, &context);
        assert_sound(&workshop, &context);
        let mut files: Vec<_> = fs::read_dir(&directory)
            .expect("its directory")
            .map(|it| {
                it.expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("a name")
            })
            .collect();
        // A key half made is never the key, but its remains may lie beside it, as does the note for Git.
        files.retain(|name| !name.starts_with('.'));
        files.sort();
        assert_eq!(files, ["ledger", "ledger.key"], "{context}");
    }
}

#[test]
fn two_scans_at_once_tell_the_same_and_open_each_finding_once() {
    let emulator = Emulator::start();
    let mut account = Account::new(&emulator, REGION);
    let (_proxy, workshop) = slow(&emulator, &account);
    let mut memory = Memory::default();
    for round in 1..=5 {
        for (index, queue) in ["ordersone", "billsone", "billstwo", "parcelsone"]
            .into_iter()
            .enumerate()
        {
            account.set(
                queue,
                if index % 2 == 0 {
                    4 + round
                } else {
                    STRAIGHT + round % 2
                },
            );
        }
        let (one, other) = thread::scope(|scope| {
            let other = scope.spawn(|| workshop.scan(&[]));
            (workshop.scan(&[]), other.join().expect("the other scan"))
        });
        for scan in [&one, &other] {
            assert_eq!(
                (scan.code, told(scan.list("findings"))),
                (1, account.drift()),
                "{:#}",
                scan.report
            );
        }
        let ids = |scan: &Scan| scan.list("findings").iter().map(id).collect::<Vec<_>>();
        assert_eq!(ids(&one), ids(&other));
        let context = format!("after round {round}");
        memory.compare(&workshop, &context);
        memory.assert_holds(&one, &context);
        assert_sound(&workshop, &context);
        assert_eq!(
            told(&workshop.findings(false)),
            account.drift(),
            "{context}"
        );
    }
    for (finding, history) in &memory.0 {
        let events: Vec<_> = history.iter().map(|entry| entry.event.as_str()).collect();
        // What one of them had opened or closed, the other did not open or close again.
        let opened = |event: &str| matches!(event, "opened" | "reopened");
        let doubled = events
            .windows(2)
            .any(|pair| opened(pair[1]) && pair[0] != "resolved");
        assert!(!doubled, "{finding}: {events:?}");
        assert_eq!(events[0], "opened", "{finding}: {events:?}");
        assert_eq!(
            events.iter().filter(|event| **event == "opened").count(),
            1,
            "{finding}: {events:?}"
        );
    }
}

#[test]
fn three_scans_at_once_with_different_outcomes_leave_the_truth() {
    let emulator = Emulator::start();
    let mut account = Account::new(&emulator, REGION);
    let (_proxy, workshop) = slow(&emulator, &account);
    account.set("ordersone", 5);
    account.set("billsone", 5);
    account.set("parcelsone", 5);
    assert_eq!(workshop.scan(&[]).code, 1);

    // One sees everything, one is refused the bills, one is refused the list.
    account.set("ordersone", STRAIGHT);
    account.set("parcelstwo", 7);
    let denied = Proxy::start(&emulator.endpoint());
    denied.set([Rule::new(Fault::AccessDenied)
        .action("DetectStackDrift")
        .containing("/bills/")]);
    let unlisted = Proxy::start(&emulator.endpoint());
    unlisted.set([Rule::new(Fault::AccessDenied).action("ListStacks")]);
    let through = |proxy: &Proxy| {
        let mut command = workshop.command(&["scan", "-o", "json"]);
        let output = command
            .env("AWS_ENDPOINT_URL", proxy.endpoint())
            .output()
            .expect("the command");
        (
            output.status.code(),
            serde_json::from_slice::<Value>(&output.stdout).expect("a report"),
        )
    };
    let (whole, denied, unlisted) = thread::scope(|scope| {
        let denied = scope.spawn(|| through(&denied));
        let unlisted = scope.spawn(|| through(&unlisted));
        (
            workshop.scan(&[]),
            denied.join().expect("a scan"),
            unlisted.join().expect("a scan"),
        )
    });
    assert_eq!(
        (whole.code, told(whole.list("findings"))),
        (1, account.drift()),
        "{:#}",
        whole.report
    );
    assert_eq!((denied.0, unlisted.0), (Some(2), Some(2)));
    let seen = denied.1["findings"]
        .as_array()
        .map_or(Vec::new(), |it| told(it));
    assert_eq!(
        seen,
        [("parcelsone".to_owned(), 5), ("parcelstwo".to_owned(), 7)],
        "{:#}",
        denied.1
    );
    assert_eq!(unlisted.1["findings"], json!([]));

    let mut memory = Memory::default();
    memory.compare(&workshop, "after three at once");
    assert_sound(&workshop, "after three at once");
    assert_eq!(
        told(&workshop.findings(false)),
        account.drift(),
        "what was refused closed nothing"
    );
    assert_eq!(workshop.findings(true).len(), 4);
}
