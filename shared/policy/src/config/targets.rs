//! What to watch, and how.

use domain::layer::Layer;
use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::Deserialize;

use super::manifests::{ArgocdApplication, Manifests};
use crate::scalar::{AccountId, GlobText, Name, Region};

/// A named selection of units to watch. It has exactly one of `cloudformation`,
/// `kubernetes`, `policy`, `terraform` and `inventory`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", schemars(transform = one_layer))]
pub struct Target {
    /// The target's name, unique in the file. It is only configuration and no part of a finding's identity.
    pub name: Name,
    /// Whether the target is only observed or also put straight. Default: `observe`.
    #[serde(default)]
    pub mode: Mode,
    /// Stacks to watch.
    #[serde(default)]
    pub cloudformation: Option<CloudFormation>,
    /// Objects of a Kubernetes cluster to watch, and the content of its ConfigMaps and Secrets.
    #[serde(default)]
    pub kubernetes: Option<Kubernetes>,
    /// AWS Config rules to watch.
    #[serde(default)]
    pub policy: Option<PolicyRules>,
    /// A Terraform plan to watch.
    #[serde(default)]
    pub terraform: Option<Terraform>,
    /// Accounts and regions whose resources must all be owned by code.
    #[serde(default)]
    pub inventory: Option<Inventory>,
}

/// The names of the sections, of which a target has exactly one.
pub(crate) const SECTIONS: [&str; 5] = [
    "cloudformation",
    "kubernetes",
    "policy",
    "terraform",
    "inventory",
];

/// Editors should say it too: exactly one section is there and not null.
#[cfg(feature = "schema")]
fn one_layer(schema: &mut schemars::Schema) {
    let branches: Vec<serde_json::Value> = SECTIONS
        .iter()
        .map(|name| {
            serde_json::json!({
                "required": [name],
                "properties": {*name: {"not": {"type": "null"}}},
            })
        })
        .collect();
    schema.insert("oneOf".to_owned(), branches.into());
}

/// Whether a target is only observed or also put straight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Nothing is changed; plans are only shown.
    #[default]
    Observe,
    /// Findings are put straight as the strategy of their severity says.
    Enforce,
}

/// Stacks to watch. Nested stacks follow their parents.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloudFormation {
    /// The regions to look in. Default: the SDK's region.
    #[serde(default)]
    pub regions: Vec<Region>,
    /// Globs on the stack name; capitals count. Default: every stack.
    #[serde(default = "everything")]
    pub stacks: Vec<GlobText>,
    /// The accounts to look in, each an `id` of `accounts`. Default: the caller's own.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
}

fn everything() -> Vec<GlobText> {
    vec![GlobText::everything()]
}

/// The stack names a target selects.
#[derive(Clone, Debug)]
pub struct StackSelection(GlobSet);

impl StackSelection {
    /// Whether the target selects a stack of that name. Capitals count.
    #[must_use]
    pub fn selects(&self, stack_name: &str) -> bool {
        self.0.is_match(stack_name)
    }
}

impl CloudFormation {
    /// The target's globs, ready to be asked; build it once per target.
    #[must_use]
    pub fn selection(&self) -> StackSelection {
        let mut builder = GlobSetBuilder::new();
        for glob in &self.stacks {
            // A glob that does not compile was refused with the file.
            if let Ok(glob) = Glob::new(glob.as_str()) {
                builder.add(glob);
            }
        }
        StackSelection(builder.build().unwrap_or_else(|_| GlobSet::empty()))
    }

    /// The globs that match none of the given stack names, in the file's order.
    pub fn idle_globs(&self, stack_names: &[&str]) -> impl Iterator<Item = &GlobText> {
        self.stacks.iter().filter(|glob| {
            Glob::new(glob.as_str()).is_ok_and(|glob| {
                let matcher = glob.compile_matcher();
                !stack_names.iter().any(|name| matcher.is_match(name))
            })
        })
    }
}

/// Objects of a Kubernetes cluster to watch.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kubernetes {
    /// The cluster, as `eks` or as `kubeconfig`.
    pub cluster: Cluster,
    /// Where Git says what should be there.
    pub manifests: Manifests,
    /// The Argo CD application that deploys it, read through the cluster's API; it gives the deployed revision. Default: none.
    #[serde(default)]
    pub argocd: Option<ArgocdApplication>,
    /// The namespaces in which objects that Git does not know count as drift. Default: none.
    #[serde(default)]
    pub namespaces: Vec<Name>,
    /// The kinds of which objects that Git does not know count. Default: the kinds Git holds and the common workload kinds.
    #[serde(default)]
    pub unmanaged_kinds: Option<Vec<Name>>,
    /// Field managers that may change what Git says: a name for its applies, `name/Update` for its updates. Default: none besides the known deployers.
    #[serde(default)]
    pub trusted_managers: Vec<Name>,
}

