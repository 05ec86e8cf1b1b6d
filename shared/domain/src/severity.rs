//! How bad a difference is, and what kind of change it stands for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How urgent a difference is. The severity of a finding is the highest of its differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Labels and tags: fixed silently, logged.
    Low,
    /// A property that should not differ: a ticket.
    Medium,
    /// A change that needs a person soon: an alert and a ticket.
    High,
    /// A change of who may do or reach what: a page.
    Critical,
}

impl Severity {
    /// Every severity, the mildest first.
    pub const ALL: [Severity; 4] = [
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];

    /// The name as it stands in reports and the config file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The kind of change a difference stands for; it decides what would prevent the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Security group ingress or egress.
    SecurityGroupRule,
    /// IAM principals and policies.
    Iam,
    /// Kubernetes roles and bindings.
    RbacChange,
    /// Network policies, network ACLs, routes.
    NetworkPolicy,
    /// Key policies, bucket policies, public access blocks.
    KeyOrBucketPolicy,
    /// The AWS Config recorder does not record.
    RecorderStopped,
    /// A change made in a console session.
    AwsConsoleChange,
    /// A change made by a person's own tool.
    ManualEdit,
    /// Another container image or code package.
    ImageChange,
    /// The content of a Secret.
    SecretChange,
    /// Replicas and capacity.
    ManualScaling,
    /// The data of a ConfigMap.
    ConfigurationChange,
    /// Git has it, reality has not.
    ResourceDeleted,
    /// Reality has it, Git has not.
    UnmanagedResource,
    /// Git is ahead of what was deployed for too long.
    NotApplied,
    /// Any other property.
    PropertyChange,
    /// Tags only.
    TagChange,
    /// Labels and annotations only.
    LabelChange,
}

impl Cause {
    /// Every cause, in the order of the severity table.
    pub const ALL: [Cause; 18] = [
        Cause::SecurityGroupRule,
        Cause::Iam,
        Cause::RbacChange,
        Cause::NetworkPolicy,
        Cause::KeyOrBucketPolicy,
        Cause::RecorderStopped,
        Cause::AwsConsoleChange,
        Cause::ManualEdit,
        Cause::ImageChange,
        Cause::SecretChange,
        Cause::ManualScaling,
        Cause::ConfigurationChange,
        Cause::ResourceDeleted,
        Cause::UnmanagedResource,
        Cause::NotApplied,
        Cause::PropertyChange,
        Cause::TagChange,
        Cause::LabelChange,
    ];

    /// The name as it stands in reports and the config file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Cause::SecurityGroupRule => "security-group-rule",
            Cause::Iam => "iam",
            Cause::RbacChange => "rbac-change",
            Cause::NetworkPolicy => "network-policy",
            Cause::KeyOrBucketPolicy => "key-or-bucket-policy",
            Cause::RecorderStopped => "recorder-stopped",
            Cause::AwsConsoleChange => "aws-console-change",
            Cause::ManualEdit => "manual-edit",
            Cause::ImageChange => "image-change",
            Cause::SecretChange => "secret-change",
            Cause::ManualScaling => "manual-scaling",
            Cause::ConfigurationChange => "configuration-change",
            Cause::ResourceDeleted => "resource-deleted",
            Cause::UnmanagedResource => "unmanaged-resource",
            Cause::NotApplied => "not-applied",
            Cause::PropertyChange => "property-change",
            Cause::TagChange => "tag-change",
            Cause::LabelChange => "label-change",
        }
    }

    /// Whether a change of this kind is below the floor: never put straight
    /// automatically, whatever severity a user's rule gives it, unless
    /// `remediation.allowAutomatic` names it.
    #[must_use]
    pub const fn needs_a_person(self) -> bool {
        matches!(
            self,
            Cause::SecurityGroupRule
                | Cause::Iam
                | Cause::RbacChange
                | Cause::NetworkPolicy
                | Cause::KeyOrBucketPolicy
        )
    }

    /// What would prevent the next change of this kind, in one sentence.
    #[must_use]
    pub const fn prevention(self) -> &'static str {
        match self {
            Cause::SecurityGroupRule
            | Cause::Iam
            | Cause::NetworkPolicy
            | Cause::KeyOrBucketPolicy => {
                "Restrict who may make this change with IAM (an SCP or permission boundary) and watch it with an AWS Config rule."
            }
            Cause::RecorderStopped => {
                "Deny config:StopConfigurationRecorder and config:DeleteConfigurationRecorder with an SCP."
            }
            Cause::AwsConsoleChange => {
                "Give people read-only console roles and let changes go through the stack."
            }
            Cause::RbacChange | Cause::ManualEdit => {
                "Give people read-only access to the API (RBAC or IAM) and let changes go through Git."
            }
            Cause::ImageChange => "Use immutable tags and let only the pipeline change images.",
            Cause::SecretChange => {
                "Rotate through the secret store that owns the value, and restrict who may write it."
            }
            Cause::ManualScaling => {
                "Let an autoscaler own the number, or set a disruption budget so that nobody needs to scale by hand."
            }
            Cause::ConfigurationChange => {
                "Version configuration by name (a hash suffix) so that it changes only with a rollout."
            }
            Cause::ResourceDeleted => {
                "Set a deletion policy or termination protection, and restrict who may delete."
            }
            Cause::UnmanagedResource => "Bring the resource into code (import it), or delete it.",
            Cause::NotApplied => "Find out why the deployer did not apply what Git says.",
            Cause::PropertyChange => {
                "Change the property in code and deploy, and restrict direct changes with IAM."
            }
            Cause::TagChange | Cause::LabelChange => {
                "Set it in code; the CloudTrail or API audit log shows which tool writes it."
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
