//! Writing a judged look into a ledger that somebody listens to.

use crate::baseline;
use crate::finding::Finding;
use crate::judge::Judged;
use crate::life::{Moment, Telling};
use crate::ports::{PortError, Store, Write};

use super::{count_failed, record};

/// Writes a judged look and tells of it ([`record_and_tell`]), and remembers that
/// it was written ([`crate::once::remember`]): whichever copy of the message is
/// written first counts, complete or not.
///
/// # Errors
///
/// Whatever the ledger answers; what was written before stays.
pub async fn record_once(
    store: &dyn Store,
    judged: &Judged,
    (moment, remember): (Moment<'_>, Write),
) -> Result<(), PortError> {
    if judged.complete {
        record_and_tell(store, judged, (moment, &[remember])).await?;
    } else {
        record_and_tell(store, judged, (moment, &[])).await?;
        count_failed(store, judged, remember).await?;
    }
    Ok(())
}

/// Writes a judged look ([`record()`]) and tells of it.
///
/// Until its first complete look, and for [`baseline::PATIENCE`] at most, what
/// a unit shows is part of its target's baseline and told as a whole. A unit
/// that never has a complete look, because something in it can never be looked
/// at, is told of one by one after that time.
///
/// # Errors
///
/// Whatever the ledger answers; what was written before stays.
pub async fn record_and_tell(
    store: &dyn Store,
    judged: &Judged,
    (moment, also): (Moment<'_>, &[Write]),
) -> Result<Vec<Finding>, PortError> {
    let (target, now) = (judged.target.as_str(), moment.now);
    let mut also = also.to_vec();
    let has_seen = judged.complete || !judged.sightings.is_empty();
    let is_first = has_seen && store.scan(&judged.unit).await?.is_none();
    let is_baseline = is_first && {
        let ends = baseline::first_look(store, &judged.unit, now).await?;
        judged.complete || now < ends
    };
    let moment = Moment {
        telling: if is_baseline && moment.telling == Telling::Everybody {
            Telling::Baseline
        } else {
            moment.telling
        },
        ..moment
    };
    if is_baseline {
        baseline::begin(store, target, now).await?;
    }
    if is_first && judged.complete {
        also.push(baseline::had_look(target, &judged.unit));
    }
    let findings = record(store, judged, (moment, &also)).await?;
    if is_baseline {
        // Had the digest been told while the findings were written, they would be in none.
        baseline::begin(store, target, now).await?;
    }
    baseline::tell_if_whole(store, (target, moment.environment), now).await?;
    Ok(findings)
}
