use serde_json::{Value, json};

use crate::harness::{BOTH, drift, rule, rules};

const TYPE: &str = "AWS::EC2::SecurityGroup";

fn group(rule: &Value) -> Value {
    json!({"SecurityGroupIngress": [rule]})
}

#[test]
fn the_ports_of_a_rule_for_every_protocol_mean_nothing() {
    let expected =
        group(&json!({"IpProtocol": "-1", "FromPort": 0, "ToPort": 65535, "CidrIp": "10.0.0.0/8"}));
    for actual in [
        group(&json!({"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"})),
        group(&json!({"IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "CidrIp": "10.0.0.0/8"})),
    ] {
        for lists in BOTH {
            assert_eq!(
                rules(TYPE, &expected, &actual, lists),
                ["all-protocols-ports"; 2]
            );
            assert_eq!(
                rules(TYPE, &actual, &expected, lists),
                ["all-protocols-ports"; 2]
            );
        }
    }
    let (expected, actual) = (
        json!({"IpProtocol": -1, "FromPort": 80}),
        json!({"IpProtocol": "-1"}),
    );
    let said = rule(
        "AWS::EC2::SecurityGroupIngress",
        "/FromPort",
        &expected,
        &actual,
    );
    assert_eq!(said, Some("all-protocols-ports"));
}

#[test]
fn a_real_drift_of_a_port_stays() {
    let tcp = |port: i32| {
        group(
            &json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"}),
        )
    };
    for lists in BOTH {
        assert_eq!(rules(TYPE, &tcp(443), &tcp(22), lists), [""; 0]);
    }
    // From one protocol to every one: nothing of it is recognised.
    let all = group(&json!({"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"}));
    for lists in BOTH {
        assert_eq!(rules(TYPE, &tcp(443), &all, lists), [""; 0]);
        assert_eq!(rules(TYPE, &all, &tcp(443), lists), [""; 0]);
    }
    // The source beside the ports.
    let from = |cidr: &str, port: i32| {
        group(&json!({"IpProtocol": "-1", "FromPort": port, "CidrIp": cidr}))
    };
    for lists in BOTH {
        let left = drift(TYPE, &from("10.0.0.0/8", 1), &from("0.0.0.0/0", 2), lists);
        assert_eq!(left, ["/SecurityGroupIngress/0/CidrIp"]);
    }
}

#[test]
fn a_rule_that_only_one_side_has_is_drift() {
    let all = json!({"IpProtocol": "-1", "FromPort": 0, "CidrIp": "0.0.0.0/0"});
    let none = json!({"SecurityGroupIngress": []});
    assert_eq!(
        rule(TYPE, "/SecurityGroupIngress/0", &none, &group(&all)),
        None
    );
    assert_eq!(
        rule(
            TYPE,
            "/SecurityGroupIngress/0/FromPort",
            &none,
            &group(&all)
        ),
        None
    );
}
