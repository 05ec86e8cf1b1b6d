//! From a judged look to the ledger.

use domain::finding::Finding;
use domain::judge::Judged;
use domain::life::{Moment, Telling};
use domain::ports::{PortError, Store, Write};
use domain::record;

/// Writes a judged look. Where somebody listens to the ledger, it is told of as
/// if the deployment had looked. What the stack declares is remembered with it,
/// also where the look was not complete.
pub(super) async fn record(
    store: &dyn Store,
    judged: &Judged,
    (moment, declares): (Moment<'_>, Option<Write>),
) -> Result<Vec<Finding>, PortError> {
    if let Some(declares) = declares {
        store.write(&[declares]).await?;
    }
    match moment.telling {
        Telling::Nobody => record::record(store, judged, (moment, &[])).await,
        Telling::Baseline | Telling::Everybody => {
            record::record_and_tell(store, judged, (moment, &[])).await
        }
    }
}
