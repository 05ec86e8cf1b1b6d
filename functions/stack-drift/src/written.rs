//! From what was seen to the ledger: judged, and written finding by finding.

use domain::judge::Judged;
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
    Ok(config.judge(look, (&deps.catalogue, &key), deps.clock.now()))
}

/// Writes a judged look and tells of it. Done twice, it changes nothing but times and versions.
pub(crate) async fn write(
    deps: &Deps,
    config: &InForceConfig,
    (judged, by): (&Judged, &str),
) -> Result<(), PortError> {
    let now = deps.clock.now();
    let moment = config.moment(judged, now);
    let remember = once::remember(look_key(by), &judged.unit, now)?;
    record::record_once(&*deps.store, judged, (moment, remember)).await
}
