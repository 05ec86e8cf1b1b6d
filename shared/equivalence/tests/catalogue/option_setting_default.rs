use serde_json::{Value, json};

use crate::harness::{BOTH, drift, rule, rules};

const TYPE: &str = "AWS::RDS::OptionGroup";

fn group(option: &str, settings: &[(&str, &str)]) -> Value {
    let settings: Vec<Value> = settings
        .iter()
        .map(|(name, value)| json!({"Name": name, "Value": value}))
        .collect();
    json!({"OptionConfigurations": [{"OptionName": option, "OptionSettings": settings}]})
}

const PLUGIN: &str = "MARIADB_AUDIT_PLUGIN";
const EVENTS: (&str, &str) = ("SERVER_AUDIT_EVENTS", "CONNECT");

#[test]
fn a_setting_that_the_service_fills_in_is_no_difference() {
    let expected = group(PLUGIN, &[EVENTS]);
    let actual = group(
        PLUGIN,
        &[
            EVENTS,
            ("SERVER_AUDIT_FILE_ROTATIONS", "9"),
            ("SERVER_AUDIT_LOGGING", "ON"),
        ],
    );
    for lists in BOTH {
        let said = rules(TYPE, &expected, &actual, lists);
        assert_eq!(said, ["option-setting-default"; 2], "{lists:?}");
    }
    let path = "/OptionConfigurations/0/OptionSettings/1";
    assert_eq!(
        rule(TYPE, path, &expected, &actual),
        Some("option-setting-default")
    );
}

#[test]
fn a_real_drift_of_a_setting_stays() {
    let expected = group(PLUGIN, &[EVENTS]);
    for added in [
        ("SERVER_AUDIT_LOGGING", "OFF"),
        ("SERVER_AUDIT_FILE_ROTATIONS", "0"),
        ("SERVER_AUDIT_EXCL_USERS", "root"),
        EVENTS,
    ] {
        let actual = group(PLUGIN, &[EVENTS, added]);
        for lists in BOTH {
            let left = drift(TYPE, &expected, &actual, lists);
            assert_eq!(
                left,
                ["/OptionConfigurations/0/OptionSettings/1"],
                "{added:?}"
            );
        }
    }
    // The template says otherwise.
    let off = group(PLUGIN, &[("SERVER_AUDIT_LOGGING", "OFF")]);
    let on = group(
        PLUGIN,
        &[
            ("SERVER_AUDIT_LOGGING", "OFF"),
            ("SERVER_AUDIT_LOGGING", "ON"),
        ],
    );
    let path = "/OptionConfigurations/0/OptionSettings/1";
    assert_eq!(rule(TYPE, path, &off, &on), None);
}

#[test]
fn only_of_the_option_that_documents_it() {
    let (expected, actual) = (
        group("SSL", &[EVENTS]),
        group("SSL", &[EVENTS, ("SERVER_AUDIT_LOGGING", "ON")]),
    );
    let path = "/OptionConfigurations/0/OptionSettings/1";
    assert_eq!(rule(TYPE, path, &expected, &actual), None);
    let mixed = group(PLUGIN, &[EVENTS, ("SERVER_AUDIT_LOGGING", "ON")]);
    assert_eq!(rule(TYPE, path, &expected, &mixed), None);
    let mut more = mixed.clone();
    more["OptionConfigurations"][0]["OptionSettings"][1]["Extra"] = json!(1);
    assert_eq!(rule(TYPE, path, &group(PLUGIN, &[EVENTS]), &more), None);
    let none = json!({"OptionConfigurations": []});
    assert_eq!(rule(TYPE, path, &none, &mixed), None);
}
