//! What ECR and Inspector may call things.

use eventbridge::{Envelope, Malformed, Names};

use crate::fact::Place;

/// The longest is more than ECR allows anywhere, and little enough to be part of
/// a key of the ledger, whose parts `#` separates.
pub(crate) const NAMES: Names = Names {
    longest: 512,
    forbidden: "#",
};

/// A text that becomes part of a key.
pub(crate) fn name(path: &str, text: String) -> Result<String, Malformed> {
    NAMES.check(path, text)
}

/// The registry where an event was raised.
pub(crate) fn place(envelope: &Envelope) -> Result<Place, Malformed> {
    Ok(Place {
        account: envelope.account(&NAMES)?,
        region: envelope.region(&NAMES)?,
    })
}
