//! Nothing, and something empty.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::places;
use crate::rule::Rule;

/// An empty text, list or map on one side, nothing on the other.
pub(crate) struct AbsentEmpty;

/// Properties that mean one thing when empty and another when absent, and all below them.
const MEANINGFUL: &[&str] = &[
    "CacheBehaviors",
    "Condition",
    "DefaultAction",
    "Egress",
    "EventPattern",
    "EventSelectors",
    "ExplicitAuthFlows",
    "Filter",
    "FilterPattern",
    "FilterPolicy",
    "Ingress",
    "LoggingConfiguration",
    "Metrics",
    "MetricsCollection",
    "NotPrincipal",
    "NotificationConfiguration",
    "Permissions",
    "Principal",
    "PublicAccessCidrs",
    "ReadAttributes",
    "Routes",
    "Rules",
    "Scope",
    "SecurityGroupEgress",
    "SecurityGroupIds",
    "SecurityGroupIngress",
    "SecurityGroups",
    "Statement",
    "SupportedIdentityProviders",
    "VpcSecurityGroupIds",
    "VPCSecurityGroups",
    "VpcConfig",
    "WriteAttributes",
];

/// Parts of a name with the same effect: policies, encryption, public access.
const MEANINGFUL_PARTS: &[&str] = &[
    "Policy",
    "Policies",
    "Encrypt",
    "Kms",
    "KMS",
    "PublicAccess",
];

/// Types whose whole content are rules about who may reach or do what.
const MEANINGFUL_TYPES: &[&str] = &[
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::SecurityGroup",
    "AWS::NetworkFirewall::",
    "AWS::WAF",
];

/// Properties of which an empty object is an empty map. Elsewhere the mere
/// presence of `{}` can turn something on (`EventBridgeConfiguration: {}`).
const MAPS: &[&str] = &[
    "DefinitionSubstitutions",
    "DockerLabels",
    "DriverOpts",
    "Environment",
    "EnvironmentVariables",
    "Labels",
    "Options",
    "Parameters",
    "RequestParameters",
    "StageVariables",
    "Tags",
    "UserPoolTags",
    "Variables",
];

impl Rule for AbsentEmpty {
    fn name(&self) -> &'static str {
        "absent-empty"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-model-false-drift.html> (a read handler may not return a value just as the template gave it)"
    }

    fn summary(&self) -> &'static str {
        "An empty text, list or map on one side and nothing at all on the other are no difference."
    }

    fn notes(&self) -> String {
        format!(
            "`0` and `false` are values, and of `null` null-absent decides; an empty item of a list is an item, and `{{}}` is an empty map only in {}. \
             Empty and absent differ in meaning, and are never taken for one another, under {}; \
             under anything named with {}; and in resources of the types {}.",
            super::listed(MAPS),
            super::listed(MEANINGFUL),
            super::listed(MEANINGFUL_PARTS),
            super::listed(MEANINGFUL_TYPES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        let (value, tree) = match (difference.kind, &difference.expected, &difference.actual) {
            (DifferenceKind::Removed, Some(value), None) => (value, comparison.expected),
            (DifferenceKind::Added, None, Some(value)) => (value, comparison.actual),
            _ => return None,
        };
        let (container, _) = pointer::parent(&difference.path)?;
        if !pointer::get(tree, container)?.is_object()
            || is_meaningful(comparison.resource_type, &difference.path)
        {
            return None;
        }
        let what = match value {
            Value::String(text) if text.is_empty() => "text",
            Value::Array(items) if items.is_empty() => "list",
            Value::Object(map)
                if map.is_empty() && MAPS.contains(&places::last(&difference.path).as_str()) =>
            {
                "map"
            }
            _ => return None,
        };
        Some(match difference.kind {
            DifferenceKind::Removed => format!("the template's empty {what} is absent"),
            _ => format!("an empty {what} that the template leaves out"),
        })
    }
}

fn is_meaningful(resource_type: &str, path: &str) -> bool {
    MEANINGFUL_TYPES
        .iter()
        .any(|it| resource_type.starts_with(it))
        || pointer::segments(path).any(|segment| {
            MEANINGFUL.contains(&segment.as_str())
                || MEANINGFUL_PARTS.iter().any(|part| segment.contains(part))
        })
}
