//! The layers Plumbline looks at.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One kind of thing that can hang crooked, with its own way of being compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Resources of CloudFormation stacks.
    CloudFormation,
    /// Objects of a Kubernetes cluster.
    Kubernetes,
    /// The content of ConfigMaps and Secrets.
    Configuration,
    /// AWS Config rules.
    Policy,
    /// Resources of a Terraform state.
    Terraform,
    /// Resources that no code owns, and invariants.
    Inventory,
}

impl Layer {
    /// Every layer, in the order reports list them.
    pub const ALL: [Layer; 6] = [
        Layer::CloudFormation,
        Layer::Kubernetes,
        Layer::Configuration,
        Layer::Policy,
        Layer::Terraform,
        Layer::Inventory,
    ];

    /// The layer's name as it stands in reports, the config file and the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Layer::CloudFormation => "cloudformation",
            Layer::Kubernetes => "kubernetes",
            Layer::Configuration => "configuration",
            Layer::Policy => "policy",
            Layer::Terraform => "terraform",
            Layer::Inventory => "inventory",
        }
    }

    /// The layer of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.as_str() == name)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
