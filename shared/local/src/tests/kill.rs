//! Processes that write until they are killed, alone and two at once: the
//! ledger stays whole, and nothing is lost that a process was told is written.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use domain::finding::Finding;
use domain::judge::Counts;
use domain::life::{Word, said};
use domain::ports::Ledger;
use domain::record::{Scan, commit_with};
use rusqlite::Connection;
use serde_json::json;

use super::{again, at, block_on, opened, unit};
use crate::{SqliteLedger, hash_key};

const VARIABLE: &str = "PLUMBLINE_TEST_WRITER";

/// The part of the process that is killed: writes as fast as it can, and says what was written.
#[test]
fn writer_process() {
    let Some(path) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        return;
    };
    let ledger = SqliteLedger::open(&path).unwrap();
    let key = hash_key(&path).unwrap();
    say(&format!("key {}", key.hash(&json!("anything"))));
    let by = std::process::id().to_string();
    for round in 0_u64.. {
        let first = opened(&format!("R{}", round % 4), true);
        let id = first.finding.id.clone();
        let word = Word::Acknowledge {
            reason: Some("x".repeat(2_000)),
        };
        let decide = |it: Option<&Finding>| {
            Some(it.map_or_else(|| first.clone(), |it| said(it, &word, &by, at(2)).unwrap()))
        };
        if let Ok(written) = block_on(commit_with(&ledger, &id, decide)) {
            say(&format!("wrote {id} {} {by}", written.unwrap().version));
        }
        let generation = block_on(ledger.scan(&unit()))
            .unwrap()
            .map_or(0, |it| it.generation)
            + 1;
        if block_on(ledger.close_look(&scan(generation), &[])).is_ok() {
            say(&format!("look {generation}"));
        }
    }
}

/// One write, so that the line is there as a whole or not at all.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

fn scan(generation: u64) -> Scan {
    Scan {
        unit: unit(),
        generation,
        started_at: at(0),
        finished_at: at(1),
        target: "stacks".to_owned(),
        counts: Counts::default(),
        config: "c0ffee".to_owned(),
    }
}

/// What the processes were told is written to one ledger.
#[derive(Default)]
struct Told {
    versions: Vec<(String, u64, String)>,
    generation: u64,
    key: Option<String>,
}

impl Told {
    fn hear(&mut self, text: &str) {
        for line in text
            .split_inclusive('\n')
            .filter_map(|it| it.strip_suffix('\n'))
        {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["wrote", id, version, by] => {
                    self.versions
                        .push((id.to_owned(), version.parse().unwrap(), by.to_owned()));
                }
                ["look", generation] => {
                    self.generation = self.generation.max(generation.parse().unwrap())
                }
                ["key", mark] => {
                    assert_eq!(*self.key.get_or_insert(mark.to_owned()), mark, "two keys")
                }
                _ => {}
            }
        }
    }
}

/// Whole, and with all that was told.
fn check(path: &Path, told: &Told) {
    let ledger = SqliteLedger::open(path).unwrap();
    let connection = Connection::open(path).unwrap();
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    let orphans: i64 = connection
        .query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(orphans, 0);
    let mut histories = BTreeMap::new();
    for finding in block_on(ledger.findings()).unwrap() {
        // Every write here adds one entry, so state and history came together each time.
        let history = block_on(ledger.history(&finding.id)).unwrap();
        assert!(
            history.iter().map(|it| it.seq).eq(1..=finding.version),
            "{finding:?}"
        );
        assert_eq!(finding.entries, finding.version);
        histories.insert(finding.id.to_string(), history);
    }
    for (id, version, by) in &told.versions {
        let entry = &histories[id][usize::try_from(*version).unwrap() - 1];
        assert!(
            *version == 1 || entry.by.as_deref() == Some(by),
            "version {version} of {id} is somebody else's"
        );
    }
    let generation = block_on(ledger.scan(&unit()))
        .unwrap()
        .map_or(0, |it| it.generation);
    assert!(
        generation >= told.generation,
        "look {} is lost",
        told.generation
    );
}

/// A process that writes; ended whatever becomes of the test.
struct Writer {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    heard: String,
}

impl Writer {
    fn start(path: &Path) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = again(&program, "tests::kill::writer_process", VARIABLE, path)
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            out,
            heard: String::new(),
        }
    }

    /// Waits until it has written something.
    fn wait(&mut self) {
        let start = self.heard.len();
        while !self.heard[start..].contains("wrote ") {
            assert!(
                self.out.read_line(&mut self.heard).unwrap() > 0,
                "ended by itself: {}",
                self.heard
            );
        }
    }

    /// SIGKILL, and what it had been told until then.
    fn kill(mut self) -> String {
        assert!(
            self.child.try_wait().unwrap().is_none(),
            "ended by itself: {}",
            self.heard
        );
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.out.read_to_string(&mut self.heard).unwrap();
        std::mem::take(&mut self.heard)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Kills `writers` processes at so many random moments; every few rounds with a new ledger, so that its making is cut off too.
fn kill_at_random_moments(writers: usize, rounds: usize) {
    let mut told_at_all = 0;
    let mut directory = tempfile::tempdir().unwrap();
    let mut told = Told::default();
    for round in 0..rounds {
        if round % 8 == 0 {
            directory = tempfile::tempdir().unwrap();
            told = Told::default();
        }
        let path = directory.path().join("ledger");
        let mut running: Vec<Writer> = (0..writers).map(|_| Writer::start(&path)).collect();
        // Half of the moments lie in the start, the others in the midst of writing.
        if round % 2 == 1 {
            running.iter_mut().for_each(Writer::wait);
        }
        for writer in running {
            std::thread::sleep(Duration::from_micros(fastrand::u64(0..30_000)));
            told.hear(&writer.kill());
        }
        check(&path, &told);
        told_at_all += usize::from(!told.versions.is_empty());
    }
    assert!(
        told_at_all >= rounds / 2,
        "the processes hardly wrote: {told_at_all}"
    );
}

#[test]
fn killing_a_writer_at_any_moment_loses_nothing() {
    kill_at_random_moments(1, 200);
}

#[test]
fn killing_one_of_two_writers_at_any_moment_loses_nothing() {
    kill_at_random_moments(2, 50);
}
