//! The types of `plumbline.yaml`, one file per topic. The JSON schema comes from
//! these types and their documentation, so what is written here is what an
//! editor shows.

mod accounts;
mod github;
mod ignore;
mod invariants;
mod manifests;
mod notify;
mod remediation;
mod services;
mod severity;
mod show;
mod targets;
mod timing;
mod waivers;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::scalar::Name;
use crate::suggest::nearest;

pub use accounts::Account;
pub use github::Github;
pub use ignore::Ignore;
pub use invariants::Invariant;
pub use manifests::{
    ArgocdApplication, ArgocdManifests, ArgocdServer, GithubDirectory, Helm, Manifests,
};
pub use notify::{
    Channel, ComesLater, EmailChannel, GithubChannel, Notify, PagerdutyChannel, Reached, Route,
    SlackChannel, SnsChannel, WebhookChannel,
};
pub use remediation::{Fights, Freeze, OnFailure, OnSuccess, Remediation, Strategy};
pub use services::{
    Baseline, CommitMode, DeployedBy, HttpCheck, ImageTags, Promote, PromoteAfter, Service,
    TagOrder, Verify, Write,
};
pub use severity::SeverityRule;
pub use show::Show;
pub(crate) use targets::SECTIONS;
pub use targets::{
    CloudFormation, Cluster, Eks, Inventory, Kubeconfig, Kubernetes, Mode, PolicyRules, Section,
    StackSelection, Target, Terraform,
};
pub use timing::Timing;
pub use waivers::Waiver;

/// The version of the file's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ApiVersion {
    /// The only version there is.
    #[serde(rename = "plumbline/v1")]
    V1,
}

/// What Plumbline watches, how bad which change is, and what is done about it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The version of this file's format: `plumbline/v1`.
    pub api_version: ApiVersion,
    /// The environment this file describes, for example `production`. It stands in every report and message.
    pub environment: Name,
    /// The AWS accounts to look at, with the roles to look with. Default: none; a target without accounts looks at the caller's own.
    #[serde(default)]
    pub accounts: Vec<Account>,
    /// What to watch, and how. Default: nothing.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// Conditions that must match nothing; a match is a finding of layer `inventory`. Default: none.
    #[serde(default)]
    pub invariants: Vec<Invariant>,
    /// How long things may take. Default: as each entry says.
    #[serde(default)]
    pub timing: Timing,
    /// Values that are sensitive by default and may be shown. Default: none.
    #[serde(default)]
    pub show: Vec<Show>,
    /// The GitOps repository and how to reach it. Default: no GitHub.
    #[serde(default)]
    pub github: Option<Github>,
    /// Severity rules, before the default ones; the first that matches decides. Default: none.
    #[serde(default)]
    pub severity: Vec<SeverityRule>,
    /// Differences that are known and accepted until a date. Default: none.
    #[serde(default)]
    pub ignore: Vec<Ignore>,
    /// What is done about findings in targets of mode `enforce`. Default: the strategy of each severity.
    #[serde(default)]
    pub remediation: Remediation,
    /// Vulnerabilities that do not block a promotion until a date. Default: none.
    #[serde(default)]
    pub waivers: Vec<Waiver>,
    /// The services whose images are promoted, by name. Default: none.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Who is told what, and where. Default: nobody.
    #[serde(default)]
    pub notify: Notify,
    /// The GitHub teams, by slug, that may approve. Default: who has the role maintain or admin on the repository.
    #[serde(default)]
    pub approvers: Vec<Name>,
}

impl Config {
    /// The target of that name.
    ///
    /// # Errors
    ///
    /// [`UnknownTarget`], with the nearest name there is.
    pub fn target(&self, name: &str) -> Result<&Target, UnknownTarget> {
        self.targets
            .iter()
            .find(|target| target.name.as_str() == name)
            .ok_or_else(|| UnknownTarget {
                name: name.to_owned(),
                hint: nearest(name, self.targets.iter().map(|target| target.name.as_str())),
            })
    }

    /// The account of that id, if the file has it.
    #[must_use]
    pub fn account(&self, id: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.id.as_str() == id)
    }
}

/// A target was named that the config file does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no target is named {name:?}{hint}")]
pub struct UnknownTarget {
    /// The name as it was given.
    pub name: String,
    /// `; did you mean "…"?`, or the names there are.
    pub hint: crate::suggest::Hint,
}
