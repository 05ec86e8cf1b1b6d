//! The function with everything around it in memory.

use std::sync::Arc;

use domain::current::{self, Current};
use domain::finding::{Closed, Closing, Finding};
use domain::handled::Handled;
use domain::incident::{self, Incident};
use domain::message::{Kind, Message};
use domain::ports::Clock as _;
use domain::testing::{
    Faults, ManualClock, MemoryChannels, MemoryQueues, MemoryStore, block_on, finding,
};
use domain::timer::{self, Timer};
use domain::unit::Unit;
use domain::work::Work;
use jiff::{SignedDuration, Timestamp};
use policy::InForce;

use crate::{Deps, handle};

pub(super) const TEAM: &str = "    team: {slack: {webhook: 'env:TEAM'}}\n";
pub(super) const AUDIT: &str = "    audit: {webhook: {url: 'env:AUDIT', secret: 'env:KEY'}}\n";

/// The function with its doubles. Everything but the configuration that was read can be begun anew.
pub(super) struct Desk {
    notify: String,
    pub(super) faults: Arc<Faults>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) queues: Arc<MemoryQueues>,
    pub(super) channels: Arc<MemoryChannels>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) deps: Deps,
}

/// A minute of the story.
pub(super) fn at(minute: i64) -> Timestamp {
    "2026-11-24T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

pub(super) fn unit() -> Unit {
    Unit::stack("111122223333", "eu-west-1", "shop")
}

pub(super) fn open() -> Finding {
    finding(&unit(), "Queue", at(0))
}

impl Desk {
    /// With the channels `team` (Slack) and `audit` (a webhook), and no routes.
    pub(super) fn new() -> Self {
        Self::with(&format!("  channels:\n{TEAM}{AUDIT}"))
    }

    /// With that `notify` section.
    pub(super) fn with(notify: &str) -> Self {
        let faults = Arc::new(Faults::default());
        let store = Arc::new(MemoryStore::with(Arc::clone(&faults)));
        let queues = Arc::new(MemoryQueues::with(Arc::clone(&faults)));
        let channels = Arc::new(MemoryChannels::with(Arc::clone(&faults)));
        let clock = Arc::new(ManualClock::at(at(0)));
        let deps = Deps {
            store: store.clone(),
            config: InForce::new(),
            queues: queues.clone(),
            channels: channels.clone(),
            clock: clock.clone(),
        };
        let desk = Self {
            notify: notify.to_owned(),
            faults,
            store,
            queues,
            channels,
            clock,
            deps,
        };
        desk.configure(notify);
        desk
    }

    /// The same at its beginning: reading a configuration takes longer than all the rest.
    pub(super) fn again(self) -> Self {
        self.faults.end();
        self.store.clear();
        _ = self.queues.take();
        _ = self.channels.take();
        self.clock.set(at(0));
        self.configure(&self.notify);
        self
    }

    /// Puts a configuration in force.
    pub(super) fn configure(&self, notify: &str) {
        let notify = if notify.is_empty() {
            String::new()
        } else {
            format!("notify:\n{notify}")
        };
        let text = format!(
            "apiVersion: plumbline/v1\nenvironment: production\ntargets:\n  - name: stacks\n    cloudformation: {{regions: [eu-west-1], stacks: ['*']}}\n{notify}"
        );
        let current = Current {
            location: "s3://config/plumbline.yaml".to_owned(),
            hash: domain::conceal::sha256(text.as_bytes()),
            text,
            environment: "production".to_owned(),
            tag: "1".to_owned(),
            since: at(0),
        };
        block_on(current::take(&*self.store, &current)).unwrap();
    }

    pub(super) fn handle(&self, body: &str) -> Handled {
        block_on(handle(&self.deps, body))
    }

    /// A message about the finding as it stands, twice; what became of the first.
    pub(super) fn hear(&self, finding: &Finding) -> Handled {
        self.store.put_finding(finding.clone());
        let body = self.message(finding);
        let first = self.handle(&body);
        let posted = self.posts();
        let second = self.handle(&body);
        if !matches!(first, Handled::Retry(_) | Handled::Fail(_)) {
            assert_eq!(
                self.posts(),
                posted,
                "the same message again told more: {second:?}"
            );
        }
        first
    }

    pub(super) fn message(&self, finding: &Finding) -> String {
        let kind = match (&finding.closed, finding.version) {
            (Some(_), _) => Kind::FindingClosed,
            (None, 1) => Kind::FindingOpened,
            (None, _) => Kind::FindingChanged,
        };
        let of = (finding.id.as_str(), finding.version);
        let message = Message::about(of, kind, "production", self.clock.now());
        serde_json::to_string(&message).unwrap()
    }

    /// What was posted so far: where, and which effect.
    pub(super) fn posts(&self) -> Vec<String> {
        let posted = self.channels.posted().into_iter();
        posted
            .map(|it| it.key.split_once('.').unwrap().1.to_owned())
            .collect()
    }

    pub(super) fn incident(&self) -> Incident {
        block_on(incident::of_finding(&*self.store, &open().id))
            .unwrap()
            .unwrap()
    }

    pub(super) fn settle(&self) -> Handled {
        let incident = self.incident().id;
        self.handle(&Work::SettleIncident { incident }.body())
    }

    /// When timers go off, in order.
    pub(super) fn timers(&self) -> Vec<Timestamp> {
        let due = block_on(timer::due(&*self.store, at(1_000_000), 99)).unwrap();
        let mut times: Vec<Timestamp> = due
            .iter()
            .map(|it| it.read::<Timer>().unwrap().due_at)
            .collect();
        times.sort();
        times
    }
}

/// The finding as its next version.
pub(super) fn next(finding: &Finding) -> Finding {
    Finding {
        version: finding.version + 1,
        ..finding.clone()
    }
}

pub(super) fn closed(finding: &Finding, minute: i64) -> Finding {
    Finding {
        closed: Some(Closed {
            at: at(minute),
            how: Closing::Resolved,
        }),
        ..next(finding)
    }
}

pub(super) fn reopened(finding: &Finding, minute: i64) -> Finding {
    Finding {
        closed: None,
        occurrences: finding.occurrences + 1,
        last_seen: at(minute),
        ..next(finding)
    }
}
