//! A thousand stacks of a sandbox that accepts twenty detections a second: how long a whole scan takes beside that limit's
//! own time, how many calls a stack costs, and whether memory stays flat. Once through the functions, told of each
//! detection's end by its event, and once by `plumbline scan`, which polls.

use std::{
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use attachments::AwsEvidence;
use aws::{Connection, Options};
use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use cloudformation::AwsAccounts;
use domain::{
    current::{self, Current},
    handled::Handled,
    ports::{Clock, Items, Ledger as _, PortError, Queues, Secret, Secrets, Store},
    work::Queue,
};
use equivalence::Catalogue;
use jiff::Timestamp;
use local::{
    SqliteLedger,
    bus::{Bus, Delivery, Handler},
};
use policy::InForce;
use sandbox::{NewResource, NewStack, Rate, Sandbox};
use serde_json::{Value, json};

/// Detections a second that the sandbox accepts.
const RATE: u32 = 20;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

const CONFIG: &str = "apiVersion: plumbline/v1
environment: bench
targets:
  - name: all
    cloudformation: {regions: [eu-west-1], stacks: ['*']}
";

/// How long a scan may take before the bench gives up on it.
const PATIENCE: Duration = Duration::from_secs(1200);

/// Measures both ways and prints a table.
pub(crate) fn bench(plumbline: &Path, stacks: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    println!(
        "| way | stacks | wall s | the limit's own s | ratio | calls a stack | lists | peak MiB at ¼, ½, ¾, end |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    runtime.block_on(async {
        event_driven(stacks).await;
        polled(plumbline, stacks).await;
    });
}

async fn account(stacks: usize) -> Sandbox {
    let options = sandbox::Options {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        detection_time: Duration::from_secs(2),
        ..sandbox::Options::default()
    };
    let sandbox = Sandbox::start(options).await.expect("a sandbox");
    let rate = Rate {
        per_second: f64::from(RATE),
        burst: RATE,
    };
    sandbox.limit("cloudformation:DetectStackDrift", Some(rate));
    for index in 0..stacks {
        sandbox
            .create_stack(stack(index))
            .expect("a stack can be made");
    }
    sandbox
}

fn stack(index: usize) -> NewStack {
    let queue = json!({"QueueName": format!("bench-{index}"), "VisibilityTimeout": 30});
    let topic = json!({"TopicName": format!("bench-{index}"), "DisplayName": "Orders"});
    NewStack::new(
        &format!("bench-{index}"),
        vec![
            NewResource::new("Queue", "AWS::SQS::Queue", queue),
            NewResource::new("Topic", "AWS::SNS::Topic", topic),
        ],
    )
}

struct StackDrift(stack_drift::Deps);

#[async_trait]
impl Handler for StackDrift {
    async fn handle(&self, delivery: &Delivery) -> Handled {
        stack_drift::handle(&self.0, &delivery.body).await
    }
}

struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

struct Key;

#[async_trait]
impl Secrets for Key {
    async fn resolve(&self, _: &str) -> Result<Secret, PortError> {
        Ok(Secret::new("the key of a bench"))
    }
}

