//! Whether an incident that settles is over.

use domain::finding::Finding;
use domain::handled::Handled;
use domain::incident::{self, Incident, Settled, Terms};
use domain::layer::Layer;
use domain::ports::PortError;
use domain::unit::Unit;
use domain::work::Work;
use jiff::{SignedDuration, Timestamp};
use policy::InForceConfig;
use std::time::Duration;

use crate::telling::Telling;
use crate::{Deps, timing};

/// How long one more clean look is waited for. A stack that was deleted or can no longer be looked at never has one.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// How often it is seen whether the look has come; a look takes a minute or two.
const CHECK_EVERY: SignedDuration = SignedDuration::from_mins(2);

/// How early a check may come: the clock that fired its timer may be ahead of ours.
const EARLY: SignedDuration = SignedDuration::from_mins(1);

/// The shortest time between two looks that are asked for.
const SHORTEST_PERIOD: SignedDuration = SignedDuration::from_secs(60);

/// Resolves an incident whose finding stayed closed, tells that, or asks for the look that it takes.
pub(crate) async fn settle(deps: &Deps, id: &str) -> Result<Handled, PortError> {
    let config = deps.config.read(&*deps.store).await?;
    let now = deps.clock.now();
    let terms = |finding: &Finding| terms(&config, finding, now);
    let (verdict, incident) = incident::settle(&*deps.store, id, terms).await?;
    let Some(incident) = incident else {
        return Ok(Handled::Drop(format!("{id} is not in the ledger")));
    };
    match verdict {
        Settled::Over(_) | Settled::Moot => {
            let work = Work::SettleIncident {
                incident: id.to_owned(),
            };
            Telling::new(deps, &config)
                .incident(&incident, &work.key())
                .await
        }
        Settled::NotBefore(at) if now < at => Ok(Handled::Later { at, body: None }),
        Settled::NotBefore(since) => {
            let period = timing(&config).settle.max(SHORTEST_PERIOD);
            await_look(deps, &incident, (since, period), now).await
        }
    }
}

fn terms(config: &InForceConfig, finding: &Finding, now: Timestamp) -> Terms {
    let is_watched = config.loaded.config.target(&finding.target).is_ok();
    Terms {
        settle: timing(config).settle,
        patience: if is_watched {
            PATIENCE
        } else {
            SignedDuration::ZERO
        },
        now,
    }
}

/// Asks for a look where none was asked for in this period, and comes back by
/// a timer that is written with that. However often the message is repeated,
/// there is one timer, and every look that it asks for in a period is the same.
async fn await_look(
    deps: &Deps,
    incident: &Incident,
    (since, period): (Timestamp, SignedDuration),
    now: Timestamp,
) -> Result<Handled, PortError> {
    if let Some(at) = incident.check_at.filter(|at| now < *at) {
        // What comes that early may be all that is left of the timer.
        let is_it = at.duration_since(now) <= EARLY;
        return Ok(match is_it {
            true => Handled::Later { at, body: None },
            false => Handled::Drop("its next check has its timer".to_owned()),
        });
    }
    let asked_at = period_begins(since, period, now);
    let is_new = incident.asked_at.is_none_or(|it| it < asked_at);
    if is_new && let Some(finding) = deps.store.finding(&incident.finding).await? {
        let unit = &incident.unit;
        if let Some(work) = look_at(unit, &finding.target, asked_at) {
            deps.queues
                .send(work.queue(), &work.body(), Duration::ZERO)
                .await?;
        }
    }
    let check_at = now.checked_add(CHECK_EVERY).unwrap_or(Timestamp::MAX);
    incident::asked(&*deps.store, incident, (Some(asked_at), check_at)).await?;
    Ok(Handled::Done)
}

/// The beginning of the period of `now`, counted from the settle time on.
fn period_begins(since: Timestamp, period: SignedDuration, now: Timestamp) -> Timestamp {
    let seconds = period.as_secs().max(1);
    let whole = now.duration_since(since).as_secs() / seconds * seconds;
    since
        .checked_add(SignedDuration::from_secs(whole))
        .unwrap_or(now)
}

/// The work of looking at a unit; `None` where its layer has no look of its own yet.
fn look_at(unit: &Unit, target: &str, asked_at: Timestamp) -> Option<Work> {
    match unit.layer {
        Layer::CloudFormation => {}
        Layer::Kubernetes => {
            return Some(Work::LookAtCluster {
                target: target.to_owned(),
                asked_at,
                attempt: 0,
            });
        }
        _ => return None,
    }
    let partition = match unit.region.split('-').next() {
        Some("cn") => "aws-cn",
        _ if unit.region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    // A unit is named by its stack's name; an ARN that ends there means whichever stack has it now.
    let stack_id = format!(
        "arn:{partition}:cloudformation:{}:{}:stack/{}/",
        unit.region, unit.account, unit.name
    );
    Some(Work::LookAtStack {
        stack_id,
        target: target.to_owned(),
        asked_at,
        not_before: None,
        attempt: 0,
    })
}
