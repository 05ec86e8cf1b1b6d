//! The ledger and its key.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use super::{Case, Ground};
use crate::support::{Ran, Workshop};

const LEDGER: &str = ".plumbline/ledger";
const KEY: &str = ".plumbline/ledger.key";

/// Where SQLite keeps the version of a database's content, by its file format.
const USER_VERSION: std::ops::Range<usize> = 60..64;

/// The user that has no rights anywhere.
const NOBODY: u32 = 65_534;

pub(super) const CASES: &[Case] = &[
    Case {
        input: "a ledger that may not be read",
        code: 2,
        stderr: &[
            "cannot open the ledger /",
            "/.plumbline/ledger: Permission denied",
            "make it readable and writable for you",
        ],
        stdout: &[],
        run: |ground| {
            let workshop = scanned(ground);
            set_mode(&workshop.path(".plumbline"), 0o755);
            set_mode(&workshop.path(LEDGER), 0o000);
            without_rights(&workshop, &["scan"])
        },
    },
    Case {
        input: "a ledger that is a link in a circle",
        code: 2,
        stderr: &["cannot open the ledger /", "/.plumbline/ledger: "],
        stdout: &[],
        run: |ground| {
            let workshop = scanned(ground);
            fs::remove_file(workshop.path(LEDGER)).expect("it is there");
            symlink("ledger", workshop.path(LEDGER)).expect("a link");
            workshop.run(&["scan"])
        },
    },
    Case {
        input: "a directory that may not be written",
        code: 2,
        stderr: &[
            "/.plumbline/ledger cannot be written: grant write access to it and to its directory",
        ],
        stdout: &[],
        run: |ground| {
            let workshop = scanned(ground);
            set_mode(&workshop.path(LEDGER), 0o666);
            set_mode(&workshop.path(".plumbline"), 0o555);
            let ran = without_rights(&workshop, &["scan"]);
            set_mode(&workshop.path(".plumbline"), 0o755);
            ran
        },
    },
    Case {
        input: "a directory that may not be made",
        code: 2,
        stderr: &[
            "/closed/ledgers of the ledger: Permission denied",
            "name another place with --ledger",
        ],
        stdout: &[],
        run: |ground| {
            let workshop = ground.workshop();
            fs::create_dir(workshop.path("closed")).expect("a directory");
            set_mode(&workshop.path("closed"), 0o555);
            without_rights(&workshop, &["scan", "--ledger", "closed/ledgers/ledger"])
        },
    },
    Case {
        input: "the ledger is a directory",
        code: 2,
        stderr: &[
            "/.plumbline is a directory: name a file with --ledger, for example /",
            "/.plumbline/ledger\n",
        ],
        stdout: &[],
        run: |ground| scanned(ground).run(&["scan", "--ledger", ".plumbline"]),
    },
    Case {
        input: "random bytes for a ledger",
        code: 2,
        stderr: &[
            "is not a Plumbline ledger but some other kind of file; it was left as it is: name another",
        ],
        stdout: &[],
        run: |ground| {
            let workshop = ground.workshop();
            let mut bytes = vec![0; 20_000];
            fastrand::Rng::with_seed(7).fill(&mut bytes);
            fs::write(workshop.path("ledger"), &bytes).expect("a file");
            let ran = workshop.run(&["scan", "--ledger", "ledger"]);
            assert!(
                fs::read(workshop.path("ledger")).expect("the file") == bytes,
                "it was not left as it was"
            );
            ran
        },
    },
    Case {
        input: "a ledger that lost its second half",
        code: 2,
        stderr: &[
            "/.plumbline/ledger is damaged (",
            "restore it from a copy, or move it away",
        ],
        stdout: &[],
        run: |ground| {
            let workshop = scanned(ground);
            let bytes = fs::read(workshop.path(LEDGER)).expect("a ledger");
            fs::write(workshop.path(LEDGER), &bytes[..bytes.len() / 2]).expect("it can be written");
            workshop.run(&["scan"])
        },
    },
    Case {
        input: "a ledger of a newer version",
        code: 2,
        stderr: &[
            "has format 99, written by a newer plumbline; this one knows formats up to ",
            "upgrade plumbline",
        ],
        stdout: &[],
        run: |ground| {
            let workshop = scanned(ground);
            let mut bytes = fs::read(workshop.path(LEDGER)).expect("a ledger");
            bytes[USER_VERSION].copy_from_slice(&99_u32.to_be_bytes());
            fs::write(workshop.path(LEDGER), bytes).expect("it can be written");
            workshop.run(&["scan"])
        },
    },
    Case {
        input: "`findings` without a ledger",
        code: 2,
        stderr: &[
            "there is no ledger at .plumbline/ledger: run plumbline scan first, or name another with --ledger",
        ],
        stdout: &[],
        run: |ground| ground.workshop().run(&["findings"]),
    },
    Case {
        input: "`findings --ledger none`",
        code: 2,
        stderr: &["--ledger none keeps no findings: name the ledger of an earlier scan"],
        stdout: &[],
        run: |ground| ground.workshop().run(&["findings", "--ledger", "none"]),
    },
    Case {
        input: "the key is missing",
        code: 2,
        stderr: &[
            "ledger.key of the ledger ",
            " is missing: put it back from where the ledger came from",
        ],
        stdout: &[],
        run: |ground| {
            let workshop = with_secret(ground);
            fs::remove_file(workshop.path(KEY)).expect("it is there");
            let ran = workshop.run(&["scan"]);
            assert!(
                !workshop.path(KEY).exists(),
                "no new key hides the loss: {ran:?}"
            );
            ran
        },
    },
    Case {
        input: "the key is garbage",
        code: 2,
        stderr: &["ledger.key is not a ledger's key (64 hex digits and a line end)"],
        stdout: &[],
        run: |ground| with_key(ground, "not a key\n"),
    },
    Case {
        input: "the key of another ledger",
        code: 2,
        stderr: &[
            "ledger.key is not the key that the ledger ",
            "every sensitive value would look changed",
        ],
        stdout: &[],
        run: |ground| with_key(ground, &format!("{}\n", "5a".repeat(32))),
    },
    Case {
        input: "a key that others can read",
        code: 2,
        stderr: &["can be read by others (mode 0644)", "chmod 600"],
        stdout: &[],
        run: |ground| {
            let workshop = with_secret(ground);
            set_mode(&workshop.path(KEY), 0o644);
            workshop.run(&["scan"])
        },
    },
];

