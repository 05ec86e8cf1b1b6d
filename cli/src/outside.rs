//! The real outside of this machine: AWS by the SDK's own settings.

use std::sync::Arc;

use async_trait::async_trait;
use aws::{Access, Connection};
use domain::ports::{PortError, Secret, Secrets};

/// Secrets by reference, whose keeper is asked only once one is needed: what
/// needs none works without credentials and without a region.
pub(crate) struct LazySecrets(pub(crate) Arc<Connection>);

impl LazySecrets {
    async fn access(&self, reference: &str) -> Result<Access, PortError> {
        // AWS is not asked for a variable or a file, so any region will do.
        let is_here = reference.starts_with("env:") || reference.starts_with("file:");
        let region = is_here.then_some("us-east-1");
        self.0.access(region, None).await
    }
}

#[async_trait]
impl Secrets for LazySecrets {
    async fn resolve(&self, reference: &str) -> Result<Secret, PortError> {
        let access = self.access(reference).await?;
        aws::secrets(&access).resolve(reference).await
    }
}
