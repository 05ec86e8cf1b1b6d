//! The events of ECR and Inspector, read into facts about images.
//!
//! [`read`] takes an event as EventBridge delivers it and gives what it says of
//! an image, in words of its own: pushed, deleted, archived, scanned. It is
//! lenient where AWS is loose (keys that it does not know, tags that are absent
//! or empty, an image named by the repository's ARN, both spellings of a key)
//! and strict where a fact would be wrong without it: an event without its
//! digest is [`Malformed`], with the JSON path of what is missing.
//!
//! Nothing here decides. Delivery is best effort and in no order, so a fact
//! carries the time of its event, and who keeps it lets the newest stand.

mod arn;
mod ecr;
mod fact;
mod inspector;
mod names;

pub use eventbridge::Malformed;
pub use fact::{
    Coverage, Event, Fact, Image, Origin, Place, Read, Scan, Scanner, StorageClass, Subject,
    Vulnerability,
};

use eventbridge::Envelope;

/// Reads the body of a message as an event of ECR or Inspector.
///
/// # Errors
///
/// Where it is no JSON, or something that the event needs is missing or of
/// another kind; names the JSON path, never a value.
pub fn read(body: &str) -> Result<Read, Malformed> {
    let envelope = Envelope::read(body)?;
    let id = envelope.id(&names::NAMES)?;
    let place = names::place(&envelope)?;
    // One of the samples in AWS's own documentation has a 29th of February that never was.
    let time = envelope.time()?.parse().ok();
    let subject = match envelope.detail_type() {
        "ECR Image Action" => ecr::action(&envelope, false)?,
        "ECR Referrer Action" => ecr::action(&envelope, true)?,
        "ECR Image Scan" => ecr::scan(&envelope)?,
        "ECR Scan Resource Change" => ecr::scan_frequency(&envelope)?,
        "ECR Pull Through Cache Action" => ecr::pulled_through(&envelope)?,
        "ECR Replication Action" => ecr::replicated(&envelope)?,
        "Inspector2 Scan" => inspector::scan(&envelope)?,
        "Inspector2 Finding" => inspector::finding(&envelope)?,
        "Inspector2 Coverage" => inspector::coverage(&envelope)?,
        other => Err(format!(
            "`{}` is no event that is recorded",
            other.escape_debug()
        )),
    };
    Ok(match subject {
        Ok(subject) => Read::Event(Box::new(Event {
            id,
            kind: envelope.detail_type().to_owned(),
            place,
            time,
            subject,
        })),
        Err(why) => Read::NotForUs(why),
    })
}

#[cfg(test)]
mod tests;
