use domain::judge::SuppressionKind;
use serde_json::{Value, json};

use crate::harness::{at, rule};

const TYPE: &str = "AWS::RDS::DBInstance";
const PATH: &str = "/EngineVersion";

fn instance(engine: &str, version: &str) -> Value {
    json!({"Engine": engine, "EngineVersion": version, "AutoMinorVersionUpgrade": true})
}

fn said(engine: &str, from: &str, to: &str) -> Option<&'static str> {
    rule(TYPE, PATH, &instance(engine, from), &instance(engine, to))
}

#[test]
fn a_later_minor_version_is_the_services_work() {
    for (engine, from, to) in [
        ("postgres", "13.3", "13.20"),
        ("mysql", "8.0.35", "8.0.36"),
        ("mariadb", "10.11.4", "10.11.10"),
    ] {
        assert_eq!(said(engine, from, to), Some("minor-version-upgrade"));
    }
    let (from, to) = (instance("postgres", "13.3"), instance("postgres", "13.4"));
    let suppression = at(TYPE, PATH, &from, &to).unwrap();
    assert_eq!(suppression.kind, SuppressionKind::NotOurs);
    assert!(!suppression.detail.contains("13"));
}

#[test]
fn a_real_drift_of_the_version_stays() {
    for (engine, from, to) in [
        ("postgres", "13.3", "14.1"),
        ("postgres", "13.3", "14.5"),
        ("postgres", "13.3", "13.2"),
        ("postgres", "13.20", "13.3"),
        ("postgres", "9.6", "9.10"),
        ("postgres", "13", "14"),
        ("mysql", "8.0.35", "8.4.1"),
        ("mysql", "8.0.35", "8.4.36"),
        ("mysql", "8.0", "8.4"),
        ("mysql", "5.7.44", "8.0.44"),
        ("oracle-ee", "19.0.0", "19.0.1"),
        ("aurora-postgresql", "13.3", "13.4"),
        ("postgres", "13.3", "13.x"),
    ] {
        assert_eq!(said(engine, from, to), None, "{engine} {from} {to}");
    }
}

#[test]
fn only_where_the_service_may_upgrade() {
    let version = |flag: Value, version: &str| {
        let mut tree = json!({"Engine": "postgres", "EngineVersion": version});
        if !flag.is_null() {
            tree["AutoMinorVersionUpgrade"] = flag;
        }
        tree
    };
    for (expected, actual, wanted) in [
        (json!(true), json!(true), Some("minor-version-upgrade")),
        (json!("true"), Value::Null, Some("minor-version-upgrade")),
        (Value::Null, json!(true), Some("minor-version-upgrade")),
        (json!(false), json!(true), None),
        (json!(true), json!(false), None),
        (json!("false"), json!("true"), None),
        (Value::Null, Value::Null, None),
    ] {
        let (from, to) = (version(expected, "13.3"), version(actual, "13.4"));
        assert_eq!(rule(TYPE, PATH, &from, &to), wanted, "{from} {to}");
    }
}

#[test]
fn another_engine_is_no_upgrade() {
    let (from, to) = (instance("mysql", "8.0.35"), instance("mariadb", "8.0.36"));
    assert_eq!(rule(TYPE, PATH, &from, &to), None);
}
