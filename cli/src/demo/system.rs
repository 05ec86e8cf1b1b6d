//! The whole system in this process: a pretend account, the real adapters over
//! HTTP, the embedded ledger, and every function on the bus.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use alerts::HttpChannels;
use attachments::AwsEvidence;
use aws::{Connection, Options, Roots};
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use cloudformation::AwsAccounts;
use domain::ports::{Items, Queues as _, Store, Topic};
use domain::work::Queue;
use jiff::{SignedDuration, Timestamp};
use local::SqliteLedger;
use local::bus::{Bus, Changes, Streamed};
use sandbox::{Events, Sandbox, World};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::plot::{ACCOUNT, REGION};
use crate::clock::SystemClock;
use crate::clusters::{Here, root};
use crate::failure::Failure;
use crate::functions::Outside;

/// How long a drift detection of the pretend account takes.
const DETECTION: Duration = Duration::from_millis(150);

/// How long a run of the clock may take.
const RUN: SignedDuration = SignedDuration::from_secs(20);

/// The channels of the demo's configuration, and the webhook behind each.
pub(super) const CHANNELS: [(&str, &str); 3] = [
    ("oncall", "T0DEMO/B0ONCALL"),
    ("team", "T0DEMO/B0TEAM"),
    ("log", "T0DEMO/B0LOG"),
];

/// Everything that runs. It ends when it is dropped, and its directory goes with it.
pub(super) struct System {
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) ledger: Arc<SqliteLedger>,
    pub(super) bus: Arc<Bus>,
    pub(super) connection: Arc<Connection>,
    drift_scan: drift_scan::Deps,
    clock: Arc<::clock::Deps>,
    directory: TempDir,
    tasks: JoinSet<()>,
}

impl System {
    /// Starts it over a world, whose stacks are made.
    pub(super) async fn start(seed: u64, world: &World) -> Result<Self, Failure> {
        let options = sandbox::Options {
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            detection_time: DETECTION,
            seed,
            ..sandbox::Options::default()
        };
        let sandbox = Sandbox::start(options).await.map_err(Failure::unusable)?;
        let sandbox = Arc::new(sandbox);
        sandbox.create_world(world).map_err(Failure::unusable)?;

        let directory = TempDir::with_prefix("plumbline-demo-").map_err(Failure::unusable)?;
        let config = directory.path().join("plumbline.yaml");
        write(&config, &configuration(&sandbox, directory.path())?)?;
        let path = directory.path().join("ledger");
        let ledger = Arc::new(SqliteLedger::open(&path).map_err(Failure::unusable)?);
        local::hash_key(&path).map_err(Failure::unusable)?;

        let connection = Arc::new(connection(&sandbox.endpoint()).await);
        let access = connection
            .access(None, None)
            .await
            .map_err(Failure::unusable)?;
        let secrets = aws::secrets(&access);
        let time = Arc::new(SystemClock);
        let (streamed, changes) = Streamed::new(Arc::clone(&ledger) as Arc<dyn Store>);
        let store: Arc<dyn Store> = Arc::new(streamed);
        let bus = Arc::new(Bus::new(
            Arc::clone(&store) as Arc<dyn Items>,
            Arc::clone(&time) as _,
        ));
        let channels =
            HttpChannels::on_this_machine(Arc::clone(&secrets), time).map_err(Failure::unusable)?;
        let outside = Outside {
            store,
            queues: Arc::clone(&bus) as _,
            topic: Arc::clone(&bus) as Arc<dyn Topic>,
            accounts: Arc::new(AwsAccounts(Arc::clone(&connection))),
            evidence: Arc::new(AwsEvidence(Arc::clone(&connection))),
            ways: Arc::new(Here::new(Arc::clone(&connection), root(Some(&config)))),
            channels: Arc::new(channels),
            secrets,
            hash_key: format!("file:{}.key", path.display()),
            config: config.display().to_string(),
        };
        let mut tasks = JoinSet::new();
        for queue in Queue::ALL {
            tasks.spawn(Arc::clone(&bus).serve(queue, outside.fed_by(queue)));
        }
        tasks.spawn(deliver(sandbox.events(), Arc::clone(&bus)));
        tasks.spawn(publish(outside.publish(), changes));
        Ok(Self {
            drift_scan: outside.drift_scan(),
            clock: Arc::new(outside.clock()),
            sandbox,
            ledger,
            bus,
            connection,
            directory,
            tasks,
        })
    }

