//! HTTP on loopback.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::answer::{Answer, Failure};
use crate::call::Call;
use crate::faults::{Effect, Target};
use crate::lock;
use crate::log;
use crate::shared::Shared;
use crate::time::http_date;

/// Bytes of one request, as etcd's limit would have it with some air.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// Ends a connection without an answer, or in the middle of one.
#[derive(Debug, thiserror::Error)]
#[error("no answer, on purpose")]
pub(crate) struct NoAnswer;

/// A body that may end too early.
pub(crate) struct Text {
    left: Option<Bytes>,
    /// The length that was promised.
    length: u64,
    broken: bool,
}

impl Text {
    fn new(mut bytes: Bytes, broken: bool) -> Self {
        let length = bytes.len() as u64;
        if broken {
            bytes.truncate(bytes.len() / 2);
        }
        Self {
            left: Some(bytes),
            length,
            broken,
        }
    }
}

impl Body for Text {
    type Data = Bytes;
    type Error = NoAnswer;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NoAnswer>>> {
        match self.left.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None if self.broken => Poll::Ready(Some(Err(NoAnswer))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none() && !self.broken
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

/// Returns when the cluster ends, also when its handle is gone without a word.
async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Listens on loopback.
pub(crate) async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await
}

/// Accepts connections until told to stop; then ends them all.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) {
    let (mut connections, told) = (JoinSet::new(), stop.clone());
    loop {
        tokio::select! {
            () = told_to_stop(&mut stop) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&shared), told.clone()));
                }
                // No descriptors left, say: others may become free.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    // An answer is small and wanted at once. A socket that refuses is slower, no worse.
    let _ = stream.set_nodelay(true);
    let mut restarts = shared.restarts.subscribe();
    let service = service_fn(move |request| exchange(request, Arc::clone(&shared)));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    tokio::select! {
        // How a connection ends is the client's affair.
        _ = served.as_mut() => return,
        // A restart lets nobody finish.
        _ = restarts.changed() => return,
        () = told_to_stop(&mut stop) => served.as_mut().graceful_shutdown(),
    }
    // A request in hand gets its answer, but one that hangs on purpose would never end.
    let _ = tokio::time::timeout(Duration::from_millis(200), served).await;
}

async fn exchange(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Text>, NoAnswer> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
        let message = format!("limit is {BODY_LIMIT}");
        let failure = Failure::new(413, "RequestEntityTooLarge", message);
        let answer = Answer::refused(&failure);
        return Ok(respond(answer, shared.now(), false));
    };
    let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    let mut call = Call::new(parts.method.as_str(), target, body.to_bytes().to_vec());
    read_headers(&mut call, &parts.headers);
    let user = lock(&shared.users).of(&call.token);
    let name = user.as_ref().map_or("", |user| &user.name).to_owned();
    let entry = entry(&shared, &call, name);
    let fault = shared.faults.meet(&Target {
        call: &entry.call(),
        namespace: &entry.namespace,
        name: &entry.name,
        paged: !call.query("continue").is_empty(),
    });
    match fault {
        Some(Effect::Delay(time)) => tokio::time::sleep(time).await,
        Some(Effect::Drop) => {
            lock(&shared.log).add(entry);
            return Err(NoAnswer);
        }
        Some(Effect::Hang) => {
            lock(&shared.log).add(entry);
            std::future::pending::<Infallible>().await;
            return Err(NoAnswer);
        }
        _ => {}
    }
    let refusal = fault.as_ref().and_then(Effect::failure);
    let now = shared.now();
    let answer = match (refusal, &user) {
        (Some(failure), _) => Err(failure),
        (None, Some(user)) => shared.answer(&call, user, now),
        (None, None) => Err(Failure::new(401, "Unauthorized", "Unauthorized")),
    };
    let answer = answer.unwrap_or_else(|failure| Answer::refused(&failure));
    let cut = fault == Some(Effect::Cut);
    lock(&shared.log).add(log::Request {
        status: if cut { 0 } else { answer.status },
        ..entry
    });
    Ok(respond(answer, now, cut))
}

fn respond(answer: Answer, now: jiff::Timestamp, cut: bool) -> Response<Text> {
    answer
        .into_response(&http_date(now))
        .map(|body| Text::new(body, cut))
}

fn read_headers(call: &mut Call, headers: &HeaderMap) {
    let text = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    call.content_type = text("content-type");
    call.accept = text("accept");
    call.user_agent = text("user-agent");
    let token = text("authorization");
    call.token = token.strip_prefix("Bearer ").unwrap_or_default().to_owned();
}

fn entry(shared: &Shared, call: &Call, user: String) -> log::Request {
    let address = call.address.clone().unwrap_or_default();
    log::Request {
        at: shared.now(),
        user,
        verb: call.verb,
        path: call.path.clone(),
        resource: call.resource(),
        namespace: address.namespace,
        name: address.name,
        apply: call.is_apply(),
        dry_run: call.is_dry_run(),
        status: 0,
    }
}
