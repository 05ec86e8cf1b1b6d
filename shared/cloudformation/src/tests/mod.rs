//! Over real HTTP on loopback.

mod failing;
mod reading;
// The same server as that of the connection's own tests.
#[path = "../../../aws/src/tests/server.rs"]
mod server;

use std::sync::Arc;
use std::time::Duration;

use aws::{Connection, Options};
use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_sdk_cloudformation::config::Credentials;
use domain::ports::Stacks;

use crate::stacks;
use server::{Reply, Server};

const ARN: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/guid";

/// Short waits, so that a test of six attempts takes no time.
fn quick() -> Options {
    Options {
        initial_backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(2),
        ..Options::default()
    }
}

fn loader(url: &str) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "not-a-real-secret",
            None,
            None,
            "test",
        ))
        .endpoint_url(url)
}

async fn connect(url: &str, options: Options) -> (Connection, Arc<dyn Stacks>) {
    let connection = Connection::load(loader(url), options).await;
    let stacks = stacks(&connection, None, None).await.unwrap();
    (connection, stacks)
}

/// A server that always answers the same, and the port over it.
async fn always(status: u16, body: impl Into<String>) -> (Server, Connection, Arc<dyn Stacks>) {
    let body = body.into();
    let server = Server::start(move |_, _| Reply::Answer(status, body.clone())).await;
    let (connection, stacks) = connect(&server.url, quick()).await;
    (server, connection, stacks)
}

/// A whole answer of a call.
fn answer(call: &str, result: &str) -> String {
    format!(
        "<{call}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><{call}Result>{result}</{call}Result>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{call}Response>"
    )
}

fn refusal(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
}
