//! What every scenario needs: a directory to work in, the built command with a clean environment, and what a scan must
//! have said of a world.

use std::{
    collections::BTreeSet,
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use plumbline_tests::world::{Change, Difference, DifferenceKind, Drift};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The account that the emulator gives to everybody.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The region of the tests that do not care.
pub(crate) const REGION: &str = "us-east-1";

/// How long one command may take before it counts as hanging.
const LIMIT: Duration = Duration::from_secs(100);

/// The file names that a test writes itself; everything else in its directory was written by the command.
const CONFIG: &str = "plumbline.yaml";

/// A directory with a configuration and a ledger, and the way to AWS that commands started in it have.
#[derive(Debug)]
pub(crate) struct Workshop {
    directory: TempDir,
    environment: Vec<(String, String)>,
}

impl Workshop {
    /// An empty one, whose commands find AWS at this address.
    #[must_use]
    pub(crate) fn new(endpoint: &str) -> Self {
        let environment = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        Self {
            directory: TempDir::with_prefix("plumbline-scenario-").expect("a temporary directory"),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
        }
    }

    /// The same with one more variable, or another value of one.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with one variable less.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.environment.retain(|(other, _)| other != name);
        self
    }

    /// A path in the directory.
    #[must_use]
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes the configuration as it is.
    pub(crate) fn configure(&self, yaml: &str) {
        fs::write(self.path(CONFIG), yaml).expect("the configuration can be written");
    }

    /// Writes a configuration of one target, `stacks`, over these regions and globs.
    pub(crate) fn watch(&self, regions: &[&str], globs: &[&str]) {
        self.configure(&config(&json!({"regions": regions, "stacks": globs})));
    }

    /// The built command, in this directory, with nothing of the developer's environment.
    #[must_use]
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            // No profile, no cached login, no file of another run.
            .envs(["HOME", "TMPDIR"].map(|name| (name, self.directory.path())))
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the command to its end.
    ///
    /// # Panics
    /// When it hangs, is ended by a signal, or itself panicked.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let ran = finish(
            self.command(arguments)
                .spawn()
                .expect("the command can be started"),
        );
        assert!(
            !ran.stderr.contains("panicked at"),
            "plumbline {arguments:?} panicked: {ran:?}"
        );
        ran
    }

    /// Runs `scan -o json`.
    ///
    /// # Panics
    /// As [`run`](Self::run), and when it prints no report.
    #[track_caller]
    pub(crate) fn scan(&self, arguments: &[&str]) -> Scan {
        let ran = self.run(&[&["scan", "-o", "json"], arguments].concat());
        let report: Value = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|e| panic!("no report ({e}): {ran:?}"));
        assert_eq!(
            (&report["apiVersion"], &report["kind"]),
            (&json!("plumbline/v1"), &json!("ScanReport"))
        );
        let scan = Scan {
            code: ran.code,
            report,
            ran,
        };
        scan.assert_sums();
        scan
    }

    /// The ledger's findings: `findings list -o json`, with closed ones when `all`.
    #[must_use]
    #[track_caller]
    pub(crate) fn findings(&self, all: bool) -> Vec<Value> {
        let arguments: &[&str] = if all { &["--all"] } else { &[] };
        let ran = self.run(&[&["findings", "list", "-o", "json"], arguments].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let list: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("no list ({e}): {ran:?}"));
        entries(&list, "findings").to_vec()
    }

    /// Every byte that commands have written in this directory: the ledger, its log, its key.
    #[must_use]
    pub(crate) fn written(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        read_all(self.directory.path(), &mut bytes);
        bytes
    }
}

/// A command that came to its end.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it printed.
    pub(crate) stdout: String,
    /// What it said besides.
    pub(crate) stderr: String,
    /// How long it took.
    pub(crate) took: Duration,
}

/// A scan that came to its end.
#[derive(Debug)]
pub(crate) struct Scan {
    /// Its exit code.
    pub(crate) code: i32,
    /// The report.
    pub(crate) report: Value,
    /// The command.
    pub(crate) ran: Ran,
}

impl Scan {
    /// One of the report's lists: `findings`, `unknown`, `uncovered`, `ignored`, `pending`.
    #[must_use]
    #[track_caller]
    pub(crate) fn list(&self, name: &str) -> &[Value] {
        entries(&self.report, name)
    }

