//! An account on either side, seen through the product's port.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use aws::{Connection, Options};
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use domain::difference::DifferenceKind;
use domain::ports::Stacks;
use domain::stack::{DetectionOutcome, DriftStatus, ResourceDrift, Started};
use plumbline_tests::aws::Aws;
use plumbline_tests::emulator::Emulator;
use sandbox::{Actor, Edit, Sandbox};
use serde_json::{Value, json};

/// Where every stack lies that names no other place; both sides have the same defaults.
pub(super) const REGION: &str = "us-east-1";
pub(super) const ACCOUNT: &str = "000000000000";

/// How long a detection may take.
const LIMIT: Duration = Duration::from_secs(20);

/// What plays AWS.
pub(super) enum Side {
    Sandbox {
        sandbox: Sandbox,
        /// Its thread ends with this.
        _running: mpsc::Sender<()>,
    },
    Emulator(Emulator),
}

/// An account, and the ways to it.
pub(super) struct Account {
    pub(super) side: Side,
    pub(super) aws: Aws,
    pub(super) stacks: Arc<dyn Stacks>,
}

/// A change of the live resource `STACK-logicalid`, past CloudFormation.
#[derive(Clone, Copy)]
pub(super) enum Bend<'a> {
    /// A queue's attribute.
    Attribute(&'a str, u64),
    /// The queue goes away.
    NoQueue,
    /// A queue's tag is added or changed.
    Tag(&'a str, &'a str),
    /// A queue's tag goes away.
    Untag(&'a str),
    /// A function's variables become these.
    Variables(&'a Value),
    /// A log group keeps its events for ever.
    NoRetention,
    /// A role's trust becomes this.
    Trust(&'a Value),
}

pub(super) fn sandbox() -> Side {
    let (give, take) = mpsc::channel();
    let (running, ended) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let options = sandbox::Options {
            detection_time: Duration::from_millis(40),
            ..sandbox::Options::default()
        };
        give.send(runtime.block_on(Sandbox::start(options)).unwrap())
            .unwrap();
        runtime.block_on(async {
            while ended.try_recv() != Err(mpsc::TryRecvError::Disconnected) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
    });
    Side::Sandbox {
        sandbox: take.recv().unwrap(),
        _running: running,
    }
}

pub(super) fn emulator() -> Side {
    Side::Emulator(Emulator::start())
}

/// The emulator that enforces rights; no suite of its own, but for rules about rights.
pub(super) fn emulator_with_rights() -> Side {
    Side::Emulator(Emulator::start_with_rights())
}

/// Runs a rule on a fresh account.
pub(super) fn with(start: fn() -> Side, rule: impl AsyncFnOnce(&Account)) {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let side = start();
    let endpoint = match &side {
        Side::Sandbox { sandbox, .. } => sandbox.endpoint(),
        Side::Emulator(emulator) => emulator.endpoint(),
    };
    runtime.block_on(async {
        let connection = connect(&endpoint, "test").await;
        let account = Account {
            stacks: cloudformation::stacks(&connection, None, None)
                .await
                .unwrap(),
            aws: Aws::new(&endpoint),
            side,
        };
        rule(&account).await;
    });
}

async fn connect(endpoint: &str, key: &str) -> Connection {
    connect_with(endpoint, key, Options::default()).await
}

pub(super) async fn connect_with(endpoint: &str, key: &str, options: Options) -> Connection {
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(key, "secret", None, None, "contract"))
        .endpoint_url(endpoint);
    Connection::load(loader, options).await
}

impl Account {
    pub(super) fn endpoint(&self) -> String {
        match &self.side {
            Side::Sandbox { sandbox, .. } => sandbox.endpoint(),
            Side::Emulator(emulator) => emulator.endpoint(),
        }
    }

    /// A connection with another access key; twelve digits are an account.
    pub(super) async fn connection(&self, key: &str) -> Connection {
        connect(&self.endpoint(), key).await
    }

    /// The sandbox; only for rules that the emulator cannot keep.
    pub(super) fn sandbox(&self) -> &Sandbox {
        match &self.side {
            Side::Sandbox { sandbox, .. } => sandbox,
            Side::Emulator(_) => panic!("this rule is for the sandbox alone"),
        }
    }

    /// Makes a stack of one queue with two tags, `STACK-queue`.
    pub(super) fn queue(&self, stack: &str) -> String {
        self.create(stack, &[("Queue", queue(stack))])
    }

    pub(super) fn create(&self, stack: &str, resources: &[(&str, Value)]) -> String {
        let resources: serde_json::Map<_, _> = resources
            .iter()
            .map(|(id, resource)| ((*id).to_owned(), resource.clone()))
            .collect();
        self.aws
            .create_stack(stack, &json!({"Resources": resources}))
    }

    pub(super) fn bend(&self, stack: &str, bend: Bend<'_>) {
        match &self.side {
            Side::Sandbox { sandbox, .. } => bend.in_sandbox(sandbox, stack),
            Side::Emulator(_) => bend.in_emulator(&self.aws, stack),
        }
    }

    /// Detects the drift of a stack and waits for the end.
    pub(super) async fn detect(&self, stack: &str) -> (Started, DetectionOutcome) {
        let started = self.stacks.detect(stack).await.unwrap();
        let begun = Instant::now();
        loop {
            let detection = self.stacks.detection(&started.id).await.unwrap();
            if detection.outcome != DetectionOutcome::InProgress {
                return (started, detection.outcome);
            }
            assert!(
                begun.elapsed() < LIMIT,
                "the detection of {stack} does not end"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The differences of the one resource that drifted.
    pub(super) async fn differences(&self, stack: &str) -> Vec<Told> {
        let (_, outcome) = self.detect(stack).await;
        assert_eq!(outcome, DetectionOutcome::Complete);
        let drifts = self.stacks.drifts(stack).await.unwrap();
        let [drift] = drifts.as_slice() else {
            panic!("{} resources drifted: {drifts:?}", drifts.len());
        };
        assert_eq!(drift.status, DriftStatus::Modified);
        told(drift)
    }
}

/// A difference in comparable form: path, kind, expected and actual as JSON where they are.
pub(super) type Told = (String, DifferenceKind, Option<Value>, Option<Value>);

/// The differences by path. Texts of values are read as JSON: the API does not say how it spaces it.
pub(super) fn told(drift: &ResourceDrift) -> Vec<Told> {
    let value = |text: &Option<String>| {
        let text = text.as_ref()?;
        Some(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())))
    };
    let rows = drift.differences.iter();
    let mut told: Vec<_> = rows
        .map(|row| {
            let (expected, actual) = (value(&row.expected), value(&row.actual));
            (row.path.clone(), row.kind, expected, actual)
        })
        .collect();
    told.sort_by(|one, other| one.0.cmp(&other.0));
    told
}

/// A queue with two tags.
pub(super) fn queue(stack: &str) -> Value {
    let tags = json!([{"Key": "team", "Value": "a"}, {"Key": "env", "Value": "test"}]);
    let name = format!("{stack}-queue");
    let properties =
        json!({"QueueName": name, "VisibilityTimeout": 30, "DelaySeconds": 5, "Tags": tags});
    json!({"Type": "AWS::SQS::Queue", "Properties": properties})
}

impl Bend<'_> {
    fn in_sandbox(self, sandbox: &Sandbox, stack: &str) {
        let set = |path: &str, value: Value| Edit::Set {
            path: path.to_owned(),
            value,
        };
        let (id, edit) = match self {
            Self::Attribute(name, value) => ("Queue", set(&format!("/{name}"), value.into())),
            Self::NoQueue => ("Queue", Edit::Delete),
            Self::Tag("team", value) => ("Queue", set("/Tags/0/Value", value.into())),
            Self::Tag(key, value) => {
                let value = json!({"Key": key, "Value": value});
                (
                    "Queue",
                    Edit::Add {
                        path: "/Tags".to_owned(),
                        value,
                    },
                )
            }
            Self::Untag("env") => (
                "Queue",
                Edit::Remove {
                    path: "/Tags/1".to_owned(),
                },
            ),
            Self::Untag(key) => panic!("the sandbox's queue has no tag `{key}` to take away"),
            Self::Variables(all) => ("Function", set("/Environment/Variables", all.clone())),
            Self::NoRetention => {
                let path = "/RetentionInDays".to_owned();
                ("Logs", Edit::Remove { path })
            }
            Self::Trust(policy) => ("Role", set("/AssumeRolePolicyDocument", policy.clone())),
        };
        let actor = Actor::new("arn:aws:iam::000000000000:user/somebody");
        sandbox.bend(stack, id, edit, actor).unwrap();
    }

    fn in_emulator(self, aws: &Aws, stack: &str) {
        let name = |id: &str| format!("{stack}-{id}");
        match self {
            Self::Attribute(key, value) => {
                let attributes = json!({key: value});
                aws.set_queue_attributes(&name("queue"), attributes.as_object().unwrap());
            }
            Self::NoQueue => aws.delete_queue(&name("queue")),
            Self::Tag(key, value) => {
                aws.tag_queue(&name("queue"), &[(key.to_owned(), value.to_owned())]);
            }
            Self::Untag(key) => aws.untag_queue(&name("queue"), &[key.to_owned()]),
            Self::Variables(all) => {
                aws.update_function(
                    &name("function"),
                    &json!({"Environment": {"Variables": all}}),
                );
            }
            Self::NoRetention => aws.set_retention(&name("logs"), None),
            Self::Trust(policy) => aws.update_assume_role_policy(&name("role"), policy),
        }
    }
}
