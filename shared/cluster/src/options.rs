//! Ways into a cluster, and limits and habits of a connection.

use std::path::PathBuf;
use std::time::Duration;

/// How a cluster is reached.
#[derive(Clone, Debug)]
pub enum Way {
    /// A context of a kubeconfig file.
    Kubeconfig {
        /// The file. `None`: what kubectl reads, which is the files of `KUBECONFIG` merged, else `~/.kube/config`,
        /// else, in a pod, its service account.
        path: Option<PathBuf>,
        /// The context. `None`: the current one.
        context: Option<String>,
    },
    /// The cluster of the pod that this runs in, by its service account.
    InCluster,
    /// An EKS cluster, entered with an AWS identity.
    #[cfg(feature = "eks")]
    Eks(Box<crate::Eks>),
}

/// Limits and habits of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Time to connect: proxy and TLS included. Default 5 s.
    pub connect_timeout: Duration,
    /// Time for one request, its whole answer included. Default 30 s.
    pub request_timeout: Duration,
    /// Time for one call, its retries included. Default 75 s.
    pub deadline: Duration,
    /// Attempts of one call, the first included. Where no connection comes about there are three at most. Default 6.
    pub max_attempts: u32,
    /// The wait before the second attempt, at most; it doubles after that. Default 200 ms.
    pub initial_backoff: Duration,
    /// The longest wait between attempts that the server did not ask for. Default 5 s.
    pub max_backoff: Duration,
    /// The longest wait that a server may ask for; who asks for more is not asked again. Default 30 s.
    pub longest_retry_after: Duration,
    /// Bytes of one answer. Default 64 MiB.
    pub body_cap: usize,
    /// Objects of one page. A page over [`Self::body_cap`] is asked for again with fewer. Default 500.
    pub page_size: u32,
    /// Time for a credential plugin to answer. Default 60 s.
    pub plugin_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(75),
            max_attempts: 6,
            initial_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(5),
            longest_retry_after: Duration::from_secs(30),
            body_cap: 64 * 1024 * 1024,
            page_size: 500,
            plugin_timeout: Duration::from_secs(60),
        }
    }
}

impl Options {
    /// Those of a Lambda function: less memory, and less waiting, which is paid for there and better done by a queue.
    #[must_use]
    pub fn in_function() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            request_timeout: Duration::from_secs(20),
            deadline: Duration::from_secs(30),
            max_attempts: 4,
            max_backoff: Duration::from_secs(2),
            longest_retry_after: Duration::from_secs(10),
            body_cap: 16 * 1024 * 1024,
            ..Self::default()
        }
    }
}
