//! Looks at one stack and writes down what it sees.
//!
//! A message only says which stack. `LookAtStack` starts a detection and ends;
//! the detection's completion event, or a timer as backstop, comes back to
//! collect what it found. A late, repeated or lost message costs time, never
//! correctness, and a look that fails is recorded as unknown instead of as an
//! answer.

mod around;
mod attribute;
#[cfg(feature = "aws")]
pub mod aws;
mod collect;
mod event;
mod look;
mod resource;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]
mod tests;
mod written;

use std::sync::Arc;

use domain::conceal::HashKey;
use domain::handled::Handled;
use domain::identity::FindingId;
use domain::nest;
use domain::ports::{Accounts, Clock, Evidence, PortError, Queues, Secrets, Stacks, Store};
use domain::stack::StackId;
use domain::unit::Unit;
use domain::work::{Queue, Work};
use equivalence::Catalogue;
use policy::watch::{self, reaching, reading_role};
use policy::{InForce, InForceConfig};
use serde_json::Value;

use crate::event::Event;

/// The function's queue.
pub const QUEUE: Queue = Queue::StackDrift;

/// What the function works with.
pub struct Deps {
    /// The ledger.
    pub store: Arc<dyn Store>,
    /// The configuration in force.
    pub config: InForce,
    /// The way to CloudFormation.
    pub accounts: Arc<dyn Accounts>,
    /// The way to what else tells of resources.
    pub evidence: Arc<dyn Evidence>,
    /// The functions' queues.
    pub queues: Arc<dyn Queues>,
    /// Where the key of the ledger's hashes is.
    pub secrets: Arc<dyn Secrets>,
    /// The reference to it.
    pub hash_key: String,
    /// The catalogue of known non-differences.
    pub catalogue: Catalogue,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Handles one message of the queue.
pub async fn handle(deps: &Deps, body: &str) -> Handled {
    let body: Value = match serde_json::from_str(body) {
        Ok(body) => body,
        Err(error) => return Handled::Fail(format!("the message is not JSON: {error}")),
    };
    match Work::read(&body) {
        Some(Ok(work)) => work_on(deps, work).await,
        Some(Err(error)) => error.into(),
        None => match event::read(&body) {
            Ok(Event::Ended(ended)) => collect::ended(deps, &ended).await.into(),
            Ok(Event::Called(call)) => attribute::heard(deps, &call).await.into(),
            Ok(Event::NotForUs(why)) => Handled::Drop(why.to_owned()),
            Err(reason) => Handled::Fail(reason),
        },
    }
}

async fn work_on(deps: &Deps, work: Work) -> Handled {
    match work {
        Work::LookAtStack {
            stack_id,
            target,
            asked_at,
            not_before,
            attempt,
        } => match StackId::parse(&stack_id) {
            Some(id) => {
                let wanted = look::Wanted {
                    id,
                    target,
                    asked_at,
                    not_before,
                    attempt,
                };
                look::look(deps, &wanted).await.into()
            }
            None => Handled::Fail(format!("stackId: {stack_id:?} is no stack's ARN")),
        },
        Work::CollectStack {
            stack_id,
            detection_id,
        } => match StackId::parse(&stack_id) {
            Some(id) => collect::backstop(deps, &id, detection_id.as_deref())
                .await
                .into(),
            None => Handled::Fail(format!("stackId: {stack_id:?} is no stack's ARN")),
        },
        Work::LookAtResource {
            stack_id,
            logical_id,
            asked_at,
            attempt,
        } => match StackId::parse(&stack_id) {
            Some(id) => {
                let wanted = resource::Wanted {
                    id,
                    logical_id,
                    asked_at,
                    attempt,
                };
                resource::look(deps, &wanted).await.into()
            }
            None => Handled::Fail(format!("stackId: {stack_id:?} is no stack's ARN")),
        },
        Work::Attribute {
            finding,
            attempt,
            not_before,
        } => match FindingId::parse(&finding) {
            Some(id) => attribute::ask(deps, &id, (attempt, not_before))
                .await
                .into(),
            None => Handled::Fail(format!("finding: {finding:?} is no finding's id")),
        },
        other => Handled::Fail(format!(
            "{} belongs on the queue of {}",
            other.key(),
            other.queue()
        )),
    }
}

impl Deps {
    /// CloudFormation where a stack is, through the role that the configuration names.
    async fn stacks(
        &self,
        config: &InForceConfig,
        id: &StackId,
    ) -> Result<Arc<dyn Stacks>, PortError> {
        let role = reading_role(&config.loaded.config, id.account());
        self.accounts.stacks(Some(id.region()), role.as_ref()).await
    }

    async fn key(&self) -> Result<HashKey, PortError> {
        let secret = self.secrets.resolve(&self.hash_key).await?;
        Ok(HashKey::of_text(secret.reveal()))
    }
}

/// The target that selects a unit, by its own name or those of the stacks it is
/// nested in: the one that is known, as long as it does, else the first.
async fn selecting(
    deps: &Deps,
    config: &InForceConfig,
    (unit, known): (&Unit, Option<&str>),
) -> Result<Option<String>, PortError> {
    let names = nest::names(&*deps.store, unit).await?;
    let watches = reaching(&config.loaded.config, &unit.account, &unit.region);
    let mut selecting: Vec<&str> = watches
        .iter()
        .filter(|watch| names.iter().any(|name| watch.selects_name(name)))
        .map(|watch| watch.target)
        .collect();
    selecting.sort_by_key(|target| Some(*target) != known);
    Ok(selecting.first().map(|target| (*target).to_owned()))
}

/// Whether an account is one that the configuration can look at: it names it,
/// or it is the function's own.
async fn knows(
    deps: &Deps,
    config: &InForceConfig,
    (account, region): (&str, &str),
) -> Result<bool, PortError> {
    if watch::names_account(&config.loaded.config, account) {
        return Ok(true);
    }
    Ok(deps.accounts.own_account(Some(region)).await? == account)
}

fn unit_of(id: &StackId) -> Unit {
    Unit::stack(id.account(), id.region(), id.name())
}
