//! From what was seen to the ledger: judged, and written finding by finding.

use domain::judge::{Judge, Judged, Notices};
use domain::life::{Moment, Telling};
use domain::look::Look;
use domain::ports::{Key, PortError};
use domain::{once, record};
use policy::InForceConfig;

use crate::Deps;

/// What remembers that a look was written: by its detection, or by the work that asked for it.
pub(crate) fn look_key(by: &str) -> Key {
    once::key("look", by)
}

/// Whether a look was written, complete or not.
pub(crate) async fn is_written(deps: &Deps, by: &str) -> Result<bool, PortError> {
    Ok(deps.store.get(&look_key(by)).await?.is_some())
}

/// Judges a look by the configuration in force.
pub(crate) async fn judge(
    deps: &Deps,
    config: &InForceConfig,
    look: Look,
) -> Result<Judged, PortError> {
    let key = deps.key().await?;
    let judge = Judge {
        catalogue: &deps.catalogue,
        rules: &config.policy,
        key: &key,
        now: deps.clock.now(),
    };
    let mut notices = Notices::default();
    let judged = judge.judge(look, &mut notices);
    for (rule, why) in &notices.failed {
        tracing::warn!(rule, why, "a rule could not be evaluated and did not match");
    }
    for (resource, gap) in &judged.unknown {
        let (name, reason) = (resource.name.as_str(), gap.reason.as_str());
        tracing::warn!(resource.name = name, reason, detail = gap.detail, "unknown");
    }
    Ok(judged)
}

/// Writes a judged look and tells of it. Done twice, it changes nothing but times and versions.
pub(crate) async fn write(
    deps: &Deps,
    config: &InForceConfig,
    (judged, by): (&Judged, &str),
) -> Result<(), PortError> {
    let now = deps.clock.now();
    let moment = Moment {
        now,
        look_started_at: judged.started_at,
        config: &config.hash,
        environment: config.environment(),
        telling: Telling::Everybody,
    };
    let remember = once::remember(look_key(by), &judged.unit, now)?;
    record::record_once(&*deps.store, judged, (moment, remember)).await
}
