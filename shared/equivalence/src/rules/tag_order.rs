//! Tags are a set by key.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;

use crate::places;
use crate::rule::Rule;
use crate::tags::{self, Tags};

/// A difference that only the order of tags makes.
pub(crate) struct TagOrder;

impl Rule for TagOrder {
    fn name(&self) -> &'static str {
        "tag-order"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html> (each key once per resource, with one value); the tags of a resource group: <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1235>"
    }

    fn summary(&self) -> &'static str {
        "Tags are a set by key: the same tags in another order, or as a map instead of a list, are no difference."
    }

    fn notes(&self) -> String {
        format!(
            "Knows the properties {}, at any depth.\n\
             A tag that was really added, removed or changed in a reordered list keeps its own difference: \
             a changed or removed tag where the template has it, an added one where reality has it. \
             A list that says one key twice is no set, and left alone.",
            super::listed(tags::PROPERTIES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        let list = tags::enclosing(&difference.path)?;
        let (expected, actual) = places::both(comparison, list)?;
        let (expected, actual) = (Tags::read(expected)?, Tags::read(actual)?);
        if list == difference.path {
            return actual
                .same_but(&expected, |_| false)
                .then(|| "the same tags in another order or form".to_owned());
        }
        if !expected.list || !actual.list {
            return None;
        }
        let (index, below) = places::item(&difference.path, list)?;
        let (here, there) = (expected.at(index), actual.at(index));
        let order = match difference.kind {
            DifferenceKind::Added if below.is_empty() => expected.has(there?),
            DifferenceKind::Removed if below.is_empty() => actual.has(here?),
            _ => {
                let (here, there) = (here?, there?);
                let settled = actual.has(here) && expected.has_key(&there.key);
                // The key of a changed tag: its change is told by the rest of the tag,
                // if the rest differs at this index too.
                let told = is_key(below)
                    && actual.has_key(&here.key)
                    && expected.has_key(&there.key)
                    && !here.same_rest(there);
                here.key != there.key && (settled || told)
            }
        };
        order.then(|| "a tag that only stands in another place of the list".to_owned())
    }
}

fn is_key(below: &str) -> bool {
    matches!(below, "/Key" | "/key" | "/TagKey")
}
