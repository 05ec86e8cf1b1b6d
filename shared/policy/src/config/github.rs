//! The GitOps repository.

use serde::Deserialize;

use crate::scalar::{Repository, SecretRef};

/// The GitOps repository and how to reach it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Github {
    /// The repository, `owner/name`.
    pub repository: Repository,
    /// A reference to the GitHub App's `{appId, installationId, privateKey}`, or to a token. Default: what the environment gives.
    #[serde(default)]
    pub credentials: Option<SecretRef>,
    /// Whether tickets may carry names and values although the repository is public. Default: `false`, they carry ids only.
    #[serde(default)]
    pub public: bool,
}
