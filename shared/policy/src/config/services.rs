//! The services whose images are promoted.

use serde::Deserialize;

use crate::scalar::{Duration, Name, Pattern, Percentage, Repository, Url};

/// A service whose image is promoted from the registry into Git, and watched until it runs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// The ECR repository of its image.
    pub image: Name,
    /// Which tags are candidates, and which is newer. Default: every tag, by ancestry.
    #[serde(default)]
    pub tags: ImageTags,
    /// The GitHub repository of its source, `owner/name`. Default: that of `github`.
    #[serde(default)]
    pub repository: Option<Repository>,
    /// The places in Git that name its image.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub write: Vec<Write>,
    /// How a promotion reaches the branch. Default: `pull-request`.
    #[serde(default)]
    pub commit: CommitMode,
    /// Only promote what another environment has proven. Default: no such condition.
    #[serde(default)]
    pub promote: Option<Promote>,
    /// The Argo CD application that deploys it. Default: none.
    #[serde(default)]
    pub argocd: Option<DeployedBy>,
    /// What proves that a rollout works. Default: only that it is rolled out.
    #[serde(default)]
    pub verify: Verify,
}

/// Which tags are candidates, and which is newer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ImageTags {
    /// What makes a tag newer. Default: `ancestry`.
    pub order: TagOrder,
    /// With `semver`: the versions that may be promoted, for example `>=1.0.0`. Default: all.
    pub constraint: Option<Name>,
    /// A regular expression that a tag must match. Default: any tag.
    #[serde(rename = "match")]
    pub matches: Option<Pattern>,
    /// Tags that are never candidates. Default: none.
    pub ignore: Vec<Name>,
}

/// What makes a tag newer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TagOrder {
    /// The version it names.
    Semver,
    /// The ancestry of the source commit it names.
    #[default]
    Ancestry,
    /// The time it was pushed.
    Pushed,
}

/// A place in Git that names a service's image.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, deny_unknown_fields)]
pub enum Write {
    /// The `images` of a kustomization.
    Kustomize {
        /// The kustomization file.
        kustomize: Name,
        /// The name of the image in it.
        image: Name,
    },
    /// A container of a manifest.
    Manifest {
        /// The manifest file.
        manifest: Name,
        /// The container's name.
        container: Name,
    },
    /// A key of a values file.
    Values {
        /// The values file.
        values: Name,
        /// The key, with dots: `image.tag`.
        path: Name,
    },
    /// The image override of an Argo CD Application.
    Application {
        /// The file of the Application.
        application: Name,
        /// The name of the image in it.
        image: Name,
    },
}

/// How a promotion reaches the branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CommitMode {
    /// A pull request with auto-merge.
    #[default]
    PullRequest,
    /// A commit on the branch itself; the writing GitHub App must be a bypass actor of the branch's ruleset.
    Direct,
}

/// Only promote what another environment has proven.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Promote {
    /// What must have happened before.
    pub after: PromoteAfter,
}

/// What must have happened before a promotion.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromoteAfter {
    /// The environment that must run the same digest.
    pub environment: Name,
    /// For how long it must have been verified there. Default: any time.
    #[serde(default)]
    pub verified_for: Option<Duration>,
}

/// The Argo CD application that deploys a service.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeployedBy {
    /// The application's name.
    pub application: Name,
    /// The namespace the application is in. Default: `argocd`.
    #[serde(default)]
    pub namespace: Option<Name>,
    /// The target whose cluster it is in, a name of `targets`.
    pub target: Name,
}

/// What proves that a rollout works.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Verify {
    /// How long the proof may take. Default: `5m`.
    pub timeout: Duration,
    /// Addresses that must answer. Default: none.
    pub http: Vec<HttpCheck>,
    /// A file with an end-to-end flow that must pass. Default: none.
    pub flow: Option<Name>,
    /// How much slower than the recorded baseline it may answer. Default: not compared.
    pub baseline: Option<Baseline>,
}

impl Default for Verify {
    fn default() -> Self {
        Self {
            timeout: Duration::minutes(5),
            http: Vec::new(),
            flow: None,
            baseline: None,
        }
    }
}

/// An address that must answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpCheck {
    /// The address; a status of 200 to 299 is an answer.
    pub url: Url,
}

/// How much slower than the recorded baseline a service may answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Baseline {
    /// The 95th percentile may be this much higher, for example `20%`.
    pub p95: Percentage,
}
