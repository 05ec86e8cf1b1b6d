//! The ledger of this machine, and its key.

use std::path::{Path, PathBuf};

use local::SqliteLedger;

use super::{Check, PATIENCE};
use crate::ledger::NONE;

/// Whether the ledger can be read, written and locked, and its key used.
pub(super) async fn look(path: &Path) -> Vec<Check> {
    if path == Path::new(NONE) {
        return vec![Check::ok("ledger", "none: a scan remembers nothing")];
    }
    let path = path.to_owned();
    // A locked file is waited for, which must not stop the time.
    let looking = tokio::task::spawn_blocking(move || files(&path));
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(Ok(checks)) => checks,
        Ok(Err(_)) | Err(_) => vec![Check::fail(
            "ledger",
            format!("it could not be locked within {} s", PATIENCE.as_secs()),
            "another plumbline holds it: wait for its end, or name another file with --ledger",
        )],
    }
}

fn files(path: &Path) -> Vec<Check> {
    let what = format!("ledger {}", path.display());
    if !path.exists() {
        return vec![not_there(what, path)];
    }
    let mut checks = Vec::new();
    match SqliteLedger::open(path) {
        Ok(_) => checks.push(Check::ok(what, "can be read and written")),
        Err(error) => {
            let fix = "mend its directory's or its own rights, or name another file with --ledger";
            return vec![Check::fail(what, error, fix)];
        }
    }
    // Its key is taken under the ledger's write lock, and checked as a scan does.
    let key = PathBuf::from(format!("{}.key", path.display()));
    let what = format!("key {}", key.display());
    checks.push(match local::hash_key(path) {
        Ok(_) => Check::ok(what, "belongs to the ledger, and only you can read it"),
        Err(error) => Check::fail(what, error, "see there; it must not be in Git"),
    });
    checks
}

/// A ledger is made by the first scan, where its directory can be written.
fn not_there(what: String, path: &Path) -> Check {
    let directory = path
        .ancestors()
        .skip(1)
        .map(|it| {
            if it.as_os_str().is_empty() {
                Path::new(".")
            } else {
                it
            }
        })
        .find(|it| it.exists());
    let made = directory.map(tempfile::tempfile_in);
    match made {
        Some(Ok(_)) => Check::ok(what, "is not there yet; the first scan makes it"),
        Some(Err(error)) => Check::fail(
            what,
            format!("cannot be made: {error}"),
            "mend the directory's rights, or name another file with --ledger",
        ),
        None => Check::fail(
            what,
            "has no directory that exists",
            "name another file with --ledger",
        ),
    }
}
