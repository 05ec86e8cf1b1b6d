//! A proxy between the product and the emulator that misbehaves on request.
//!
//! It is transparent until [rules](Proxy::set) say otherwise, speaks HTTP/1.1 with keep-alive on a free loopback port,
//! and remembers every request, so that a test can count calls as well as break them.

mod pages;
pub mod rewrite;
pub mod rules;
mod serve;
mod wire;

use std::{
    collections::HashMap,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
};

pub use rules::{Fault, Rule};

/// A running proxy; dropping it closes its port and every connection, also those that hang.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

/// One request that went through the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The operation: `Action` of a query-protocol form, the operation of an `x-amz-target`, else method and path.
    pub action: String,
    /// The request's body; a form is decoded, so names and ARNs are found in it as they are written.
    pub body: String,
    /// The status that the client was given; `None` when it got no answer, and while the answer is still under way.
    pub status: Option<u16>,
    /// The name of the fault that was applied, such as `Throttle`.
    pub fault: Option<&'static str>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    rules: Mutex<Vec<rules::Armed>>,
    log: Mutex<Log>,
    connections: Mutex<HashMap<u64, TcpStream>>,
    next_connection: AtomicU64,
    stopped: AtomicBool,
}

#[derive(Debug, Default)]
struct Log {
    /// How many were forgotten: an exchange keeps its number, so a late answer finds its own entry or none.
    forgotten: usize,
    exchanges: Vec<Exchange>,
}

impl Log {
    fn push(&mut self, exchange: Exchange) -> usize {
        self.exchanges.push(exchange);
        self.forgotten + self.exchanges.len() - 1
    }

    fn answered(&mut self, number: usize, status: Option<u16>) {
        if let Some(exchange) = number
            .checked_sub(self.forgotten)
            .and_then(|index| self.exchanges.get_mut(index))
        {
            exchange.status = status;
        }
    }
}

impl Proxy {
    /// Starts a proxy before `upstream`, an address such as `http://127.0.0.1:21570`.
    ///
    /// # Panics
    /// When no loopback port can be had.
    #[must_use]
    pub fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free loopback port");
        let address = listener.local_addr().expect("the port of the proxy");
        let shared = Arc::new(Shared {
            upstream: upstream
                .trim_start_matches("http://")
                .trim_end_matches('/')
                .to_owned(),
            rules: Mutex::default(),
            log: Mutex::default(),
            connections: Mutex::default(),
            next_connection: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self {
            address,
            shared,
            acceptor: Some(acceptor),
        }
    }

    /// The address to give to the product instead of the emulator's.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replaces all rules; their counts start at zero. The first rule that fires decides.
    pub fn set(&self, rules: impl IntoIterator<Item = Rule>) {
        *lock(&self.shared.rules) = rules.into_iter().map(rules::Armed::new).collect();
    }

    /// Makes the proxy transparent again.
    pub fn clear(&self) {
        self.set([]);
    }

    /// Every request since the start or the last [`forget`](Self::forget), in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Exchange> {
        lock(&self.shared.log).exchanges.clone()
    }

    /// How many of the remembered requests asked for this operation.
    #[must_use]
    pub fn count(&self, action: &str) -> usize {
        lock(&self.shared.log)
            .exchanges
            .iter()
            .filter(|exchange| exchange.action == action)
            .count()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        let mut log = lock(&self.shared.log);
        log.forgotten += log.exchanges.len();
        log.exchanges.clear();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // The acceptor sees the stop when its next connection comes in: this one.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        for connection in lock(&self.shared.connections).values() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let Ok(handle) = stream.try_clone() else {
            continue;
        };
        let id = shared.next_connection.fetch_add(1, Ordering::Relaxed);
        lock(&shared.connections).insert(id, handle);
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // A client that goes away in the middle is no fault of the test.
            let _ = serve::connection(&stream, &shared);
            let _ = stream.shutdown(Shutdown::Both);
            lock(&shared.connections).remove(&id);
        });
    }
}

/// A test that fails while it holds a lock must not make every later one fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
