//! The other ports of a process: queues, topic, secrets, configuration, sink.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clock::DeadLetter;
use domain::finding::{Closing, Finding};
use domain::incident::{self, Incident};
use domain::message::{Audience, Outgoing};
use domain::ports::{
    Address, Channels, Fetched, Ledger as _, Objects, PortError, PortErrorKind, Queues, Secret,
    Secrets, Topic,
};
use domain::severity::Severity;
use domain::testing::block_on;
use domain::work::Queue;
use jiff::Timestamp;
use serde_json::Value;

use crate::process::{Kind, Process};
use crate::sim::{MINUTE, SECOND, State, Told, plus};

/// The ports of a process.
pub(crate) struct Ports(pub(crate) Arc<Process>);

#[async_trait]
impl Queues for Ports {
    async fn send(&self, queue: Queue, body: &str, delay: Duration) -> Result<(), PortError> {
        let op = "sqs:SendMessage";
        let act = |sim: &crate::sim::Sim| {
            let mut state = sim.state();
            if delay > Queue::LONGEST_DELAY {
                return Err(PortError::new(
                    PortErrorKind::Invalid,
                    op,
                    "too long a delay",
                ));
            }
            state.tell(|| format!("    → {queue} in {delay:?}: {body}"));
            let delay = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
            state.put(queue, (body, "a function"), delay);
            Ok(())
        };
        self.0.call((op, Kind::Effect), act).await
    }
}

#[async_trait]
impl Topic for Ports {
    async fn publish(&self, outgoing: &Outgoing) -> Result<(), PortError> {
        let body = serde_json::to_string(&outgoing.message).expect("a message is JSON");
        let act = |sim: &crate::sim::Sim| {
            let mut state = sim.state();
            state.tell(|| format!("    → topic: {body}"));
            state.tally.count("published");
            for (name, value) in outgoing.attributes() {
                let text = format!("{name}={value}");
                state.outside("an attribute", &text);
            }
            if outgoing.audience == Audience::Notify {
                let late = state.delays.between(10, 3 * SECOND);
                state.put(Queue::Notify, (&body, "the topic"), late);
            }
            Ok(())
        };
        self.0.call(("sns:Publish", Kind::Effect), act).await
    }
}

/// The reference to the key of the hashes.
pub(crate) const HASH_KEY: &str = "secretsmanager:plumbline/hash-key";

#[async_trait]
impl Secrets for Ports {
    async fn resolve(&self, reference: &str) -> Result<Secret, PortError> {
        let text = format!("{reference}, resolved");
        let op = ("secretsmanager:GetSecretValue", Kind::Read);
        self.0.call(op, |_| Ok(Secret::new(text))).await
    }
}

#[async_trait]
impl Objects for Ports {
    async fn fetch(&self, _: &str, known: Option<&str>) -> Result<Fetched, PortError> {
        let act = |sim: &crate::sim::Sim| {
            let (tag, text) = sim.state().config.clone();
            let tag = tag.to_string();
            Ok(match known == Some(tag.as_str()) {
                true => Fetched::Unchanged,
                false => Fetched::New { text, tag },
            })
        };
        self.0.call(("s3:GetObject", Kind::Read), act).await
    }
}

#[async_trait]
impl clock::DeadLetters for Ports {
    async fn put(&self, letter: &DeadLetter) -> Result<(), PortError> {
        let act = |sim: &crate::sim::Sim| {
            let mut state = sim.state();
            state.bury((None, "the ledger"), &letter.body, &letter.reason);
            Ok(())
        };
        self.0.call(("sqs:SendMessage", Kind::Effect), act).await
    }
}

#[async_trait]
impl Channels for Ports {
    async fn post(
        &self,
        address: &Address,
        key: &str,
        body: &Value,
    ) -> Result<Option<String>, PortError> {
        let (Address::SlackWebhook { url } | Address::Webhook { url, .. }) = address;
        let text = body.to_string();
        let act = |sim: &crate::sim::Sim| {
            let about = finding_of(sim, key);
            let is_baseline = about.as_ref().is_some_and(|(_, it)| it.baseline);
            let mut state = sim.state();
            if let Some((incident, finding)) = &about {
                match key.contains(".resolve.") {
                    true => state.resolves(incident, finding),
                    false => state.pages(finding),
                }
            }
            state.tell(|| format!("    → sink {url} {key}: {text}"));
            if is_baseline {
                state.breaks(format!(
                    "invariant 4: {key} tells of one finding of a baseline"
                ));
            }
            state.outside("a message at the sink", &text);
            state.outside("a key at the sink", key);
            state.tally.count("told");
            let told = Told {
                key: key.to_owned(),
            };
            state.sink.push(told);
            drop(state);
            self.0.posts(key);
            Ok(None)
        };
        self.0.call(("channel:post", Kind::Effect), act).await
    }
}

impl Ports {
    /// A message goes to the dead letters of its function.
    pub(crate) async fn bury(
        &self,
        (queue, from): (Queue, &'static str),
        body: &str,
        reason: &str,
    ) -> Result<(), PortError> {
        let act = |sim: &crate::sim::Sim| {
            sim.state().bury((Some(queue), from), body, reason);
            Ok(())
        };
        self.0.call(("sqs:SendMessage", Kind::Effect), act).await
    }
}

/// The incident that an effect is about, and its finding.
fn finding_of(sim: &crate::sim::Sim, key: &str) -> Option<(Incident, Finding)> {
    let id = key.split('.').next().unwrap_or_default();
    let incident = block_on(incident::by_id(&sim.store, id)).ok()??;
    let finding = block_on(sim.store.finding(&incident.finding)).ok()??;
    Some((incident, finding))
}

impl State {
    /// People hear of it: nothing that a watched stack declares may be called critical, unless it is called uncertain.
    fn pages(&mut self, finding: &Finding) {
        if finding.severity != Severity::Critical {
            return;
        }
        for difference in &finding.differences {
            let Some(stack) = self.declared.get(&difference.path) else {
                continue;
            };
            let is_watched = stack.contains("shop-") || !self.was_narrowed;
            if is_watched && difference.potential {
                self.tally.count("declared, and told as uncertain");
            } else if is_watched {
                let (id, path, stack) = (&finding.id, &difference.path, stack.clone());
                self.breaks(format!(
                    "invariant 1: {id} is told as critical for {path}, which {stack} declares"
                ));
                return;
            }
        }
    }

    /// People hear that it is over: a check that began when the settle time was over must have found it clean.
    fn resolves(&mut self, incident: &Incident, finding: &Finding) {
        let how = finding.closed.as_ref().map(|it| it.how);
        if incident.state != incident::State::Resolved
            || incident.unconfirmed
            || how != Some(Closing::Resolved)
        {
            return;
        }
        let closed = self.watched.closed.get(finding.id.as_str()).copied();
        // Two clocks that are off by twenty seconds each, and how long a write takes.
        let since = plus(closed.unwrap_or(Timestamp::MIN), SETTLE - MINUTE);
        let key = (finding.unit.name.clone(), finding.resource.name.clone());
        let checks = self.cloud.checks.get(&key);
        let mut checks = checks.into_iter().flatten();
        let is_there = self.cloud.has(&key, &finding.resource.kind);
        if is_there && !checks.any(|it| !it.drifts && it.at >= since) {
            let id = &incident.id;
            self.breaks(format!(
                "invariant 4: {id} is called resolved, and no check since {since} found it clean"
            ));
        }
    }
}

/// The settle time of the configuration.
const SETTLE: i64 = 5 * MINUTE;
