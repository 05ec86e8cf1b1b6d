//! What goes where: data on standard output, everything else on standard error, and nothing that a script cannot take.

use std::{fs, process::Command, process::Stdio};

use plumbline_tests::{aws::Aws, emulator::Emulator, emulator::python};
use serde_json::{Value, json};

use super::{account, done, judged_by_python, set_timeout, stacks, targets};
use crate::support::{Workshop, id, text};

const FORMATS: [&str; 7] = ["table", "wide", "json", "yaml", "sarif", "markdown", "name"];

/// An account with one drift, and a configuration that gives a notice as well.
fn bent() -> (Emulator, Aws, Workshop) {
    let (emulator, aws, workshop) = account(&["Orders", "Bills"]);
    workshop.configure(&targets(&[(
        "stacks",
        stacks(&["orders", "no-such-stack"]),
    )]));
    set_timeout(&aws, "Orders", 5);
    (emulator, aws, workshop)
}

#[test]
fn every_format_of_a_scan_is_data_only_and_the_machine_readable_ones_parse() {
    let (_emulator, _aws, workshop) = bent();
    let finding = id(&workshop.scan(&[]).list("findings")[0]);
    for format in FORMATS {
        let ran = workshop.run(&["scan", "-o", format]);
        assert_eq!(ran.code, 1, "{format}: {ran:?}");
        assert_eq!(
            ran.stderr, "note: target stacks: no stack is named no-such-stack\n",
            "{format}"
        );
        let shown = if matches!(format, "table" | "markdown") {
            &finding[..8]
        } else {
            &finding
        };
        assert!(
            ran.stdout.contains(shown),
            "{format} does not name the finding: {}",
            ran.stdout
        );
        assert!(
            ran.stdout.ends_with('\n') && !ran.stdout.contains('\u{1b}'),
            "{format}: {ran:?}"
        );
        match format {
            "json" | "sarif" => {
                let parsed: Value = serde_json::from_str(&ran.stdout).expect("JSON");
                let version = if format == "sarif" {
                    &parsed["version"]
                } else {
                    &parsed["apiVersion"]
                };
                assert_eq!(
                    version,
                    if format == "sarif" {
                        "2.1.0"
                    } else {
                        "plumbline/v1"
                    }
                );
            }
            "yaml" => {
                let program = "import json, sys, yaml; json.dump(yaml.load(sys.stdin, yaml.BaseLoader), sys.stdout)";
                let parsed: Value =
                    serde_json::from_str(&judged_by_python(program, &ran.stdout)).expect("JSON");
                assert_eq!(id(&parsed["findings"][0]), finding);
                assert_eq!(parsed["findings"][0]["differences"][0]["actual"], "5");
            }
            "name" => assert_eq!(ran.stdout, format!("{finding}\n")),
            _ => {}
        }
    }
}

