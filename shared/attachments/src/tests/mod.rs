//! Over real HTTP on loopback.

mod ec2;
mod json;
mod refusing;
mod s3;
mod server;

use std::sync::Arc;

use domain::ports::{Attachments, Evidence, PortError, PortErrorKind};
use server::{Reply, Server};

use crate::AwsEvidence;

async fn attachments(server: &Server) -> Arc<dyn Attachments> {
    let evidence = AwsEvidence(Arc::new(server.connection().await));
    evidence.attachments(None, None).await.unwrap()
}

/// A server that gives these answers one after the other, and the port to it.
async fn pages(bodies: Vec<String>) -> (Server, Arc<dyn Attachments>) {
    let server = Server::start(move |number, _| {
        let body = bodies.get(number).cloned();
        Reply::new(200, body.unwrap_or_else(|| "one too many".to_owned()))
    })
    .await;
    let port = attachments(&server).await;
    (server, port)
}

/// A server that always answers the same, and the port to it.
async fn always(reply: Reply) -> (Server, Arc<dyn Attachments>) {
    let server = Server::start(move |_, _| reply.clone()).await;
    let port = attachments(&server).await;
    (server, port)
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// What every error about an answer is: of its kind, with the call, the thing
/// and the region, and without anything that the answer said.
#[track_caller]
fn assert_unreadable<T: std::fmt::Debug>(result: Result<T, PortError>, op: &str, about: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid, "{error}");
    assert_eq!(error.op, op);
    assert!(
        error.detail.contains(about) && error.detail.contains("region"),
        "{error}"
    );
    assert!(!error.detail.contains("hunter2"), "{error}");
}
