//! Why a function does not run.

use std::fmt;

use domain::ports::PortError;

/// Why a function cannot start, or stopped.
#[derive(thiserror::Error)]
pub enum Error {
    /// A setting is missing.
    #[error("{name} is not set: {fix}")]
    Missing {
        /// The environment variable.
        name: String,
        /// What to do.
        fix: &'static str,
    },
    /// A setting of AWS, or a call at the start.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The Lambda runtime itself.
    #[error("the Lambda runtime: {0}")]
    Runtime(String),
}

// `main` returns this error, and Rust prints what `main` returns in its debug form.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
