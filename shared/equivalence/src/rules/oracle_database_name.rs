//! The name of an Oracle database.

use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::rule::Rule;
use crate::texts::{self, Place, place};

/// A database name that Oracle stores in upper case.
pub(crate) struct OracleDatabaseName;

const PLACES: &[Place] = &[place(
    "AWS::RDS::DBInstance",
    "/DBName",
    "coverage roadmap issue 1530",
)];

impl Rule for OracleDatabaseName {
    fn name(&self) -> &'static str {
        "oracle-database-name"
    }

    fn source(&self) -> &'static str {
        "<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1530> (the service confirmed that an Oracle database name is always in upper case)"
    }

    fn summary(&self) -> &'static str {
        "The database name of an Oracle instance is, in reality, the upper case of what the template says."
    }

    fn notes(&self) -> String {
        "Only where `Engine` is one of Oracle on both sides; a name that differs in anything else is drift, and \
         so is the case of any other engine's name."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let (expected, actual) = texts::changed(comparison, PLACES)?;
        (is_oracle(comparison.expected)
            && is_oracle(comparison.actual)
            && actual == expected.to_ascii_uppercase())
        .then(|| "the same database name, which Oracle stores in upper case".to_owned())
    }
}

fn is_oracle(tree: &Value) -> bool {
    pointer::get(tree, "/Engine")
        .and_then(Value::as_str)
        .is_some_and(|engine| engine.starts_with("oracle-"))
}
