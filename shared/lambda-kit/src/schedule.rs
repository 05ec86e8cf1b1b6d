//! Events of a schedule.

use std::time::Duration;

use domain::conceal;
use domain::ports::PortError;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;

use crate::deadline::Deadline;
use crate::error::Error;
use crate::guard::guarded;

/// What a handler has to end what it began, between [`Tick::until`] and being cut off.
const TO_END: Duration = Duration::from_secs(5);

/// One event of a schedule, for its handler.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The input that the schedule gives.
    pub input: Value,
    /// When the handler is to begin nothing more; what is not done by then waits for the next tick.
    pub until: Timestamp,
}

/// Handles the events of a schedule until Lambda ends the process.
///
/// An error fails the invocation with its kind as the type, `Plumbline.Throttled`:
/// who invoked asynchronously tries again twice, and then the event goes to the
/// function's dead letter queue.
///
/// # Errors
/// Where the runtime cannot go on; Lambda then starts the function anew.
pub async fn run_schedule<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(Tick) -> F,
    F: Future<Output = Result<(), PortError>>,
{
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| one(&handler, event)))
        .await
        .map_err(|error| Error::Runtime(error.to_string()))
}

async fn one<H, F>(handler: &H, event: LambdaEvent<Value>) -> Result<(), Diagnostic>
where
    H: Fn(Tick) -> F,
    F: Future<Output = Result<(), PortError>>,
{
    let deadline = Deadline::at(event.context.deadline());
    let stop = deadline.last();
    let left = stop.saturating_duration_since(tokio::time::Instant::now());
    // A handler that ends by itself in time is no failure; one that is cut off is.
    let left = left.saturating_sub(TO_END);
    let tick = Tick {
        input: event.payload,
        until: Timestamp::now().checked_add(left).unwrap_or(Timestamp::MAX),
    };
    let failed = |kind: String, message: String| Diagnostic {
        error_type: format!("Plumbline.{kind}"),
        error_message: message,
    };
    match guarded(stop, || handler(tick)).await {
        Ok(Ok(())) => Ok(()),
        // The platform logs it and a dead letter holds it: as in the logs, no secret that it quotes.
        Ok(Err(error)) => {
            let said = conceal::text(&error.to_string());
            Err(failed(format!("{:?}", error.kind), said))
        }
        Err(broken) => Err(failed(format!("{broken:?}"), broken.to_string())),
    }
}
