//! The way into accounts and regions.

use std::sync::Arc;

use async_trait::async_trait;

use super::{PortError, Stacks};

/// A role to look through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// The external id that its trust policy asks for, if any.
    pub external_id: Option<String>,
}

/// AWS accounts, each through a role or by the caller's own rights.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// CloudFormation in a region (`None`: the SDK's own).
    ///
    /// # Errors
    ///
    /// [`super::PortErrorKind::Invalid`] where the region cannot be one, or the settings make no sense.
    async fn stacks(
        &self,
        region: Option<&str>,
        role: Option<&Role>,
    ) -> Result<Arc<dyn Stacks>, PortError>;

    /// The account that the caller's own credentials are for.
    async fn own_account(&self, region: Option<&str>) -> Result<String, PortError>;

    /// The SDK's own region, if it has one.
    fn default_region(&self) -> Option<String>;
}
