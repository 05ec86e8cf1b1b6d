//! What a start of each function costs: process start to the first request for work, to the first answered event, peak
//! memory and the size of the package.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use domain::current::Current;
use plumbline_tests::emulator::Emulator;
use serde_json::{Value, json};

/// Starts of each function.
const RUNS: usize = 20;

/// The functions, each with an event of the folder `events`.
const FUNCTIONS: [(&str, &str); 8] = [
    ("clock", "clock.minute.json"),
    ("cluster-drift", "cluster-drift.look.json"),
    ("config-change", "config-change.non-compliant.json"),
    ("drift-scan", "drift-scan.all.json"),
    ("image-push", "image-push.push.json"),
    ("notify", "notify.finding-opened.json"),
    ("publish", "publish.outbox.json"),
    ("stack-drift", "stack-drift.look.json"),
];

const CONFIG: &str = "apiVersion: plumbline/v1
environment: bench
targets:
  - name: everything
    cloudformation: {regions: [us-east-1], stacks: ['*']}
";

/// How long a function may take before the bench gives up on it.
const PATIENCE: Duration = Duration::from_secs(30);

/// One start.
#[derive(Debug, Clone, Copy)]
struct Start {
    next: Duration,
    event: Duration,
    /// Peak resident memory, in KiB, after the first event.
    memory: u64,
}

/// Measures every function whose binary is in that directory and prints a table.
pub(crate) fn bench(binaries: &Path, events: &Path) {
    let home = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(home.path().join("bench.yaml"), CONFIG).expect("a configuration");
    let binaries = binaries.canonicalize().expect("the binaries");
    let emulator = Emulator::start();
    let aws = emulator.aws();
    aws.json("dynamodb", "DynamoDB_20120810.CreateTable", &table())
        .good();
    aws.json("dynamodb", "DynamoDB_20120810.PutItem", &configuration())
        .good();
    println!("| function | start to next ms | start to first answer ms | peak MiB | zip MB |");
    println!("|---|---|---|---|---|");
    for (function, event) in FUNCTIONS {
        let binary = binaries.join(function);
        let text =
            std::fs::read_to_string(events.join(event)).unwrap_or_else(|e| panic!("{event}: {e}"));
        let starts: Vec<Start> = (0..RUNS)
            .map(|_| start(&binary, &text, (&emulator.endpoint(), home.path())))
            .collect();
        println!("{}", row(function, &starts, zipped(&binary)));
    }
    println!("\nminimum / median / maximum of {RUNS} starts each");
}

fn start(binary: &Path, event: &str, (endpoint, home): (&str, &Path)) -> Start {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let api = listener.local_addr().expect("its address").to_string();
    let began = Instant::now();
    let mut process = run(binary, &api, (endpoint, home));
    let (start, answer) = first_event(&listener, event, (began, &process));
    process.kill().expect("it runs");
    process.wait().expect("it ended");
    assert!(
        answer.contains("/response"),
        "{}: {answer}",
        binary.display()
    );
    start
}

/// Serves a function until it has answered its first event; also the first line of that answer.
fn first_event(
    listener: &TcpListener,
    event: &str,
    (began, process): (Instant, &Child),
) -> (Start, String) {
    let mut next = Duration::ZERO;
    loop {
        let (mut stream, _) = listener.accept().expect("a request");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        while let Some(line) = request(&mut stream) {
            let since = began.elapsed();
            if line.starts_with("GET ") {
                next = since;
                work(&mut stream, event);
                continue;
            }
            let start = Start {
                next,
                event: since,
                memory: peak(process),
            };
            return (start, line);
        }
    }
}

