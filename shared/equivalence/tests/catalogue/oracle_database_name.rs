use serde_json::{Value, json};

use crate::harness::rule;

const TYPE: &str = "AWS::RDS::DBInstance";

fn instance(engine: &str, name: &str) -> Value {
    json!({"Engine": engine, "DBName": name})
}

fn said(expected: &Value, actual: &Value) -> Option<&'static str> {
    rule(TYPE, "/DBName", expected, actual)
}

#[test]
fn oracle_stores_the_name_in_upper_case() {
    for engine in ["oracle-ee", "oracle-se2", "oracle-se2-cdb"] {
        let (expected, actual) = (instance(engine, "myoradb"), instance(engine, "MYORADB"));
        assert_eq!(said(&expected, &actual), Some("oracle-database-name"));
    }
}

#[test]
fn a_real_drift_of_the_name_stays() {
    let oracle = |name| instance("oracle-se2", name);
    assert_eq!(said(&oracle("myoradb"), &oracle("OTHERDB")), None);
    assert_eq!(said(&oracle("MYORADB"), &oracle("myoradb")), None);
    assert_eq!(said(&oracle("myoradb"), &oracle("MyOraDb")), None);
}

#[test]
fn the_name_of_any_other_engine_has_a_case() {
    let postgres = |name| instance("postgres", name);
    assert_eq!(said(&postgres("app"), &postgres("APP")), None);
    let oracle = instance("oracle-se2", "APP");
    assert_eq!(said(&postgres("app"), &oracle), None);
    assert_eq!(said(&json!({"DBName": "app"}), &oracle), None);
}
