use std::{
    collections::HashMap,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use plumbline_tests::{
    aws::{Aws, RowDifference},
    emulator,
};

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// `tests/emulator` with its state in a directory of the test, stopped at the end whatever happens.
struct Example {
    state: PathBuf,
    _directory: tempfile::TempDir,
}

impl Example {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            state: directory.path().join("state"),
            _directory: directory,
        }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let venv = emulator::python();
        Command::new(workspace().join("tests/emulator"))
            .args(arguments)
            .current_dir("/")
            .env("PLUMBLINE_EMULATOR_STATE", &self.state)
            .env("PLUMBLINE_TEST_VENV", venv.ancestors().nth(2).unwrap())
            .output()
            .unwrap()
    }

    fn start(&self) -> HashMap<String, String> {
        let output = self.run(&[]);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{out}{err}");
        assert!(err.contains("tests/emulator stop"), "{err}");
        let exports = out.trim().strip_prefix("export ").unwrap();
        let pair = |pair: &str| {
            pair.split_once('=')
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        };
        exports.split(' ').filter_map(pair).collect()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        self.run(&["stop"]);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_example_account_has_four_stacks_and_exactly_the_promised_drift() {
    let example = Example::new();
    let variables = example.start();
    assert_eq!(variables["AWS_ACCESS_KEY_ID"], "test");
    assert_eq!(variables["AWS_SECRET_ACCESS_KEY"], "test");
    assert!(Path::new(&variables["PLUMBLINE_CONFIG"]).is_file());

    let aws = Aws::new(&variables["AWS_ENDPOINT_URL"]).region(&variables["AWS_REGION"]);
    let bent = |stack: &str| -> Vec<(String, Vec<RowDifference>)> {
        let rows = aws.drift(stack).into_iter();
        let bent = rows.filter(|row| row.status != "IN_SYNC" && row.status != "NOT_CHECKED");
        bent.map(|row| (row.logical_id, row.differences)).collect()
    };
    assert!(bent("kong-gateway").is_empty() && bent("network-base").is_empty());
    let paths = |stack: &str| -> Vec<(String, Vec<String>)> {
        let paths = |rows: Vec<RowDifference>| rows.into_iter().map(|row| row.path).collect();
        bent(stack)
            .into_iter()
            .map(|(id, rows)| (id, paths(rows)))
            .collect()
    };
    let queue = ["/Tags/1", "/VisibilityTimeout"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(paths("order-service"), [("Orders".to_owned(), queue)]);
    assert_eq!(
        paths("product-service"),
        [("PageSize".to_owned(), vec!["/Value".to_owned()])]
    );

    assert_eq!(
        example.start(),
        variables,
        "started again, it shows the way to the same one"
    );

    assert!(example.run(&["stop"]).status.success());
    let address = variables["AWS_ENDPOINT_URL"]
        .trim_start_matches("http://")
        .to_owned();
    assert!(TcpStream::connect(address).is_err(), "it still listens");
    let again = example.run(&["stop"]);
    assert!(again.status.success() && text(&again.stderr).contains("none is running"));
}

#[test]
fn a_failed_start_makes_the_eval_fail_too() {
    let example = Example::new();
    let output = example.run(&["begin"]);
    assert_eq!(
        (output.status.code(), text(&output.stdout).trim()),
        (Some(2), "false")
    );

    std::fs::write(&example.state, "a file where the directory should be").unwrap();
    let output = example.run(&[]);
    assert!(!output.status.success());
    assert_eq!(
        text(&output.stdout).trim(),
        "false",
        "{}",
        text(&output.stderr)
    );
}
