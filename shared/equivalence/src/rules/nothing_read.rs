//! Resources of which nothing was read.

use domain::difference::DifferenceKind;
use domain::judge::{Comparison, SuppressionKind};

use crate::document;
use crate::rule::Rule;

/// A resource of which CloudFormation reads nothing at all.
pub(crate) struct NothingRead;

/// A type of which nothing may be read, and what it cannot exist without.
struct Unread {
    resource_type: &'static str,
    required: &'static [&'static str],
}

const UNREAD: &[Unread] = &[Unread {
    resource_type: "AWS::CodeStarNotifications::NotificationRule",
    required: &["DetailType", "EventTypeIds", "Name", "Resource", "Targets"],
}];

impl Rule for NothingRead {
    fn name(&self) -> &'static str {
        "nothing-read"
    }

    fn kind(&self) -> SuppressionKind {
        SuppressionKind::NotOurs
    }

    fn source(&self) -> &'static str {
        "<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1223> (every property is reported as removed, and none was)"
    }

    fn summary(&self) -> &'static str {
        "A resource of which CloudFormation read no property at all was not read, so that none of its properties is there says nothing."
    }

    fn notes(&self) -> String {
        format!(
            "Only these types, which cannot exist without the properties named; only where the template states all of \
             these and reality has not one property, of any name. The resource is listed as ignored and not as in \
             sync: what it is like in reality is not known. One property that was read makes every other that is gone \
             drift.\n\n{}",
            document::table(
                ["type", "required properties"],
                UNREAD.iter().map(|unread| {
                    [
                        format!("`{}`", unread.resource_type),
                        super::listed(unread.required),
                    ]
                }),
            )
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        let unread = UNREAD
            .iter()
            .find(|unread| unread.resource_type == comparison.resource_type)?;
        let (stated, read) = (
            comparison.expected.as_object()?,
            comparison.actual.as_object()?,
        );
        let property = difference.path.strip_prefix('/')?;
        (difference.kind == DifferenceKind::Removed
            && stated.contains_key(property)
            && unread
                .required
                .iter()
                .all(|name| stated.contains_key(*name))
            && read.is_empty())
        .then(|| "nothing of the resource was read, so nothing is known of it".to_owned())
    }
}
