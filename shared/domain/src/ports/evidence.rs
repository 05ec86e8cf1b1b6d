//! What tells more of a resource than its stack does: what hangs on it, and who called what.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{PortError, Role};

/// The ways to ask around a stack, each in one account and region.
#[async_trait]
pub trait Evidence: Send + Sync {
    /// What hangs on resources in a region (`None`: the SDK's own).
    ///
    /// # Errors
    ///
    /// [`super::PortErrorKind::Invalid`] where the region cannot be one, or the settings make no sense.
    async fn attachments(
        &self,
        region: Option<&str>,
        role: Option<&Role>,
    ) -> Result<Arc<dyn Attachments>, PortError>;

    /// The write calls that a region's CloudTrail keeps.
    ///
    /// # Errors
    ///
    /// [`super::PortErrorKind::Invalid`] where the region cannot be one, or the settings make no sense.
    async fn trail(
        &self,
        region: Option<&str>,
        role: Option<&Role>,
    ) -> Result<Arc<dyn Trail>, PortError>;
}

/// What hangs on resources of the security types. Each method is one API call
/// (its pages included) and needs one right. The answers keep the API's own
/// names; what is not there is [`super::PortErrorKind::NotFound`].
#[async_trait]
pub trait Attachments: Send + Sync {
    /// `ec2:DescribeSecurityGroupRules` of up to [`GROUPS_AT_ONCE`] groups.
    async fn security_group_rules(&self, groups: &[String]) -> Result<Vec<GroupRule>, PortError>;

    /// `ec2:DescribeRouteTables`: the routes of up to [`GROUPS_AT_ONCE`] route tables.
    async fn routes(&self, tables: &[String]) -> Result<Vec<Route>, PortError>;

    /// `iam:ListRolePolicies`, `iam:ListUserPolicies` or `iam:ListGroupPolicies`: names of inline policies.
    async fn inline_policies(&self, holder: &Holder) -> Result<Vec<String>, PortError>;

    /// `iam:ListAttachedRolePolicies` and so on: ARNs of attached managed policies.
    async fn attached_policies(&self, holder: &Holder) -> Result<Vec<String>, PortError>;

    /// `s3:GetBucketPolicy`; `None` where the bucket has none.
    async fn bucket_policy(&self, bucket: &str) -> Result<Option<Value>, PortError>;

    /// `s3:GetBucketPublicAccessBlock`; `None` where the bucket has none.
    async fn public_access_block(
        &self,
        bucket: &str,
    ) -> Result<Option<PublicAccessBlock>, PortError>;

    /// `kms:GetKeyPolicy`: the policy document named `default`.
    async fn key_policy(&self, key: &str) -> Result<Value, PortError>;

    /// `kms:ListGrants`.
    async fn grants(&self, key: &str) -> Result<Vec<Grant>, PortError>;

    /// `eks:ListNodegroups`: their names.
    async fn node_groups(&self, cluster: &str) -> Result<Vec<String>, PortError>;
}

/// How many groups or tables one call asks for at most: the API's limit of values in a filter.
pub const GROUPS_AT_ONCE: usize = 200;

/// One rule of a security group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupRule {
    /// `sgr-…`.
    pub id: String,
    /// The group it belongs to.
    pub group: String,
    /// Whether it lets traffic out; else in.
    pub is_egress: bool,
    /// `tcp`, `-1`, `50`.
    pub protocol: String,
    /// The first port, or ICMP type; `None` or -1 for all.
    pub from_port: Option<i64>,
    /// The last port, or ICMP code; `None` or -1 for all.
    pub to_port: Option<i64>,
    /// An IPv4 range, where that is the other side.
    pub cidr_ipv4: Option<String>,
    /// An IPv6 range, where that is the other side.
    pub cidr_ipv6: Option<String>,
    /// A prefix list, where that is the other side.
    pub prefix_list: Option<String>,
    /// Another group, where that is the other side.
    pub referenced_group: Option<String>,
    /// The account of that group, where the API says.
    pub referenced_account: Option<String>,
    /// What somebody wrote about it.
    pub description: Option<String>,
}

/// One route of a route table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The table it belongs to.
    pub table: String,
    /// `DestinationCidrBlock`, `DestinationIpv6CidrBlock` or `DestinationPrefixListId`.
    pub destination_kind: String,
    /// The destination itself.
    pub destination: String,
    /// `GatewayId`, `NatGatewayId`, `TransitGatewayId` and so on; empty where there is none.
    pub target_kind: String,
    /// The target itself.
    pub target: String,
    /// `CreateRouteTable`, `CreateRoute` or `EnableVgwRoutePropagation`.
    pub origin: String,
}

/// Who holds IAM policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A role by its name.
    Role(String),
    /// A user by its name.
    User(String),
    /// A group by its name.
    Group(String),
}

/// What S3 blocks of a bucket's public access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicAccessBlock {
    /// `BlockPublicAcls`.
    pub block_public_acls: bool,
    /// `IgnorePublicAcls`.
    pub ignore_public_acls: bool,
    /// `BlockPublicPolicy`.
    pub block_public_policy: bool,
    /// `RestrictPublicBuckets`.
    pub restrict_public_buckets: bool,
}

/// A grant of a KMS key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Who may use it.
    pub grantee: String,
    /// Who may retire it, where somebody is named.
    pub retiring: Option<String>,
    /// The account or service that made it, where the API says.
    pub issuer: Option<String>,
    /// What it allows, `Decrypt`.
    pub operations: Vec<String>,
}

/// The write calls that one region's CloudTrail keeps for ninety days.
#[async_trait]
pub trait Trail: Send + Sync {
    /// `cloudtrail:LookupEvents` by resource name within a time, the newest
    /// first. Reads and refused calls are left out. Each page waits until the
    /// API takes another one, so that whoever asks need not.
    async fn calls(
        &self,
        resource: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<TrailCall>, PortError>;
}

/// One call that CloudTrail kept, freed of values: who called what, on which resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrailCall {
    /// CloudTrail's id of the event.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// `ec2.amazonaws.com`.
    pub source: String,
    /// `AuthorizeSecurityGroupIngress`.
    pub name: String,
    /// The region it was made in.
    pub region: String,
    /// The account whose resources it touched.
    pub account: String,
    /// Who: a user's name, a session as `role/session`, an account's root, or a service.
    pub who: String,
    /// Whether a person made it in a console session.
    pub console: bool,
    /// The service that made it for somebody, `cloudformation.amazonaws.com`.
    pub invoked_by: Option<String>,
    /// Ids, names and ARNs of the resources it names.
    pub resources: Vec<String>,
}
