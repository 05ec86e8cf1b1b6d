//! Where messages arrive: Slack's incoming webhook and a webhook of somebody's own, as an HTTP server on loopback that
//! remembers every post.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::Value;

/// A running sink; dropping it closes its port.
#[derive(Debug)]
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

/// One post that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// The path that it was posted to.
    pub path: String,
    /// Its headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Value,
}

#[derive(Debug, Default)]
struct Shared {
    posts: Mutex<Vec<Post>>,
    /// What a path answers instead of taking the post.
    refusals: Mutex<BTreeMap<String, (u16, String)>>,
    stopped: AtomicBool,
}

impl Sink {
    /// Starts a sink on a free port.
    ///
    /// # Panics
    /// When no loopback port can be had.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free loopback port");
        let address = listener.local_addr().expect("the port of the sink");
        let shared = Arc::new(Shared::default());
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for stream in listener.incoming() {
                    if shared.stopped.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(stream) = stream else { continue };
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || serve(&stream, &shared));
                }
            }
        });
        Self {
            address,
            shared,
            acceptor: Some(acceptor),
        }
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From now on a path answers this and takes nothing.
    pub fn refuse(&self, path: &str, status: u16, word: &str) {
        let answer = (status, word.to_owned());
        lock(&self.shared.refusals).insert(path.to_owned(), answer);
    }

    /// From now on every path takes what comes.
    pub fn take_all(&self) {
        lock(&self.shared.refusals).clear();
    }

    /// What a path took, in order.
    #[must_use]
    pub fn posts(&self, path: &str) -> Vec<Post> {
        let posts = lock(&self.shared.posts);
        posts.iter().filter(|it| it.path == path).cloned().collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // The acceptor sees the stop when its next connection comes in: this one.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// One request on a connection, then its end; who posts keeps none.
fn serve(stream: &TcpStream, shared: &Shared) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let Some(post) = read(stream) else { return };
    let refusal = lock(&shared.refusals).get(&post.path).cloned();
    let (status, word) = refusal.unwrap_or_else(|| {
        lock(&shared.posts).push(post);
        (200, "ok".to_owned())
    });
    let mut to = stream;
    let _ = write!(
        to,
        "HTTP/1.1 {status} -\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{word}",
        word.len()
    );
}

fn read(stream: &TcpStream) -> Option<Post> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Post {
        path,
        headers,
        body: serde_json::from_slice(&body).ok()?,
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
