//! From a judged look to the ledger.

use domain::baseline;
use domain::finding::Finding;
use domain::judge::Judged;
use domain::life::{Moment, Telling};
use domain::ports::{PortError, Store};
use domain::record;

/// Writes a judged look. Where somebody listens to the ledger, the first
/// complete look of a unit is part of its target's baseline, as it would be
/// had the deployment looked.
pub(super) async fn record(
    store: &dyn Store,
    judged: &Judged,
    moment: Moment<'_>,
) -> Result<Vec<Finding>, PortError> {
    if moment.telling != Telling::Everybody {
        return record::record(store, judged, (moment, &[])).await;
    }
    let target = judged.target.as_str();
    let mut also = Vec::new();
    if judged.complete && store.scan(&judged.unit).await?.is_none() {
        baseline::begin(store, target, moment.now).await?;
        also.push(baseline::had_look(target, &judged.unit));
    }
    let findings = record::record(store, judged, (moment, &also)).await?;
    baseline::tell_if_whole(store, (target, moment.environment), moment.now).await?;
    Ok(findings)
}
