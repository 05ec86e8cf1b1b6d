//! The file: how it is made, and that nothing of its history can be taken back.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::time::Duration;

use domain::life::{Word, said};
use domain::ports::Ledger as _;
use rusqlite::Connection;

use super::{at, block_on, mode, opened, set_mode};
use crate::{OpenError, SqliteLedger};

#[test]
fn a_new_ledger_is_made_with_its_directories_for_its_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b/ledger");
    let ledger = SqliteLedger::open(&path).unwrap();
    block_on(ledger.commit(&opened("A", false))).unwrap();
    assert_eq!(
        (
            mode(&directory.path().join("a")),
            mode(&directory.path().join("a/b"))
        ),
        (0o700, 0o700)
    );
    let names = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|it| it.unwrap().path());
    let modes: Vec<_> = names
        .map(|it| (it.file_name().unwrap().to_owned(), mode(&it)))
        .collect();
    assert_eq!(modes.len(), 3, "the file, -wal and -shm: {modes:?}");
    assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
}

#[test]
fn a_ledger_that_is_there_keeps_its_content_and_its_mode() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    let decision = opened("A", false);
    block_on(SqliteLedger::open(&path).unwrap().commit(&decision)).unwrap();
    set_mode(&path, 0o660);
    let ledger = SqliteLedger::open(&path).unwrap();
    assert_eq!(block_on(ledger.findings()).unwrap(), [decision.finding]);
    assert_eq!(mode(&path), 0o660);
}

#[test]
fn an_empty_file_becomes_a_ledger() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    fs::write(&path, "").unwrap();
    block_on(
        SqliteLedger::open(&path)
            .unwrap()
            .commit(&opened("A", false)),
    )
    .unwrap();
    let findings = block_on(SqliteLedger::open(&path).unwrap().findings()).unwrap();
    assert_eq!(findings.len(), 1);
}

#[test]
fn a_name_that_means_something_to_sqlite_is_only_a_name() {
    let directory = tempfile::tempdir().unwrap();
    for name in [":memory:", "file:x?mode=memory", "a b%20c", "größe"] {
        let path = directory.path().join(name);
        block_on(
            SqliteLedger::open(&path)
                .unwrap()
                .commit(&opened("A", false)),
        )
        .unwrap();
        let findings = block_on(SqliteLedger::open(&path).unwrap().findings()).unwrap();
        assert_eq!(findings.len(), 1, "{name}");
    }
    // A relative one is made absolute before SQLite sees it.
    assert!(
        crate::open::absolute(Path::new(":memory:"))
            .unwrap()
            .is_absolute()
    );
}

#[test]
fn the_file_is_marked_and_every_commit_is_synced_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    let connection = crate::open::open(&path, crate::ledger::PATIENCE).unwrap();
    let pragma = |name: &str| -> String {
        let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    // 2 is FULL.
    let expected = [
        ("application_id", "1349285229"),
        ("user_version", "2"),
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", "1"),
    ];
    for (name, value) in expected {
        assert_eq!(pragma(name), value, "{name}");
    }
    let patience: i64 = connection
        .query_row("PRAGMA busy_timeout", [], |row| row.get(0))
        .unwrap();
    assert_eq!(patience, 10_000);
}

#[test]
fn many_that_make_one_ledger_at_once_all_get_it() {
    for _ in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/ledger");
        let barrier = Barrier::new(8);
        std::thread::scope(|scope| {
            for i in 0..8 {
                let (path, barrier) = (&path, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let ledger = SqliteLedger::open(path).unwrap();
                    block_on(ledger.commit(&opened(&format!("R{i}"), false))).unwrap();
                });
            }
        });
        let findings = block_on(SqliteLedger::open(&path).unwrap().findings()).unwrap();
        assert_eq!(findings.len(), 8);
    }
}

#[test]
fn whoever_comes_while_another_is_about_to_write_a_new_ledger_waits() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = SqliteLedger::open_within(&path, Duration::from_millis(50)).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| SqliteLedger::open(&path).map(drop));
        std::thread::sleep(Duration::from_millis(100));
        holder.execute_batch("ROLLBACK").unwrap();
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn no_statement_takes_anything_back_from_the_history() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    let ledger = SqliteLedger::open(&path).unwrap();
    let first = opened("A", false);
    let second = said(
        &first.finding,
        &Word::Acknowledge { reason: None },
        "ana",
        at(2),
    )
    .unwrap();
    block_on(ledger.commit(&first)).unwrap();
    block_on(ledger.commit(&second)).unwrap();
    let connection = Connection::open(&path).unwrap();
    connection
        .pragma_update(None, "foreign_keys", true)
        .unwrap();
    for sql in [
        "UPDATE history SET body = '{}'",
        "UPDATE history SET seq = 9 WHERE seq = 2",
        "DELETE FROM history",
        "DELETE FROM history WHERE seq = 2",
        "INSERT INTO history SELECT finding, 2, '{}' FROM history WHERE seq = 1",
        "INSERT OR REPLACE INTO history SELECT finding, 2, '{}' FROM history WHERE seq = 1",
        "INSERT INTO history SELECT finding, 4, '{}' FROM history WHERE seq = 1",
        "DELETE FROM finding",
        "INSERT INTO history VALUES ('f-nobody', 1, '{}')",
    ] {
        connection.execute(sql, []).expect_err(sql);
    }
    let history = block_on(ledger.history(&first.finding.id)).unwrap();
    assert_eq!(history, [first.history, second.history].concat());
}
