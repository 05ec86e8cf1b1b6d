//! The key beside the ledger.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use domain::conceal::HashKey;
use domain::ports::Ledger as _;
use serde_json::json;

use super::{block_on, mode, opened, set_mode};
use crate::hash_key::random;
use crate::{KeyError, SqliteLedger, hash_key};

/// A directory, the ledger in it and the key beside that.
fn place() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let (ledger, key) = (
        directory.path().join("ledger.db"),
        directory.path().join("ledger.db.key"),
    );
    (directory, ledger, key)
}

fn mark(key: &HashKey) -> String {
    key.hash(&json!("anything"))
}

fn put(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    set_mode(path, 0o600);
}

/// From now on the ledger holds a hash.
fn hash_something(ledger: &Path) {
    block_on(
        SqliteLedger::open(ledger)
            .unwrap()
            .commit(&opened("Secret", true)),
    )
    .unwrap();
}

#[test]
fn a_key_is_made_once_for_its_owner_only() {
    let (directory, ledger, path) = place();
    let key = hash_key(&ledger).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!((text.len(), mode(&path)), (65, 0o600));
    assert!(text.ends_with('\n') && text.trim_end().bytes().all(|it| it.is_ascii_hexdigit()));
    assert_eq!(mark(&hash_key(&ledger).unwrap()), mark(&key));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let names = fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(names, 2, "only the ledger and its key");
    let (_other, ledger, _) = place();
    assert_ne!(mark(&hash_key(&ledger).unwrap()), mark(&key));
}

#[test]
fn the_bytes_of_the_key_are_what_its_digits_say() {
    let (_directory, ledger, path) = place();
    let bytes: [u8; 32] = std::array::from_fn(|i| u8::try_from(i * 8 + 1).unwrap());
    let digits: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
    for text in [
        format!("{digits}\n"),
        digits.clone(),
        digits.to_uppercase() + "\r\n",
    ] {
        put(&path, &text);
        assert_eq!(
            mark(&hash_key(&ledger).unwrap()),
            mark(&HashKey::new(bytes))
        );
    }
}

#[test]
fn the_key_is_not_in_the_ledger() {
    let (_directory, ledger, path) = place();
    hash_key(&ledger).unwrap();
    hash_something(&ledger);
    let digits = fs::read_to_string(&path).unwrap().trim_end().to_owned();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..64).step_by(2).map(byte).collect();
    let content = fs::read(&ledger).unwrap();
    for secret in [digits.as_bytes(), &bytes] {
        assert!(!content.windows(secret.len()).any(|it| it == secret));
    }
}

#[test]
fn all_that_start_at_once_have_one_key() {
    for _ in 0..20 {
        let (directory, ledger, _) = place();
        let barrier = Barrier::new(8);
        let marks: Vec<String> = std::thread::scope(|scope| {
            let start = || {
                barrier.wait();
                mark(&hash_key(&ledger).unwrap())
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert!(marks.iter().all(|it| *it == marks[0]));
        assert_eq!(mark(&hash_key(&ledger).unwrap()), marks[0]);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}

#[test]
fn what_is_not_a_key_is_refused_and_not_shown() {
    let (_directory, ledger, path) = place();
    let digits = "ab".repeat(32);
    let texts = [
        String::new(),
        "\n".to_owned(),
        digits[1..].to_owned(),
        format!("{digits}a"),
        format!("{digits}ab\n"),
        format!("{digits}\n\n"),
        format!("{digits}\nx"),
        format!(" {digits}"),
        format!("{}g", &digits[1..]),
        "ü".repeat(32),
        digits.repeat(1_000),
    ];
    for text in texts {
        put(&path, &text);
        let error = hash_key(&ledger).unwrap_err();
        assert!(
            matches!(error, KeyError::Malformed { .. }),
            "{text:?}: {error}"
        );
        assert_eq!(
            error.to_string(),
            format!(
                "{} is not a ledger's key (64 hex digits and a line end): put the right file back from a copy. If there is none, delete it; a ledger that holds sensitive values has to be moved away with it, as they can be compared with no other key",
                path.display()
            )
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_key_that_others_can_read_is_refused_until_its_mode_is_mended() {
    let (_directory, ledger, path) = place();
    let key = hash_key(&ledger).unwrap();
    for wide in [0o640, 0o604, 0o644, 0o620, 0o601, 0o666] {
        set_mode(&path, wide);
        assert_eq!(
            hash_key(&ledger).unwrap_err().to_string(),
            format!(
                "the ledger's key {0} can be read by others (mode 0{wide:o}), who could then guess sensitive values: chmod 600 {0}",
                path.display()
            )
        );
    }
    for narrow in [0o600, 0o400, 0o700] {
        set_mode(&path, narrow);
        assert_eq!(mark(&hash_key(&ledger).unwrap()), mark(&key));
    }
}

#[test]
fn a_lost_key_is_not_replaced_while_a_finding_needs_it() {
    let (directory, ledger, path) = place();
    let key = hash_key(&ledger).unwrap();
    hash_something(&ledger);
    let aside = directory.path().join("aside");
    fs::rename(&path, &aside).unwrap();
    for _ in 0..2 {
        assert_eq!(
            hash_key(&ledger).unwrap_err().to_string(),
            format!(
                "the key {} of the ledger {} is missing: put it back from where the ledger came from; with a new key every sensitive value would look changed. If it is lost, move the ledger away and scan anew",
                path.display(),
                ledger.display()
            )
        );
        assert!(!path.exists());
    }
    fs::rename(&aside, &path).unwrap();
    assert_eq!(mark(&hash_key(&ledger).unwrap()), mark(&key));
}

#[test]
fn another_key_is_refused_while_a_finding_needs_the_old_one() {
    let (_directory, ledger, path) = place();
    hash_key(&ledger).unwrap();
    hash_something(&ledger);
    put(&path, &format!("{}\n", "ab".repeat(32)));
    for _ in 0..2 {
        assert_eq!(
            hash_key(&ledger).unwrap_err().to_string(),
            format!(
                "{} is not the key that the ledger {} was written with: put that one back; with this one every sensitive value would look changed. If it is lost, move the ledger away and scan anew",
                path.display(),
                ledger.display()
            )
        );
    }
}

#[test]
fn a_key_that_no_finding_needs_may_be_lost() {
    let (_directory, ledger, path) = place();
    let old = hash_key(&ledger).unwrap();
    block_on(
        SqliteLedger::open(&ledger)
            .unwrap()
            .commit(&opened("Plain", false)),
    )
    .unwrap();
    fs::remove_file(&path).unwrap();
    let new = hash_key(&ledger).unwrap();
    assert_ne!(mark(&new), mark(&old));
    // From here on it is the new one that counts.
    hash_something(&ledger);
    assert_eq!(mark(&hash_key(&ledger).unwrap()), mark(&new));
}

#[test]
fn a_key_that_cannot_be_read_is_named() {
    let (_directory, ledger, path) = place();
    fs::create_dir(&path).unwrap();
    set_mode(&path, 0o700);
    let error = hash_key(&ledger).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!(
            "cannot read or make the ledger's key {}: ",
            path.display()
        )),
        "{error}"
    );
}

#[test]
fn a_key_for_one_run_is_never_the_same() {
    assert_ne!(mark(&random().unwrap()), mark(&random().unwrap()));
}
