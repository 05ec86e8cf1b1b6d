//! HTTP on loopback.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::answer::Answer;
use crate::cloudformation::settle;
use crate::faults::Effect;
use crate::lock;
use crate::log;
use crate::route::Call;
use crate::shared::Shared;
use crate::state::uuid;
use crate::time::http_date;

/// Bytes of one request.
const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// How often a clock that is not the machine's is looked at while something is due.
const CLOCK_LOOK: Duration = Duration::from_millis(5);

/// Ends a connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer, on purpose")]
struct NoAnswer;

/// Returns when the sandbox ends, also when its handle is gone without a word.
async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
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
    let service = service_fn(move |request| exchange(request, Arc::clone(&shared)));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    tokio::select! {
        // How a connection ends is the client's affair.
        _ = served.as_mut() => return,
        () = told_to_stop(&mut stop) => served.as_mut().graceful_shutdown(),
    }
    // A request in hand gets its answer, but one that hangs on purpose would never end.
    let _ = tokio::time::timeout(Duration::from_millis(200), served).await;
}

async fn exchange(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, NoAnswer> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
        return Err(NoAnswer);
    };
    let now = shared.now();
    settle(&shared, now);
    let call = Call::read(&shared, parts, body.to_bytes());
    let fault = call.fault(&shared);
    if let Some(Effect::Delay(time)) = fault {
        tokio::time::sleep(time).await;
    }
    let now = shared.now();
    settle(&shared, now);
    match fault {
        Some(Effect::Drop) => {
            note(&shared, &call, now, 0);
            return Err(NoAnswer);
        }
        Some(Effect::Hang) => {
            note(&shared, &call, now, 0);
            std::future::pending::<Infallible>().await;
        }
        _ => {}
    }
    let request_id = {
        let number = lock(&shared.state).next();
        uuid(shared.options.seed, number)
    };
    let answer = match fault.as_ref().and_then(|effect| call.refusal(effect)) {
        Some(failure) => Err(failure),
        None => call.answer(&shared, now, &request_id),
    };
    let answer = answer
        .unwrap_or_else(|failure| Answer::refused(&failure, call.service.protocol(), &request_id));
    if fault == Some(Effect::LoseAnswer) {
        note(&shared, &call, now, 0);
        return Err(NoAnswer);
    }
    note(&shared, &call, now, answer.status);
    Ok(answer.into_response(&http_date(now), &request_id))
}

fn note(shared: &Shared, call: &Call, at: jiff::Timestamp, status: u16) {
    lock(&shared.log).add(log::Request {
        at,
        method: call.method().to_owned(),
        call: call.name(),
        stack: call.stack.clone(),
        account: call.place.0.clone(),
        region: call.place.1.clone(),
        principal: call.principal.clone(),
        status,
    });
}

/// Lets happen what is due though nobody asks.
pub(crate) async fn watch_the_clock(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    loop {
        let next = lock(&shared.state).due.first().map(|(when, _, _)| *when);
        let now = shared.now();
        let wait = match (next, &shared.options.clock) {
            (None, _) => None,
            (Some(when), _) if when <= now => {
                settle(&shared, now);
                continue;
            }
            (Some(_), Some(_)) => Some(CLOCK_LOOK),
            (Some(when), None) => {
                let left = when.duration_since(now).unsigned_abs();
                Some(left + Duration::from_millis(1))
            }
        };
        let sleep = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = told_to_stop(&mut stop) => return,
            () = shared.due.notified() => {}
            () = sleep => {}
        }
    }
}

/// Listens on loopback.
pub(crate) async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await
}
