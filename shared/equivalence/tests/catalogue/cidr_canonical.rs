use serde_json::json;

use crate::harness::changed;

#[test]
fn a_block_with_bits_behind_its_prefix_is_the_canonical_one() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIp",
            json!("100.68.0.18/18"),
            json!("100.68.0.0/18"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupEgress/0/CidrIp",
            json!("10.1.2.3/0"),
            json!("0.0.0.0/0"),
        ),
        (
            "AWS::EC2::SecurityGroupIngress",
            "/CidrIpv6",
            json!("2001:db8::1/32"),
            json!("2001:DB8::/32"),
        ),
        (
            "AWS::EC2::VPC",
            "/CidrBlock",
            json!("10.0.0.1/16"),
            json!("10.0.0.0/16"),
        ),
        (
            "AWS::EC2::Route",
            "/DestinationCidrBlock",
            json!("10.9.9.9/8"),
            json!("10.0.0.0/8"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("cidr-canonical"), "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, Some("cidr-canonical"), "{path} {actual} {expected}");
    }
}

#[test]
fn a_real_drift_to_another_block_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIp",
            json!("10.0.0.0/8"),
            json!("0.0.0.0/0"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIp",
            json!("10.0.0.1/32"),
            json!("10.0.0.0/31"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIp",
            json!("10.0.0.1/32"),
            json!("10.0.0.1"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIp",
            json!("10.0.0.1/32"),
            json!("10.0.0.2/32"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIp",
            json!("10.0.0.0/8"),
            json!("11.0.0.0/8"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIp",
            json!("10.0.0.0/8"),
            json!("10.0.0.0/08"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIp",
            json!("10.0.0.0/33"),
            json!("10.0.0.1/33"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIp",
            json!("::/0"),
            json!("0.0.0.0/0"),
        ),
        (
            "AWS::EC2::Subnet",
            "/Tags",
            json!("10.0.0.1/8"),
            json!("10.0.0.0/8"),
        ),
        (
            "AWS::WAFv2::IPSet",
            "/Addresses/0",
            json!("10.0.0.1/8"),
            json!("10.0.0.0/8"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
