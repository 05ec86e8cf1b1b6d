use serde_json::{Value, json};

use crate::harness::rule;

const TYPE: &str = "AWS::RDS::DBInstance";

fn instance(storage: Value, most: Value) -> Value {
    json!({"AllocatedStorage": storage, "MaxAllocatedStorage": most})
}

fn said(expected: &Value, actual: &Value) -> Option<&'static str> {
    rule(TYPE, "/AllocatedStorage", expected, actual)
}

#[test]
fn storage_that_grew_within_the_maximum_is_the_services_work() {
    let expected = instance(json!("20"), json!(100));
    for storage in [json!(21), json!("100"), json!(100)] {
        let actual = instance(storage, json!(100));
        assert_eq!(said(&expected, &actual), Some("storage-autoscaling"));
    }
    let unsaid = json!({"AllocatedStorage": "40"});
    assert_eq!(said(&expected, &unsaid), Some("storage-autoscaling"));
}

#[test]
fn a_real_drift_of_the_storage_stays() {
    let expected = instance(json!(20), json!(100));
    for actual in [
        instance(json!(101), json!(100)),
        instance(json!(10), json!(100)),
        // Somebody raised the maximum by hand.
        instance(json!(50), json!(1000)),
        instance(json!("050"), json!(100)),
    ] {
        assert_eq!(said(&expected, &actual), None, "{actual}");
    }
    let unbounded = json!({"AllocatedStorage": 20});
    let actual = instance(json!(50), json!(100));
    assert_eq!(said(&unbounded, &actual), None);
    let path = "/MaxAllocatedStorage";
    let raised = instance(json!(20), json!(1000));
    assert_eq!(rule(TYPE, path, &expected, &raised), None);
    assert_eq!(
        rule(
            "AWS::RDS::DBCluster",
            "/AllocatedStorage",
            &expected,
            &actual
        ),
        None
    );
}
