//! A cluster that is asked only once what it serves.

use async_trait::async_trait;
use domain::ports::{Cluster, ObjectName, Page, PageOf, PortError, Refused, Served};
use serde_json::Value;
use tokio::sync::OnceCell;

/// The same cluster, which remembers its kinds: they are needed for the look, and again
/// for the objects that only the cluster has.
pub(super) struct Remembering<'a> {
    cluster: &'a dyn Cluster,
    served: OnceCell<Served>,
}

impl<'a> Remembering<'a> {
    pub(super) fn new(cluster: &'a dyn Cluster) -> Self {
        Self {
            cluster,
            served: OnceCell::new(),
        }
    }
}

#[async_trait]
impl Cluster for Remembering<'_> {
    async fn kinds(&self) -> Result<Served, PortError> {
        let served = self.served.get_or_try_init(|| self.cluster.kinds()).await?;
        Ok(served.clone())
    }

    async fn schema(&self, api_version: &str) -> Result<Value, PortError> {
        self.cluster.schema(api_version).await
    }

    async fn list(&self, page: &PageOf) -> Result<Page, PortError> {
        self.cluster.list(page).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Option<Value>, PortError> {
        self.cluster.get(name).await
    }

    async fn apply(&self, name: &ObjectName, manifest: &Value) -> Result<Value, Refused> {
        self.cluster.apply(name, manifest).await
    }

    async fn create(&self, name: &ObjectName, manifest: &Value) -> Result<Value, Refused> {
        self.cluster.create(name, manifest).await
    }

    fn requests(&self) -> u64 {
        self.cluster.requests()
    }
}
