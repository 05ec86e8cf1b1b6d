//! The files of a directory.

use std::fs::{self, File as Opened, Metadata};
use std::io::{Error, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use domain::ports::{PortError, PortErrorKind};

use super::name;
use crate::files::{self, File};
use crate::limits::{LARGEST_FILE, LARGEST_SOURCE, MOST_FILES};

const OP: &str = "manifests:Read";

/// The most entries of directories that are looked at.
const MOST_ENTRIES: usize = 1_000_000;

/// A path without links, which must be there. `root` is only for what is said.
pub(super) fn real(root: &Path, path: &Path) -> Result<PathBuf, PortError> {
    fs::canonicalize(path).map_err(|error| {
        let kind = match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => PortErrorKind::NotFound,
            ErrorKind::PermissionDenied => PortErrorKind::Denied,
            _ => PortErrorKind::Unavailable,
        };
        let detail = format!(
            "{} in {}: {}",
            name(root, path),
            root.display(),
            why(&error)
        );
        PortError::new(kind, OP, detail)
    })
}

/// The files to read at or below a path: a file that is named itself whatever
/// its name. Links to files are followed while they stay in `bounds`, links to
/// directories are not, so nothing goes round in circles.
pub(super) fn files(root: &Path, path: &Path, bounds: &Path) -> Result<Vec<File>, PortError> {
    let real_path = real(root, path)?;
    let mut found = Vec::new();
    let mut walk = Walk {
        root,
        bounds,
        bytes: 0,
        files: &mut found,
    };
    if !real_path.is_dir() {
        walk.file(path);
        return Ok(found);
    }
    let mut entries = 0;
    let mut directories = vec![path.to_path_buf()];
    while let Some(directory) = directories.pop() {
        let listed = match fs::read_dir(&directory) {
            Ok(listed) => listed,
            Err(error) => {
                walk.problem(&directory, format!("cannot be listed: {}", why(&error)));
                continue;
            }
        };
        for entry in listed {
            entries += 1;
            if entries > MOST_ENTRIES {
                let detail = format!(
                    "{} holds more than {MOST_ENTRIES} files and directories; name a smaller one",
                    name(root, path)
                );
                return Err(PortError::new(PortErrorKind::TooLarge, OP, detail));
            }
            let path = match &entry {
                Ok(entry) => entry.path(),
                Err(error) => {
                    walk.problem(&directory, format!("cannot be listed: {}", why(error)));
                    break;
                }
            };
            let is_directory = entry.is_ok_and(|it| it.file_type().is_ok_and(|it| it.is_dir()));
            let last = path.file_name().unwrap_or_default().to_string_lossy();
            if is_directory {
                // Git's own files are nobody's manifests.
                if last != ".git" {
                    directories.push(path);
                }
            } else if files::is_wanted(&last) {
                walk.file(&path);
            }
        }
    }
    Ok(found)
}

struct Walk<'a> {
    root: &'a Path,
    bounds: &'a Path,
    bytes: usize,
    files: &'a mut Vec<File>,
}

impl Walk<'_> {
    fn problem(&mut self, path: &Path, problem: String) {
        self.files.push(File {
            name: name(self.root, path),
            content: Err(problem),
        });
    }

    fn file(&mut self, path: &Path) {
        // What is beyond a limit is told once the files are in order; no more is held until then.
        if self.files.len() > MOST_FILES || self.bytes > LARGEST_SOURCE {
            return self.problem(path, "is not read: the source is too large".to_owned());
        }
        let content = self.content(path);
        self.bytes += content.as_ref().map_or(0, Vec::len);
        self.files.push(File {
            name: name(self.root, path),
            content,
        });
    }

    fn content(&self, path: &Path) -> Result<Vec<u8>, String> {
        let cannot = |error: Error| format!("cannot be read: {}", why(&error));
        let real = fs::canonicalize(path).map_err(cannot)?;
        if !real.starts_with(self.bounds) {
            return Err(
                "is a symbolic link that leaves the repository, which is not followed".to_owned(),
            );
        }
        let meta = fs::metadata(&real).map_err(cannot)?;
        if let Some(problem) = unfit(&meta) {
            return Err(problem);
        }
        let mut bytes = Vec::new();
        // It may grow while it is read.
        let most = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX) + 1;
        Opened::open(&real)
            .and_then(|it| it.take(most).read_to_end(&mut bytes))
            .map_err(cannot)?;
        Ok(bytes)
    }
}

fn unfit(meta: &Metadata) -> Option<String> {
    if meta.is_dir() {
        return Some("is a symbolic link to a directory, which is not followed".to_owned());
    }
    // Opening a pipe would wait for who writes to it.
    if !meta.is_file() {
        return Some("is no regular file".to_owned());
    }
    let largest = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX);
    (meta.len() > largest).then(files::too_large)
}

/// An error without its number.
fn why(error: &Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "is not there".to_owned(),
        ErrorKind::PermissionDenied => "no permission".to_owned(),
        _ => {
            let text = error.to_string();
            let end = text.find(" (os error").unwrap_or(text.len());
            text[..end].to_owned()
        }
    }
}
