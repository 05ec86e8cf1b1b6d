//! How a cluster behaves.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// The time of a cluster. Tests hand in their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The settings of a cluster.
#[derive(Clone)]
pub struct Options {
    /// The loopback port; 0 lets the operating system choose a free one. Default 0.
    pub port: u16,
    /// The time; `None` is the machine's own. Default `None`.
    pub clock: Option<Clock>,
    /// Whether the definitions of some well-known custom resources are there from
    /// the start: Argo CD's Application, Kong's plugins and consumers, Prometheus'
    /// ServiceMonitor, KEDA's ScaledObject. Default true.
    pub custom_kinds: bool,
    /// Whether each new namespace gets what a cluster's own controllers put there:
    /// the service account `default` and the ConfigMap `kube-root-ca.crt`. Default true.
    pub furniture: bool,
    /// How many requests are kept; the oldest go first. Counts stay exact. Default 10,000.
    pub keep: usize,
    /// What ids that the cluster makes up follow from. Default 0.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            clock: None,
            custom_kinds: true,
            furniture: true,
            keep: 10_000,
            seed: 0,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("port", &self.port)
            .field("own_clock", &self.clock.is_some())
            .field("custom_kinds", &self.custom_kinds)
            .field("furniture", &self.furniture)
            .finish_non_exhaustive()
    }
}
