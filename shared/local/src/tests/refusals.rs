//! What is refused, and what the user is told: which file, and what to do.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::time::Duration;

use domain::ports::{Ledger as _, PortErrorKind};
use rusqlite::Connection;

use super::{again, block_on, opened, set_mode};
use crate::{OpenError, SqliteLedger};

const SHORT: Duration = Duration::from_millis(50);

fn refused(path: &Path) -> String {
    SqliteLedger::open_within(path, SHORT)
        .unwrap_err()
        .to_string()
}

/// A ledger with one finding.
fn ledger(path: &Path) -> SqliteLedger {
    let ledger = SqliteLedger::open_within(path, SHORT).unwrap();
    block_on(ledger.commit(&opened("A", false))).unwrap();
    ledger
}

#[test]
fn another_file_is_refused_and_left_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    let database = |sql: &str| {
        let _ = fs::remove_file(&path);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        fs::read(&path).unwrap()
    };
    let other = "a SQLite database of another program";
    let cases = [
        (b"hello".to_vec(), "some other kind of file"),
        (vec![b'x'; 100_000], "some other kind of file"),
        (database("CREATE TABLE t (x)"), other),
        (database("PRAGMA user_version = 1"), other),
        (database("PRAGMA application_id = 7"), other),
    ];
    for (content, found) in cases {
        fs::write(&path, &content).unwrap();
        assert_eq!(
            refused(&path),
            format!(
                "{} is not a Plumbline ledger but {found}; it was left as it is: name another file with --ledger, or move this one away",
                path.display()
            )
        );
        assert_eq!(fs::read(&path).unwrap(), content);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_ledger_of_a_newer_version_is_refused_and_left_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    drop(ledger(&path));
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 3)
        .unwrap();
    let before = fs::read(&path).unwrap();
    assert_eq!(
        refused(&path),
        format!(
            "the ledger {} has format 3, written by a newer plumbline; this one knows formats up to 2: upgrade plumbline, or name another ledger with --ledger",
            path.display()
        )
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_directory_is_refused_with_a_name_that_would_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    assert_eq!(
        refused(path),
        format!(
            "the ledger {} is a directory: name a file with --ledger, for example {}",
            path.display(),
            path.join("ledger").display()
        )
    );
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.join("ledger"), file.join("more/ledger")] {
        let error = refused(&path);
        let directory = path.parent().unwrap().display();
        let expected = format!("cannot make the directory {directory} of the ledger: ");
        assert!(error.starts_with(&expected), "{error}");
    }
}

