//! Asks for a look at all that the configuration watches: at each stack it lists, and at each target of a cluster.
//!
//! Runs by schedule. It looks at nothing itself: it only says what to look at,
//! spread over as much time as CloudFormation accepts detections, and closes
//! what nobody watches any more. Run twice for the same scheduled time, it asks
//! for the same looks, which are then done once.

#[cfg(feature = "aws")]
pub mod aws;
mod clusters;
mod place;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests: a broken assumption has to end the test where it broke"
)]
mod tests;
mod unwatched;

use std::sync::Arc;

use domain::ports::{Accounts, Clock, PortError, PortErrorKind, Queues, Store};
use jiff::{SignedDuration, Timestamp};
use policy::watch;
use policy::{InForce, Target};
use serde::Deserialize;
use serde_json::Value;

/// What the function works with.
pub struct Deps {
    /// The ledger.
    pub store: Arc<dyn Store>,
    /// The configuration in force.
    pub config: InForce,
    /// The way to CloudFormation.
    pub accounts: Arc<dyn Accounts>,
    /// The functions' queues.
    pub queues: Arc<dyn Queues>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// What a scan is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Request {
    /// Only these targets; all where empty.
    pub targets: Vec<String>,
    /// For when it was scheduled; a repeated run has the same. Default: now.
    pub time: Option<Timestamp>,
    /// How many hours lie between two runs of the schedule, where one runs it.
    pub every_hours: Option<i64>,
}

/// What a scan asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Looks at stacks and clusters.
    pub looks: usize,
    /// Stacks that were looked at recently enough.
    pub fresh: usize,
    /// Findings that closed because nobody watches their stack or application any more.
    pub unwatched: usize,
}

/// Handles one event of the schedule.
///
/// # Errors
///
/// Where the event cannot be read, and those of [`handle`].
pub async fn run(deps: &Deps, event: Value) -> Result<(), PortError> {
    let request = read(event).map_err(|error| {
        PortError::new(
            PortErrorKind::Invalid,
            "drift-scan",
            format!("the event: {error}; it is {{}}, or names targets and time"),
        )
    })?;
    let asked = handle(deps, &request).await?;
    let Asked {
        looks,
        fresh,
        unwatched,
    } = asked;
    tracing::info!(looks, fresh, unwatched, "asked for looks");
    Ok(())
}

fn read(event: Value) -> Result<Request, String> {
    match event {
        Value::Null => Ok(Request::default()),
        Value::Object(_) => Request::deserialize(event).map_err(|error| error.to_string()),
        _ => Err("it is no object".to_owned()),
    }
}

/// Asks for a look at every stack and every application of the selected targets.
///
/// A place that cannot be listed does not keep the others from being looked at.
///
/// # Errors
///
/// Where a target is not in the configuration, where a place could not be
/// listed (after all others were), and whatever the ledger and the queues answer.
pub async fn handle(deps: &Deps, request: &Request) -> Result<Asked, PortError> {
    let Some(config) = deps.config.read_if_any(&*deps.store).await? else {
        // Whoever has just deployed has not put it there yet; the next run finds it.
        tracing::warn!("no configuration is in force yet: nothing to look at");
        return Ok(Asked::default());
    };
    let whole = &config.loaded.config;
    let targets = selected(&whole.targets, &request.targets)?;
    let scan = place::Scan {
        deps,
        config: &config,
        asked_at: request.time.unwrap_or_else(|| deps.clock.now()),
        every: request.every_hours.map(SignedDuration::from_hours),
    };
    let mut asked = Asked {
        looks: clusters::ask(deps, &targets, scan.asked_at).await?,
        ..Asked::default()
    };
    let mut failures = Vec::new();
    let default_region = deps.accounts.default_region();
    for (place, watches) in watch::places(&targets, default_region.as_deref()) {
        match scan.place(&place, &watches).await {
            Ok(more) => {
                asked.looks += more.looks;
                asked.fresh += more.fresh;
                asked.unwatched += more.unwatched;
            }
            Err(error) => {
                let (account, region) = (place.0.as_deref(), place.1.as_deref());
                tracing::error!(account, region, %error, "stacks could not be listed");
                failures.push((place, error));
            }
        }
    }
    asked.unwatched += unwatched::close_deselected(deps, whole).await?;
    match failures.first() {
        None => Ok(asked),
        Some(((account, region), error)) => Err(PortError::new(
            error.kind,
            error.op,
            format!(
                "account {}, region {}: {} ({} of the configuration's places failed)",
                account.as_deref().unwrap_or("(own)"),
                region.as_deref().unwrap_or("(default)"),
                error.detail,
                failures.len()
            ),
        )),
    }
}

fn selected<'c>(targets: &'c [Target], names: &[String]) -> Result<Vec<&'c Target>, PortError> {
    if let Some(unknown) = names
        .iter()
        .find(|name| !targets.iter().any(|it| it.name.as_str() == *name))
    {
        return Err(PortError::new(
            PortErrorKind::Invalid,
            "drift-scan",
            format!("targets: the configuration in force has no target {unknown:?}"),
        ));
    }
    Ok(targets
        .iter()
        .filter(|it| names.is_empty() || names.iter().any(|name| it.name.as_str() == name))
        .collect())
}