    /// One of the summary's figures.
    #[must_use]
    #[track_caller]
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.report["summary"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("no {name} in {}", self.report["summary"]))
    }

    /// The unknown entries as `(stack, resource's name, reason)`, sorted; `-` for a null resource.
    #[must_use]
    pub(crate) fn unknown(&self) -> Vec<(String, String, String)> {
        let mut unknown: Vec<_> = self.list("unknown").iter().map(place).collect();
        unknown.sort();
        unknown
    }

    /// That the findings are exactly this drift, values and all, whatever else is unknown.
    #[track_caller]
    pub(crate) fn assert_drift(&self, expected: &[Drift]) {
        assert_same(self.list("findings"), expected);
        assert_eq!(
            self.count("drifted"),
            expected.len() as u64,
            "{}",
            self.report["summary"]
        );
    }

    /// That exactly these are unknown, as `(stack, resource's name, reason)`.
    #[track_caller]
    pub(crate) fn assert_unknown(&self, expected: &[(&str, &str, &str)]) {
        let mut expected: Vec<_> = expected.to_vec();
        expected.sort_unstable();
        let unknown = self.unknown();
        let unknown: Vec<_> = unknown
            .iter()
            .map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()))
            .collect();
        assert_eq!(unknown, expected, "{:#}", self.report["unknown"]);
    }

    /// That the figures add up, and agree with the lists.
    #[track_caller]
    fn assert_sums(&self) {
        let parts = [
            "inSync",
            "drifted",
            "ignored",
            "pending",
            "unknown",
            "uncovered",
        ];
        let sum: u64 = parts.iter().map(|part| self.count(part)).sum();
        let summary = &self.report["summary"];
        assert_eq!(self.count("resources"), sum, "{summary}");
        // An object that drifted in two layers has two findings, and counts once.
        let places = self.list("findings").iter().map(|it| &it["resource"]);
        let places: BTreeSet<String> = places.map(Value::to_string).collect();
        assert_eq!(self.count("drifted"), places.len() as u64, "{summary}");
        assert_eq!(
            self.count("uncovered"),
            self.list("uncovered").len() as u64,
            "{summary}"
        );
        // What matched nothing is no resource, and what drifted and was read only in part counts as drifted.
        let drifted = |resource: &Value| {
            let mut findings = self.list("findings").iter();
            findings.any(|it| it["resource"] == *resource)
        };
        let counted = self
            .list("unknown")
            .iter()
            .filter(|entry| !entry["resource"].is_null() && !drifted(&entry["resource"]))
            .count();
        assert_eq!(self.count("unknown"), counted as u64, "{summary}");
    }
}

/// A configuration with one target of stacks, `stacks`.
#[must_use]
pub(crate) fn config(cloudformation: &Value) -> String {
    // JSON is YAML.
    json!({"apiVersion": "plumbline/v1", "environment": "test",
        "targets": [{"name": "stacks", "cloudformation": cloudformation}]})
    .to_string()
}

/// That these findings of a report or the ledger are exactly this drift.
#[track_caller]
pub(crate) fn assert_same(findings: &[Value], expected: &[Drift]) {
    let mut found: Vec<_> = findings
        .iter()
        .map(|finding| (address(finding), told(finding)))
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let mut wanted: Vec<_> = expected
        .iter()
        .map(|drift| {
            (
                (drift.stack.clone(), drift.logical_id.clone()),
                wanted(drift),
            )
        })
        .collect();
    wanted.sort_by(|a, b| a.0.cmp(&b.0));
    let addresses = |list: &[((String, String), Value)]| {
        list.iter().map(|(at, _)| at.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        addresses(&found),
        addresses(&wanted),
        "the drifted resources"
    );
    for ((at, found), (_, wanted)) in found.iter().zip(&wanted) {
        assert_eq!(
            found, wanted,
            "the drift of {at:?}, found and bent:\n{found:#}\n{wanted:#}"
        );
    }
}

/// Whether the contract calls a difference of the worlds sensitive: of all that they bend only a function's environment is.
#[must_use]
pub(crate) fn is_sensitive(path: &str) -> bool {
    path.starts_with("/Environment/Variables")
}

/// Where a finding is: stack and logical id.
#[must_use]
pub(crate) fn address(finding: &Value) -> (String, String) {
    let resource = &finding["resource"];
    (text(&resource["stack"]), text(&resource["name"]))
}

/// A finding's id.
#[must_use]
#[track_caller]
pub(crate) fn id(finding: &Value) -> String {
    let id = text(&finding["id"]);
    assert!(id.starts_with("f-") && id.len() == 18, "{finding}");
    id
}

/// A JSON string's text; empty for everything else.
#[must_use]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn place(entry: &Value) -> (String, String, String) {
    if entry["resource"].is_null() {
        return ("-".to_owned(), "-".to_owned(), text(&entry["reason"]));
    }
    let (stack, name) = address(entry);
    (stack, name, text(&entry["reason"]))
}

