use serde_json::json;

use crate::harness::changed;

#[test]
fn the_number_and_the_name_of_a_protocol_are_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/IpProtocol",
            json!(6),
            json!("tcp"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/IpProtocol",
            json!("17"),
            json!("udp"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupEgress/0/IpProtocol",
            json!(1),
            json!("icmp"),
        ),
        (
            "AWS::EC2::SecurityGroupIngress",
            "/IpProtocol",
            json!("58"),
            json!("icmpv6"),
        ),
        (
            "AWS::EC2::SecurityGroupEgress",
            "/IpProtocol",
            json!("TCP"),
            json!("tcp"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("protocol-name"), "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, Some("protocol-name"), "{path} {actual} {expected}");
    }
}

#[test]
fn a_real_drift_to_another_protocol_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/IpProtocol",
            json!("tcp"),
            json!("-1"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/IpProtocol",
            json!(6),
            json!(-1),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/IpProtocol",
            json!(6),
            json!("udp"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/IpProtocol",
            json!("tcp"),
            json!("all"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/IpProtocol",
            json!(47),
            json!("gre"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/IpProtocol",
            json!("06"),
            json!("tcp"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/IpProtocol",
            json!(1),
            json!("icmpv6"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/FromPort",
            json!(6),
            json!("tcp"),
        ),
        (
            "AWS::EC2::NetworkAclEntry",
            "/Protocol",
            json!(6),
            json!("tcp"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
