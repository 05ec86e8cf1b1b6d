use serde_json::{Value, json};

use crate::harness::rule;

const TYPE: &str = "AWS::RDS::DBParameterGroup";

fn group(family: &str, parameters: Value) -> Value {
    json!({"Family": family, "Parameters": parameters})
}

#[test]
fn a_parameter_at_its_default_is_left_out_by_reality() {
    let kept = json!({"log_statement": "all"});
    let expected = group(
        "postgres14",
        json!({"log_statement": "all", "shared_preload_libraries": "pg_stat_statements", "track_activity_query_size": 4096}),
    );
    let actual = group("postgres14", kept);
    for name in ["shared_preload_libraries", "track_activity_query_size"] {
        let said = rule(TYPE, &format!("/Parameters/{name}"), &expected, &actual);
        assert_eq!(said, Some("engine-parameter-default"), "{name}");
    }
    let alone = group(
        "postgres13",
        json!({"shared_preload_libraries": "pg_stat_statements"}),
    );
    let gone = json!({"Family": "postgres13"});
    let said = rule(TYPE, "/Parameters", &alone, &gone);
    assert_eq!(said, Some("engine-parameter-default"));
}

#[test]
fn a_real_drift_of_a_parameter_stays() {
    for (family, name, value) in [
        (
            "postgres14",
            "shared_preload_libraries",
            "pg_stat_statements,pgaudit",
        ),
        ("postgres14", "track_activity_query_size", "8192"),
        ("postgres13", "track_activity_query_size", "4096"),
        (
            "postgres12",
            "shared_preload_libraries",
            "pg_stat_statements",
        ),
        ("mysql8.0", "shared_preload_libraries", "pg_stat_statements"),
        ("postgres14", "rds.force_ssl", "1"),
    ] {
        let expected = group(family, json!({name: value}));
        let actual = group(family, json!({}));
        let said = rule(TYPE, &format!("/Parameters/{name}"), &expected, &actual);
        assert_eq!(said, None, "{family} {name} {value}");
        let said = rule(TYPE, "/Parameters", &expected, &json!({"Family": family}));
        assert_eq!(said, None, "{family} {name} {value}");
    }
    // Changed, not left out.
    let expected = group("postgres14", json!({"track_activity_query_size": "4096"}));
    let actual = group("postgres14", json!({"track_activity_query_size": "1024"}));
    let path = "/Parameters/track_activity_query_size";
    assert_eq!(rule(TYPE, path, &expected, &actual), None);
    // Together with one that has no such default.
    let both = group(
        "postgres14",
        json!({"track_activity_query_size": "4096", "rds.force_ssl": "1"}),
    );
    assert_eq!(
        rule(TYPE, "/Parameters", &both, &json!({"Family": "postgres14"})),
        None
    );
    assert_eq!(
        rule(TYPE, path, &expected, &group("postgres15", json!({}))),
        None
    );
    let other = "AWS::RDS::DBClusterParameterGroup";
    assert_eq!(
        rule(other, path, &expected, &group("postgres14", json!({}))),
        None
    );
}
