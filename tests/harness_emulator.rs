use std::{
    fs,
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

use plumbline_tests::{
    aws::RowDifference,
    emulator::{self, Emulator},
};
use serde_json::json;

fn queue(name: &str, timeout: u64) -> serde_json::Value {
    let properties = json!({"QueueName": name, "VisibilityTimeout": timeout, "Tags": [{"Key": "team", "Value": "a"}]});
    json!({"Resources": {"Orders": {"Type": "AWS::SQS::Queue", "Properties": properties}}})
}

#[test]
fn a_bent_stack_is_seen_as_modified_and_a_mended_one_in_sync() {
    let emulator = Emulator::start();
    let aws = emulator.aws().region("eu-west-1");
    aws.create_stack("orders", &queue("orders", 30));
    assert_eq!(aws.drift("orders")[0].status, "IN_SYNC");

    aws.set_queue_attributes(
        "orders",
        json!({"VisibilityTimeout": 77}).as_object().unwrap(),
    );
    aws.tag_queue("orders", &[("owner".to_owned(), "b".to_owned())]);
    let rows = aws.drift("orders");
    let difference = |path: &str, kind: &str, expected: &str, actual: &str| RowDifference {
        path: path.to_owned(),
        kind: kind.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
    };
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].logical_id.as_str(), rows[0].status.as_str()),
        ("Orders", "MODIFIED")
    );
    let added = difference(
        "/Tags/1",
        "ADD",
        "null",
        r#"{"Key": "owner", "Value": "b"}"#,
    );
    assert_eq!(
        rows[0].differences,
        [
            added,
            difference("/VisibilityTimeout", "NOT_EQUAL", "30", "77")
        ]
    );

    aws.set_queue_attributes(
        "orders",
        json!({"VisibilityTimeout": 30}).as_object().unwrap(),
    );
    aws.untag_queue("orders", &["owner".to_owned()]);
    assert_eq!(aws.drift("orders")[0].status, "IN_SYNC");

    aws.delete_queue("orders");
    assert_eq!(aws.drift("orders")[0].status, "DELETED");
}

#[test]
fn a_stack_is_created_updated_and_deleted_in_its_own_region_and_account() {
    let emulator = Emulator::start();
    let aws = emulator.aws().region("eu-west-1").account("222222222222");
    let id = aws.create_stack("orders", &queue("orders", 30));
    assert!(
        id.starts_with("arn:aws:cloudformation:eu-west-1:222222222222:stack/orders/"),
        "{id}"
    );
    for elsewhere in [
        aws.region("eu-west-2"),
        aws.account("333333333333"),
        emulator.aws(),
    ] {
        assert_eq!(
            elsewhere.stack_status("orders"),
            "DELETE_COMPLETE",
            "only known in its own account and region"
        );
    }
    aws.update_stack("orders", &queue("orders", 45));
    assert_eq!(aws.drift("orders")[0].status, "IN_SYNC");
    aws.delete_stack("orders");
    assert_eq!(aws.stack_status("orders"), "DELETE_COMPLETE");
}

#[test]
fn several_emulators_run_at_once_and_share_nothing() {
    let emulators: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3).map(|_| scope.spawn(Emulator::start)).collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    emulators[0]
        .aws()
        .create_stack("only-here", &queue("orders", 30));
    assert_eq!(
        emulators[0].aws().stack_status("only-here"),
        "CREATE_COMPLETE"
    );
    for other in &emulators[1..] {
        assert_eq!(other.aws().stack_status("only-here"), "DELETE_COMPLETE");
        assert_ne!(other.home(), emulators[0].home());
    }
}

#[test]
fn an_emulator_writes_only_below_its_own_directory_and_leaves_nothing_behind() {
    let emulator = Emulator::start();
    let (home, endpoint, pid) = (
        emulator.home().to_owned(),
        emulator.endpoint(),
        emulator.pid(),
    );
    emulator.aws().create_bucket("some-bucket");
    let port = endpoint.rsplit(':').next().unwrap().to_owned();
    assert!(
        home.join(format!("ministack-{port}.pid")).exists(),
        "its pid file follows its temporary directory"
    );
    assert!(
        !Path::new("/tmp")
            .join(format!("ministack-{port}.pid"))
            .exists()
    );
    drop(emulator);
    assert!(!home.exists(), "its directory is gone");
    assert!(
        TcpStream::connect(endpoint.trim_start_matches("http://")).is_err(),
        "nobody listens any more"
    );
    assert!(
        !Path::new("/proc").join(pid.to_string()).exists(),
        "the process is gone and reaped"
    );
}

