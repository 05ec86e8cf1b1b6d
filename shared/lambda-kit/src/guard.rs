//! A handler that panics or takes too long harms its own record only.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout_at};

/// How a handler ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// It panicked. What it said may hold anything, so it is not passed on; the place is in the log.
    #[error("the handler panicked")]
    Panicked,
    /// It took longer than its share of the invocation.
    #[error("the handler took longer than its share of the invocation's time")]
    TooLong,
}

/// A handler's answer, if it gives one in time. It is made and run inside, so
/// that a panic before its first wait is caught too.
pub(crate) async fn guarded<F, Fut, T>(until: Instant, begin: F) -> Result<T, Broken>
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = T>,
{
    let whole = AssertUnwindSafe(async { begin().await }).catch_unwind();
    match timeout_at(until, whole).await {
        Ok(result) => result.map_err(|_: Box<dyn Any + Send>| Broken::Panicked),
        Err(_) => Err(Broken::TooLong),
    }
}
