//! From a judged look to the ledger.

use domain::finding::Finding;
use domain::judge::Judged;
use domain::life::{Moment, Telling};
use domain::ports::{PortError, Store, Write};
use domain::record;

/// Writes a judged look. Where somebody listens to the ledger, it is told of as
/// if the deployment had looked. What the stack declares is remembered in the
/// same transaction, or in one of its own where the look was not complete.
pub(super) async fn record(
    store: &dyn Store,
    judged: &Judged,
    (moment, declares): (Moment<'_>, Option<Write>),
) -> Result<Vec<Finding>, PortError> {
    let mut also = Vec::new();
    match declares {
        Some(declares) if judged.complete => also.push(declares),
        Some(declares) => store.write(&[declares]).await?,
        None => {}
    }
    match moment.telling {
        Telling::Nobody => record::record(store, judged, (moment, &also)).await,
        Telling::Baseline | Telling::Everybody => {
            record::record_and_tell(store, judged, (moment, &also)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::judge::Counts;
    use domain::ports::{Guard, Item, Key};
    use domain::testing::{MemoryStore, block_on};
    use domain::unit::Unit;
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn judged(complete: bool) -> Judged {
        Judged {
            unit: Unit::stack("111122223333", "eu-west-1", "shop"),
            target: "all".to_owned(),
            started_at: Timestamp::UNIX_EPOCH,
            complete,
            sightings: Vec::new(),
            ignored: Vec::new(),
            unknown: Vec::new(),
            uncovered: Vec::new(),
            pending: Vec::new(),
            counts: Counts::default(),
            equivalences: std::collections::BTreeMap::new(),
        }
    }

    /// Calls of the ledger, and whether what was declared is in it afterwards.
    fn calls(complete: bool, is_declared: bool) -> (usize, bool) {
        let store = MemoryStore::new();
        let item = Item::first(Key::new("DECLARES#1", "r#shop"), &json!({})).unwrap();
        let moment = Moment {
            now: Timestamp::UNIX_EPOCH,
            look_started_at: Timestamp::UNIX_EPOCH,
            config: "hash",
            environment: "test",
            telling: Telling::Nobody,
        };
        let declares = is_declared.then_some(Write::Put(item, Guard::None));
        block_on(record(&store, &judged(complete), (moment, declares))).unwrap();
        let is_there = !store.items_in("DECLARES#1").is_empty();
        (store.faults().calls(), is_there)
    }

    #[test]
    fn what_a_stack_declares_costs_a_complete_look_no_write_more() {
        assert_eq!(calls(true, true), (calls(true, false).0, true));
        assert_eq!(calls(false, true), (calls(false, false).0 + 1, true));
    }
}
