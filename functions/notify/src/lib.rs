//! Tells people, once.
//!
//! A message only says what to look at. The finding and its incident decide
//! what is owed to which channel; each post is an effect that is claimed, done
//! and recorded, so that a repeated, late or lost message changes nothing that
//! anybody reads. `docs/notify.md` says what is sent when.

#[cfg(feature = "aws")]
pub mod aws;
mod channel;
mod digest;
mod refused;
mod render;
mod settling;
mod telling;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]
mod tests;

use std::sync::Arc;

use domain::finding::Finding;
use domain::handled::Handled;
use domain::identity::FindingId;
use domain::incident::{self, Timing};
use domain::message::{API_VERSION, Kind, Message};
use domain::ports::{Channels, Clock, PortError, Queues, Store};
use domain::work::{Queue, Work};
use policy::{InForce, InForceConfig};
use serde_json::Value;

use crate::telling::Telling;

/// The function's queue.
pub const QUEUE: Queue = Queue::Notify;

/// What the function works with.
pub struct Deps {
    /// The ledger.
    pub store: Arc<dyn Store>,
    /// The configuration in force.
    pub config: InForce,
    /// The functions' queues.
    pub queues: Arc<dyn Queues>,
    /// Chat and webhooks.
    pub channels: Arc<dyn Channels>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Handles one message of the queue.
pub async fn handle(deps: &Deps, body: &str) -> Handled {
    match read(body) {
        Ok(Asked::Message(message)) => about(deps, &message).await.into(),
        Ok(Asked::Settle(incident)) => settling::settle(deps, &incident).await.into(),
        Ok(Asked::Baseline(target)) => digest::tell(deps, &target, None).await.into(),
        Err(handled) => handled,
    }
}

/// What a body asks for.
enum Asked {
    Message(Message),
    Settle(String),
    Baseline(String),
}

fn read(body: &str) -> Result<Asked, Handled> {
    let fail = |reason: String| Handled::Fail(reason);
    let body: Value = serde_json::from_str(body)
        .map_err(|error| fail(format!("the message is not JSON: {error}")))?;
    if body.get("Type").is_some() && body.get("TopicArn").is_some() {
        let what = "the message is wrapped by SNS; set RawMessageDelivery on the subscription";
        return Err(fail(what.to_owned()));
    }
    match body.get("apiVersion") {
        Some(version) if version == API_VERSION => {}
        Some(version) => {
            return Err(fail(format!(
                "apiVersion: this version reads {API_VERSION}, not {version}"
            )));
        }
        None => return Err(fail("the message is none of Plumbline's".to_owned())),
    }
    let kind = body.get("kind").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "SettleIncident" | "TellBaseline" | "LookAtStack" | "CollectStack" => {}
        "FindingOpened" | "FindingChanged" | "FindingClosed" | "BaselineTaken"
        | "ConfigRefused" => {
            return serde_json::from_value(body.clone())
                .map(Asked::Message)
                .map_err(|error| fail(format!("{kind}: {error}")));
        }
        other => return Err(Handled::Drop(format!("{other:?} is nothing to tell"))),
    }
    match Work::read(&body) {
        Some(Ok(Work::SettleIncident { incident })) => Ok(Asked::Settle(incident)),
        Some(Ok(Work::TellBaseline { target })) => Ok(Asked::Baseline(target)),
        Some(Ok(other)) => Err(fail(format!(
            "{} belongs on the queue of {}",
            other.key(),
            other.queue()
        ))),
        Some(Err(error)) => Err(error.into()),
        None => Err(fail("the message is none of Plumbline's".to_owned())),
    }
}

async fn about(deps: &Deps, message: &Message) -> Result<Handled, PortError> {
    match message.kind {
        Kind::FindingOpened | Kind::FindingChanged | Kind::FindingClosed => {
            finding(deps, message).await
        }
        Kind::BaselineTaken => digest::tell(deps, &message.subject, Some(message.version)).await,
        Kind::ConfigRefused => refused::tell(deps).await,
    }
}

async fn finding(deps: &Deps, message: &Message) -> Result<Handled, PortError> {
    let Some(id) = finding_id(&message.subject) else {
        let what = format!("subject: {:?} is no finding's id", message.subject);
        return Ok(Handled::Fail(what));
    };
    let config = deps.config.read(&*deps.store).await?;
    let routing = |finding: &Finding| (timing(&config), channels_for(&config, finding));
    let now = deps.clock.now();
    match incident::watch(&*deps.store, &id, routing, now).await? {
        Some(incident) => {
            let telling = Telling::new(deps, &config);
            telling.incident(&incident, &message.id).await
        }
        None => Ok(Handled::Drop(format!("{id} is in no incident"))),
    }
}

fn finding_id(text: &str) -> Option<FindingId> {
    let is_whole = FindingId::prefix(text).as_deref() == Some(text) && text.len() == 18;
    is_whole
        .then(|| serde_json::from_value(text.into()).ok())
        .flatten()
}

fn timing(config: &InForceConfig) -> Timing {
    let timing = &config.loaded.config.timing;
    Timing {
        settle: timing.settle.get(),
        reopen: timing.reopen.get(),
    }
}

fn channels_for(config: &InForceConfig, finding: &Finding) -> Vec<String> {
    let routed = config.policy.channels_for(finding);
    for route in &routed.failed {
        tracing::warn!(
            finding.id = finding.id.as_str(),
            file = route.file,
            line = route.line,
            route = route.place,
            why = route.why,
            "a route could not be evaluated and matched nothing"
        );
    }
    routed.channels
}
