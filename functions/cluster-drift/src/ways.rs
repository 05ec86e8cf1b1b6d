//! How a target's cluster and its manifests are reached.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Cluster, PortError, Source};
use policy::clusters::ClusterWatch;
use policy::{Config, Loaded};

/// The ways to clusters and to what Git says of them.
#[async_trait]
pub trait Ways: Send + Sync {
    /// The API server of a target's cluster.
    ///
    /// # Errors
    ///
    /// Where there is no way in; says why.
    async fn cluster(
        &self,
        config: &Config,
        watch: &ClusterWatch<'_>,
    ) -> Result<Reached, PortError>;

    /// Where Git says what should be there.
    ///
    /// # Errors
    ///
    /// Where the source cannot be reached at all, or not from here.
    async fn source(
        &self,
        loaded: &Loaded,
        watch: &ClusterWatch<'_>,
    ) -> Result<Arc<dyn Source>, PortError>;
}

/// An API server that there is a way to. Nothing was asked of it yet.
#[derive(Clone)]
pub struct Reached {
    /// What the cluster is called: its EKS name, or the context of its kubeconfig.
    pub name: String,
    /// The server.
    pub server: Arc<dyn Cluster>,
}
