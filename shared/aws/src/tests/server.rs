//! A server on loopback that plays canned answers.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The tag that every answer carries.
const TAG: &str = "\"tag-1\"";

/// When every answer was given.
const DATE: &str = "Tue, 24 Nov 2026 06:00:00 GMT";

/// What the server does with a request.
#[allow(
    dead_code,
    reason = "the tests of two packages share it, and each plays some of them"
)]
pub(super) enum Reply {
    /// Answers with a status and a body.
    Answer(u16, String),
    /// Announces more bytes than it sends, then closes.
    Cut(String),
    /// Sends the body in chunks, its length not announced.
    Chunked(String),
    /// Announces that many bytes and sends none.
    Announce(usize),
    /// Never answers.
    Hang,
    /// Closes without an answer.
    Close,
}

/// One request as it came.
#[allow(
    dead_code,
    reason = "the tests of two packages share it, and one looks at bodies only"
)]
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The request line and headers.
    pub(super) head: String,
    /// The body; of a form, still encoded.
    pub(super) form: String,
}

pub(super) struct Server {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

type Play = dyn Fn(usize, &str) -> Reply + Send + Sync;

impl Server {
    /// Plays `play(n, form)` for the n-th request, from 0.
    pub(super) async fn start(play: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (play, list): (Arc<Play>, _) = (Arc::new(play), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&play), Arc::clone(&list)));
            }
        });
        Self { url, seen }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn count(&self) -> u64 {
        self.seen.lock().unwrap().len() as u64
    }
}

async fn serve(mut stream: TcpStream, play: Arc<Play>, seen: Arc<Mutex<Vec<Seen>>>) {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut buffer).await {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        let head = |status: u16, framing: String| {
            format!(
                "HTTP/1.1 {status} Status\r\nContent-Type: text/xml\r\nETag: {TAG}\r\nDate: {DATE}\r\n{framing}\r\n\r\n"
            )
        };
        match play(number, &request.form) {
            Reply::Answer(status, body) => {
                let text = head(status, format!("Content-Length: {}", body.len())) + &body;
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Cut(body) => {
                let text = head(200, format!("Content-Length: {}", body.len() + 100)) + &body;
                let _ = stream.write_all(text.as_bytes()).await;
                return;
            }
            Reply::Chunked(body) => {
                let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
                let text = head(200, "Transfer-Encoding: chunked".to_owned()) + &chunk;
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Announce(length) => {
                let text = head(200, format!("Content-Length: {length}"));
                let _ = stream.write_all(text.as_bytes()).await;
                std::future::pending().await
            }
            Reply::Hang => std::future::pending().await,
            Reply::Close => return,
        }
    }
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
            if buffer.len() >= end + 4 + length {
                let form = String::from_utf8_lossy(&buffer[end + 4..end + 4 + length]).into_owned();
                buffer.drain(..end + 4 + length);
                return Some(Seen { head, form });
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(read) if read > 0 => buffer.extend_from_slice(&part[..read]),
            _ => return None,
        }
    }
}
