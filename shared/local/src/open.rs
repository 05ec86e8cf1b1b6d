//! Opening the ledger's file: what is refused, and what the user is told.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::schema;

/// Why a ledger cannot be opened or used. Each names the file and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The path is a directory.
    #[error(
        "the ledger {} is a directory: name a file with --ledger, for example {}",
        path.display(),
        path.join("ledger").display()
    )]
    Directory {
        /// The ledger.
        path: PathBuf,
    },
    /// Its directory cannot be made.
    #[error(
        "cannot make the directory {} of the ledger: {source}: name another place with --ledger",
        path.display()
    )]
    NoDirectory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be read, written or made.
    #[error(
        "cannot open the ledger {}: {source}: make it readable and writable for you, or name another with --ledger",
        path.display()
    )]
    Inaccessible {
        /// The ledger.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file, or its directory, cannot be written.
    #[error(
        "the ledger {} cannot be written: grant write access to it and to its directory, where its -wal and -shm files go, or name another with --ledger",
        path.display()
    )]
    ReadOnly {
        /// The ledger.
        path: PathBuf,
    },
    /// The file is something else.
    #[error(
        "{} is not a Plumbline ledger but {found}; it was left as it is: name another file with --ledger, or move this one away",
        path.display()
    )]
    NotALedger {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: &'static str,
    },
    /// A newer program wrote it.
    #[error(
        "the ledger {} has format {found}, written by a newer plumbline; this one knows formats up to {known}: upgrade plumbline, or name another ledger with --ledger",
        path.display()
    )]
    Newer {
        /// The ledger.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format this program knows.
        known: i64,
    },
    /// Another process has held it for too long.
    #[error(
        "the ledger {} is locked by another process: wait for that one or end it, then try again",
        path.display()
    )]
    Locked {
        /// The ledger.
        path: PathBuf,
    },
    /// There is no room for it.
    #[error("no room left to write the ledger {}: free some space on its disk, then try again", path.display())]
    Full {
        /// The ledger.
        path: PathBuf,
    },
    /// Its content is broken.
    #[error(
        "the ledger {} is damaged ({detail}): restore it from a copy, or move it away with its -wal and -shm files and scan anew (what was acknowledged, silenced and accepted is lost then)",
        path.display()
    )]
    Damaged {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// Anything else.
    #[error("cannot use the ledger {}: {detail}", path.display())]
    Failed {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
}

impl OpenError {
    /// What an error of SQLite means for the user.
    pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotALedger {
                path,
                found: "some other kind of file",
            },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            // SQLite cannot make its -wal and -shm files: the file itself was opened before.
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly { path }
            }
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged {
                path,
                detail: error.to_string(),
            },
            _ => Self::Failed {
                path,
                detail: error.to_string(),
            },
        }
    }
}

/// The path from the root on. SQLite takes some relative names, such as
/// `:memory:`, for something else than a file.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, OpenError> {
    std::path::absolute(path).map_err(|source| OpenError::Inaccessible {
        path: path.to_owned(),
        source,
    })
}

/// Opens the file, made where it is missing, in the present format. `patience`
/// is how long a lock of another process is waited for.
pub(crate) fn open(path: &Path, patience: Duration) -> Result<Connection, OpenError> {
    create(path)?;
    let failed = |error| OpenError::of(path, &error);
    // No URI flag: a file may be named `file:x`.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(patience).map_err(failed)?;
    let current = schema::is_current(&connection, path)?;
    use_wal(&connection, patience).map_err(failed)?;
    prepare(&connection).map_err(failed)?;
    if !current {
        schema::migrate(&mut connection, path)?;
    }
    Ok(connection)
}

/// A ledger that is gone with its connection.
pub(crate) fn open_in_memory(name: &Path) -> Result<Connection, OpenError> {
    let failed = |error| OpenError::of(name, &error);
    let mut connection = Connection::open_in_memory().map_err(failed)?;
    prepare(&connection).map_err(failed)?;
    schema::migrate(&mut connection, name)?;
    Ok(connection)
}

/// Makes the file and its directories, for their owner only; one that is there is left as it is.
fn create(path: &Path) -> Result<(), OpenError> {
    if path.is_dir() {
        return Err(OpenError::Directory {
            path: path.to_owned(),
        });
    }
    if let Some(directory) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(directory)
            .map_err(|source| OpenError::NoDirectory {
                path: directory.to_owned(),
                source,
            })?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    // SQLite gives its -wal and -shm files the mode of the file itself.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|source| match source.kind() {
            io::ErrorKind::ReadOnlyFilesystem => OpenError::ReadOnly {
                path: path.to_owned(),
            },
            _ => OpenError::Inaccessible {
                path: path.to_owned(),
                source,
            },
        })
}

/// Turns the write-ahead log on: readers and a writer do not hold each other
/// up, and what was committed survives the process at any moment.
fn use_wal(connection: &Connection, patience: Duration) -> rusqlite::Result<()> {
    const PAUSE: Duration = Duration::from_millis(5);
    let start = Instant::now();
    loop {
        // SQLite gives up at once where another process is about to write: two that wait for each other could wait for ever.
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && start.elapsed() < patience =>
            {
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    // With a write-ahead log, NORMAL already survives kill -9, but it may lose the last commits when the power fails.
    // FULL syncs the log at each commit. What a person said of a finding cannot be looked up again anywhere, and a
    // sync per finding is nothing beside the API calls that led to it.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)
}
