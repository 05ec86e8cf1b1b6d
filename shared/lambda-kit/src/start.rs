//! What every function does first.

use std::collections::BTreeMap;

use aws::{Access, Connection, Options};
use domain::work::Queue;

use crate::error::Error;
use crate::logs;

const FIX: &str =
    "the deployed template sets it; a function that is started by hand needs it in its environment";

/// Sets up logs and TLS and gives the way into AWS, in the function's own
/// region and with its own role. Nothing is asked of AWS yet.
///
/// The connection's time limits stay under the time-out of every function, so
/// that a call that hangs ends as an error of its record and not with the process.
///
/// # Errors
/// Where a setting of AWS makes no sense, or there is no region.
pub async fn start() -> Result<(Connection, Access), Error> {
    logs::install();
    // Whoever speaks TLS without the SDK takes the provider of the process. One that is installed already is this one.
    _ = rustls::crypto::ring::default_provider().install_default();
    let connection = Connection::from_env(Options::in_function()).await;
    let access = connection.access(None, None).await?;
    Ok((connection, access))
}

/// A setting of the function, from its environment.
///
/// # Errors
/// [`Error::Missing`] where it is not there or empty.
pub fn variable(name: &str) -> Result<String, Error> {
    match std::env::var(name) {
        Ok(value) if !value.trim().is_empty() => Ok(value),
        _ => Err(Error::Missing {
            name: name.to_owned(),
            fix: FIX,
        }),
    }
}

/// A variable that may be empty, but has to be there: `None` where it is empty.
///
/// # Errors
/// [`Error::Missing`] where it is not there.
pub fn variable_or_empty(name: &str) -> Result<Option<String>, Error> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|it| !it.trim().is_empty())),
        Err(_) => variable(name).map(Some),
    }
}

/// The URLs of the queues that a function sends to, each from its own variable.
///
/// # Errors
/// [`Error::Missing`] for the first that is not there.
pub fn queue_urls(queues: &[Queue]) -> Result<BTreeMap<Queue, String>, Error> {
    queues
        .iter()
        .map(|queue| Ok((*queue, variable(queue.variable())?)))
        .collect()
}
