//! The AWS accounts to look at.

use serde::Deserialize;

use crate::scalar::{AccountId, Name, RoleArn};

/// An AWS account and the roles to enter it with.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// The account's id: 12 digits, in quotes.
    pub id: AccountId,
    /// The role to look with. Default: the caller's own rights.
    #[serde(default)]
    pub read: Option<RoleArn>,
    /// The role to fix with. Default: none, and the account is only observed.
    #[serde(default)]
    pub remediate: Option<RoleArn>,
    /// The external id that the roles' trust policies ask for. Default: none.
    #[serde(default)]
    pub external_id: Option<Name>,
}
