//! A function with everything around it in memory.

use std::sync::Arc;

use additions::testing::MemoryAttachments;
use async_trait::async_trait;
use domain::current::{self, Current};
use domain::handled::Handled;
use domain::ports::{Items as _, PortError, Range, Secret, Secrets};
use domain::stack::StackId;
use domain::testing::{
    ManualClock, MemoryCloud, MemoryEvidence, MemoryQueues, MemoryStore, MemoryTrail, block_on,
};
use domain::unit::Unit;
use domain::work::Work;
use domain::{counter, timer};
use equivalence::Catalogue;
use jiff::{SignedDuration, Timestamp};
use policy::InForce;
use serde_json::json;

use crate::{Deps, handle};

pub(super) const ACCOUNT: &str = "111122223333";
pub(super) const REGION: &str = "eu-west-1";

const CONFIG: &str = "apiVersion: plumbline/v1
environment: production
targets:
  - name: shops
    cloudformation: {regions: [eu-west-1], stacks: ['shop*']}
";

pub(super) struct Desk {
    pub(super) deps: Deps,
    pub(super) store: Arc<MemoryStore>,
    pub(super) cloud: Arc<MemoryCloud>,
    pub(super) queues: Arc<MemoryQueues>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) attachments: Arc<MemoryAttachments>,
    pub(super) trail: Arc<MemoryTrail>,
}

struct Key;

#[async_trait]
impl Secrets for Key {
    async fn resolve(&self, _: &str) -> Result<Secret, PortError> {
        Ok(Secret::new("a key"))
    }
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

impl Desk {
    pub(super) fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let cloud = Arc::new(MemoryCloud::default());
        let queues = Arc::new(MemoryQueues::new());
        let clock = Arc::new(ManualClock::at(at(0)));
        cloud.set(at(0));
        let attachments = Arc::new(MemoryAttachments::new());
        let evidence = MemoryEvidence::new(Some(attachments.clone()));
        let trail = Arc::clone(&evidence.trail);
        let current = Current {
            location: "s3://config/plumbline.yaml".to_owned(),
            text: CONFIG.to_owned(),
            hash: "c0ffee".to_owned(),
            environment: "production".to_owned(),
            tag: "1".to_owned(),
            since: at(0),
        };
        block_on(current::take(&*store, &current)).unwrap();
        Self {
            deps: Deps {
                store: store.clone(),
                config: InForce::new(),
                accounts: cloud.clone(),
                evidence: Arc::new(evidence),
                queues: queues.clone(),
                secrets: Arc::new(Key),
                hash_key: "env:KEY".to_owned(),
                catalogue: Catalogue::all(),
                clock: clock.clone(),
            },
            store,
            cloud,
            queues,
            clock,
            attachments,
            trail,
        }
    }

    pub(super) fn stack(&self, name: &str, resources: &[&str]) -> StackId {
        self.cloud.put((ACCOUNT, REGION), name, resources)
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
        self.cloud.set(domain::ports::Clock::now(&*self.clock));
    }

    pub(super) fn now(&self) -> Timestamp {
        domain::ports::Clock::now(&*self.clock)
    }

    pub(super) fn handle(&self, body: &str) -> Handled {
        block_on(handle(&self.deps, body))
    }

    /// Asks for a look as of now.
    pub(super) fn look(&self, id: &StackId) -> (String, Handled) {
        let body = wanted(id, self.now()).body();
        let handled = self.handle(&body);
        (body, handled)
    }

    /// A whole look: asked for, detected, ended.
    pub(super) fn look_through(&self, id: &StackId) -> Handled {
        self.look(id);
        let detection = self.lease_detection(id).unwrap();
        self.handle(&ended(id, &detection, "DETECTION_COMPLETE"))
    }

    /// Ends the look that is under way; the unit's generation then.
    pub(super) fn look_ends(&self, id: &StackId) -> u64 {
        let detection = self.lease_detection(id).unwrap();
        self.handle(&ended(id, &detection, "DETECTION_COMPLETE"));
        self.generation(id)
    }

    pub(super) fn lease_detection(&self, id: &StackId) -> Option<String> {
        let lease = block_on(domain::lease::held(&*self.store, &unit(id))).unwrap();
        lease.and_then(|it| it.detection)
    }

    pub(super) fn generation(&self, id: &StackId) -> u64 {
        let scan = block_on(domain::ports::Ledger::scan(&*self.store, &unit(id))).unwrap();
        scan.map_or(0, |it| it.generation)
    }

    /// The unit's findings as `name status`.
    pub(super) fn findings(&self, id: &StackId) -> Vec<String> {
        let found = block_on(domain::ports::Ledger::unit_findings(
            &*self.store,
            &unit(id),
        ));
        let now = self.now();
        found
            .unwrap()
            .iter()
            .map(|it| format!("{} {}", it.resource.name, it.status(now)))
            .collect()
    }

    pub(super) fn runs(&self, outcome: &str) -> u64 {
        let labels = [("layer", "cloudformation"), ("outcome", outcome)];
        block_on(counter::value(
            &*self.store,
            counter::DETECTION_RUNS,
            &labels,
        ))
        .unwrap()
    }

    /// The bodies of all timers, in the order of their time.
    pub(super) fn timers(&self) -> Vec<timer::Timer> {
        let all = block_on(timer::due(&*self.store, Timestamp::MAX, 100)).unwrap();
        let mut timers: Vec<timer::Timer> = all.iter().map(|it| it.read().unwrap()).collect();
        timers.sort_by_key(|it| it.due_at);
        timers
    }

    /// What waits in the outbox, as `kind subject`.
    pub(super) fn outbox(&self) -> Vec<String> {
        let mut all = Vec::new();
        for shard in 0..domain::outbox::SHARDS {
            let items = block_on(
                self.store
                    .query(&format!("OUTBOX#{shard}"), &Range::All, 100),
            );
            for item in items.unwrap() {
                let outgoing: domain::message::Outgoing = item.read().unwrap();
                all.push(outgoing.message.kind.to_string());
            }
        }
        all.sort();
        all
    }
}

pub(super) fn unit(id: &StackId) -> Unit {
    Unit::stack(id.account(), id.region(), id.name())
}

pub(super) fn wanted(id: &StackId, asked_at: Timestamp) -> Work {
    Work::LookAtStack {
        stack_id: id.as_str().to_owned(),
        target: "shops".to_owned(),
        asked_at,
        not_before: None,
        attempt: 0,
    }
}

/// The event of a detection's end, as EventBridge sends it.
pub(super) fn ended(id: &StackId, detection: &str, status: &str) -> String {
    json!({
        "version": "0", "id": "e", "source": "aws.cloudformation", "account": ACCOUNT, "region": REGION,
        "detail-type": "CloudFormation Drift Detection Status Change",
        "time": "2026-09-21T00:00:00Z", "resources": [id.as_str()],
        "detail": {
            "stack-id": id.as_str(),
            "stack-drift-detection-id": detection,
            "status-details": {"stack-drift-status": "DRIFTED", "detection-status": status},
            "drift-detection-details": {"drifted-stack-resource-count": 1}
        }
    })
    .to_string()
}
