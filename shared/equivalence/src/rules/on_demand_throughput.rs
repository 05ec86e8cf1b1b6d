//! Throughput of tables on demand.

use domain::difference::DifferenceKind;
use domain::judge::Comparison;
use domain::pointer;
use serde_json::Value;

use crate::places;
use crate::rule::Rule;
use crate::texts;

/// A provisioned throughput of zero where nothing is provisioned.
pub(crate) struct OnDemandThroughput;

const PATHS: [&str; 2] = [
    "/ProvisionedThroughput",
    "/GlobalSecondaryIndexes/*/ProvisionedThroughput",
];

impl Rule for OnDemandThroughput {
    fn name(&self) -> &'static str {
        "on-demand-throughput"
    }

    fn source(&self) -> &'static str {
        "<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ProvisionedThroughput.html> (with PAY_PER_REQUEST the value is set to 0)"
    }

    fn summary(&self) -> &'static str {
        "A table or index on demand has a provisioned throughput of zero, which the template leaves out."
    }

    fn notes(&self) -> String {
        "Only where `BillingMode` is `PAY_PER_REQUEST` on both sides and every unit is zero."
            .to_owned()
    }

    fn recognise(&self, comparison: &Comparison<'_>) -> Option<String> {
        let difference = comparison.difference;
        let is_throughput = PATHS
            .iter()
            .any(|path| places::fits(path, &difference.path));
        if comparison.resource_type != "AWS::DynamoDB::Table"
            || difference.kind != DifferenceKind::Added
            || !is_throughput
        {
            return None;
        }
        let (container, _) = pointer::parent(&difference.path)?;
        let silent = pointer::get(comparison.expected, container)?.is_object()
            && pointer::get(comparison.expected, &difference.path).is_none();
        let units = difference.actual.as_ref()?.as_object()?;
        let zero = !units.is_empty()
            && units.iter().all(|(name, value)| {
                matches!(name.as_str(), "ReadCapacityUnits" | "WriteCapacityUnits")
                    && texts::whole(value) == Some(0)
            });
        (silent && zero && is_on_demand(comparison.expected) && is_on_demand(comparison.actual))
            .then(|| "no provisioned throughput, where none is provisioned".to_owned())
    }
}

fn is_on_demand(tree: &Value) -> bool {
    pointer::get(tree, "/BillingMode").and_then(Value::as_str) == Some("PAY_PER_REQUEST")
}
