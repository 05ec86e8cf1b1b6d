//! Capacity that scaling sets.

use domain::judge::{Comparison, SuppressionKind};

use crate::rule::Rule;
use crate::texts;

/// A desired capacity between the bounds of its group.
pub(crate) struct DesiredCapacity;

impl Rule for DesiredCapacity {
    fn name(&self) -> &'static str {
        "desired-capacity"
    }

    fn kind(&self) -> SuppressionKind {
        SuppressionKind::NotOurs
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-capacity-limits.html> (scaling moves the desired capacity between the minimum and the maximum)"
    }

    fn summary(&self) -> &'static str {
        "A desired capacity of an Auto Scaling group that lies between the group's own bounds is the work of scaling."
    }

    fn notes(&self) -> String {
        "Only where the template states `MinSize` and `MaxSize` and reality has the same: a capacity outside the \
         bounds is drift, and so is a changed bound, whatever the capacity."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (_, actual) = texts::changed_whole(
            comparison,
            "AWS::AutoScaling::AutoScalingGroup",
            "/DesiredCapacity",
        )?;
        texts::within(comparison, actual, ("/MinSize", "/MaxSize"))
            .then(|| "a capacity within the bounds of the group".to_owned())
    }
}