/// A workshop after a scan.
fn scanned(ground: &Ground) -> Workshop {
    let workshop = ground.workshop();
    workshop.scan(&[]);
    workshop
}

/// A workshop whose ledger holds a keyed hash.
fn with_secret(ground: &Ground) -> Workshop {
    let aws = ground.emulator.aws();
    // Forty random characters are hidden whatever their name.
    let hidden = "kJ8/vQ2xTz+7Lw0bNc5RmYh3DsGf9PaEuWi1XoVq";
    aws.put_parameter("/shop/notice", hidden, "on the door");
    let workshop = scanned(ground);
    aws.put_parameter("/shop/notice", "open", "on the door");
    workshop
}

fn with_key(ground: &Ground, key: &str) -> Ran {
    let workshop = with_secret(ground);
    fs::write(workshop.path(KEY), key).expect("it can be written");
    workshop.run(&["scan"])
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode can be set");
}

/// Runs the command as somebody whom file modes stop, which they do not stop root.
#[track_caller]
fn without_rights(workshop: &Workshop, arguments: &[&str]) -> Ran {
    let directory = workshop.path(".");
    if fs::metadata(&directory).expect("the directory").uid() != 0 {
        return workshop.run(arguments);
    }
    let command = workshop.command(arguments);
    // The built command may lie where nobody else can go.
    set_mode(&directory, 0o755);
    let copy = workshop.path("plumbline");
    fs::copy(command.get_program(), &copy).expect("a copy of the command");
    let mut as_nobody = Command::new(copy);
    as_nobody
        .args(arguments)
        .current_dir(&directory)
        .stdin(Stdio::null())
        .uid(NOBODY)
        .gid(NOBODY)
        .env_clear();
    as_nobody.envs(
        command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let started = Instant::now();
    let output = as_nobody.output().expect("the command can be started");
    Ran {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        took: started.elapsed(),
    }
}