/// Opens the ledger that the variable names and says what came of it: a part played in a process with fewer rights.
#[test]
fn opener_process() {
    if let Some(path) = std::env::var_os("PLUMBLINE_TEST_OPENER") {
        let result = SqliteLedger::open_within(Path::new(&path), SHORT)
            .map(|ledger| block_on(ledger.commit(&opened("B", false))));
        let text = match result {
            Ok(Ok(())) => "fine".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        println!("said: {text}");
    }
}

/// What opening says to a user who is not root, whoever runs the test.
fn said_to_a_user(directory: &Path, path: &Path) -> String {
    let program = directory.join("program");
    if !program.exists() {
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        set_mode(&program, 0o755);
    }
    let mut command = again(
        &program,
        "tests::refusals::opener_process",
        "PLUMBLINE_TEST_OPENER",
        path,
    );
    let closed = directory.join("closed");
    fs::write(&closed, "").unwrap();
    set_mode(&closed, 0o000);
    if fs::File::open(&closed).is_ok() {
        // Modes mean nothing to root.
        const NOBODY: u32 = 65_534;
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let line = output.lines().find_map(|it| it.split_once("said: "));
    line.unwrap_or_else(|| panic!("{output}")).1.to_owned()
}

#[test]
fn a_ledger_that_cannot_be_read_or_written_says_which_and_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    set_mode(directory.path(), 0o755);
    let inside = directory.path().join("inside");
    let path = inside.join("ledger");
    drop(ledger(&path));
    for (file, around) in [(0o000, 0o777), (0o444, 0o777), (0o600, 0o000)] {
        set_mode(&path, file);
        set_mode(&inside, around);
        let said = said_to_a_user(directory.path(), &path);
        set_mode(&inside, 0o755);
        assert_eq!(
            said,
            format!(
                "cannot open the ledger {}: Permission denied (os error 13): make it readable and writable for you, or name another with --ledger",
                path.display()
            )
        );
    }
    // The file may be written, but not the -wal and -shm files beside it.
    set_mode(&path, 0o666);
    set_mode(&inside, 0o555);
    let said = said_to_a_user(directory.path(), &path);
    set_mode(&inside, 0o755);
    assert!(
        said.contains(&format!(
            "the ledger {} cannot be written: grant write access",
            path.display()
        )),
        "{said}"
    );
}

#[test]
fn a_ledger_that_somebody_else_holds_says_so_and_is_not_changed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    let ledger = ledger(&path);
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = block_on(ledger.commit(&opened("B", false))).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert_eq!(
        error.to_string(),
        format!(
            "ledger:commit: the ledger {} is locked by another process: wait for that one or end it, then try again",
            path.display()
        )
    );
    // Reading goes on, also for somebody who comes now.
    let reader = SqliteLedger::open_within(&path, SHORT).unwrap();
    assert_eq!(block_on(reader.findings()).unwrap().len(), 1);
    holder.execute_batch("ROLLBACK").unwrap();
    block_on(ledger.commit(&opened("B", false))).unwrap();
}

#[test]
fn a_ledger_without_room_says_so_and_keeps_what_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    let ledger = ledger(&path);
    let before = block_on(ledger.findings()).unwrap();
    let limit = |pages: u32| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        let connection = ledger.connection.lock().unwrap();
        connection
            .query_row(&sql, [], |row| row.get::<_, i64>(0))
            .unwrap();
    };
    limit(1);
    let mut large = opened("B", false);
    large.finding.rule = "x".repeat(100_000);
    let error = block_on(ledger.commit(&large)).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    let expected = format!(
        "no room left to write the ledger {}: free some space",
        path.display()
    );
    assert!(error.to_string().contains(&expected), "{error}");
    assert_eq!(block_on(ledger.findings()).unwrap(), before);
    assert_eq!(block_on(ledger.history(&large.finding.id)).unwrap(), []);
    limit(100_000);
    block_on(ledger.commit(&large)).unwrap();
}

#[test]
fn a_damaged_ledger_says_so_and_how_to_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    drop(ledger(&path));
    // All but the first page, which holds the schema.
    let mut content = fs::read(&path).unwrap();
    content[4096..].fill(0xAA);
    fs::write(&path, content).unwrap();
    let ledger = SqliteLedger::open_within(&path, SHORT).unwrap();
    let error = block_on(ledger.findings()).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    let text = error.to_string();
    assert!(
        text.contains(&format!("the ledger {} is damaged", path.display())),
        "{text}"
    );
    assert!(
        text.contains("restore it from a copy, or move it away"),
        "{text}"
    );
}

#[test]
fn a_row_that_cannot_be_read_is_named_without_its_values() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    let ledger = ledger(&path);
    let sql =
        r#"UPDATE finding SET body = '{"id": "f-1", "identity": "hunter2", "version": "hunter2"}'"#;
    Connection::open(&path).unwrap().execute(sql, []).unwrap();
    let error = block_on(ledger.findings()).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(
        text.contains("damaged (a finding, column ") && !text.contains("hunter2"),
        "{text}"
    );
}

#[test]
fn every_other_failure_of_sqlite_names_the_ledger() {
    let interrupted = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(9), None);
    let error = OpenError::of(Path::new("/data/ledger"), &interrupted).to_string();
    assert!(
        error.starts_with("cannot use the ledger /data/ledger: "),
        "{error}"
    );
}
