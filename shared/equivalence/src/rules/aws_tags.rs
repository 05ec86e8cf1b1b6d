//! Tags that AWS itself sets.

use domain::difference::DifferenceKind;
use domain::judge::{Comparison, SuppressionKind};

use crate::places;
use crate::rule::Rule;
use crate::tags::{self, RESERVED, Tag, Tags};

/// Tags of the reserved prefix that only reality has.
pub(crate) struct AwsTags;

impl Rule for AwsTags {
    fn name(&self) -> &'static str {
        "aws-tags"
    }

    fn kind(&self) -> SuppressionKind {
        SuppressionKind::NotOurs
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html> (the `aws:` prefix is reserved: nobody else can add, change or remove such a tag)"
    }

    fn summary(&self) -> &'static str {
        "Tags whose key starts with `aws:` are set by AWS services, so one that only reality has is nobody's drift."
    }

    fn notes(&self) -> String {
        "The prefix counts as it is written: `awsome:owner` and `AWS:owner` are ordinary tags. \
         A tag of the prefix that the template has too and that differs in value, or that is gone, is drift. \
         Knows the same properties as tag-order."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        let list = tags::enclosing(&difference.path)?;
        let (index, below) = if list == difference.path {
            return whole(comparison);
        } else if let Some(at) = places::item(&difference.path, list) {
            at
        } else {
            let key = tags::map_key(&difference.path, list)?;
            return (difference.kind == DifferenceKind::Added && key.starts_with(RESERVED))
                .then(detail);
        };
        let (expected, actual) = places::both(comparison, list)?;
        let (expected, actual) = (Tags::read(expected)?, Tags::read(actual)?);
        if !expected.list || !actual.list || !foreign(actual.at(index)?, &expected) {
            return None;
        }
        // Where it stands in the place of another tag, that one must be unharmed elsewhere.
        let unharmed = match expected.at(index) {
            None => true,
            Some(_) if difference.kind == DifferenceKind::Added && below.is_empty() => true,
            Some(tag) => actual.has(tag),
        };
        unharmed.then(detail)
    }
}

/// A difference of the tags as a whole: reality has more, but only tags of the prefix.
fn whole(comparison: &Comparison<'_>) -> Option<String> {
    let difference = comparison.difference;
    let actual = Tags::read(difference.actual.as_ref()?)?;
    let expected = match (&difference.expected, difference.kind) {
        (Some(expected), _) => Tags::read(expected)?,
        (None, DifferenceKind::Added) => Tags::none(),
        (None, _) => return None,
    };
    let others_agree = actual.same_but(&expected, |tag| foreign(tag, &expected));
    (others_agree && !actual.same_but(&expected, |_| false)).then(detail)
}

fn foreign(tag: &Tag, expected: &Tags) -> bool {
    tag.key.starts_with(RESERVED) && !expected.has_key(&tag.key)
}

fn detail() -> String {
    "a tag of the prefix aws:, which only AWS sets".to_owned()
}
