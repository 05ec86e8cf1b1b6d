//! What is looked at and closed as a whole.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::layer::Layer;

/// One stack, one application in one cluster, one Config rule, one Terraform
/// plan. A unit is named by where it is, never by the target that watches it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Unit {
    /// The layer it belongs to.
    pub layer: Layer,
    /// AWS account id, or `-` where there is none.
    pub account: String,
    /// AWS region, or `-` where there is none.
    pub region: String,
    /// Stack name, application, rule or state name.
    pub name: String,
}

impl Unit {
    /// The unit of one CloudFormation stack.
    #[must_use]
    pub fn stack(account: &str, region: &str, name: &str) -> Self {
        Self {
            layer: Layer::CloudFormation,
            account: account.to_owned(),
            region: region.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The unit of one application, or of one source of manifests, in one cluster.
    #[must_use]
    pub fn application(cluster: &str, name: &str) -> Self {
        Self {
            layer: Layer::Kubernetes,
            account: "-".to_owned(),
            region: "-".to_owned(),
            name: format!("{cluster}/{name}"),
        }
    }

    /// The ledger's partition key of this unit, `UNIT#layer#account#region#name`.
    #[must_use]
    pub fn key(&self) -> String {
        format!(
            "UNIT#{}#{}#{}#{}",
            self.layer, self.account, self.region, self.name
        )
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} ({} {})",
            self.layer, self.name, self.account, self.region
        )
    }
}