// Only Linux tells which sockets another process holds without an extra tool.
#[cfg(target_os = "linux")]
#[test]
fn an_emulator_listens_on_one_loopback_port_only() {
    let emulator = Emulator::start();
    let sockets: Vec<_> = fs::read_dir(format!("/proc/{}/fd", emulator.pid()))
        .unwrap()
        .filter_map(|fd| fs::read_link(fd.unwrap().path()).ok())
        .filter_map(|link| {
            Some(
                link.to_str()?
                    .strip_prefix("socket:[")?
                    .strip_suffix(']')?
                    .to_owned(),
            )
        })
        .collect();
    let listening = |table: &str| -> Vec<String> {
        let table = fs::read_to_string(table).unwrap_or_default();
        let rows = table.lines().skip(1).map(|row| {
            row.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        });
        rows.filter(|row| row[3] == "0A" && sockets.contains(&row[9]))
            .map(|row| row[1].clone())
            .collect()
    };
    let port: u16 = emulator
        .endpoint()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(listening("/proc/net/tcp"), [format!("0100007F:{port:04X}")]);
    assert!(listening("/proc/net/tcp6").is_empty());
}

#[test]
fn a_missing_environment_is_an_error_that_names_the_command_that_makes_it() {
    let error =
        Emulator::try_start(Path::new("/nowhere/bin/python"), Duration::from_secs(10)).unwrap_err();
    assert!(
        error.contains("/nowhere/bin/python") && error.contains("tests/run"),
        "{error}"
    );
}

#[test]
fn an_emulator_that_ends_at_its_start_shows_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let python = script(
        directory.path(),
        "echo 'No module named ministack' >&2; exit 3",
    );
    let error = Emulator::try_start(&python, Duration::from_secs(10)).unwrap_err();
    assert!(
        error.contains("No module named ministack") && error.contains("exit status: 3"),
        "{error}"
    );
}

#[test]
fn an_emulator_that_never_answers_ends_the_wait_with_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let python = script(directory.path(), "echo 'still thinking'; exec sleep 60");
    let started = Instant::now();
    let error = Emulator::try_start(&python, Duration::from_millis(300)).unwrap_err();
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "it was waited for instead of ended"
    );
    assert!(
        error.contains("still thinking") && error.contains("300ms"),
        "{error}"
    );
}

#[test]
fn another_server_on_the_port_is_not_taken_for_the_emulator() {
    let directory = tempfile::tempdir().unwrap();
    let other = r#"
import http.server, os
class Other(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"version": "other"}')
http.server.HTTPServer(("127.0.0.1", int(os.environ["GATEWAY_PORT"])), Other).serve_forever()
"#;
    fs::write(directory.path().join("other.py"), other).unwrap();
    let python = emulator::python();
    let body = format!(
        "exec {} {}/other.py",
        python.display(),
        directory.path().display()
    );
    let python = script(directory.path(), &body);
    let error = Emulator::try_start(&python, Duration::from_secs(2)).unwrap_err();
    assert!(
        error.contains("GET /_ministack/health"),
        "it was asked: {error}"
    );
    assert!(error.contains("did not answer"), "{error}");
}

#[test]
fn an_emulator_ends_with_the_test_that_is_killed() {
    // What the operating system does for a killed test: it closes the other end of the emulator's standard input.
    let mut emulator = Emulator::start();
    let endpoint = emulator.endpoint();
    emulator.close_stdin();
    let gone = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        TcpStream::connect(endpoint.trim_start_matches("http://")).is_err()
    });
    assert!(gone, "the emulator outlived its test");
}

#[test]
#[should_panic(expected = "does not exist")]
fn a_refused_call_ends_the_test_with_what_the_service_said() {
    let emulator = Emulator::start();
    let _ = emulator.aws().drift("no-such-stack");
}

fn script(directory: &Path, body: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = directory.join("python");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
