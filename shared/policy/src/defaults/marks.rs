//! Tags, labels and annotations: what a thing is called, not what it does.

use domain::judge::Facts;
use domain::severity::Cause;

use super::{is_kubernetes, segments};

/// Properties that hold tags only, in CloudFormation and Terraform.
const TAGS: [&str; 14] = [
    "AccessPointTags",
    "AutoScalingGroupTags",
    "BackupPlanTags",
    "BackupVaultTags",
    "FileSystemTags",
    "FreeformTags",
    "HostedZoneTags",
    "TagList",
    "TagSpecifications",
    "Tags",
    "UserPoolTags",
    "TagsMap",
    "tags",
    "tags_all",
];

/// Whether the path lies within the resource's own tags. Only the first
/// segment says so: a `Tags` deeper down may be a condition or a selector that does something.
/// A launch template's tags are the exception: there they are for what it launches.
pub(super) fn is_tags(path: &[String]) -> bool {
    match path {
        [first, second, ..] if first == "LaunchTemplateData" => second == "TagSpecifications",
        [first, ..] => TAGS.contains(&first.as_str()),
        [] => false,
    }
}

/// Whether the path lies within the object's own labels or annotations. Those
/// of a pod template are not among them: to change one replaces pods or takes them out of a Service.
pub(super) fn is_labels(path: &[String]) -> bool {
    matches!(path, [first, second, ..] if first == "metadata" && matches!(second.as_str(), "labels" | "annotations"))
}

/// Tags, labels and annotations only.
pub(super) fn tags_or_labels(facts: &Facts<'_>) -> Option<Cause> {
    let path = segments(facts.path);
    if is_kubernetes(facts) {
        return is_labels(&path).then_some(Cause::LabelChange);
    }
    is_tags(&path).then_some(Cause::TagChange)
}
