//! The handle on a running sandbox.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cloudformation;
use crate::faults::Faults;
use crate::hook::Delivery;
use crate::lock;
use crate::log::Request;
use crate::options::{Options, Rate};
use crate::server;
use crate::shared::Shared;
use crate::slack::{SlackMessage, Webhook};

/// A running sandbox. It ends when it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    pub(crate) shared: Arc<Shared>,
    port: u16,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// The events that EventBridge would deliver, as it would deliver them.
#[derive(Debug)]
pub struct Events(pub(crate) UnboundedReceiver<Value>);

impl Events {
    /// The next event; `None` once the sandbox has ended.
    pub async fn next(&mut self) -> Option<Value> {
        self.0.recv().await
    }

    /// An event that is there already.
    pub fn try_next(&mut self) -> Option<Value> {
        self.0.try_recv().ok()
    }
}

impl Sandbox {
    /// Starts a sandbox in the current Tokio runtime, whose I/O and time must be enabled.
    ///
    /// # Errors
    /// Where no loopback port can be had.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = server::listen(options.port).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::new(options));
        let (stop, stopped) = watch::channel(false);
        let clock = server::watch_the_clock(Arc::clone(&shared), stopped.clone());
        let serving = server::serve(listener, Arc::clone(&shared), stopped);
        Ok(Self {
            tasks: vec![tokio::spawn(serving), tokio::spawn(clock)],
            shared,
            port,
            stop,
        })
    }

    /// Where it listens, `http://127.0.0.1:40001`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it, and returns when nothing of it runs any more.
    pub async fn stop(mut self) {
        self.end();
        for task in std::mem::take(&mut self.tasks) {
            // It ends by itself; one that panicked has ended too.
            let _ = task.await;
        }
    }

    fn end(&self) {
        self.stop.send_replace(true);
        self.shared.silence();
    }

    /// Everything that EventBridge would deliver from now on. Events wait in memory until they are taken.
    #[must_use]
    pub fn events(&self) -> Events {
        self.shared.listen()
    }

    /// The failures that it plays.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.shared.faults.clone()
    }

    /// Sets or lifts the rate of a call, `cloudformation:DetectStackDrift`.
    pub fn limit(&self, call: &str, rate: Option<Rate>) {
        lock(&self.shared.throttle).limit(call, rate);
    }

    /// Lets happen at once what the clock has brought about; requests and a
    /// task in the background do the same, soon.
    pub fn settle(&self) {
        cloudformation::settle(&self.shared, self.shared.now());
    }

    /// The newest requests, the oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.log).requests()
    }

    /// How many requests of each call got which status, since the start. 0 is a request without an answer.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<(String, u16), u64> {
        lock(&self.shared.log).counts()
    }

    /// How many requests of a call came, since the start.
    #[must_use]
    pub fn count(&self, call: &str) -> u64 {
        let counts = self.counts();
        let counts = counts.iter().filter(|((name, _), _)| name == call);
        counts.map(|(_, count)| count).sum()
    }

    /// The newest Slack messages, the oldest first.
    #[must_use]
    pub fn slack_messages(&self) -> Vec<SlackMessage> {
        lock(&self.shared.slack).messages()
    }

    /// Says what becomes of an incoming webhook, by its path `T…/B…/X…`; `None` makes it work again.
    pub fn set_webhook(&self, path: &str, webhook: Option<Webhook>) {
        lock(&self.shared.slack).set(path, webhook);
    }

    /// What came in at `/hook/NAME`, the oldest first.
    #[must_use]
    pub fn hook_deliveries(&self, name: &str) -> Vec<Delivery> {
        lock(&self.shared.hooks).deliveries(name)
    }

    /// The next deliveries at `/hook/NAME` are answered with these statuses, the ones after them with 200.
    pub fn answer_hook(&self, name: &str, statuses: &[u16]) {
        lock(&self.shared.hooks).answer_with(name, statuses);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.end();
    }
}
