//! What is watched in clusters: one unit a target.

use domain::layer::Layer;
use domain::resource::Resource;
use domain::unit::Unit;

use crate::{Cluster, Config, Kubernetes, Manifests, Target};

/// A target's application, or its source of manifests, in a cluster.
#[derive(Clone, Copy, Debug)]
pub struct ClusterWatch<'c> {
    /// The target's name.
    pub target: &'c str,
    /// Its section.
    pub section: &'c Kubernetes,
}

impl<'c> ClusterWatch<'c> {
    /// What a target watches, if it watches a cluster.
    #[must_use]
    pub fn of(target: &'c Target) -> Option<Self> {
        Some(Self {
            target: target.name.as_str(),
            section: target.kubernetes.as_ref()?,
        })
    }

    /// The unit, in the cluster of that name.
    #[must_use]
    pub fn unit(&self, cluster: &str) -> Unit {
        Unit::application(cluster, &self.name())
    }

    /// What the cluster is called, where the config itself says it: a
    /// kubeconfig's current context is known only to who reads that file.
    #[must_use]
    pub fn cluster_name(&self) -> Option<&'c str> {
        match &self.section.cluster {
            Cluster::Eks(eks) => Some(eks.name.as_str()),
            Cluster::Kubeconfig(it) => Some(it.context.as_ref()?.as_str()),
        }
    }

    /// The Argo CD application's name, if there is one.
    #[must_use]
    pub fn application(&self) -> Option<&'c str> {
        Some(self.section.argocd.as_ref()?.application.as_str())
    }

    /// The chart of the target's manifests, if it is one, with the defaults filled in.
    #[must_use]
    pub fn chart(&self) -> Option<Chart<'c>> {
        let Manifests::Helm(it) = &self.section.manifests else {
            return None;
        };
        Some(Chart {
            chart: it.chart.as_str(),
            values: it.values.iter().map(|it| it.as_str()).collect(),
            release: it.release.as_ref().map_or(self.target, |it| it.as_str()),
            namespace: it.namespace.as_ref().map_or("default", |it| it.as_str()),
        })
    }

    /// What the unit is called within its cluster: two targets of one
    /// application, or of one source, watch the same unit.
    fn name(&self) -> String {
        match (self.application(), &self.section.manifests) {
            (Some(application), _) => application.to_owned(),
            (None, Manifests::Directory(it)) => format!("directory:{it}"),
            (None, Manifests::Kustomize(it)) => format!("kustomize:{it}"),
            (None, Manifests::Helm(it)) => {
                let release = it.release.as_ref().map_or(self.target, |it| it.as_str());
                format!("helm:{}:{release}", it.chart)
            }
            (None, Manifests::Github(it)) => {
                let path = it.path.as_ref().map_or("", |it| it.as_str());
                format!("github:{}:{path}", it.repository)
            }
            (None, Manifests::Argocd(it)) => format!("argocd:{}", it.rendered.server),
        }
    }
}

/// A chart and its release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart<'c> {
    /// The chart's directory.
    pub chart: &'c str,
    /// Files of values, the later over the earlier.
    pub values: Vec<&'c str>,
    /// The release's name: the target's, where none is given.
    pub release: &'c str,
    /// The release's namespace.
    pub namespace: &'c str,
}

/// Whether no target of the config can watch a cluster's unit any more. False
/// where a target's cluster cannot be named from the config alone: it may be that one.
#[must_use]
pub fn is_deselected(config: &Config, unit: &Unit) -> bool {
    unit.layer == Layer::Kubernetes
        && config
            .targets
            .iter()
            .filter_map(ClusterWatch::of)
            .all(|it| {
                it.cluster_name()
                    .is_some_and(|cluster| it.unit(cluster) != *unit)
            })
}

/// The resource that stands for a unit as a whole where nothing of it could be looked at.
#[must_use]
pub fn whole(cluster: &str, application: Option<&str>) -> Resource {
    Resource {
        kind: "Cluster".to_owned(),
        id: cluster.to_owned(),
        name: application.unwrap_or_default().to_owned(),
        cluster: Some(cluster.to_owned()),
        ..Resource::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(targets: &str) -> Config {
        let text = format!("apiVersion: plumbline/v1\nenvironment: test\ntargets:\n{targets}");
        Config::parse(&text, "plumbline.yaml", jiff::Timestamp::UNIX_EPOCH)
            .unwrap()
            .config
    }

    fn target(name: &str, cluster: &str, rest: &str) -> String {
        format!("  - {{name: {name}, kubernetes: {{cluster: {{{cluster}}}, {rest}}}}}\n")
    }

    const SHOP: &str = "eks: {name: shop, region: eu-west-1}";

    #[test]
    fn two_targets_of_one_application_are_one_unit_and_of_two_clusters_are_two() {
        let application = "manifests: {directory: k8s}, argocd: {application: web}";
        let config = config(
            &[
                target("a", SHOP, application),
                target(
                    "b",
                    SHOP,
                    "manifests: {kustomize: k8s}, argocd: {application: web}",
                ),
                target("c", "kubeconfig: {context: other}", application),
            ]
            .concat(),
        );
        let units: Vec<Unit> = config
            .targets
            .iter()
            .filter_map(ClusterWatch::of)
            .map(|it| it.unit(it.cluster_name().unwrap()))
            .collect();
        assert_eq!(units[0], units[1]);
        assert_ne!(units[0], units[2]);
        assert_eq!(units[0].name, "shop/web");
    }

    #[test]
    fn a_unit_is_deselected_only_where_every_target_surely_watches_another() {
        let one = target("a", SHOP, "manifests: {directory: k8s}");
        let unit = Unit::application("shop", "directory:k8s");
        let other = Unit::application("shop", "directory:old");
        assert!(!is_deselected(&config(&one), &unit));
        assert!(is_deselected(&config(&one), &other));
        let unsure = target("b", "kubeconfig: {}", "manifests: {directory: k8s}");
        assert!(!is_deselected(&config(&[one, unsure].concat()), &other));
        let stack = Unit::stack("1", "r", "shop");
        assert!(!is_deselected(
            &config(&target("a", SHOP, "manifests: {directory: k8s}")),
            &stack
        ));
    }
}
