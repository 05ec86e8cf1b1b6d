//! An API server on loopback that plays canned answers.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the server does with a request.
pub(super) enum Reply {
    /// Answers with JSON.
    Json(u16, Value),
    /// Answers with a text of a type.
    Text(u16, &'static str, String),
    /// Answers with JSON and asks to come back after that many seconds.
    Later(u16, u32),
    /// Announces more bytes than it sends, then closes.
    Cut(String),
    /// Sends the body without announcing its length.
    Chunked(String),
    /// Answers late.
    Slow(Duration, Value),
    /// Closes without an answer.
    Close,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

pub(super) struct Server {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

type Play = dyn Fn(usize, &Seen) -> Reply + Send + Sync;

impl Server {
    /// Plays `play(n, request)` for the n-th request, from 0, without TLS.
    pub(super) async fn start(
        play: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::serve(None, Arc::new(play)).await
    }

    /// The same behind TLS, for `https://localhost`.
    pub(super) async fn with_tls(
        authority: &Authority,
        play: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::serve(Some(authority.acceptor.clone()), Arc::new(play)).await
    }

    async fn serve(tls: Option<TlsAcceptor>, play: Arc<Play>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = match &tls {
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        };
        let seen = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(
                    stream,
                    tls.clone(),
                    Arc::clone(&play),
                    Arc::clone(&list),
                ));
            }
        });
        Self { url, seen }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// `METHOD PATH` of each request.
    pub(super) fn calls(&self) -> Vec<String> {
        let seen = self.seen();
        seen.iter()
            .map(|it| format!("{} {}", it.method, it.target))
            .collect()
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    play: Arc<Play>,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    let service = service_fn(move |request| answer(request, Arc::clone(&play), Arc::clone(&seen)));
    let http = hyper::server::conn::http1::Builder::new();
    match tls {
        None => _ = http.serve_connection(TokioIo::new(stream), service).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                _ = http.serve_connection(TokioIo::new(stream), service).await;
            }
        }
    }
}

type Body = BoxBody<Bytes, io::Error>;

async fn answer(
    request: Request<Incoming>,
    play: Arc<Play>,
    seen: Arc<Mutex<Vec<Seen>>>,
) -> Result<Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let one = Seen {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers,
        body: String::from_utf8(body.into()).unwrap(),
    };
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(one.clone());
        seen.len() - 1
    };
    let closed = || io::Error::other("closed");
    let whole = |text: String| {
        Full::new(Bytes::from(text))
            .map_err(|it| match it {})
            .boxed()
    };
    let json = |status: u16| {
        Response::builder()
            .status(status)
            .header("content-type", "application/json")
    };
    let built = match play(number, &one) {
        Reply::Json(status, value) => json(status).body(whole(value.to_string())),
        Reply::Text(status, kind, text) => Response::builder()
            .status(status)
            .header("content-type", kind)
            .body(whole(text)),
        Reply::Later(status, seconds) => json(status).header("retry-after", seconds).body(whole(
            super::status(status, "TooManyRequests", "later").to_string(),
        )),
        Reply::Cut(text) => {
            let length = text.len() + 100;
            let first = stream::iter([Ok(Frame::data(Bytes::from(text)))]);
            // What is not sent before the end would not be sent at all.
            let end = stream::once(async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(closed())
            });
            let body = StreamBody::new(first.chain(Box::pin(end)));
            json(200)
                .header("content-length", length)
                .body(BoxBody::new(body))
        }
        Reply::Chunked(text) => {
            let frames = [Ok(Frame::data(Bytes::from(text)))];
            json(200).body(BoxBody::new(StreamBody::new(stream::iter(frames))))
        }
        Reply::Slow(time, value) => {
            tokio::time::sleep(time).await;
            json(200).body(whole(value.to_string()))
        }
        Reply::Close => return Err(closed()),
    };
    Ok(built.unwrap())
}

/// A certificate authority of one's own, and a server and a client that it knows.
pub(super) struct Authority {
    /// Its certificate in PEM.
    pub(super) pem: String,
    /// A client's certificate and key in PEM.
    pub(super) client: (String, String),
    acceptor: TlsAcceptor,
}

impl Authority {
    /// For a server of these names. `mutual`: which takes only clients that the authority knows.
    pub(super) fn of(names: &[&str], mutual: bool) -> Self {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let own = params.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(params, key);
        let signed = |names: Vec<String>| {
            let key = rcgen::KeyPair::generate().unwrap();
            let params = rcgen::CertificateParams::new(names).unwrap();
            (params.signed_by(&key, &issuer).unwrap(), key)
        };
        let (certificate, key) = signed(names.iter().map(|it| (*it).to_owned()).collect());
        let (client, client_key) = signed(vec!["client".to_owned()]);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if mutual {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(own.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = builder
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Self {
            pem: own.pem(),
            client: (client.pem(), client_key.serialize_pem()),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        }
    }
}
