//! The key of the ledger's hashes, in a file beside it.
//!
//! Whoever reads the ledger alone must not be able to guess a sensitive value,
//! so the key is never in it. But a ledger with another key would show every
//! sensitive value as changed: the ledger therefore remembers the key's
//! fingerprint, and a lost or exchanged key is an error as long as there is a
//! finding that needs it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use domain::conceal::HashKey;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};
use serde_json::json;

use crate::ledger::PATIENCE;
use crate::open::{self, OpenError};

/// The key's length in bytes.
const LENGTH: usize = 32;

/// Why there is no key to be had. Each names the files and what to do; none holds any of the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The ledger itself cannot be used.
    #[error(transparent)]
    Ledger(#[from] OpenError),
    /// The file cannot be read or made.
    #[error("cannot read or make the ledger's key {}: {source}", path.display())]
    Inaccessible {
        /// The key file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file's content is not a key.
    #[error(
        "{} is not a ledger's key (64 hex digits and a line end): put the right file back from a copy. If there is none, delete it; a ledger that holds sensitive values has to be moved away with it, as they can be compared with no other key",
        path.display()
    )]
    Malformed {
        /// The key file.
        path: PathBuf,
    },
    /// Others can read the file. Like a private key of ssh, it is not used then.
    #[error(
        "the ledger's key {} can be read by others (mode {mode:04o}), who could then guess sensitive values: chmod 600 {}",
        path.display(),
        path.display()
    )]
    TooOpen {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is gone, and findings were written with it.
    #[error(
        "the key {} of the ledger {} is missing: put it back from where the ledger came from; with a new key every sensitive value would look changed. If it is lost, move the ledger away and scan anew",
        key.display(),
        ledger.display()
    )]
    Missing {
        /// Where the key file belongs.
        key: PathBuf,
        /// The ledger.
        ledger: PathBuf,
    },
    /// The file holds another key than the one findings were written with.
    #[error(
        "{} is not the key that the ledger {} was written with: put that one back; with this one every sensitive value would look changed. If it is lost, move the ledger away and scan anew",
        key.display(),
        ledger.display()
    )]
    Mismatch {
        /// The key file.
        key: PathBuf,
        /// The ledger.
        ledger: PathBuf,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes for the ledger's key: {0}")]
    Random(getrandom::Error),
}

/// The key of the ledger in that file: read from `FILE.key`, or made where
/// there is none and no finding needs one. The ledger is made where it is
/// missing. Processes that start at once get the same key.
///
/// # Errors
///
/// A [`KeyError`] where the ledger cannot be used, or the key cannot be read,
/// is readable by others, is lost or is not this ledger's.
pub fn hash_key(ledger: &Path) -> Result<HashKey, KeyError> {
    let ledger = open::absolute(ledger)?;
    let mut connection = open::open(&ledger, PATIENCE)?;
    let failed = |error| OpenError::of(&ledger, &error);
    // The ledger's write lock makes one of several processes the one that makes the key.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let remembered = Remembered::of(&transaction).map_err(failed)?;
    let path = beside(&ledger);
    let missing = || KeyError::Missing {
        key: path.clone(),
        ledger: ledger.clone(),
    };
    let key = match read(&path)? {
        Some(key) => key,
        None if remembered.needed => return Err(missing()),
        None => {
            create(&path)?;
            // Not the bytes at hand: a file that somebody put there first is the one that counts.
            read(&path)?.ok_or_else(missing)?
        }
    };
    let fingerprint = fingerprint(&key);
    match remembered.fingerprint {
        Some(known) if known == fingerprint => {}
        Some(_) if remembered.needed => return Err(KeyError::Mismatch { key: path, ledger }),
        _ => {
            transaction
                .execute(
                    "INSERT OR REPLACE INTO meta (name, value) VALUES ('key', ?1)",
                    [fingerprint],
                )
                .map_err(failed)?;
            transaction.commit().map_err(failed)?;
        }
    }
    Ok(key)
}

/// A key for one run, for `--ledger none`.
///
/// # Errors
///
/// [`KeyError::Random`].
pub fn random() -> Result<HashKey, KeyError> {
    Ok(HashKey::new(random_bytes()?))
}

fn random_bytes() -> Result<[u8; LENGTH], KeyError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
    Ok(bytes)
}

/// What the ledger knows of its key.
struct Remembered {
    fingerprint: Option<String>,
    /// Whether a finding holds hashes made with it.
    needed: bool,
}

impl Remembered {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            fingerprint: connection
                .query_row("SELECT value FROM meta WHERE name = 'key'", [], |row| {
                    row.get(0)
                })
                .optional()?,
            needed: connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM finding WHERE hashed = 1)",
                [],
                |row| row.get(0),
            )?,
        })
    }
}

/// Tells one key from another and says nothing about it: a keyed hash of a fixed text.
fn fingerprint(key: &HashKey) -> String {
    key.hash(&json!({ "plumbline": "fingerprint of this key" }))
}

/// `FILE.key`, whatever the ledger's own extension.
fn beside(ledger: &Path) -> PathBuf {
    let mut name = ledger.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

fn read(path: &Path) -> Result<Option<HashKey>, KeyError> {
    let inaccessible = |source| KeyError::Inaccessible {
        path: path.to_owned(),
        source,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(inaccessible(error)),
    };
    #[cfg(unix)]
    refuse_open_modes(path, &file.metadata().map_err(inaccessible)?)?;
    let mut bytes = Vec::new();
    // One byte more than any key, so that a longer file shows.
    let longest = 2 * LENGTH as u64 + 3;
    file.take(longest)
        .read_to_end(&mut bytes)
        .map_err(inaccessible)?;
    parse(&bytes)
        .map(|key| Some(HashKey::new(key)))
        .ok_or_else(|| KeyError::Malformed {
            path: path.to_owned(),
        })
}

#[cfg(unix)]
fn refuse_open_modes(path: &Path, metadata: &std::fs::Metadata) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS: u32 = 0o077;
    const PERMISSIONS: u32 = 0o7777;
    let mode = metadata.permissions().mode() & PERMISSIONS;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    Err(KeyError::TooOpen {
        path: path.to_owned(),
        mode,
    })
}

/// 64 hex digits, then a line end or nothing.
fn parse(text: &[u8]) -> Option<[u8; LENGTH]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let digit = |it: &u8| {
        char::from(*it)
            .to_digit(16)
            .and_then(|it| u8::try_from(it).ok())
    };
    let digits: Vec<u8> = text.iter().map(digit).collect::<Option<_>>()?;
    let pairs: Vec<u8> = digits
        .chunks(2)
        .map(|it| it.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect();
    if digits.len() == 2 * LENGTH {
        pairs.try_into().ok()
    } else {
        None
    }
}

/// Makes the file with a new key, whole or not at all, for its owner only, and
/// never over one that is there.
fn create(path: &Path) -> Result<(), KeyError> {
    let mut text = String::new();
    for byte in random_bytes()? {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    let directory = path.parent().unwrap_or(path);
    write_new(path, directory, text.as_bytes()).map_err(|source| KeyError::Inaccessible {
        path: path.to_owned(),
        source,
    })
}

fn write_new(path: &Path, directory: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".plumbline-key-")
        .tempfile_in(directory)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.error),
    }
    // The name has to last before the ledger remembers the key behind it.
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    Ok(())
}
