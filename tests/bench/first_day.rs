//! A new user's first day, timed: from an empty folder to the first report, command by command.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use plumbline_tests::emulator::Emulator;
use sandbox::{Sandbox, World};

/// How many stacks the account has.
const STACKS: usize = 20;

/// What a new user types, and the exit codes that are no failure.
const COMMANDS: [(&[&str], &[i32]); 4] = [
    (&["init"], &[0]),
    (&["policy", "check"], &[0]),
    // Drift is found or not; nothing is unknown.
    (&["scan"], &[0, 1]),
    (&["report", "--html", "report.html"], &[0]),
];

/// How often everything is done.
const RUNS: usize = 5;

/// Measures against a sandbox and an emulator, and prints a table.
pub(crate) fn bench(plumbline: &Path) {
    let plumbline = plumbline
        .canonicalize()
        .unwrap_or_else(|e| panic!("{}: {e}", plumbline.display()));
    println!("| account | command | exit code | wall s |");
    println!("|---|---|---|---|");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(on_a_sandbox(&plumbline));
    let emulator = Emulator::start();
    for index in 0..STACKS {
        let (name, template) = (crate::name(index), crate::template(index));
        emulator.aws().create_stack(&name, &template);
    }
    table(&plumbline, "emulator", &emulator.endpoint());
    println!(
        "\nminimum / median / maximum of {RUNS} first days each in an account of {STACKS} stacks, {}",
        plumbline.display()
    );
}

async fn on_a_sandbox(plumbline: &Path) {
    let sandbox = made().await;
    let (program, endpoint) = (plumbline.to_owned(), sandbox.endpoint());
    // The sandbox answers on this thread.
    tokio::task::spawn_blocking(move || table(&program, "sandbox", &endpoint))
        .await
        .expect("it ends");
    sandbox.stop().await;
}

/// A sandbox with generated stacks, a few of them bent.
async fn made() -> Sandbox {
    let sandbox = Sandbox::start(sandbox::Options::default())
        .await
        .expect("a sandbox");
    for mut stack in World::generate(1, STACKS).with_attachments().stacks {
        stack.place = Some(("000000000000".to_owned(), "us-east-1".to_owned()));
        sandbox.create_stack(stack).expect("a stack can be made");
    }
    sandbox.attach_some(1, 3);
    sandbox
}

fn table(plumbline: &Path, account: &str, endpoint: &str) {
    let days: Vec<Vec<(i32, Duration)>> = (0..RUNS).map(|_| day(plumbline, endpoint)).collect();
    for (at, (command, _)) in COMMANDS.iter().enumerate() {
        let (code, _) = days[0][at];
        let walls = days.iter().map(|it| it[at].1);
        row(account, (&command.join(" "), &code.to_string()), walls);
    }
    let whole = days.iter().map(|it| it.iter().map(|it| it.1).sum());
    row(account, ("all of it", ""), whole);
}

fn row(account: &str, (command, code): (&str, &str), walls: impl Iterator<Item = Duration>) {
    let mut walls: Vec<f64> = walls.map(|it| it.as_secs_f64()).collect();
    walls.sort_by(f64::total_cmp);
    let last = walls.len() - 1;
    println!(
        "| {account} | {command} | {code} | {:.2} / {:.2} / {:.2} |",
        walls[0],
        walls[last / 2],
        walls[last]
    );
}

/// One first day in an empty folder: each command's exit code and time.
fn day(plumbline: &Path, endpoint: &str) -> Vec<(i32, Duration)> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let ran = COMMANDS.map(|(command, allowed)| {
        let began = Instant::now();
        let output = Command::new(plumbline)
            .args(command)
            .current_dir(directory.path())
            .env_clear()
            .envs(["HOME", "TMPDIR"].map(|name| (name, directory.path())))
            .envs([("AWS_ENDPOINT_URL", endpoint), ("AWS_REGION", "us-east-1")])
            .envs([
                ("AWS_ACCESS_KEY_ID", "000000000000"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
            ])
            .output()
            .expect("plumbline");
        let wall = began.elapsed();
        let code = output.status.code().unwrap_or(-1);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(allowed.contains(&code), "{command:?}: {code}\n{said}");
        (code, wall)
    });
    let report = directory.path().join("report.html");
    let size = std::fs::metadata(&report).map_or(0, |it| it.len());
    assert!(size > 1000, "a report of {size} bytes");
    ran.to_vec()
}
