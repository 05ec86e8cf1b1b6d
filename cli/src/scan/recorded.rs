//! From a judged look to the ledger.

use domain::finding::Finding;
use domain::judge::Judged;
use domain::life::{Moment, Telling};
use domain::ports::{PortError, Store};
use domain::record;

/// Writes a judged look. Where somebody listens to the ledger, it is told of as
/// if the deployment had looked.
pub(super) async fn record(
    store: &dyn Store,
    judged: &Judged,
    moment: Moment<'_>,
) -> Result<Vec<Finding>, PortError> {
    match moment.telling {
        Telling::Nobody => record::record(store, judged, (moment, &[])).await,
        Telling::Baseline | Telling::Everybody => {
            record::record_and_tell(store, judged, (moment, &[])).await
        }
    }
}
