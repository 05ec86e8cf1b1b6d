//! A small HTTP server that answers as a test says, and keeps every request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query.
    pub(super) path: String,
    /// By name, in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// An answer.
#[derive(Clone)]
pub(super) struct Reply {
    status: u16,
    headers: String,
    body: Vec<u8>,
    /// How many bytes of the body are kept back.
    missing: usize,
    /// Whether it says how long it is.
    is_measured: bool,
}

impl Reply {
    pub(super) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: String::new(),
            body: body.into(),
            missing: 0,
            is_measured: true,
        }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Only the end of the connection ends the body.
    pub(super) fn unmeasured(mut self) -> Self {
        self.is_measured = false;
        self
    }

    /// The connection breaks before the end of the body.
    pub(super) fn cut(mut self) -> Self {
        self.missing = self.body.len() / 2;
        self
    }
}

pub(super) struct Server {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(super) async fn new(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let kept = Arc::clone(&requests);
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                tokio::spawn(async move {
                    let Some(request) = read(&mut stream).await else {
                        return;
                    };
                    let reply = answer(&request);
                    kept.lock().unwrap().push(request);
                    let length = match reply.is_measured {
                        true => format!("content-length: {}\r\n", reply.body.len()),
                        false => String::new(),
                    };
                    let head = format!(
                        "HTTP/1.1 {} Word\r\n{}{length}connection: close\r\n\r\n",
                        reply.status, reply.headers
                    );
                    let body = &reply.body[..reply.body.len() - reply.missing];
                    let _ = stream.write_all(head.as_bytes()).await;
                    let _ = stream.write_all(body).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { url, requests }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The paths that were asked for, one after the other.
    pub(super) fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|it| it.path).collect()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let mut line = lines.next()?.split(' ');
            let headers: BTreeMap<String, String> = lines
                .filter_map(|it| it.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length = headers
                .get("content-length")
                .map_or(0, |it| it.parse().unwrap());
            if body.len() >= length {
                return Some(Request {
                    method: line.next()?.to_owned(),
                    path: line.next()?.to_owned(),
                    headers,
                    body: body.to_owned(),
                });
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}
