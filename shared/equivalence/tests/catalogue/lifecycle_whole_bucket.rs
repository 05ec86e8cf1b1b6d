use serde_json::{Value, json};

use crate::harness::{BOTH, drift, rule, rules};

const TYPE: &str = "AWS::S3::Bucket";
const PATH: &str = "/LifecycleConfiguration/Rules/0/Prefix";

fn bucket(prefix: Option<&str>) -> Value {
    let mut rule = json!({"Id": "r", "Status": "Enabled", "ExpirationInDays": 30});
    if let Some(prefix) = prefix {
        rule["Prefix"] = json!(prefix);
    }
    json!({"LifecycleConfiguration": {"Rules": [rule]}})
}

#[test]
fn no_prefix_and_an_empty_one_are_the_same() {
    for (expected, actual) in [
        (bucket(Some("")), bucket(None)),
        (bucket(None), bucket(Some(""))),
    ] {
        for lists in BOTH {
            assert_eq!(
                rules(TYPE, &expected, &actual, lists),
                ["lifecycle-whole-bucket"]
            );
        }
        assert_eq!(
            rule(TYPE, PATH, &expected, &actual),
            Some("lifecycle-whole-bucket")
        );
    }
}

#[test]
fn a_real_drift_of_what_a_rule_deletes_stays() {
    for (expected, actual) in [
        (bucket(Some("logs/")), bucket(None)),
        (bucket(Some("logs/")), bucket(Some(""))),
        (bucket(None), bucket(Some("logs/"))),
        (bucket(None), bucket(Some(" "))),
        (
            bucket(Some("")),
            json!({"LifecycleConfiguration": {"Rules": []}}),
        ),
    ] {
        for lists in BOTH {
            assert!(
                !drift(TYPE, &expected, &actual, lists).is_empty(),
                "{expected} {actual}"
            );
        }
        assert_eq!(
            rule(TYPE, PATH, &expected, &actual),
            None,
            "{expected} {actual}"
        );
    }
    let replication = |rule: Value| json!({"ReplicationConfiguration": {"Rules": [rule]}});
    let path = "/ReplicationConfiguration/Rules/0/Prefix";
    let said = rule(
        TYPE,
        path,
        &replication(json!({"Prefix": ""})),
        &replication(json!({})),
    );
    assert_eq!(said, None);
}
