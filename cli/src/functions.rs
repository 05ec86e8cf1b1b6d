//! The functions, each as its library, over whatever ports this machine gives them.

use std::sync::Arc;

use async_trait::async_trait;
use domain::handled::Handled;
use domain::ports::{
    Accounts, Channels, Evidence, Items, PortError, Queues, Secrets, Store, Topic,
};
use domain::work::Queue;
use equivalence::Catalogue;
use local::bus::{DeadLetter, Delivery, Handler, bury};
use policy::InForce;

use crate::clock::SystemClock;

/// What the functions need of the world outside.
#[derive(Clone)]
pub(crate) struct Outside {
    /// The ledger.
    pub(crate) store: Arc<dyn Store>,
    /// The functions' queues.
    pub(crate) queues: Arc<dyn Queues>,
    /// The topic.
    pub(crate) topic: Arc<dyn Topic>,
    /// The way to CloudFormation.
    pub(crate) accounts: Arc<dyn Accounts>,
    /// The way to what else tells of resources.
    pub(crate) evidence: Arc<dyn Evidence>,
    /// The way to clusters and to what Git says of them.
    pub(crate) ways: Arc<dyn cluster_drift::Ways>,
    /// Chat and webhooks.
    pub(crate) channels: Arc<dyn Channels>,
    /// Where secrets are.
    pub(crate) secrets: Arc<dyn Secrets>,
    /// The reference to the key of the ledger's hashes.
    pub(crate) hash_key: String,
    /// Where the configuration is.
    pub(crate) config: String,
}

impl Outside {
    /// The function that asks for looks.
    pub(crate) fn drift_scan(&self) -> drift_scan::Deps {
        drift_scan::Deps {
            store: Arc::clone(&self.store),
            config: InForce::new(),
            accounts: Arc::clone(&self.accounts),
            queues: Arc::clone(&self.queues),
            clock: Arc::new(SystemClock),
        }
    }

    /// The function that sends what the outbox holds.
    pub(crate) fn publish(&self) -> publish::Deps {
        publish::Deps {
            store: self.items(),
            topic: Arc::clone(&self.topic),
        }
    }

    /// The function that does what is due.
    pub(crate) fn clock(&self) -> ::clock::Deps {
        ::clock::Deps {
            store: self.items(),
            queues: Arc::clone(&self.queues),
            topic: Arc::clone(&self.topic),
            objects: ::clock::files(),
            dead_letters: Arc::new(ClockDeadLetters(self.items())),
            clock: Arc::new(SystemClock),
            config: self.config.clone(),
        }
    }

    /// The function that a queue feeds.
    pub(crate) fn fed_by(&self, queue: Queue) -> Arc<dyn Handler> {
        match queue {
            Queue::StackDrift => Arc::new(StackDrift(stack_drift::Deps {
                store: Arc::clone(&self.store),
                config: InForce::new(),
                accounts: Arc::clone(&self.accounts),
                evidence: Arc::clone(&self.evidence),
                queues: Arc::clone(&self.queues),
                secrets: Arc::clone(&self.secrets),
                hash_key: self.hash_key.clone(),
                catalogue: Catalogue::all(),
                clock: Arc::new(SystemClock),
            })),
            Queue::ClusterDrift => Arc::new(ClusterDrift(cluster_drift::Deps {
                store: Arc::clone(&self.store),
                config: InForce::new(),
                ways: Arc::clone(&self.ways),
                secrets: Arc::clone(&self.secrets),
                hash_key: self.hash_key.clone(),
                catalogue: Catalogue::all(),
                clock: Arc::new(SystemClock),
            })),
            Queue::Notify => Arc::new(Notify(notify::Deps {
                store: Arc::clone(&self.store),
                config: InForce::new(),
                queues: Arc::clone(&self.queues),
                channels: Arc::clone(&self.channels),
                clock: Arc::new(SystemClock),
            })),
            Queue::ConfigChange => Arc::new(ConfigChange(config_change::Deps {
                store: self.items(),
                config: InForce::new(),
                clock: Arc::new(SystemClock),
            })),
            Queue::ImagePush => Arc::new(ImagePush(image_push::Deps {
                store: self.items(),
                clock: Arc::new(SystemClock),
            })),
        }
    }

    fn items(&self) -> Arc<dyn Items> {
        Arc::clone(&self.store) as Arc<dyn Items>
    }
}

struct StackDrift(stack_drift::Deps);
struct ClusterDrift(cluster_drift::Deps);
struct Notify(notify::Deps);
struct ConfigChange(config_change::Deps);
struct ImagePush(image_push::Deps);

#[async_trait]
impl Handler for StackDrift {
    async fn handle(&self, delivery: &Delivery) -> Handled {
        stack_drift::handle(&self.0, &delivery.body).await
    }
}

#[async_trait]
impl Handler for ClusterDrift {
    async fn handle(&self, delivery: &Delivery) -> Handled {
        cluster_drift::handle(&self.0, &delivery.body).await
    }
}

#[async_trait]
impl Handler for Notify {
    async fn handle(&self, delivery: &Delivery) -> Handled {
        notify::handle(&self.0, &delivery.body).await
    }
}

#[async_trait]
impl Handler for ConfigChange {
    async fn handle(&self, delivery: &Delivery) -> Handled {
        config_change::handle(&self.0, &delivery.body).await
    }
}

#[async_trait]
impl Handler for ImagePush {
    async fn handle(&self, delivery: &Delivery) -> Handled {
        image_push::handle(&self.0, &delivery.body).await
    }
}

/// The clock's dead letters, in the ledger beside those of the queues.
struct ClockDeadLetters(Arc<dyn Items>);

#[async_trait]
impl ::clock::DeadLetters for ClockDeadLetters {
    async fn put(&self, letter: &::clock::DeadLetter) -> Result<(), PortError> {
        let letter = DeadLetter {
            function: "clock".to_owned(),
            queue: None,
            source: letter.source.clone(),
            reason: letter.reason.clone(),
            body: letter.body.clone(),
            at: jiff::Timestamp::now(),
        };
        bury(&*self.0, &letter).await
    }
}
