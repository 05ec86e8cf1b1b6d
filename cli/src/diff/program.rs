//! Another program that shows the differences, as `kubectl diff` runs it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::text::Pair;
use super::yaml::Yaml;
use crate::failure::Failure;

/// The variable that names it.
pub(super) const VARIABLE: &str = "KUBECTL_EXTERNAL_DIFF";

/// Runs the program over two directories with a file an object on each side,
/// secrets hidden. Gives whether it saw differences.
///
/// # Errors
/// Where it cannot be run, or ends with something else than 0 and 1.
pub(super) fn run(words: &str, pairs: &[Pair]) -> Result<bool, Failure> {
    let failed = |what: String| Failure::unusable(format!("{VARIABLE}: {what}"));
    let mut words = words.split_whitespace();
    let program = words.next().unwrap_or_default();
    let directory = |prefix: &str| tempfile::TempDir::with_prefix(prefix);
    let sides = directory("LIVE-").and_then(|live| Ok((live, directory("MERGED-")?)));
    let (live, merged) =
        sides.map_err(|error| failed(format!("a temporary directory: {error}")))?;
    for pair in pairs {
        let written = write(live.path(), pair, pair.live.as_ref())
            .and_then(|()| write(merged.path(), pair, pair.merged.as_ref()));
        written.map_err(|error| failed(format!("{}: {error}", pair.file)))?;
    }
    let status = Command::new(program)
        .args(words)
        .args([live.path(), merged.path()])
        .status()
        .map_err(|error| failed(format!("`{program}` cannot be run: {error}")))?;
    match status.code() {
        Some(0) => Ok(false),
        Some(1) => Ok(true),
        _ => Err(failed(format!("`{program}` failed: {status}"))),
    }
}

/// An object that one side has not has no file there.
fn write(directory: &Path, pair: &Pair, side: Option<&Yaml>) -> io::Result<()> {
    match side {
        Some(yaml) => fs::write(directory.join(&pair.file), yaml.text()),
        None => Ok(()),
    }
}
