//! The text of a file, or a clear word why there is none.

use std::io::ErrorKind;
use std::path::Path;

use super::problem::{ConfigErrors, Problem};
use super::tree::LARGEST_FILE;

/// Reads a file as text.
pub(crate) fn text(path: &Path) -> Result<String, ConfigErrors> {
    let file = path.display().to_string();
    let fail = |message: String| ConfigErrors::one(Problem::of_file(&file, message));
    if path.is_dir() {
        return Err(fail("is a directory; name the file itself".to_owned()));
    }
    let length = std::fs::metadata(path).map_or(0, |it| it.len());
    if length > LARGEST_FILE as u64 {
        return Err(fail(format!("is larger than {} MiB", LARGEST_FILE >> 20)));
    }
    let bytes = std::fs::read(path).map_err(|error| {
        fail(match error.kind() {
            ErrorKind::NotFound => "is not there".to_owned(),
            ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
            _ => format!("cannot be read: {error}"),
        })
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        fail(format!("is no UTF-8 text (line {line}); save it as UTF-8"))
    })
}
