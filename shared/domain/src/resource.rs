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
    /// The logical id or the object's name.
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