/// What a finding says of the drift, with every hash cut down to its form.
fn told(finding: &Value) -> Value {
    let difference = |it: &Value| {
        let mut told =
            json!({"path": it["path"], "kind": it["kind"], "sensitive": it["sensitive"]});
        for side in ["expected", "actual"] {
            if let Some(value) = it.get(side) {
                told[side] = match value["hmac"].as_str() {
                    Some(hash) => json!({"hmac": hash.split_inclusive(':').next()}),
                    None => value.clone(),
                };
            }
        }
        told
    };
    let resource = &finding["resource"];
    json!({"type": resource["type"], "change": finding["change"], "account": resource["account"],
        "differences": entries(finding, "differences").iter().map(difference).collect::<Vec<_>>()})
}

fn wanted(drift: &Drift) -> Value {
    let change = match drift.change {
        Change::Modified => "modified",
        Change::Deleted => "deleted",
    };
    json!({"type": drift.resource_type, "change": change, "account": ACCOUNT,
        "differences": drift.differences.iter().map(wanted_difference).collect::<Vec<_>>()})
}

fn wanted_difference(it: &Difference) -> Value {
    let kind = match it.kind {
        DifferenceKind::Changed => "changed",
        DifferenceKind::Added => "added",
        DifferenceKind::Removed => "removed",
    };
    let sensitive = is_sensitive(&it.path);
    let mut wanted = json!({"path": it.path, "kind": kind, "sensitive": sensitive});
    for (side, value) in [("expected", &it.expected), ("actual", &it.actual)] {
        if let Some(value) = value {
            wanted[side] = if sensitive {
                json!({"hmac": "v1:"})
            } else {
                value.clone()
            };
        }
    }
    wanted
}

#[track_caller]
fn entries<'v>(value: &'v Value, list: &str) -> &'v [Value] {
    value[list]
        .as_array()
        .unwrap_or_else(|| panic!("no list {list} in {value}"))
}

fn read_all(directory: &Path, bytes: &mut Vec<u8>) {
    for entry in fs::read_dir(directory).expect("the directory") {
        let path = entry.expect("its entry").path();
        if path.is_dir() {
            read_all(&path, bytes);
        } else if path.file_name().is_none_or(|name| name != CONFIG) {
            bytes.extend(fs::read(&path).expect("a file that the command wrote"));
        }
    }
}

/// Waits for a command, and ends it when it hangs.
#[track_caller]
fn finish(mut child: Child) -> Ran {
    let started = Instant::now();
    let stdout = reader(child.stdout.take());
    let stderr = reader(child.stderr.take());
    let status = loop {
        if let Some(status) = child.try_wait().expect("the state of the command") {
            break status;
        }
        if started.elapsed() > LIMIT {
            // It is the test's own child, and the test is lost.
            let _ = child.kill();
            panic!("the command did not end within {LIMIT:?}");
        }
        thread::sleep(Duration::from_millis(5));
    };
    let took = started.elapsed();
    let join =
        |reader: thread::JoinHandle<String>| reader.join().expect("what the command printed");
    Ran {
        code: status
            .code()
            .unwrap_or_else(|| panic!("the command was ended by a signal: {status}")),
        stdout: join(stdout),
        stderr: join(stderr),
        took,
    }
}

fn reader(from: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            from.read_to_end(&mut bytes)
                .expect("what the command printed");
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
