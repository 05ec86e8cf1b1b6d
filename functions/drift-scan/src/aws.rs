//! The function on AWS.

use std::sync::Arc;

use aws::{Access, Connection};
use cloudformation::AwsAccounts;
use domain::work::Queue;
use lambda_kit::{Error, SystemClock, queue_urls, variable};
use ledger::DynamoLedger;
use policy::InForce;

use crate::Deps;

/// What the function works with, by its environment.
///
/// # Errors
///
/// Where a variable is missing; names it.
pub fn deps((connection, access): (Connection, Access)) -> Result<Deps, Error> {
    let urls = queue_urls(&[Queue::StackDrift, Queue::ClusterDrift])?;
    Ok(Deps {
        store: Arc::new(DynamoLedger::new(&access, &variable("PLUMBLINE_TABLE")?)),
        config: InForce::new(),
        accounts: Arc::new(AwsAccounts(Arc::new(connection))),
        queues: aws::queues(&access, urls),
        clock: Arc::new(SystemClock),
    })
}
