//! Where Git says what should be in a cluster.

use serde::Deserialize;

use crate::scalar::{Name, Repository, SecretRef, Url};

/// A source of manifests. Paths are relative to the config file's own repository; in local mode to the file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Manifests {
    /// A directory of YAML files.
    Directory(Name),
    /// A directory with a kustomization.
    Kustomize(Name),
    /// A Helm chart with its values.
    Helm(Helm),
    /// A directory of another GitHub repository.
    Github(GithubDirectory),
    /// What an Argo CD server renders.
    Argocd(ArgocdManifests),
}

/// A Helm chart with its values.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Helm {
    /// The chart's directory.
    pub chart: Name,
    /// Values files, the later over the earlier. Default: only the chart's own.
    #[serde(default)]
    pub values: Vec<Name>,
    /// The release's name. Default: the target's name.
    #[serde(default)]
    pub release: Option<Name>,
    /// The release's namespace. Default: `default`.
    #[serde(default)]
    pub namespace: Option<Name>,
}

/// A directory of a GitHub repository.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GithubDirectory {
    /// The repository, `owner/name`.
    pub repository: Repository,
    /// A branch, tag or commit. Default: the default branch.
    #[serde(default, rename = "ref")]
    pub reference: Option<Name>,
    /// The directory. Default: the repository's root.
    #[serde(default)]
    pub path: Option<Name>,
}

/// Manifests from Argo CD.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArgocdManifests {
    /// The server that renders them.
    pub rendered: ArgocdServer,
}

/// An Argo CD server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArgocdServer {
    /// The server's address.
    pub server: Url,
    /// A reference to the token of an account that may get applications.
    pub token: SecretRef,
}

/// An Argo CD application.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArgocdApplication {
    /// The application's name.
    pub application: Name,
    /// The namespace the application is in. Default: `argocd`.
    #[serde(default)]
    pub namespace: Option<Name>,
}
