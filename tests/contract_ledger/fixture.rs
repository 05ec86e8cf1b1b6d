//! Findings and looks to write, and ways to read them back.

use std::sync::{Arc, Barrier};

use domain::difference::{Change, Difference, DifferenceKind};
use domain::finding::{Finding, HistoryEntry};
use domain::identity::{FindingId, Identity};
use domain::judge::{Counts, Sighting};
use domain::life::{self, Decision, Moment, Telling, Word};
use domain::ports::{Guard, Item, Key, Ledger, PortError, PortErrorKind, Write};
use domain::record::Scan;
use domain::resource::Resource;
use domain::severity::{Cause, Severity};
use domain::unit::Unit;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// A handle onto a ledger.
pub(super) type Handle = Arc<dyn domain::ports::Store>;

/// Opens one more handle onto the same ledger.
pub(super) type Store = Arc<dyn Fn() -> Handle + Send + Sync>;

thread_local! {
    // One for each thread: connections that a handle keeps open live on the runtime that opened them.
    static RUNTIME: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
}

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// Runs `writers` threads, each with a handle of its own, at the same moment.
pub(super) fn at_once<T: Send + 'static>(
    store: &Store,
    writers: u64,
    work: fn(Handle, u64) -> T,
) -> Vec<T> {
    let barrier = Arc::new(Barrier::new(usize::try_from(writers).unwrap()));
    let threads: Vec<_> = (0..writers)
        .map(|writer| {
            let (store, barrier) = (Arc::clone(store), Arc::clone(&barrier));
            std::thread::spawn(move || {
                let ledger = store();
                barrier.wait();
                work(ledger, writer)
            })
        })
        .collect();
    threads.into_iter().map(|it| it.join().unwrap()).collect()
}

pub(super) fn at(second: i64) -> Timestamp {
    // With nanoseconds: a ledger that cuts times changes which look is the newer one.
    Timestamp::new(1_790_000_000 + second, 123_456_789).unwrap()
}

pub(super) fn moment(second: i64) -> Moment<'static> {
    Moment {
        now: at(second),
        look_started_at: at(second),
        config: "c0ffee",
        environment: "",
        telling: Telling::Nobody,
    }
}

pub(super) fn difference(path: &str, expected: Option<Value>, actual: Option<Value>) -> Difference {
    Difference {
        entry: None,
        path: path.to_owned(),
        kind: DifferenceKind::Changed,
        expected,
        actual,
        sensitive: false,
        potential: false,
        severity: Severity::Medium,
        cause: Cause::PropertyChange,
        attribution: None,
    }
}

pub(super) fn sighting(stack: &str, name: &str) -> Sighting {
    Sighting {
        is_partial: false,
        identity: Identity::stack_resource("111122223333", "eu-west-1", stack, name),
        unit: Unit::stack("111122223333", "eu-west-1", stack),
        target: "stacks".to_owned(),
        resource: Resource {
            kind: "AWS::SQS::Queue".to_owned(),
            name: name.to_owned(),
            ..Resource::default()
        },
        change: Change::Modified,
        severity: Severity::Medium,
        cause: Cause::PropertyChange,
        rule: "default: anything else".to_owned(),
        differences: vec![difference("/Delay", Some(json!(0)), Some(json!(5)))],
        attribution: None,
    }
}

pub(super) fn opened(stack: &str, name: &str) -> Decision {
    life::opened(&sighting(stack, name), moment(0))
}

/// The next version of a finding, with one more history entry.
pub(super) fn noted(finding: &Finding, by: &str) -> Decision {
    let word = Word::Acknowledge {
        reason: Some("déjà vu".to_owned()),
    };
    life::said(finding, &word, by, at(1)).unwrap()
}

pub(super) fn scan(unit: &Unit, generation: u64) -> Scan {
    Scan {
        unit: unit.clone(),
        generation,
        started_at: at(0),
        finished_at: at(3),
        target: "stacks".to_owned(),
        counts: Counts {
            in_sync: 1,
            drifted: 2,
            ignored: 3,
            pending: 4,
            unknown: 5,
            uncovered: 6,
        },
        config: "c0ffee".to_owned(),
    }
}

/// Writes a finding and asserts that each way of reading gives it back as it was.
pub(super) async fn comes_back(ledger: &dyn Ledger, decision: &Decision) {
    ledger.commit(decision).await.unwrap();
    let finding = &decision.finding;
    assert_eq!(
        ledger.finding(&finding.id).await.unwrap().as_ref(),
        Some(finding)
    );
    assert!(ledger.findings().await.unwrap().contains(finding));
    assert!(
        ledger
            .unit_findings(&finding.unit)
            .await
            .unwrap()
            .contains(finding)
    );
}

pub(super) async fn with_differences(store: Store, differences: Vec<Difference>) {
    let mut seen = sighting("shop", "Queue");
    seen.differences = differences;
    comes_back(&*store(), &life::opened(&seen, moment(0))).await;
}

/// All that the ledger knows of one finding.
pub(super) async fn known(
    ledger: &dyn Ledger,
    id: &FindingId,
) -> (Option<Finding>, Vec<HistoryEntry>) {
    (
        ledger.finding(id).await.unwrap(),
        ledger.history(id).await.unwrap(),
    )
}

/// The key of an item that no part of Plumbline uses.
pub(super) fn key(sk: &str) -> Key {
    Key::new("TEST#1", sk)
}

/// An item with some content, in its first version.
pub(super) fn item(sk: &str, body: Value) -> Item {
    Item::first(key(sk), &body).unwrap()
}

pub(super) fn put(sk: &str, body: Value) -> Write {
    Write::Put(item(sk, body), Guard::None)
}

/// Asserts that a call was refused so.
#[track_caller]
pub(super) fn refused<T: std::fmt::Debug>(result: Result<T, PortError>, kind: PortErrorKind) {
    assert_eq!(result.unwrap_err().kind, kind);
}
