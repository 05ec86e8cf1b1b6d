//! Lifecycle rules for a whole bucket.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::places;
use crate::rule::Rule;

/// An empty prefix of a lifecycle rule, and none.
pub(crate) struct LifecycleWholeBucket;

impl Rule for LifecycleWholeBucket {
    fn name(&self) -> &'static str {
        "lifecycle-whole-bucket"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html> (a rule with an empty prefix applies to every object in the bucket)"
    }

    fn summary(&self) -> &'static str {
        "A lifecycle rule with an empty prefix and one without a prefix apply to the same objects."
    }

    fn notes(&self) -> String {
        "Only an empty prefix on one side and none on the other: any other prefix that is gone or new changes \
         which objects are moved or deleted."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        if comparison.resource_type != "AWS::S3::Bucket"
            || !places::fits("/LifecycleConfiguration/Rules/*/Prefix", &difference.path)
        {
            return None;
        }
        let value = match (difference.kind, &difference.expected, &difference.actual) {
            (DifferenceKind::Removed, Some(value), None)
            | (DifferenceKind::Added, None, Some(value)) => value,
            _ => return None,
        };
        let (rule, _) = pointer::parent(&difference.path)?;
        let is_rule = |tree| pointer::get(tree, rule).is_some_and(Value::is_object);
        (value == "" && is_rule(comparison.expected) && is_rule(comparison.actual))
            .then(|| "a rule for the whole bucket on both sides".to_owned())
    }
}