async fn event_driven(stacks: usize) {
    let sandbox = account(stacks).await;
    let store: Arc<SqliteLedger> = Arc::new(SqliteLedger::in_memory().expect("a ledger"));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let now = clock.now();
    let current = Current {
        location: "bench".to_owned(),
        text: CONFIG.to_owned(),
        hash: "bench".to_owned(),
        environment: "bench".to_owned(),
        tag: "1".to_owned(),
        since: now,
    };
    current::take(&*store, &current)
        .await
        .expect("a configuration");
    let bus = Arc::new(Bus::new(
        Arc::clone(&store) as Arc<dyn Items>,
        Arc::clone(&clock),
    ));
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .endpoint_url(sandbox.endpoint())
        .region(aws_config::Region::new(REGION))
        .credentials_provider(Credentials::from_keys(ACCOUNT, "secret", None));
    let connection = Arc::new(Connection::load(loader, Options::in_function()).await);
    let accounts = Arc::new(AwsAccounts(Arc::clone(&connection)));
    let handler = StackDrift(stack_drift::Deps {
        store: Arc::clone(&store) as Arc<dyn Store>,
        config: InForce::new(),
        accounts: accounts.clone(),
        evidence: Arc::new(AwsEvidence(connection)),
        queues: bus.clone(),
        secrets: Arc::new(Key),
        hash_key: "env:KEY".to_owned(),
        catalogue: Catalogue::all(),
        clock: Arc::clone(&clock),
    });
    let serving = tokio::spawn(Arc::clone(&bus).serve(Queue::StackDrift, Arc::new(handler)));
    let mut events = sandbox.events();
    let to = Arc::clone(&bus);
    let events = tokio::spawn(async move {
        while let Some(event) = events.next().await {
            let event = event.to_string();
            let sent = to.send(Queue::StackDrift, &event, Duration::ZERO).await;
            sent.expect("the bus takes an event");
        }
    });

    let began = Instant::now();
    let deps = drift_scan::Deps {
        store: Arc::clone(&store) as Arc<dyn Store>,
        config: InForce::new(),
        accounts,
        queues: bus,
        clock,
    };
    let asked = drift_scan::handle(&deps, &drift_scan::Request::default())
        .await
        .expect("a scan");
    assert_eq!(asked.looks, stacks);
    let mut peaks = Vec::new();
    loop {
        assert!(began.elapsed() < PATIENCE, "it does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
        // Collected last of all, so that its calls tell how far the scan is.
        let done = sandbox.count("cloudformation:ListStackResources");
        let done = usize::try_from(done).unwrap_or(usize::MAX);
        if done * 4 >= stacks * (peaks.len() + 1) {
            peaks.push(peak());
        }
        if peaks.len() == 4 && store.units().await.expect("units").len() == stacks {
            break;
        }
    }
    let wall = began.elapsed();
    events.abort();
    serving.abort();
    row("events", (stacks, wall), &sandbox, &peaks);
    sandbox.stop().await;
}

async fn polled(plumbline: &Path, stacks: usize) {
    let sandbox = account(stacks).await;
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(directory.path().join("plumbline.yaml"), CONFIG).expect("the configuration");
    let mut command = Command::new(plumbline);
    command
        .args(["scan", "-o", "json", "--timeout", "20m"])
        .current_dir(directory.path())
        .env_clear()
        .envs(["HOME", "TMPDIR"].map(|name| (name, directory.path())))
        .envs([
            ("AWS_ENDPOINT_URL", sandbox.endpoint().as_str()),
            ("AWS_REGION", REGION),
        ])
        .envs([
            ("AWS_ACCESS_KEY_ID", ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
    let began = Instant::now();
    let output = tokio::task::spawn_blocking(move || command.output().expect("plumbline"))
        .await
        .expect("it ends");
    let wall = began.elapsed();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["summary"]["units"], json!(stacks));
    row("polled", (stacks, wall), &sandbox, &[]);
    sandbox.stop().await;
}

fn row(way: &str, (stacks, wall): (usize, Duration), sandbox: &Sandbox, peaks: &[u64]) {
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts far below what a double holds exactly"
    )]
    let (stacks_f, limit) = (stacks as f64, stacks as f64 / f64::from(RATE));
    let counts = sandbox.counts();
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts far below what a double holds exactly"
    )]
    let calls = counts
        .iter()
        .filter(|((call, _), _)| call.starts_with("cloudformation:"))
        .map(|(_, count)| *count as f64)
        .sum::<f64>();
    let wall = wall.as_secs_f64();
    let peaks: Vec<String> = peaks.iter().map(|it| format!("{}", it / 1024)).collect();
    println!(
        "| {way} | {stacks} | {wall:.1} | {limit:.1} | {:.2} | {:.3} | {} | {} |",
        wall / limit,
        calls / stacks_f,
        sandbox.count("cloudformation:ListStacks"),
        peaks.join(", ")
    );
}

/// The peak resident memory of this process, sandbox included, in KiB.
fn peak() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().split(' ').next()?.parse().ok())
        .unwrap_or(0)
}
