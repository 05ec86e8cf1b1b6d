//! Writing a judged look into the ledger.

mod told;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::counter;
use crate::finding::Finding;
use crate::identity::FindingId;
use crate::judge::{Counts, Judged, Sighting};
use crate::life::{self, Decision, Moment, Telling};
use crate::once;
use crate::ports::{ATTEMPTS, Items, Ledger, PortError, PortErrorKind, Write};
use crate::resource::Resource;
use crate::unit::Unit;

pub use told::{record_and_tell, record_once};

/// The last complete look at a unit. Its generation counts complete looks; the
/// first is the unit's baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// The unit.
    pub unit: Unit,
    /// How many complete looks there were, this one included.
    pub generation: u64,
    /// When this look began.
    pub started_at: Timestamp,
    /// When it was written.
    pub finished_at: Timestamp,
    /// The target that led to it.
    pub target: String,
    /// What its resources came to.
    pub counts: Counts,
    /// The hash of the config that judged it.
    pub config: String,
}

impl Scan {
    /// Whether both are one look, written twice: a repeated message must not count as the look after the baseline.
    fn is_same_look(&self, other: &Self) -> bool {
        self.started_at == other.started_at
            && self.counts == other.counts
            && self.target == other.target
            && self.config == other.config
    }
}

/// Writes a judged look: first each finding it saw, then the closing of those
/// that a complete look no longer sees, last the unit's [`Scan`]. Cut off
/// anywhere, the next look heals it; done twice, it changes nothing but times
/// and versions.
///
/// `also` is written with the complete look, and only with it.
///
/// Returns the findings of this look in their new state. A look that is older
/// than the unit's last complete one is not written, and one that is older than
/// what the ledger knows of a finding does not change that finding: they are
/// returned as they stand in the ledger, or as they would have opened or reopened.
///
/// # Errors
///
/// Whatever the ledger answers; what was written before stays.
pub async fn record(
    ledger: &dyn Ledger,
    judged: &Judged,
    (moment, also): (Moment<'_>, &[Write]),
) -> Result<Vec<Finding>, PortError> {
    let moment = Moment {
        look_started_at: judged.started_at,
        ..moment
    };
    let last = ledger.scan(&judged.unit).await?.map(|it| it.started_at);
    let overtaken = last.is_some_and(|at| moment.is_overtaken_by(at));
    let mut recorded = Vec::with_capacity(judged.sightings.len());
    for sighting in &judged.sightings {
        recorded.push(if overtaken {
            let stored = ledger.finding(&sighting.identity.id()).await?;
            as_seen(stored, sighting, moment)
        } else {
            record_sighting(ledger, sighting, (moment, last)).await?
        });
    }
    if judged.complete && !overtaken {
        close_unseen(ledger, judged, moment).await?;
        close_look(ledger, judged, (moment, also)).await?;
    }
    Ok(recorded)
}

/// Writes a judged look at one resource of a unit: the finding it saw or, where
/// the whole of the resource was seen and does not drift, the closing of its
/// finding. The unit's [`Scan`] stays as it is, since nothing else was looked at.
///
/// # Errors
///
/// Whatever the ledger answers.
pub async fn record_resource(
    ledger: &dyn Ledger,
    judged: &Judged,
    (id, moment): (&FindingId, Moment<'_>),
) -> Result<(), PortError> {
    let moment = Moment {
        look_started_at: judged.started_at,
        ..moment
    };
    let last = ledger.scan(&judged.unit).await?.map(|it| it.started_at);
    if last.is_some_and(|at| moment.is_overtaken_by(at)) {
        return Ok(());
    }
    for sighting in &judged.sightings {
        record_sighting(ledger, sighting, (moment, last)).await?;
    }
    let is_straight = judged.complete && judged.uncovered.is_empty() && judged.sightings.is_empty();
    if is_straight {
        commit_with(ledger, id, |previous| {
            let ours = previous.filter(|it| it.unit == judged.unit)?;
            life::not_seen(ours, moment)
        })
        .await?;
    }
    Ok(())
}

async fn record_sighting(
    ledger: &dyn Ledger,
    sighting: &Sighting,
    (moment, last): (Moment<'_>, Option<Timestamp>),
) -> Result<Finding, PortError> {
    let id = sighting.identity.id();
    let decided = commit_with(ledger, &id, |previous| {
        let mut decision = life::seen(previous, sighting, moment)?;
        if decision.shows_something_new() {
            decision.finding.since = match previous {
                None => last,
                // What is still asked about, or was out of sight, may be older than any look.
                Some(it) if it.closed.is_none() && it.lacks_author() => it.since,
                // The unit's last complete look is no measure: where a later one had
                // spoken of the finding already, what it saw of it was not written.
                Some(it) => it.read_at.or(it.since),
            };
        }
        Some(decision)
    })
    .await?;
    Ok(as_seen(decided, sighting, moment))
}

/// A finding for the report of a look that saw it: as the ledger has it or,
/// where a newer look has closed it there, as it would have reopened. A report
/// tells what its own look saw.
fn as_seen(stored: Option<Finding>, sighting: &Sighting, moment: Moment<'_>) -> Finding {
    match stored {
        Some(stored) if stored.closed.is_none() => stored,
        Some(closed) => Finding {
            first_seen: closed.first_seen,
            occurrences: closed.occurrences + 1,
            ..life::opened(sighting, moment).finding
        },
        None => life::opened(sighting, moment).finding,
    }
}

async fn close_unseen(
    ledger: &dyn Ledger,
    judged: &Judged,
    moment: Moment<'_>,
) -> Result<(), PortError> {
    let seen: BTreeSet<FindingId> = judged.sightings.iter().map(|it| it.identity.id()).collect();
    for finding in ledger.unit_findings(&judged.unit).await? {
        if finding.closed.is_none()
            && !seen.contains(&finding.id)
            && !is_uncovered(judged, &finding)
        {
            commit_with(ledger, &finding.id, |previous| {
                // Another unit may have taken it over since it was listed; then that unit's looks close it.
                let ours = previous.filter(|it| it.unit == judged.unit)?;
                life::not_seen(ours, moment)
            })
            .await?;
        }
    }
    Ok(())
}

/// Whether the look says that the finding's resource cannot be compared: that
/// is no word on whether it still drifts. (One of another type under the same
/// name is another resource.)
fn is_uncovered(judged: &Judged, finding: &Finding) -> bool {
    let name = |it: &Resource| (it.kind.clone(), it.namespace.clone(), it.name.clone());
    judged
        .uncovered
        .iter()
        .any(|(resource, _)| name(resource) == name(&finding.resource))
}

async fn close_look(
    ledger: &dyn Ledger,
    judged: &Judged,
    (moment, also): (Moment<'_>, &[Write]),
) -> Result<(), PortError> {
    let mut also = also.to_vec();
    if moment.telling != Telling::Nobody {
        also.push(run(
            judged,
            if judged.sightings.is_empty() {
                "clean"
            } else {
                "drift"
            },
        ));
    }
    for _ in 0..ATTEMPTS {
        let previous = ledger.scan(&judged.unit).await?;
        let known = previous.as_ref();
        if known.is_some_and(|it| moment.is_overtaken_by(it.started_at)) {
            return Ok(());
        }
        let scan = Scan {
            unit: judged.unit.clone(),
            generation: known.map_or(0, |it| it.generation) + 1,
            started_at: judged.started_at,
            finished_at: moment.now,
            target: judged.target.clone(),
            counts: judged.counts,
            config: moment.config.to_owned(),
        };
        if known.is_some_and(|it| it.is_same_look(&scan)) {
            return Ok(());
        }
        match ledger.close_look(&scan, &also).await {
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            done => return done,
        }
    }
    Err(PortError::new(
        PortErrorKind::Conflict,
        "ledger:close_look",
        format!("{} is being written by others all the time", judged.unit),
    ))
}

/// Counts a look that was not complete, together with what remembers it
/// ([`once::remember`]): once, however often it is written.
///
/// # Errors
///
/// Whatever the items answer.
pub async fn count_failed(
    items: &dyn Items,
    judged: &Judged,
    remember: Write,
) -> Result<(), PortError> {
    let outcome = match judged.unknown.is_empty() {
        true => "uncovered",
        false => "error",
    };
    once::first_time(items, remember, vec![run(judged, outcome)]).await?;
    Ok(())
}

/// The count of a look.
fn run(judged: &Judged, outcome: &str) -> Write {
    counter::one(
        counter::DETECTION_RUNS,
        &[("layer", judged.unit.layer.as_str()), ("outcome", outcome)],
        &format!("{}#{}", judged.unit.key(), judged.started_at),
    )
}

/// Decides on a finding as it stands and writes the decision; where somebody
/// else was faster, decides anew on what they wrote. Returns the new state, or
/// the present one where there was nothing to decide.
///
/// # Errors
///
/// Whatever the ledger answers; a conflict only after many attempts.
pub async fn commit_with(
    ledger: &dyn Ledger,
    id: &FindingId,
    decide: impl Fn(Option<&Finding>) -> Option<Decision> + Send + Sync,
) -> Result<Option<Finding>, PortError> {
    for _ in 0..ATTEMPTS {
        let previous = ledger.finding(id).await?;
        let Some(decision) = decide(previous.as_ref()) else {
            return Ok(previous);
        };
        match ledger.commit(&decision).await {
            Ok(()) => return Ok(Some(decision.finding)),
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Err(PortError::new(
        PortErrorKind::Conflict,
        "ledger:commit",
        format!("{id} is being written by others all the time"),
    ))
}

#[cfg(test)]
mod tests;
