use serde_json::{Value, json};

use crate::harness::{BOTH, rule, rules};

const TYPE: &str = "AWS::DynamoDB::Table";

fn zero() -> Value {
    json!({"ReadCapacityUnits": 0, "WriteCapacityUnits": 0})
}

#[test]
fn nothing_is_provisioned_on_demand() {
    let expected =
        json!({"BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": [{"IndexName": "i"}]});
    let mut actual = expected.clone();
    actual["ProvisionedThroughput"] = zero();
    actual["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] = zero();
    for lists in BOTH {
        assert_eq!(
            rules(TYPE, &expected, &actual, lists),
            ["on-demand-throughput"; 2]
        );
    }
    let path = "/ProvisionedThroughput";
    assert_eq!(
        rule(TYPE, path, &expected, &actual),
        Some("on-demand-throughput")
    );
}

#[test]
fn a_real_drift_of_the_throughput_stays() {
    let table = |mode: &str, units: Option<Value>| {
        let mut table = json!({ "BillingMode": mode });
        if let Some(units) = units {
            table["ProvisionedThroughput"] = units;
        }
        table
    };
    let (on_demand, provisioned) = ("PAY_PER_REQUEST", "PROVISIONED");
    let five = json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 0});
    for (expected, actual) in [
        (table(on_demand, None), table(on_demand, Some(five.clone()))),
        (table(provisioned, None), table(provisioned, Some(zero()))),
        (table(on_demand, None), table(provisioned, Some(zero()))),
        (table(provisioned, None), table(on_demand, Some(zero()))),
        (table(on_demand, Some(five)), table(on_demand, Some(zero()))),
        (table(on_demand, Some(zero())), table(on_demand, None)),
        (
            table(on_demand, None),
            table(on_demand, Some(json!({"Other": 0}))),
        ),
        (table(on_demand, None), table(on_demand, Some(json!({})))),
    ] {
        let said = rule(TYPE, "/ProvisionedThroughput", &expected, &actual);
        assert_eq!(said, None, "{expected} {actual}");
    }
    // An index that only reality has.
    let actual = json!({"BillingMode": on_demand, "GlobalSecondaryIndexes": [{"ProvisionedThroughput": zero()}]});
    let expected = json!({"BillingMode": on_demand, "GlobalSecondaryIndexes": []});
    let path = "/GlobalSecondaryIndexes/0/ProvisionedThroughput";
    assert_eq!(rule(TYPE, path, &expected, &actual), None);
}
