//! What goes over a connection besides CloudFormation and the ledger.

#[cfg(feature = "objects")]
mod objects;
#[cfg(feature = "queues")]
mod queues;
#[cfg(feature = "secrets")]
mod secrets;
#[cfg(all(feature = "objects", feature = "secrets"))]
mod signatures;
#[cfg(feature = "topic")]
mod topic;

use std::time::Duration;

use super::connect;
use super::server::{Reply, Server};
#[cfg(feature = "secrets")]
use super::{in_account, is_child, loader};
use crate::{Access, Connection, Options};

/// A function's limits with short waits.
fn quick() -> Options {
    Options {
        initial_backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(2),
        ..Options::in_function()
    }
}

async fn access(url: &str) -> (Connection, Access) {
    let connection = connect(url, quick()).await;
    let access = connection.access(None, None).await.unwrap();
    (connection, access)
}

/// A server that always answers the same, and the settings for it.
async fn always(status: u16, body: impl Into<String>) -> (Server, Access) {
    let body = body.into();
    let server = Server::start(move |_, _| Reply::Answer(status, body.clone())).await;
    let (_connection, access) = access(&server.url).await;
    (server, access)
}
