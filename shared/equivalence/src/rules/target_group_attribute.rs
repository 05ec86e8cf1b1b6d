//! Attributes of target groups.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::document;
use crate::places;
use crate::rule::Rule;
use crate::spelling::{Spelling, same};

/// An attribute of a target group at its documented default.
pub(crate) struct TargetGroupAttribute;

const DEFAULTS: &[(&str, &str)] = &[
    ("deregistration_delay.timeout_seconds", "300"),
    ("load_balancing.algorithm.type", "round_robin"),
    (
        "load_balancing.cross_zone.enabled",
        "use_load_balancer_configuration",
    ),
    ("slow_start.duration_seconds", "0"),
    ("stickiness.enabled", "false"),
];

impl Rule for TargetGroupAttribute {
    fn name(&self) -> &'static str {
        "target-group-attribute"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html> (the defaults of the attributes)"
    }

    fn summary(&self) -> &'static str {
        "An attribute of a target group that the template leaves out has the value that is documented as its default."
    }

    fn notes(&self) -> String {
        format!(
            "Only these attributes, and only where the template does not set them; another value, or one that the \
             template sets, is drift.\n\n{}",
            document::table(
                ["attribute", "default"],
                DEFAULTS
                    .iter()
                    .map(|(key, default)| [format!("`{key}`"), format!("`{default}`")]),
            )
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        if comparison.resource_type != "AWS::ElasticLoadBalancingV2::TargetGroup"
            || difference.kind != DifferenceKind::Added
            || !places::fits("/TargetGroupAttributes/*", &difference.path)
        {
            return None;
        }
        let attribute = difference.actual.as_ref()?.as_object()?;
        let (key, value) = (attribute.get("Key")?.as_str()?, attribute.get("Value")?);
        let stated = pointer::get(comparison.expected, "/TargetGroupAttributes")?.as_array()?;
        let silent = !stated
            .iter()
            .any(|attribute| attribute.get("Key").and_then(Value::as_str) == Some(key));
        let is_default = DEFAULTS.iter().any(|(name, default)| {
            *name == key && same(&(*default).into(), value, Spelling::Scalars)
        });
        (silent && is_default && attribute.len() == 2)
            .then(|| "an attribute at its documented default".to_owned())
    }
}
