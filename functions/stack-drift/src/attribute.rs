//! Who made what a finding shows.
//!
//! Where an account has a trail, its write calls come as events and are kept
//! for a day; else CloudTrail itself is asked, when its record can be there.
//! What nobody recorded stays unknown.

use cloudtrail::Question;
use domain::attribute;
use domain::difference::Difference;
use domain::finding::Finding;
use domain::handled::Handled;
use domain::heard;
use domain::identity::FindingId;
use domain::judge::Notices;
use domain::life::{self, Moment, Telling};
use domain::ports::{PortError, PortErrorKind, TrailCall};
use domain::record::commit_with;
use domain::slot::{self, Limit};
use domain::timer;
use domain::work::Work;
use jiff::{SignedDuration, Timestamp};
use policy::InForceConfig;
use policy::watch::reading_role;

use crate::Deps;
use crate::look::{EARLY, after};

/// When CloudTrail is asked, after the first look into what was heard: its
/// record lags five to fifteen minutes.
const ASKED_AFTER: [SignedDuration; 2] =
    [SignedDuration::from_mins(6), SignedDuration::from_mins(16)];

/// Keeps a call that a trail told of, of an account that is known here.
pub(crate) async fn heard(deps: &Deps, call: &TrailCall) -> Result<Handled, PortError> {
    let Some(config) = deps.config.read_if_any(&*deps.store).await? else {
        return Ok(Handled::Drop("no configuration is in force yet".to_owned()));
    };
    if !crate::knows(deps, &config, (&call.account, &call.region)).await? {
        return Ok(Handled::Drop(format!(
            "account {} is not in the configuration",
            call.account
        )));
    }
    for write in heard::keep(call, deps.clock.now())? {
        deps.store.write(&[write]).await?;
    }
    Ok(Handled::Done)
}

/// Asks who made what a finding shows, and again later where nobody knows yet.
pub(crate) async fn ask(
    deps: &Deps,
    id: &FindingId,
    (attempt, not_before): (u32, Option<Timestamp>),
) -> Result<Handled, PortError> {
    let config = deps.config.read(&*deps.store).await?;
    let finding = match deps.store.finding(id).await? {
        Some(finding) if finding.closed.is_none() && finding.lacks_author() => finding,
        Some(_) => return Ok(Handled::Drop("there is nothing left to ask".to_owned())),
        None => return Ok(Handled::Drop("there is no such finding".to_owned())),
    };
    let question = Question::of(&finding);
    let mut calls = question.heard(&*deps.store).await?;
    let mut finding = tell(deps, &config, (finding, &calls)).await?;
    if finding.lacks_author() && attempt > 0 {
        let limit = Limit::lookups(&question.account, &question.region);
        let now = deps.clock.now();
        let slot = match not_before {
            Some(slot) => slot,
            None => slot::reserve(&*deps.store, limit, 1, now).await?.at(0),
        };
        if slot.duration_since(now) > EARLY {
            let work = work(id, attempt, Some(slot));
            return Ok(Handled::Later {
                at: slot,
                body: Some(work.body()),
            });
        }
        match looked_up(deps, &config, &question).await {
            Ok(found) => {
                // What was heard may be newer than what CloudTrail has by now.
                calls.extend(found);
                finding = tell(deps, &config, (finding, &calls)).await?;
            }
            Err(error) if error.kind == PortErrorKind::Throttled => {
                slot::back_off(&*deps.store, limit, now).await?;
                return Ok(error.into());
            }
            Err(error) if is_passing(&error) => return Ok(error.into()),
            // Who it was is not told then; the finding stands all the same.
            Err(error) => tracing::warn!(finding = %id, %error, "CloudTrail could not be asked"),
        }
    }
    if finding.lacks_author()
        && let Some(pause) = ASKED_AFTER.get(attempt as usize)
    {
        let at = after(question.window.1, *pause).max(deps.clock.now());
        deps.store
            .write(&[timer::put(at, &work(id, attempt + 1, None))?])
            .await?;
    }
    Ok(Handled::Done)
}

fn work(id: &FindingId, attempt: u32, not_before: Option<Timestamp>) -> Work {
    Work::Attribute {
        finding: id.to_string(),
        attempt,
        not_before,
    }
}

fn is_passing(error: &PortError) -> bool {
    matches!(
        error.kind,
        PortErrorKind::Unavailable | PortErrorKind::Timeout
    )
}

/// What CloudTrail keeps of calls on the resource.
async fn looked_up(
    deps: &Deps,
    config: &InForceConfig,
    question: &Question,
) -> Result<Vec<TrailCall>, PortError> {
    let role = reading_role(&config.loaded.config, &question.account);
    let trail = deps
        .evidence
        .trail(Some(&question.region), role.as_ref())
        .await?;
    let (from, to) = question.window;
    let mut calls = Vec::new();
    for name in &question.names {
        calls = trail.calls(name, from, to).await?;
        if !calls.is_empty() {
            break;
        }
    }
    Ok(calls)
}

/// Writes down whom the calls name; the finding as it stands then.
async fn tell(
    deps: &Deps,
    config: &InForceConfig,
    (finding, calls): (Finding, &[TrailCall]),
) -> Result<Finding, PortError> {
    if calls.is_empty() {
        return Ok(finding);
    }
    let question = Question::of(&finding);
    let now = deps.clock.now();
    let moment = Moment {
        now,
        look_started_at: finding.look_started_at,
        config: &config.hash,
        environment: config.environment(),
        telling: Telling::Everybody,
    };
    let decided = commit_with(&*deps.store, &finding.id, |previous| {
        let previous = previous?;
        let who = |difference: Option<&Difference>| question.whom(calls, (previous, difference));
        let mut notices = Notices::default();
        let found = attribute::finding(previous, &config.policy, &who, &mut notices)?;
        life::attributed(previous, &found, moment)
    })
    .await?;
    Ok(decided.unwrap_or(finding))
}
