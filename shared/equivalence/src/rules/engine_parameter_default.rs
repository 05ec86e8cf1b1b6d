//! Parameters that have the engine's own default.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::document;
use crate::rule::Rule;
use crate::spelling::{Spelling, same};

/// A database parameter that the template sets to its default.
pub(crate) struct EngineParameterDefault;

/// A parameter that the service leaves out where it has its default.
struct Parameter {
    families: &'static [&'static str],
    name: &'static str,
    default: &'static str,
}

const PARAMETERS: &[Parameter] = &[
    Parameter {
        families: &["postgres13", "postgres14"],
        name: "shared_preload_libraries",
        default: "pg_stat_statements",
    },
    Parameter {
        families: &["postgres14"],
        name: "track_activity_query_size",
        default: "4096",
    },
];

impl Rule for EngineParameterDefault {
    fn name(&self) -> &'static str {
        "engine-parameter-default"
    }

    fn source(&self) -> &'static str {
        "<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1699> and <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2032> (a parameter group answers only what differs from the engine's default)"
    }

    fn summary(&self) -> &'static str {
        "A database parameter that the template sets to the default of its family is left out by reality."
    }

    fn notes(&self) -> String {
        format!(
            "Only these parameters of these families, and only where `Family` is the same on both sides; any other \
             value that reality lacks is drift.\n\n{}",
            document::table(
                ["parameter", "default", "families"],
                PARAMETERS.iter().map(|it| {
                    [
                        format!("`{}`", it.name),
                        format!("`{}`", it.default),
                        super::listed(it.families),
                    ]
                }),
            )
        )
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        if comparison.resource_type != "AWS::RDS::DBParameterGroup"
            || difference.kind != DifferenceKind::Removed
        {
            return None;
        }
        let family = pointer::get(comparison.expected, "/Family")?;
        if pointer::get(comparison.actual, "/Family").is_some_and(|it| it != family) {
            return None;
        }
        let (family, expected) = (family.as_str()?, difference.expected.as_ref()?);
        let is_default = |name: &str, value: &Value| {
            PARAMETERS.iter().any(|parameter| {
                parameter.name == name
                    && parameter.families.contains(&family)
                    && same(&parameter.default.into(), value, Spelling::Scalars)
            })
        };
        let whole = || {
            expected.as_object().is_some_and(|map| {
                !map.is_empty() && map.iter().all(|(name, value)| is_default(name, value))
            })
        };
        let recognised = match difference.path.strip_prefix("/Parameters")? {
            "" => whole(),
            name => is_default(name.strip_prefix('/')?, expected),
        };
        recognised.then(|| "a parameter at the default of its engine".to_owned())
    }
}
