//! What becomes of a message that a handler has seen.
//!
//! A handler says it as [`Handled`]; what is done about it then is the one table
//! of [`Step`], whatever carries it out: the Lambda of a queue, or the bus of one process.

use std::time::Duration;

use jiff::Timestamp;

use crate::ports::{PortError, PortErrorKind};
use crate::timer;
use crate::work::Queue;

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handled {
    /// Done: it is acknowledged.
    Done,
    /// Not yet: it, or the body given, is to come again at that time; then it is acknowledged.
    Later {
        /// When.
        at: Timestamp,
        /// With which body; `None` for the same one.
        body: Option<String>,
    },
    /// Nothing to do, and why: it is logged and acknowledged.
    Drop(String),
    /// It may go well another time, and why not now: it stays on the queue.
    Retry(String),
    /// It never will, and why: it goes to the dead letter queue with source and reason.
    Fail(String),
}

/// The one table from a port's failure to what becomes of the message.
///
/// What can heal stays on the queue, which gives up by itself after its number
/// of tries; a missing right is of that kind, since somebody may grant it.
/// What cannot be read goes to the dead letters at once.
impl From<PortError> for Handled {
    fn from(error: PortError) -> Self {
        let reason = error.to_string();
        match error.kind {
            PortErrorKind::Invalid | PortErrorKind::TooLarge => Handled::Fail(reason),
            PortErrorKind::Throttled
            | PortErrorKind::Denied
            | PortErrorKind::NotFound
            | PortErrorKind::Conflict
            | PortErrorKind::Unavailable
            | PortErrorKind::Timeout => Handled::Retry(reason),
        }
    }
}

impl From<Result<Handled, PortError>> for Handled {
    fn from(result: Result<Handled, PortError>) -> Self {
        result.unwrap_or_else(Handled::from)
    }
}

/// What is done with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing more: it is acknowledged.
    Acknowledge,
    /// It is sent to its own queue again and then acknowledged.
    SendAgain {
        /// How long the queue holds it back, in whole seconds.
        delay: Duration,
        /// With which body; `None` for the same one.
        body: Option<String>,
    },
    /// It becomes a timer and is then acknowledged: no queue holds back so long.
    SetTimer {
        /// When it comes again.
        at: Timestamp,
        /// With which body; `None` for the same one.
        body: Option<String>,
    },
    /// It goes to the dead letters with its reason and is then acknowledged.
    Bury(String),
    /// It goes back to where it came from, and why.
    Return(String),
}

impl Step {
    /// What is done about an outcome at a moment. Each step that is not just an
    /// acknowledgement becomes a return where it fails.
    #[must_use]
    pub fn of(handled: Handled, now: Timestamp) -> Self {
        match handled {
            Handled::Done | Handled::Drop(_) => Step::Acknowledge,
            Handled::Retry(reason) => Step::Return(reason),
            Handled::Fail(reason) => Step::Bury(reason),
            Handled::Later { at, body } => {
                let delay = timer::until(at, now);
                if delay > Queue::LONGEST_DELAY {
                    Step::SetTimer { at, body }
                } else {
                    Step::SendAgain { delay, body }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
