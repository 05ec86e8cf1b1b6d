//! The digest of a target's baseline.

use std::collections::BTreeMap;

use domain::baseline;
use domain::handled::Handled;
use domain::ports::{PortError, Store};
use domain::severity::Severity;
use domain::unit::Unit;
use jiff::{SignedDuration, Timestamp};

use crate::Deps;
use crate::render;
use crate::telling::Telling;

/// What stood open when a target was first looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest {
    pub(crate) target: String,
    /// How many units of the target had a complete look.
    pub(crate) looked_at: usize,
    /// How many had none yet.
    pub(crate) waiting: usize,
    pub(crate) by_severity: BTreeMap<Severity, usize>,
    pub(crate) by_unit: BTreeMap<Unit, usize>,
}

impl Digest {
    pub(crate) fn findings(&self) -> usize {
        self.by_unit.values().sum()
    }

    /// The units with findings, those with the most first.
    pub(crate) fn units(&self) -> Vec<(&Unit, usize)> {
        let mut units: Vec<(&Unit, usize)> = self
            .by_unit
            .iter()
            .map(|(unit, count)| (unit, *count))
            .collect();
        units.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        units
    }
}

/// How early the end of the patience may be announced: clocks differ.
const EARLY: SignedDuration = SignedDuration::from_mins(1);

/// More waiting units than this are not counted.
pub(crate) const MOST_WAITING: usize = 1000;

/// Tells the digest of a target's baseline where it is due and was not told.
/// `round` is the one that a message speaks of; what could not be told of one
/// that is over is tried again then.
pub(crate) async fn tell(
    deps: &Deps,
    target: &str,
    round: Option<u64>,
) -> Result<Handled, PortError> {
    let store = &*deps.store;
    let Some(baseline) = baseline::of(store, target).await? else {
        return Ok(Handled::Drop(format!("{target} has no baseline")));
    };
    let now = deps.clock.now();
    let round = round.unwrap_or(baseline.round).min(baseline.round);
    let was_told = round < baseline.round || baseline.told_at.is_some();
    let ends = baseline.patience_ends();
    if !was_told && !baseline.is_due(now) && ends.duration_since(now) <= EARLY {
        // The clock that fired its timer is ahead of ours.
        return Ok(Handled::Later {
            at: ends,
            body: None,
        });
    }
    if !was_told && !baseline.is_due(now) {
        return Ok(Handled::Drop(format!(
            "the baseline of {target} is told when every unit had its look, or by its timer"
        )));
    }
    let config = deps.config.read(store).await?;
    let digest = count(store, target, baseline.since).await?;
    let is_news = baseline.round == 1 || digest.findings() > 0;
    if !was_told && !is_news {
        // A stack that joined and does not drift is no news.
        baseline::told(store, (target, round), now).await?;
        return Ok(Handled::Done);
    }
    let telling = Telling::new(deps, &config);
    let write = |form, key: &str| render::digest(form, &digest, (config.environment(), key), now);
    let of = (format!("baseline-{target}"), format!("digest.{round}"));
    let tally = telling.everybody((&of.0, &of.1), was_told, &write).await?;
    if tally.is_finished() && !was_told {
        baseline::told(store, (target, round), now).await?;
    }
    Ok(tally.handled())
}

/// Counts the open findings of the baseline, those seen first since then.
async fn count(
    store: &dyn Store,
    target: &str,
    since: Option<Timestamp>,
) -> Result<Digest, PortError> {
    let mut digest = Digest {
        target: target.to_owned(),
        waiting: baseline::waiting(store, target, MOST_WAITING).await?,
        ..Digest::default()
    };
    for finding in store.findings().await? {
        let is_open = finding.closed.is_none() && finding.baseline && finding.target == target;
        if is_open && since.is_none_or(|it| finding.first_seen > it) {
            *digest.by_severity.entry(finding.severity).or_default() += 1;
            *digest.by_unit.entry(finding.unit).or_default() += 1;
        }
    }
    for unit in store.units().await? {
        let look = store.scan(&unit).await?;
        digest.looked_at += usize::from(look.is_some_and(|it| it.target == target));
    }
    Ok(digest)
}
