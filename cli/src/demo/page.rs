//! The report of the demo's ledger, served as it stands at each request.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use aws::Connection;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use local::SqliteLedger;
use tokio::net::TcpListener;

use crate::failure::Failure;
use crate::standing;

/// Listens on loopback, on a port that the system chooses.
pub(super) async fn listen() -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(|error| Failure::unusable(format!("no port to serve the report on: {error}")))?;
    let address = listener.local_addr().map_err(Failure::unusable)?;
    Ok((listener, address))
}

/// Serves the page for as long as it is polled.
pub(super) async fn serve(
    listener: TcpListener,
    (ledger, aws): (Arc<SqliteLedger>, Arc<Connection>),
) {
    loop {
        // A connection that failed before it was accepted is nobody's loss.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let (ledger, aws) = (Arc::clone(&ledger), Arc::clone(&aws));
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let ledger = Arc::clone(&ledger);
                let requests = aws.requests();
                async move { Ok::<_, Infallible>(answer(&request, (&ledger, requests)).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer);
            // A browser that went away is no error.
            let _ = connection.await;
        });
    }
}

async fn answer(
    request: &Request<Incoming>,
    (ledger, requests): (&SqliteLedger, u64),
) -> Response<Full<Bytes>> {
    if request.uri().path() != "/" {
        return text(
            StatusCode::NOT_FOUND,
            "text/plain",
            "nothing here; the report is at /\n".to_owned(),
        );
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(
            StatusCode::METHOD_NOT_ALLOWED,
            "text/plain",
            "read only\n".to_owned(),
        );
    }
    match page(ledger, requests).await {
        Ok(page) => text(StatusCode::OK, "text/html; charset=utf-8", page),
        Err(failure) => text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "text/plain",
            format!("{failure}\n"),
        ),
    }
}

async fn page(ledger: &SqliteLedger, requests: u64) -> Result<String, Failure> {
    let (report, histories) = standing::report(ledger, "demo", (Timestamp::now(), requests))
        .await
        .map_err(Failure::unusable)?;
    render::html(&report, &histories).map_err(Failure::unusable)
}

fn text(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    response
}