/// A Kubernetes cluster.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Cluster {
    /// An EKS cluster, entered with the caller's AWS identity.
    Eks(Eks),
    /// A context of a kubeconfig file.
    Kubeconfig(Kubeconfig),
}

/// An EKS cluster.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Eks {
    /// The cluster's name.
    pub name: Name,
    /// The cluster's region. Default: the SDK's region.
    #[serde(default)]
    pub region: Option<Region>,
    /// The cluster's account, an `id` of `accounts`. Default: the caller's own.
    #[serde(default)]
    pub account: Option<AccountId>,
}

/// A context of a kubeconfig file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kubeconfig {
    /// The file. Default: what kubectl would read.
    #[serde(default)]
    pub path: Option<Name>,
    /// The context. Default: the file's current one.
    #[serde(default)]
    pub context: Option<Name>,
}

/// AWS Config rules to watch.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyRules {
    /// The regions to look in. Default: the SDK's region.
    #[serde(default)]
    pub regions: Vec<Region>,
    /// Globs on the rule name. Rules named `securityhub-*` and those of conformance packs count only where a glob names them. Default: every other rule.
    #[serde(default = "everything")]
    pub rules: Vec<GlobText>,
    /// The accounts to look in, each an `id` of `accounts`. Default: the caller's own.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
}

/// A Terraform plan to watch.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terraform {
    /// The output of `terraform show -json` of a refresh-only plan: `s3://bucket/key`, or a path.
    pub plan: Name,
}

/// Accounts and regions whose resources must all be owned by code.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inventory {
    /// The regions to look in. Default: the SDK's region.
    #[serde(default)]
    pub regions: Vec<Region>,
    /// The accounts to look in, each an `id` of `accounts`. Default: the caller's own.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
}

/// The one layer section of a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Section<'t> {
    /// Stacks.
    CloudFormation(&'t CloudFormation),
    /// Objects of a cluster.
    Kubernetes(&'t Kubernetes),
    /// AWS Config rules.
    Policy(&'t PolicyRules),
    /// A Terraform plan.
    Terraform(&'t Terraform),
    /// Accounts and regions.
    Inventory(&'t Inventory),
}

impl Target {
    /// The target's section. `None` only for a target that validation refuses.
    #[must_use]
    pub fn section(&self) -> Option<Section<'_>> {
        None.or_else(|| self.cloudformation.as_ref().map(Section::CloudFormation))
            .or_else(|| self.kubernetes.as_ref().map(Section::Kubernetes))
            .or_else(|| self.policy.as_ref().map(Section::Policy))
            .or_else(|| self.terraform.as_ref().map(Section::Terraform))
            .or_else(|| self.inventory.as_ref().map(Section::Inventory))
    }

    /// The layer of the target's section. A Kubernetes target looks at layer
    /// `configuration` too.
    #[must_use]
    pub fn layer(&self) -> Option<Layer> {
        self.section().map(|section| match section {
            Section::CloudFormation(_) => Layer::CloudFormation,
            Section::Kubernetes(_) => Layer::Kubernetes,
            Section::Policy(_) => Layer::Policy,
            Section::Terraform(_) => Layer::Terraform,
            Section::Inventory(_) => Layer::Inventory,
        })
    }

    /// Whether a look at the target can give findings of that layer.
    #[must_use]
    pub fn covers(&self, layer: Layer) -> bool {
        self.layer() == Some(layer)
            || (layer == Layer::Configuration && self.layer() == Some(Layer::Kubernetes))
    }

    /// The target's stacks, where it watches CloudFormation.
    #[must_use]
    pub const fn cloudformation(&self) -> Option<&CloudFormation> {
        self.cloudformation.as_ref()
    }

    /// The names of the sections that are there; validation wants exactly one.
    pub(crate) fn sections(&self) -> Vec<&'static str> {
        SECTIONS
            .into_iter()
            .zip([
                self.cloudformation.is_some(),
                self.kubernetes.is_some(),
                self.policy.is_some(),
                self.terraform.is_some(),
                self.inventory.is_some(),
            ])
            .filter_map(|(name, there)| there.then_some(name))
            .collect()
    }
}
