//! The handle on a running cluster.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::access::Rights;
use crate::admission::Admission;
use crate::faults::Faults;
use crate::lock;
use crate::log::Request;
use crate::options::Options;
use crate::server;
use crate::shared::Shared;

/// A running cluster. It ends when it is dropped.
#[derive(Debug)]
pub struct SandboxCluster {
    pub(crate) shared: Arc<Shared>,
    port: u16,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl SandboxCluster {
    /// Starts a cluster in the current Tokio runtime, whose I/O and time must be enabled.
    ///
    /// # Errors
    /// Where no loopback port can be had.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = server::listen(options.port).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::new(options));
        let (stop, stopped) = watch::channel(false);
        let serving = server::serve(listener, Arc::clone(&shared), stopped);
        let cluster = Self {
            tasks: vec![tokio::spawn(serving)],
            shared,
            port,
            stop,
        };
        cluster.furnish();
        Ok(cluster)
    }

    /// Where it listens, `http://127.0.0.1:40001`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A kubeconfig with one context of this name, whose user has this token; empty
    /// is none. Written in JSON, which is YAML.
    #[must_use]
    pub fn kubeconfig(&self, context: &str, token: &str) -> String {
        let user = match token {
            "" => serde_json::json!({}),
            token => serde_json::json!({"token": token}),
        };
        let config = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": context,
            "clusters": [{"name": context, "cluster": {"server": self.endpoint()}}],
            "users": [{"name": context, "user": user}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        });
        config.to_string()
    }

    /// Names a user and his token. As long as nobody is named, everybody is the
    /// administrator, with a token or without; from then on only who is named may come in.
    pub fn add_user(&self, token: &str, name: &str, rights: Rights) {
        lock(&self.shared.users).add(token, name, rights);
    }

    /// Installs webhooks in place of those before.
    pub fn admit(&self, admission: Admission) {
        *lock(&self.shared.admission) = admission;
    }

    /// The faults of this cluster.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.shared.faults.clone()
    }

    /// Restarts it: every connection ends, whatever is under way; the state stays.
    pub fn restart(&self) {
        self.shared.restarts.send_modify(|count| *count += 1);
    }

    /// Lets every token of a list's next page expire.
    pub fn expire_lists(&self) {
        lock(&self.shared.state).pages.clear();
    }

    /// The newest requests over HTTP, the oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.log).requests()
    }

    /// How many requests of each call, `patch:deployments`, got which status. 0 is a request without a whole answer.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<(String, u16), u64> {
        lock(&self.shared.log).counts()
    }

    /// How many requests came whose call begins so: `list:`, `patch:deployments`, or all with an empty text.
    #[must_use]
    pub fn count(&self, call: &str) -> u64 {
        let counts = self.counts();
        let counts = counts
            .iter()
            .filter(|((name, _), _)| name.starts_with(call));
        counts.map(|(_, count)| count).sum()
    }

    /// Forgets the requests so far, and their counts.
    pub fn forget_requests(&self) {
        lock(&self.shared.log).clear();
    }

    /// Ends it, and returns when nothing of it runs any more.
    pub async fn stop(mut self) {
        self.end();
        for task in std::mem::take(&mut self.tasks) {
            // It ends by itself; one that panicked has ended too.
            let _ = tokio::time::timeout(Duration::from_secs(1), task).await;
        }
    }

    fn end(&self) {
        self.stop.send_replace(true);
    }
}

impl Drop for SandboxCluster {
    fn drop(&mut self) {
        self.end();
    }
}
