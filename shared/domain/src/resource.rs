//! What a difference, an unknown or a finding is about.

use serde::{Deserialize, Serialize};

/// A resource as reports name it. The first three fields are always there; the
/// rest is `null` where the layer has no such thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// `AWS::SQS::Queue`, `apps/v1/Deployment`, `aws_sqs_queue`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The physical id, `namespace/name`, or the address.
    pub id: String,
    /// The logical id or the object's name; empty, and `null` in reports, where there is none.
    #[serde(with = "null_if_empty")]
    pub name: String,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// AWS account id.
    pub account: Option<String>,
    /// AWS region.
    pub region: Option<String>,
    /// CloudFormation stack name.
    pub stack: Option<String>,
    /// Kubernetes cluster name.
    pub cluster: Option<String>,
    /// AWS Config rule name.
    pub rule: Option<String>,
    /// Terraform address.
    pub address: Option<String>,
}

mod null_if_empty {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(name: &str, serializer: S) -> Result<S::Ok, S::Error> {
        Some(name).filter(|it| !it.is_empty()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<String, D::Error> {
        Option::deserialize(deserializer).map(Option::unwrap_or_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_without_a_name_has_null_and_comes_back() {
        let cluster = Resource {
            kind: "Cluster".to_owned(),
            id: "shop".to_owned(),
            ..Resource::default()
        };
        let json = serde_json::to_value(&cluster).unwrap();
        assert!(json["name"].is_null());
        let back: Resource = serde_json::from_value(json).unwrap();
        assert_eq!(back, cluster);
    }
}
