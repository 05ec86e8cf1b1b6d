//! What a ledger has told, and that it still tells it.

use std::{collections::BTreeMap, process::Command};

use domain::{finding::HistoryEntry, identity::FindingId, ports::Ledger as _};
use local::SqliteLedger;
use plumbline_tests::emulator::python;

use crate::support::{Scan, Workshop, id};

/// What the ledger has told of each finding so far: its history may only grow.
#[derive(Default)]
pub(super) struct Memory(pub(super) BTreeMap<FindingId, Vec<HistoryEntry>>);

impl Memory {
    /// Reads the whole ledger and compares it with what it said before.
    #[track_caller]
    pub(super) fn compare(&mut self, workshop: &Workshop, context: &str) {
        let ledger = SqliteLedger::open(&workshop.path(".plumbline/ledger")).expect(context);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let findings = runtime.block_on(ledger.findings()).expect(context);
        for known in self.0.keys() {
            assert!(
                findings.iter().any(|it| it.id == *known),
                "{known} was lost {context}"
            );
        }
        for finding in findings {
            let history = runtime
                .block_on(ledger.history(&finding.id))
                .expect(context);
            let numbers: Vec<_> = history.iter().map(|entry| entry.seq).collect();
            assert!(
                numbers.iter().copied().eq(1..=finding.entries),
                "a gap {context}: {numbers:?} of {finding:?}"
            );
            let before = self
                .0
                .insert(finding.id.clone(), history.clone())
                .unwrap_or_default();
            assert!(
                history.starts_with(&before),
                "history was rewritten {context}:\n{before:#?}\n{history:#?}"
            );
        }
    }

    /// That every finding which a finished scan printed is here.
    #[track_caller]
    pub(super) fn assert_holds(&self, scan: &Scan, context: &str) {
        for finding in scan.list("findings") {
            let id = id(finding);
            assert!(
                self.0.keys().any(|known| known.as_str() == id),
                "{id} was printed and is lost {context}"
            );
        }
    }
}

/// SQLite's own verdict on the file, by another build of it than the product's.
#[track_caller]
pub(super) fn assert_sound(workshop: &Workshop, context: &str) {
    let program = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchall())";
    let ledger = workshop.path(".plumbline/ledger");
    let output = Command::new(python())
        .args(["-c", program])
        .arg(ledger)
        .output()
        .expect("Python");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "[('ok',)]\n",
        "{context}: {output:?}"
    );
}
