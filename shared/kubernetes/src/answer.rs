//! What a dry run's answer decides.

use domain::conceal;
use domain::look::{Gap, Reason};
use domain::ports::Refused;
use serde_json::Value;

/// What the answer to an apply of an object that is there decides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// The object as it would be: its result decides.
    Result(Value),
    /// What differs is confirmed, and the server would not put it right: what it said.
    Confirmed(String),
    /// What differs could not be confirmed: what the server said.
    Potential(String),
    /// Somebody was faster: once more.
    Again,
    /// It is not there any more.
    Gone,
    /// Nothing is known.
    Unknown(Gap),
}

/// Decides by an answer. `again` is true where this is the second try; a
/// Secret's answer is never quoted, as the server may quote the manifest.
#[must_use]
pub(crate) fn decide(answer: Result<Value, Refused>, again: bool, is_secret: bool) -> Answer {
    let refused = match answer {
        Ok(object) => return Answer::Result(object),
        Err(refused) => refused,
    };
    let (status, reason, message) = match refused {
        Refused::Failed(error) => {
            let gap = error.gap();
            return Answer::Unknown(Gap::new(gap.reason, shown(&gap.detail, is_secret)));
        }
        Refused::ByServer {
            status,
            reason,
            message,
        } => (status, reason, message),
    };
    let said = said(status, &reason, &message, is_secret);
    let unknown = |why: Reason| Answer::Unknown(Gap::new(why, said.clone()));
    match status {
        400 | 403 | 405 | 415 => Answer::Potential(said),
        401 => unknown(Reason::Denied),
        404 if is_no_page(&reason, &message) => unknown(Reason::NoSuchKind),
        404 => Answer::Gone,
        409 if !again => Answer::Again,
        409 => unknown(Reason::Conflict),
        413 => unknown(Reason::TooLarge),
        422 => Answer::Confirmed(said),
        429 => unknown(Reason::Throttled),
        500 if is_of_the_manifest(&message) => Answer::Potential(said),
        504 => unknown(Reason::Timeout),
        502 | 503 => unknown(Reason::Unreachable),
        _ => unknown(Reason::Failed),
    }
}

/// An unknown group or version is no Status object, or one that speaks of no object.
fn is_no_page(reason: &str, message: &str) -> bool {
    let message = message.trim();
    reason.is_empty() && message.starts_with("404 page not found")
        || message == "the server could not find the requested resource"
}

/// A manifest that does not fit its schema is answered like an accident of the server's.
fn is_of_the_manifest(message: &str) -> bool {
    [
        "not declared in schema",
        "typed patch object",
        "typed value",
    ]
    .iter()
    .any(|it| message.contains(it))
}

/// What the server said, in one line.
pub(crate) fn said(status: u16, reason: &str, message: &str, is_secret: bool) -> String {
    let head = format!("{status} {reason}");
    let head = head.trim_end();
    if message.is_empty() || is_secret {
        head.to_owned()
    } else {
        format!("{head}: {}", shown(message, false))
    }
}

fn shown(message: &str, is_secret: bool) -> String {
    if is_secret {
        "the answer is not shown, as it may quote the Secret".to_owned()
    } else {
        let words: Vec<&str> = message.split_whitespace().collect();
        conceal::text(&words.join(" "))
    }
}