fn run(binary: &Path, api: &str, (endpoint, home): (&str, &Path)) -> Child {
    let queue = format!("{endpoint}/000000000000/none");
    Command::new(binary)
        .current_dir(home)
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", api),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ])
        .envs([
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ])
        .envs([
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        ])
        .envs([("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL", endpoint)])
        .envs([
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ])
        .envs([
            ("PLUMBLINE_TABLE", "plumbline"),
            ("PLUMBLINE_CONFIG", "bench.yaml"),
        ])
        .envs([
            (
                "PLUMBLINE_TOPIC_ARN",
                "arn:aws:sns:us-east-1:000000000000:none",
            ),
            ("PLUMBLINE_HMAC_KEY", "env:KEY"),
        ])
        .env("KEY", "a key of the bench that hashes nothing real")
        .envs(
            ["STACK_DRIFT", "NOTIFY", "CONFIG_CHANGE", "IMAGE_PUSH"]
                .map(|it| (format!("PLUMBLINE_QUEUE_{it}"), queue.clone())),
        )
        .env("PLUMBLINE_DEAD_LETTER_QUEUE", &queue)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|e| panic!("{}: {e}", binary.display()))
}

/// Reads one request with its body; its first line, or `None` where the connection ended.
fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0_u8; 8192];
    loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length: usize = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok())
            .unwrap_or(0);
        let chunked = head
            .to_ascii_lowercase()
            .contains("transfer-encoding: chunked");
        let body = &bytes[end + 4..];
        let is_whole = if chunked {
            body.ends_with(b"0\r\n\r\n")
        } else {
            body.len() >= length
        };
        if is_whole {
            return head.lines().next().map(str::to_owned);
        }
    }
}

/// Answers a request for work with the event.
fn work(stream: &mut TcpStream, event: &str) {
    let deadline = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |it| it.as_millis())
        + 60_000;
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:bench\r\n\
         Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r\n\r\n{event}",
        event.len()
    );
    stream
        .write_all(answer.as_bytes())
        .expect("the function takes the event");
}

/// The peak resident memory of a running process, in KiB.
fn peak(process: &Child) -> u64 {
    std::fs::read_to_string(format!("/proc/{}/status", process.id()))
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().split(' ').next()?.parse().ok())
        .unwrap_or(0)
}

/// The size of the package with this binary as its bootstrap, in bytes.
fn zipped(binary: &Path) -> u64 {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let package = directory.path().join("package.zip");
    let bootstrap = directory.path().join("bootstrap");
    std::fs::copy(binary, &bootstrap).expect("the binary");
    let made = Command::new(plumbline_tests::emulator::python())
        .args(["-m", "zipfile", "-c"])
        .args([&package, &bootstrap])
        .status()
        .expect("Python zips");
    assert!(made.success());
    std::fs::metadata(&package).expect("the package").len()
}

/// The configuration in force, as the ledger keeps it.
fn configuration() -> Value {
    let current = Current {
        location: "bench.yaml".to_owned(),
        text: CONFIG.to_owned(),
        hash: "bench".to_owned(),
        environment: "bench".to_owned(),
        tag: "1".to_owned(),
        since: jiff::Timestamp::UNIX_EPOCH,
    };
    let body = serde_json::to_string(&current).expect("JSON");
    json!({"TableName": "plumbline", "Item": {"PK": {"S": "CONFIG"}, "SK": {"S": "CURRENT"},
        "version": {"N": "1"}, "body": {"S": body}}})
}

fn table() -> Value {
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    let text = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    json!({"TableName": "plumbline", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [key("PK", "HASH"), key("SK", "RANGE")],
        "AttributeDefinitions": [text("PK"), text("SK"), text("GSI1PK"), text("GSI1SK")],
        "GlobalSecondaryIndexes": [{"IndexName": "GSI1", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [key("GSI1PK", "HASH"), key("GSI1SK", "RANGE")]}]})
}

fn row(function: &str, starts: &[Start], zip: u64) -> String {
    let spread = |of: &dyn Fn(&Start) -> f64| {
        let mut values: Vec<f64> = starts.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let last = values.len() - 1;
        format!(
            "{:.1} / {:.1} / {:.1}",
            values[0],
            values[last / 2],
            values[last]
        )
    };
    let millis = |it: Duration| it.as_secs_f64() * 1000.0;
    #[expect(
        clippy::cast_precision_loss,
        reason = "sizes far below what a double holds exactly"
    )]
    let (memory, zip) = (
        spread(&|it| it.memory as f64 / 1024.0),
        zip as f64 / 1_000_000.0,
    );
    format!(
        "| {function} | {} | {} | {memory} | {zip:.2} |",
        spread(&|it| millis(it.next)),
        spread(&|it| millis(it.event))
    )
}
