//! How a command ends that did not do what it was asked for.

use std::fmt;

/// What went wrong, and the exit code it ends with.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The command was understood, and could not be done: exit code 1.
    pub(crate) fn not_done(message: impl fmt::Display) -> Self {
        Self {
            code: 1,
            message: message.to_string(),
        }
    }

    /// The command, the configuration or the ledger cannot be used: exit code 2.
    pub(crate) fn unusable(message: impl fmt::Display) -> Self {
        Self {
            code: 2,
            message: message.to_string(),
        }
    }

    /// The exit code.
    pub(crate) const fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
