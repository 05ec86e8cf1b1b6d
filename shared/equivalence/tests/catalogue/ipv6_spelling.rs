use serde_json::json;

use crate::harness::changed;

#[test]
fn two_spellings_of_a_block_are_the_same() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIpv6",
            json!("::/0"),
            json!("0:0:0:0:0:0:0:0/0"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIpv6",
            json!("2001:DB8::/32"),
            json!("2001:0db8:0:0::/32"),
        ),
        (
            "AWS::EC2::Route",
            "/DestinationIpv6CidrBlock",
            json!("::/0"),
            json!("0::0/0"),
        ),
        (
            "AWS::EC2::NetworkAclEntry",
            "/Ipv6CidrBlock",
            json!("2001:db8::1/128"),
            json!("2001:db8:0:0:0:0:0:1/128"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, Some("ipv6-spelling"), "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, Some("ipv6-spelling"), "{path} {actual} {expected}");
    }
}

#[test]
fn a_real_drift_to_another_block_stays() {
    for (resource_type, path, expected, actual) in [
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIpv6",
            json!("2001:db8::/32"),
            json!("::/0"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIpv6",
            json!("2001:db8::/32"),
            json!("2001:db8::/31"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIpv6",
            json!("2001:db8::/32"),
            json!("2001:db9::/32"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIpv6",
            json!("::/0"),
            json!("0.0.0.0/0"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIpv6",
            json!("::/0"),
            json!("::/00"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/CidrIpv6",
            json!("::ffff:10.0.0.0/104"),
            json!("10.0.0.0/8"),
        ),
        (
            "AWS::EC2::SecurityGroup",
            "/SecurityGroupIngress/0/Description",
            json!("::/0"),
            json!("0::/0"),
        ),
        (
            "AWS::WAFv2::IPSet",
            "/Addresses/0",
            json!("::/0"),
            json!("0::/0"),
        ),
    ] {
        let said = changed(resource_type, path, &expected, &actual);
        assert_eq!(said, None, "{path} {expected} {actual}");
        let said = changed(resource_type, path, &actual, &expected);
        assert_eq!(said, None, "{path} {actual} {expected}");
    }
}
