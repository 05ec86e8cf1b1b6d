//! A scale is an object of its own, with its own view of who owns the replicas.

use super::{Managers, Operation, Owned};
use crate::fields::{Set, Step};

const VERSION: &str = "autoscaling/v1";

fn replicas() -> [Step; 2] {
    [Step::field("spec"), Step::field("replicas")]
}

/// The managers of a workload as its scale has them: those of the replicas.
pub(crate) fn to_scale(workload: &Managers) -> Managers {
    let owners = workload.0.iter();
    let owners = owners.filter(|(_, owned)| owned.fields.has(&replicas()));
    let entries = owners.map(|(who, owned)| {
        let entry = Owned {
            fields: Set::of(&[&["spec", "replicas"]]),
            api_version: VERSION.to_owned(),
            time: owned.time.clone(),
        };
        let mut who = who.clone();
        if who.operation == Operation::Update {
            VERSION.clone_into(&mut who.api_version);
        }
        (who, entry)
    });
    Managers(entries.collect())
}

/// The managers of a workload after its scale was written.
///
/// Who updates is known by his version, too, and the scale's is not the workload's: his
/// entry loses the replicas even where he keeps them, to a second one without a time.
pub(crate) fn from_scale(workload: &Managers, scale: &Managers, api_version: &str) -> Managers {
    let mut after = Managers::default();
    for (who, owned) in &workload.0 {
        let mut owned = owned.clone();
        if owned.fields.has(&replicas()) && !scale.0.contains_key(who) {
            owned.fields = owned.fields.difference(&Set::of(&[&["spec", "replicas"]]));
        }
        after.0.insert(who.clone(), owned);
    }
    for (who, owned) in &scale.0 {
        if workload.0.contains_key(who) || owned.fields.is_empty() {
            continue;
        }
        let entry = Owned {
            fields: Set::of(&[&["spec", "replicas"]]),
            api_version: api_version.to_owned(),
            // The server takes the time from the workload's entry, which a new one has not.
            time: None,
        };
        after.0.insert(who.clone(), entry);
    }
    after.drop_empty();
    after
}
