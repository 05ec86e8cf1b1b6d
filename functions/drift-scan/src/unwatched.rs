//! Closing what nobody watches any more.

use std::collections::BTreeMap;

use domain::layer::Layer;
use domain::life::{self, Telling};
use domain::nest;
use domain::ports::PortError;
use domain::record::commit_with;
use domain::stack::{StackId, StackSummary};
use domain::unit::Unit;
use domain::watch::{Presence, Selection, has_left};
use jiff::Timestamp;
use policy::watch::reaching;
use policy::{Config, clusters};

use crate::Deps;

/// Closes the findings of stacks of a listed account and region that are not there any more; says how many.
pub(crate) async fn close_gone(
    deps: &Deps,
    (account, region): (&str, &str),
    (listed, listed_at): (&BTreeMap<StackId, StackSummary>, Timestamp),
) -> Result<usize, PortError> {
    let mut closed = 0;
    for unit in stacks(deps).await? {
        let is_here = unit.account == account && unit.region == region;
        let is_listed = listed.keys().any(|id| id.name() == unit.name);
        if is_here && !is_listed && has_left(Presence::Gone, Selection::Unsure) {
            closed += close(deps, &unit, listed_at).await?;
        }
    }
    Ok(closed)
}

/// Closes the findings of stacks and applications that no target of the configuration can select
/// any more; says how many. A nested stack is selected by the stacks it is nested in.
pub(crate) async fn close_deselected(deps: &Deps, config: &Config) -> Result<usize, PortError> {
    let mut closed = 0;
    for unit in deps.store.units().await? {
        if is_deselected(deps, config, &unit).await?
            && has_left(Presence::NotListed, Selection::Deselected)
        {
            closed += close(deps, &unit, Timestamp::MAX).await?;
        }
    }
    Ok(closed)
}

async fn is_deselected(deps: &Deps, config: &Config, unit: &Unit) -> Result<bool, PortError> {
    if unit.layer != Layer::CloudFormation {
        return Ok(clusters::is_deselected(config, unit));
    }
    let watches = reaching(config, &unit.account, &unit.region);
    if watches.is_empty() {
        return Ok(true);
    }
    for name in nest::names(&*deps.store, unit).await? {
        if watches.iter().any(|it| it.selects_name(&name)) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn stacks(deps: &Deps) -> Result<Vec<Unit>, PortError> {
    let mut units = deps.store.units().await?;
    units.retain(|it| it.layer == Layer::CloudFormation);
    Ok(units)
}

/// Closes what no look saw that began at that time or later: the stack may be there again since.
async fn close(deps: &Deps, unit: &Unit, as_of: Timestamp) -> Result<usize, PortError> {
    let mut closed = 0;
    for finding in deps.store.unit_findings(unit).await? {
        if finding.closed.is_some() || finding.look_started_at >= as_of {
            continue;
        }
        let now = deps.clock.now();
        commit_with(&*deps.store, &finding.id, |previous| {
            let seen_before = previous.filter(|it| it.look_started_at < as_of)?;
            life::unwatched(seen_before, Telling::Everybody, now)
        })
        .await?;
        closed += 1;
    }
    Ok(closed)
}
