//! Nodes that scaling adds and removes.

use domain::judge::{Comparison, SuppressionKind};

use crate::rule::Rule;
use crate::texts;

/// A desired size between the bounds of its node group.
pub(crate) struct NodegroupDesiredSize;

impl Rule for NodegroupDesiredSize {
    fn name(&self) -> &'static str {
        "nodegroup-desired-size"
    }

    fn kind(&self) -> SuppressionKind {
        SuppressionKind::NotOurs
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html> (a Cluster Autoscaler changes desiredSize between minSize and maxSize)"
    }

    fn summary(&self) -> &'static str {
        "A desired size of an EKS node group that lies between the group's own bounds is the work of scaling."
    }

    fn notes(&self) -> String {
        "Only where the template states `MinSize` and `MaxSize` and reality has the same: a size outside the \
         bounds is drift, and so is a changed bound, whatever the size."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (_, actual) = texts::changed_whole(
            comparison,
            "AWS::EKS::Nodegroup",
            "/ScalingConfig/DesiredSize",
        )?;
        let bounds = ("/ScalingConfig/MinSize", "/ScalingConfig/MaxSize");
        texts::within(comparison, actual, bounds)
            .then(|| "a size within the bounds of the node group".to_owned())
    }
}
