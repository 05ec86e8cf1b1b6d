//! Engine versions that the template states in part.

use domain::judge::Comparison;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// An engine version of which the template states the beginning.
pub(crate) struct EngineVersionPrefix;

const SCHEMA: &str = "the type's schema, `propertyTransform`: the version as a prefix";

const PLACES: &[Place] = &[
    place("AWS::RDS::DBCluster", "/EngineVersion", SCHEMA),
    place("AWS::RDS::DBInstance", "/EngineVersion", SCHEMA),
];

impl Rule for EngineVersionPrefix {
    fn name(&self) -> &'static str {
        "engine-version-prefix"
    }

    fn source(&self) -> &'static str {
        "<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1003> and <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds/pull/390> (the type's schema takes what the template says as a prefix)"
    }

    fn summary(&self) -> &'static str {
        "A template that states only the beginning of an engine version, `13` or `8.0`, agrees with every version that begins so."
    }

    fn notes(&self) -> String {
        format!(
            "The beginning ends where a part of the version ends: `1` does not agree with `13.3`. A version that the \
             template states in full is compared in full, and a template with more parts than reality is drift.\n\n{}",
            texts::table(PLACES)
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, PLACES)?;
        let is_numeric = expected
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        let rest = actual.strip_prefix(expected)?.strip_prefix('.')?;
        (is_numeric && !rest.is_empty())
            .then(|| "a version of the line that the template states".to_owned())
    }
}
