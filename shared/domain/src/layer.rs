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

    /// The layer of a difference of a Kubernetes object: the content of ConfigMaps and
    /// Secrets, and such an object as a whole (`path` is `None` or `""`), is configuration.
    /// `kind` is the type as reports name it, `v1/ConfigMap`.
    #[must_use]
    pub fn of_object(kind: &str, path: Option<&str>) -> Self {
        let holds_content = matches!(kind, "v1/ConfigMap" | "v1/Secret");
        let first = path.unwrap_or_default().split('/').nth(1);
        let is_content = first.is_none_or(|it| matches!(it, "data" | "binaryData"));
        if holds_content && is_content {
            Layer::Configuration
        } else {
            Layer::Kubernetes
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_content_of_config_maps_and_secrets_is_configuration() {
        let is_configuration = |kind, path| Layer::of_object(kind, path) == Layer::Configuration;
        assert!(is_configuration("v1/Secret", Some("/data/token")));
        assert!(is_configuration("v1/ConfigMap", Some("/binaryData")));
        assert!(is_configuration("v1/ConfigMap", None));
        assert!(is_configuration("v1/ConfigMap", Some("")));
        assert!(!is_configuration(
            "v1/ConfigMap",
            Some("/metadata/labels/a")
        ));
        assert!(!is_configuration("v1/Secret", Some("/immutable")));
        assert!(!is_configuration("apps/v1/Deployment", None));
        assert!(!is_configuration(
            "example.org/v1/ConfigMap",
            Some("/data/a")
        ));
    }
}
