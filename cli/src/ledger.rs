//! The ledger that a command works on, and its key.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::sync::Arc;

use domain::conceal::HashKey;
use domain::finding::Finding;
use domain::identity::FindingId;
use domain::ports::Ledger as _;
use local::SqliteLedger;

use crate::failure::Failure;
use crate::screen;

/// The word that stands for no ledger at all.
const NONE: &str = "none";

/// Opens the ledger for a scan, making it if need be. `none` is one in memory,
/// under a random key that dies with the run.
pub(crate) fn for_scan(path: &Path) -> Result<(Arc<SqliteLedger>, HashKey), Failure> {
    if path == Path::new(NONE) {
        let ledger = SqliteLedger::in_memory().map_err(Failure::unusable)?;
        let key = local::hash_key::random().map_err(Failure::unusable)?;
        return Ok((Arc::new(ledger), key));
    }
    let ledger = SqliteLedger::open(path).map_err(Failure::unusable)?;
    keep_out_of_git(path);
    let key = local::hash_key(path).map_err(Failure::unusable)?;
    Ok((Arc::new(ledger), key))
}

/// Keeps the directory `.plumbline`, and with it the ledger's key, out of Git.
/// Where that cannot be written, the ledger could not be either.
fn keep_out_of_git(path: &Path) {
    let Some(directory) = path.parent().filter(|it| it.ends_with(".plumbline")) else {
        return;
    };
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(directory.join(".gitignore"))
        .and_then(|mut file| file.write_all(b"*\n"));
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => screen::tell(
            "warning",
            &format!(
                "{} could not be kept out of Git: {error}",
                directory.display()
            ),
        ),
        _ => {}
    }
}

/// Opens the ledger for a command that only makes sense on one that exists.
pub(crate) fn existing(path: &Path) -> Result<SqliteLedger, Failure> {
    if path == Path::new(NONE) {
        return Err(Failure::unusable(
            "--ledger none keeps no findings: name the ledger of an earlier scan",
        ));
    }
    if !path.exists() {
        return Err(Failure::unusable(format!(
            "there is no ledger at {}: run plumbline scan first, or name another with --ledger",
            path.display()
        )));
    }
    SqliteLedger::open(path).map_err(Failure::unusable)
}

/// The finding whose id begins with `text`.
pub(crate) async fn find(ledger: &SqliteLedger, text: &str) -> Result<Finding, Failure> {
    let prefix = FindingId::prefix(text).ok_or_else(|| {
        Failure::unusable(format!(
            "{text:?} is no finding's id: they look like f-7k3qz2m90abcdef1, and the beginning of one is enough"
        ))
    })?;
    let ids = ledger.ids(&prefix, 6).await.map_err(Failure::unusable)?;
    match &ids[..] {
        [] => Err(Failure::not_done(format!(
            "no finding's id begins with {prefix}: plumbline findings list --all shows them"
        ))),
        [id] => ledger
            .finding(id)
            .await
            .map_err(Failure::unusable)?
            .ok_or_else(|| Failure::not_done(format!("finding {id} is gone"))),
        several => {
            let several: Vec<&str> = several.iter().map(FindingId::as_str).collect();
            Err(Failure::not_done(format!(
                "{prefix} is the beginning of several ids, {}: give more of it",
                several.join(", ")
            )))
        }
    }
}