#[test]
fn every_format_of_the_findings_is_data_only() {
    let (_emulator, _aws, workshop) = bent();
    let finding = id(&workshop.scan(&[]).list("findings")[0]);
    for format in ["table", "wide", "json", "yaml", "name"] {
        for command in [&["findings", "list"][..], &["findings", "show", &finding]] {
            let ran = done(&workshop, &[command, &["-o", format]].concat());
            assert_eq!(ran.stderr, "", "{command:?} -o {format}");
            assert!(
                ran.stdout.contains(&finding[..8]) && ran.stdout.ends_with('\n'),
                "{ran:?}"
            );
            assert!(!ran.stdout.contains('\u{1b}'), "{ran:?}");
            if format == "json" {
                let parsed: Value = serde_json::from_str(&ran.stdout).expect("JSON");
                let kind = if command[1] == "list" {
                    "FindingList"
                } else {
                    "Finding"
                };
                assert_eq!(
                    (text(&parsed["apiVersion"]), text(&parsed["kind"])),
                    ("plumbline/v1".into(), kind.into())
                );
            }
        }
    }
    assert_eq!(
        done(&workshop, &["findings", "list", "-o", "name"]).stdout,
        format!("{finding}\n")
    );
    assert_eq!(
        done(&workshop, &["findings"]).stdout,
        done(&workshop, &["findings", "list"]).stdout
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (_emulator, _aws, workshop) = bent();
    let first = workshop.run(&["scan"]);
    for format in FORMATS {
        let mut process = workshop
            .command(&["scan", "-o", format])
            .spawn()
            .expect("the command starts");
        drop(process.stdout.take());
        let output = process.wait_with_output().expect("its end");
        assert_eq!(output.status.code(), Some(first.code), "{format}");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            first.stderr,
            "{format}"
        );
    }
    let mut process = workshop
        .command(&["completions", "bash"])
        .spawn()
        .expect("the command starts");
    drop(process.stdout.take());
    assert_eq!(process.wait().expect("its end").code(), Some(0));
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let (_emulator, _aws, workshop) = bent();
    let on_terminal = |workshop: &Workshop| {
        // Only standard output is the terminal: what progress does on standard error is another matter.
        let program =
            "import os, pty, sys\nsys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
        let plain = workshop.command(&[]);
        let shell = format!("{} scan 2>/dev/null", plain.get_program().display());
        let mut command = Command::new(python());
        command
            .args(["-c", program, "sh", "-c", &shell])
            .env_clear()
            .stdin(Stdio::null());
        command.envs(
            plain
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        let directory = plain.get_current_dir().expect("a directory");
        let output = command
            .current_dir(directory)
            .output()
            .expect("a shell on a terminal");
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(shown.contains("/VisibilityTimeout"), "{output:?}");
        shown
    };
    let workshop = workshop.with("TERM", "xterm-256color");
    assert!(
        on_terminal(&workshop).contains('\u{1b}'),
        "a terminal has colours"
    );
    let workshop = workshop.with("NO_COLOR", "1");
    assert!(
        !on_terminal(&workshop).contains('\u{1b}'),
        "NO_COLOR turns them off"
    );
    let workshop = workshop.without("NO_COLOR").with("TERM", "dumb");
    assert!(
        !on_terminal(&workshop).contains('\u{1b}'),
        "a dumb terminal has none"
    );
}

#[test]
fn without_a_ledger_nothing_is_left_behind() {
    let (_emulator, _aws, workshop) = bent();
    let scan = workshop.scan(&["--ledger", "none"]);
    assert_eq!((scan.code, scan.list("findings").len()), (1, 1));
    let left: Vec<_> = fs::read_dir(workshop.path("."))
        .expect("the directory")
        .collect();
    assert_eq!(left.len(), 1, "only the configuration: {left:?}");
    for command in [
        &["findings"][..],
        &["explain", "f-0"],
        &["report", "--html", "-"],
    ] {
        let ran = workshop.run(&[command, &["--ledger", "none"]].concat());
        assert_eq!(ran.code, 2, "{command:?}");
        assert!(
            ran.stderr.contains("--ledger none keeps no findings"),
            "{ran:?}"
        );
    }
}

#[test]
fn the_page_of_the_last_scan_shows_what_was_said_since() {
    let (_emulator, _aws, workshop) = bent();
    let finding = id(&workshop.scan(&[]).list("findings")[0]);
    let page = |name: &str| {
        let ran = done(&workshop, &["report", "--html", name]);
        assert_eq!(ran.stdout, "", "the page goes to the file");
        fs::read_to_string(workshop.path(name)).expect("the page")
    };
    let before = page("before.html");
    assert!(
        before.contains(&finding) && before.contains("/VisibilityTimeout"),
        "{before}"
    );
    assert!(
        before
            .trim_start()
            .to_lowercase()
            .starts_with("<!doctype html>"),
        "{before}"
    );
    done(&workshop, &["findings", "ack", &finding]);
    let after = page("after.html");
    let shows = |page: &str, status: &str| page.contains(&format!("data-status=\"{status}\""));
    assert!(
        shows(&before, "open") && !shows(&before, "acknowledged"),
        "{before}"
    );
    assert!(
        shows(&after, "acknowledged") && !shows(&after, "open"),
        "{after}"
    );
    assert_eq!(done(&workshop, &["report", "--html", "-"]).stdout, after);
    let ran = workshop.run(&["report", "--html", "no/such/directory/page.html"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("cannot write no/such/directory/page.html"),
        "{ran:?}"
    );
}

#[test]
fn completions_are_scripts_of_their_shells() {
    let workshop = Workshop::new("http://127.0.0.1:9");
    for (shell, sign) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef plumbline"),
        ("fish", "complete -c plumbline"),
    ] {
        let ran = done(&workshop, &["completions", shell]);
        assert!(
            ran.stdout.contains(sign) && ran.stdout.contains("findings"),
            "{shell}: {}",
            ran.stdout
        );
        assert_eq!(ran.stderr, "");
    }
    let script = done(&workshop, &["completions", "bash"]).stdout;
    let checked = Command::new("bash")
        .args(["-n", "-c", &script])
        .status()
        .expect("bash");
    assert!(checked.success());
    assert_eq!(workshop.run(&["completions", "clay-tablet"]).code, 2);
}

#[test]
fn help_and_version_need_nothing() {
    let workshop = Workshop::new("http://127.0.0.1:9");
    let version = done(&workshop, &["--version"]);
    assert!(version.stdout.starts_with("plumbline "), "{version:?}");
    for command in [
        &["--help"][..],
        &["scan", "--help"],
        &["findings", "accept", "--help"],
    ] {
        let ran = done(&workshop, command);
        assert!(
            ran.stdout.contains("Usage: plumbline") && ran.stderr.is_empty(),
            "{ran:?}"
        );
    }
    let ran = workshop.run(&["scna"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("scan"),
        "a mistyped command is told the nearest: {ran:?}"
    );
    assert_eq!(json!(ran.stdout), "");
}