    /// Where the ledger is.
    pub(super) fn ledger_path(&self) -> PathBuf {
        self.directory.path().join("ledger")
    }

    /// What the schedule does every few hours; gives when that was.
    pub(super) async fn scan(&self) -> Result<Timestamp, Failure> {
        let at = Timestamp::now();
        let request = drift_scan::Request {
            time: Some(at),
            ..drift_scan::Request::default()
        };
        drift_scan::handle(&self.drift_scan, &request)
            .await
            .map_err(Failure::not_done)?;
        Ok(at)
    }

    /// What the clock does every minute.
    pub(super) async fn tick(&self) -> Result<(), Failure> {
        tick(&self.clock).await.map_err(Failure::not_done)
    }

    /// Lets the clock run by itself from now on, every second.
    pub(super) fn let_time_pass(&mut self) {
        let clock = Arc::clone(&self.clock);
        self.tasks.spawn(async move {
            loop {
                // What failed is tried again by the next run.
                let _ = tick(&clock).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
    }
}

async fn tick(clock: &::clock::Deps) -> Result<(), domain::ports::PortError> {
    let until = Timestamp::now().checked_add(RUN).unwrap_or(Timestamp::MAX);
    ::clock::handle(clock, until).await
}

/// The way to the pretend account. Nothing of the user's own settings counts:
/// the demo must not call the real AWS, whatever stands in the environment.
async fn connection(endpoint: &str) -> Connection {
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .empty_test_environment()
        .endpoint_url(endpoint)
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(ACCOUNT, "demo", None, None, "demo"));
    let options = Options {
        roots: Roots::BuiltIn,
        ..Options::default()
    };
    Connection::load(loader, options).await
}

/// The configuration of the demo. Its secrets are references to files beside it.
fn configuration(sandbox: &Sandbox, directory: &Path) -> Result<String, Failure> {
    let mut channels = String::new();
    for (name, webhook) in CHANNELS {
        let file = directory.join(format!("{name}.webhook"));
        let url = format!("{}/slack/services/{webhook}/demo", sandbox.endpoint());
        write(&file, &url)?;
        channels.push_str(&format!(
            "    {name}: {{slack: {{webhook: 'file:{}'}}}}\n",
            file.display()
        ));
    }
    Ok(format!(
        "apiVersion: plumbline/v1
environment: demo
targets:
  - name: everything
    cloudformation: {{regions: [{REGION}], stacks: ['*']}}
timing: {{maxAge: 0s, settle: 1s, reopen: 30m}}
severity:
  - when: resource.type == 'AWS::Lambda::Function' && difference.path.startsWith('/Environment/')
    severity: high
    cause: secret-change
notify:
  routes:
    - {{when: finding.severity == 'critical', to: [oncall]}}
    - {{when: finding.severity == 'high' || finding.severity == 'medium', to: [team]}}
    - {{when: finding.severity == 'low', to: [log]}}
  channels:
{channels}"
    ))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::unusable(format!("cannot write {}: {error}", path.display())))
}

/// From the account's events to the queue that its rule feeds.
async fn deliver(mut events: Events, bus: Arc<Bus>) {
    while let Some(event) = events.next().await {
        if event["detail-type"] == "CloudFormation Drift Detection Status Change" {
            // The bus refuses only what is held back for too long.
            let _ = bus
                .send(Queue::StackDrift, &event.to_string(), Duration::ZERO)
                .await;
        }
    }
}

/// From the ledger's stream to the topic. What could not be sent stays in the outbox, and the clock sends it.
async fn publish(deps: publish::Deps, mut changes: Changes) {
    while let Some(item) = changes.next().await {
        let record = publish::Record {
            is_new: true,
            keys: serde_json::json!({"PK": item.key.pk, "SK": item.key.sk}),
            image: Some(serde_json::json!({"body": Value::to_string(&item.body)})),
        };
        publish::handle(&deps, &record).await;
    }
}
