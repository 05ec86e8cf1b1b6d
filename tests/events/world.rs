//! The functions over ports in memory.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lambda_events::event::dynamodb::EventRecord;
use clock::{DeadLetter, DeadLetters};
use cluster_drift::{Reached, Ways};
use domain::handled::Handled;
use domain::message::Outgoing;
use domain::ports::{
    Accounts, Attachments, Evidence, Fetched, Objects, PortError, PortErrorKind, Role, Secret,
    Secrets, Source, Stacks, Topic, Trail,
};
use domain::testing::{ManualClock, MemoryChannels, MemoryQueues, MemoryStore, block_on};
use equivalence::Catalogue;
use jiff::Timestamp;
use policy::clusters::ClusterWatch;
use policy::{Config, InForce, Loaded};
use serde_json::{Map, Value};

/// A world with nothing in its ledger.
pub(super) struct World {
    store: Arc<MemoryStore>,
    queues: Arc<MemoryQueues>,
    clock: Arc<ManualClock>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            store: Arc::new(MemoryStore::new()),
            queues: Arc::new(MemoryQueues::new()),
            clock: Arc::new(ManualClock::at("2026-11-24T12:00:00Z".parse().unwrap())),
        }
    }

    /// What a function that is fed by a queue makes of a body.
    pub(super) fn hear(&self, function: &str, body: &str) -> Handled {
        match function {
            "config-change" => {
                let deps = config_change::Deps {
                    store: self.store.clone(),
                    config: InForce::new(),
                    clock: self.clock.clone(),
                };
                block_on(config_change::handle(&deps, body))
            }
            "image-push" => {
                let deps = image_push::Deps {
                    store: self.store.clone(),
                    clock: self.clock.clone(),
                };
                block_on(image_push::handle(&deps, body))
            }
            "notify" => {
                let deps = notify::Deps {
                    store: self.store.clone(),
                    config: InForce::new(),
                    queues: self.queues.clone(),
                    channels: Arc::new(MemoryChannels::new()),
                    clock: self.clock.clone(),
                };
                block_on(notify::handle(&deps, body))
            }
            "stack-drift" => {
                let deps = stack_drift::Deps {
                    store: self.store.clone(),
                    config: InForce::new(),
                    accounts: Arc::new(Nothing),
                    evidence: Arc::new(Nothing),
                    queues: self.queues.clone(),
                    secrets: Arc::new(Nothing),
                    hash_key: "env:NONE".to_owned(),
                    catalogue: Catalogue::all(),
                    clock: self.clock.clone(),
                };
                block_on(stack_drift::handle(&deps, body))
            }
            "cluster-drift" => {
                let deps = cluster_drift::Deps {
                    store: self.store.clone(),
                    config: InForce::new(),
                    ways: Arc::new(Nothing),
                    secrets: Arc::new(Nothing),
                    hash_key: "env:NONE".to_owned(),
                    catalogue: Catalogue::all(),
                    clock: self.clock.clone(),
                };
                block_on(cluster_drift::handle(&deps, body))
            }
            other => panic!("{other} is fed by no queue"),
        }
    }

    /// What `publish` makes of a record of the stream.
    pub(super) fn publish(&self, record: &EventRecord) -> Handled {
        let deps = publish::Deps {
            store: self.store.clone(),
            topic: Arc::new(Nothing),
        };
        // As the loop does it, through the type of the ecosystem.
        let change = serde_json::to_value(&record.change).unwrap();
        let record = publish::Record {
            is_new: record.event_name == "INSERT",
            keys: plain(&change["Keys"]),
            image: Some(plain(&change["NewImage"])),
        };
        block_on(publish::handle(&deps, &record))
    }

    /// A run of `clock` that has a minute.
    pub(super) fn tick(&self) -> Result<(), PortError> {
        let deps = clock::Deps {
            store: self.store.clone(),
            queues: self.queues.clone(),
            topic: Arc::new(Nothing),
            objects: Arc::new(Nothing),
            dead_letters: Arc::new(Nothing),
            clock: self.clock.clone(),
            config: "s3://bucket/plumbline.yaml".to_owned(),
        };
        block_on(clock::handle(&deps, Timestamp::MAX))
    }

    /// What `drift-scan` makes of its input.
    pub(super) fn scan(&self, input: &Value) -> Result<(), PortError> {
        let deps = drift_scan::Deps {
            store: self.store.clone(),
            config: InForce::new(),
            accounts: Arc::new(Nothing),
            queues: self.queues.clone(),
            clock: self.clock.clone(),
        };
        block_on(drift_scan::run(&deps, input.clone()))
    }
}

/// Attributes without their types.
fn plain(attributes: &Value) -> Value {
    let attributes = attributes.as_object().unwrap().iter();
    let plain = attributes.map(|(name, value)| {
        let (_, value) = value.as_object().unwrap().iter().next().unwrap();
        (name.clone(), value.clone())
    });
    Value::Object(plain.collect::<Map<_, _>>())
}

/// An outside where nothing is, and that takes whatever it is given.
struct Nothing;

fn nothing<T>(op: &'static str) -> Result<T, PortError> {
    Err(PortError::new(
        PortErrorKind::NotFound,
        op,
        "nothing is there",
    ))
}

#[async_trait]
impl Topic for Nothing {
    async fn publish(&self, _: &Outgoing) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl DeadLetters for Nothing {
    async fn put(&self, _: &DeadLetter) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Objects for Nothing {
    async fn fetch(&self, _: &str, _: Option<&str>) -> Result<Fetched, PortError> {
        nothing("objects:fetch")
    }
}

#[async_trait]
impl Secrets for Nothing {
    async fn resolve(&self, _: &str) -> Result<Secret, PortError> {
        nothing("secrets:resolve")
    }
}

#[async_trait]
impl Accounts for Nothing {
    async fn stacks(
        &self,
        _: Option<&str>,
        _: Option<&Role>,
    ) -> Result<Arc<dyn Stacks>, PortError> {
        nothing("accounts:stacks")
    }

    async fn own_account(&self, _: Option<&str>) -> Result<String, PortError> {
        nothing("accounts:own")
    }

    fn default_region(&self) -> Option<String> {
        None
    }
}

#[async_trait]
impl Ways for Nothing {
    async fn cluster(&self, _: &Config, _: &ClusterWatch<'_>) -> Result<Reached, PortError> {
        nothing("ways:cluster")
    }

    async fn source(&self, _: &Loaded, _: &ClusterWatch<'_>) -> Result<Arc<dyn Source>, PortError> {
        nothing("ways:source")
    }
}

#[async_trait]
impl Evidence for Nothing {
    async fn attachments(
        &self,
        _: Option<&str>,
        _: Option<&Role>,
    ) -> Result<Arc<dyn Attachments>, PortError> {
        nothing("evidence:attachments")
    }

    async fn trail(&self, _: Option<&str>, _: Option<&Role>) -> Result<Arc<dyn Trail>, PortError> {
        nothing("evidence:trail")
    }
}
