//! One message: which look, judged, and written down.

use domain::conceal::HashKey;
use domain::handled::Handled;
use domain::judge::Judged;
use domain::look::{Look, Outcome, Reason};
use domain::ports::{Key, PortError};
use domain::work::Work;
use domain::{baseline, once, record};
use jiff::{SignedDuration, Timestamp};
use policy::InForceConfig;
use policy::clusters::ClusterWatch;
use serde_json::Value;

use crate::Deps;

/// How long a look waits for a cluster that did not answer, or that is being synced.
const PAUSE: SignedDuration = SignedDuration::from_mins(2);

/// How often a look is tried before the unit stays unknown until the next schedule.
const MOST_ATTEMPTS: u32 = 6;

/// A look that is wanted.
struct Wanted {
    target: String,
    asked_at: Timestamp,
    attempt: u32,
}

/// Handles one message of the queue.
pub async fn handle(deps: &Deps, body: &str) -> Handled {
    let body: Value = match serde_json::from_str(body) {
        Ok(body) => body,
        Err(error) => return Handled::Fail(format!("the message is not JSON: {error}")),
    };
    match Work::read(&body) {
        Some(Ok(Work::LookAtCluster {
            target,
            asked_at,
            attempt,
        })) => {
            let wanted = Wanted {
                target,
                asked_at,
                attempt,
            };
            look(deps, &wanted).await.into()
        }
        Some(Ok(other)) => Handled::Fail(format!(
            "{} belongs on the queue of {}",
            other.key(),
            other.queue()
        )),
        Some(Err(error)) => error.into(),
        None => Handled::Fail("the message is none of Plumbline's".to_owned()),
    }
}

/// Looks, unless a look that began since it was asked for will do.
async fn look(deps: &Deps, wanted: &Wanted) -> Result<Handled, PortError> {
    let config = deps.config.read(&*deps.store).await?;
    let whole = &config.loaded.config;
    let target = whole
        .targets
        .iter()
        .find(|it| it.name.as_str() == wanted.target);
    let Some(watched) = target.and_then(ClusterWatch::of) else {
        return Ok(Handled::Drop(format!(
            "target {} watches no cluster any more",
            wanted.target
        )));
    };
    // Where the config itself names no cluster, there is one only after the way to it was found.
    let name = match watched.cluster_name() {
        Some(name) => name.to_owned(),
        None => deps.ways.cluster(whole, &watched).await?.name,
    };
    let unit = watched.unit(&name);
    let last = deps.store.scan(&unit).await?;
    if last
        .as_ref()
        .is_some_and(|it| it.started_at >= wanted.asked_at)
    {
        return Ok(Handled::Drop(
            "it was looked at since this was asked for".to_owned(),
        ));
    }
    let remembered = once::key("look", &format!("{}#{}", unit.key(), wanted.asked_at));
    if deps.store.get(&remembered).await?.is_some() {
        return Ok(Handled::Drop("it was answered".to_owned()));
    }
    if last.is_none() {
        deps.store
            .write(&[baseline::wait_for(watched.target, &unit)?])
            .await?;
    }
    let looked = crate::look(&*deps.ways, (&config.loaded, &watched), &*deps.clock).await?;
    for (object, refusal) in &looked.refusals {
        tracing::warn!(object, refusal, "a dry run was refused");
    }
    let look = looked.look;
    if may_pass(&look.outcome) && wanted.attempt + 1 < MOST_ATTEMPTS {
        return Ok(again(deps, wanted));
    }
    let judged = judge(deps, &config, look).await?;
    write(deps, &config, (&judged, remembered)).await?;
    Ok(Handled::Done)
}

/// Whether nothing could be looked at for a reason that ends by itself.
fn may_pass(outcome: &Outcome) -> bool {
    let Outcome::Unknown(_, gap) = outcome else {
        return false;
    };
    matches!(
        gap.reason,
        Reason::Throttled | Reason::Unreachable | Reason::Timeout | Reason::InMotion
    )
}

fn again(deps: &Deps, wanted: &Wanted) -> Handled {
    let now = deps.clock.now();
    let work = Work::LookAtCluster {
        target: wanted.target.clone(),
        asked_at: wanted.asked_at,
        attempt: wanted.attempt + 1,
    };
    Handled::Later {
        at: now.checked_add(PAUSE).unwrap_or(now),
        body: Some(work.body()),
    }
}

async fn judge(deps: &Deps, config: &InForceConfig, look: Look) -> Result<Judged, PortError> {
    let secret = deps.secrets.resolve(&deps.hash_key).await?;
    let key = HashKey::of_text(secret.reveal());
    Ok(config.judge(look, (&deps.catalogue, &key), deps.clock.now()))
}

/// Writes a judged look and tells of it. Done twice, it changes nothing but times and versions.
async fn write(
    deps: &Deps,
    config: &InForceConfig,
    (judged, remembered): (&Judged, Key),
) -> Result<(), PortError> {
    let now = deps.clock.now();
    let moment = config.moment(judged, now);
    let remember = once::remember(remembered, &judged.unit, now)?;
    record::record_once(&*deps.store, judged, (moment, remember)).await
}
