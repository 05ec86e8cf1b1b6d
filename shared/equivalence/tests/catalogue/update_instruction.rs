use serde_json::json;

use crate::harness::rule;

#[test]
fn an_instruction_that_nothing_stores_is_no_difference() {
    for (resource_type, name, value) in [
        (
            "AWS::EC2::Instance",
            "PropagateTagsToVolumeOnCreation",
            json!(true),
        ),
        (
            "AWS::RDS::DBInstance",
            "AllowMajorVersionUpgrade",
            json!(false),
        ),
        ("AWS::Redshift::Cluster", "Classic", json!("false")),
        (
            "AWS::SSM::Association",
            "WaitForSuccessTimeoutSeconds",
            json!(60),
        ),
    ] {
        let (expected, actual) = (json!({"A": 1, name: value}), json!({"A": 1}));
        let said = rule(resource_type, &format!("/{name}"), &expected, &actual);
        assert_eq!(said, Some("update-instruction"), "{name}");
    }
}

#[test]
fn a_real_drift_beside_or_in_place_of_it_stays() {
    let (expected, actual) = (json!({"Classic": false}), json!({"Classic": true}));
    let cluster = "AWS::Redshift::Cluster";
    assert_eq!(rule(cluster, "/Classic", &expected, &actual), None);
    assert_eq!(rule(cluster, "/Classic", &json!({}), &actual), None);
    let (expected, actual) = (json!({"Encrypted": true}), json!({}));
    assert_eq!(rule(cluster, "/Encrypted", &expected, &actual), None);
    let expected = json!({"AllowMajorVersionUpgrade": false});
    let path = "/AllowMajorVersionUpgrade";
    assert_eq!(
        rule("AWS::Neptune::DBCluster", path, &expected, &actual),
        None
    );
    let odd = json!({"Classic": {"DeletionProtection": true}});
    assert_eq!(rule(cluster, "/Classic", &odd, &actual), None);
}
