use domain::ports::GroupRule;
use serde_json::json;

use super::rule::{Protocol, Rule, range};
use super::*;
use crate::harness::{all_out, found, rule, said, unsaid};
use crate::testing::MemoryAttachments;

fn group(expected: Value) -> Declared {
    said("AWS::EC2::SecurityGroup", "sg-1", expected)
}

fn world(rules: &[GroupRule]) -> MemoryAttachments {
    let port = MemoryAttachments::new();
    for rule in rules {
        port.add_rule(rule.clone());
    }
    port
}

fn ingress(physical_id: &str, fields: Value) -> Declared {
    said("AWS::EC2::SecurityGroupIngress", physical_id, fields)
}

fn same(one: Value, other: Value) -> Likeness {
    Rule::of(&one).likeness(&Rule::of(&other))
}

#[test]
fn a_rule_is_declared_inline_or_alone_by_whatever_its_group_is_called() {
    let port = world(&[rule("sgr-1", "sg-1", 22, "10.0.0.0/24")]);
    let fields = |more: Value| {
        let mut fields =
            json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/24"});
        let map = fields.as_object_mut().unwrap();
        map.extend(more.as_object().unwrap().clone());
        fields
    };
    let inline = group(json!({"SecurityGroupIngress": [fields(json!({}))]}));
    assert!(found(&port, &[inline]).is_empty());
    let one = group(json!({"SecurityGroupIngress": fields(json!({}))}));
    assert!(found(&port, &[one]).is_empty());
    let by_id = ingress("legacy", fields(json!({"GroupId": "sg-1"})));
    assert!(found(&port, &[group(json!({})), by_id]).is_empty());
    let by_name = ingress("legacy", fields(json!({"GroupName": "web"})));
    let named = group(json!({"GroupName": "web"}));
    assert!(found(&port, &[named, by_name.clone()]).is_empty());
    // A group whose name CloudFormation made up may have that name.
    let line =
        r#"sg-1 /SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp="10.0.0.0/24"]"#;
    assert_eq!(
        found(&port, &[group(json!({})), by_name.clone()]),
        [format!("{line} ?")]
    );
    let other = group(json!({"GroupName": "db"}));
    assert_eq!(found(&port, &[other, by_name]), [line]);
    let elsewhere = ingress("legacy", fields(json!({"GroupId": "sg-2"})));
    assert_eq!(found(&port, &[group(json!({})), elsewhere]), [line]);
}

#[test]
fn ingress_is_not_egress() {
    let out = GroupRule {
        is_egress: true,
        ..rule("sgr-1", "sg-1", 22, "10.0.0.0/24")
    };
    let fields =
        json!([{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/24"}]);
    let inbound = group(json!({"SecurityGroupIngress": fields}));
    assert_eq!(
        found(&world(std::slice::from_ref(&out)), &[inbound]),
        [r#"sg-1 /SecurityGroupEgress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp="10.0.0.0/24"]"#]
    );
    let outbound = group(json!({"SecurityGroupEgress": fields}));
    assert!(found(&world(&[out]), &[outbound]).is_empty());
}

#[test]
fn spellings_of_one_rule_are_one_rule() {
    let written =
        json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/24"});
    for other in [
        json!({"IpProtocol": "6", "FromPort": "22", "ToPort": "22", "CidrIp": "10.0.0.1/24"}),
        json!({"IpProtocol": 6, "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.255/24", "Description": "x"}),
        json!({"IpProtocol": "TCP", "FromPort": 22, "CidrIp": " 10.0.0.0/24 "}),
    ] {
        assert_eq!(
            same(written.clone(), other.clone()),
            Likeness::Same,
            "{other}"
        );
    }
    for other in [
        json!({"IpProtocol": "udp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/24"}),
        json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 23, "CidrIp": "10.0.0.0/24"}),
        json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/16"}),
        json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.1.0/24"}),
        json!({"IpProtocol": "-1", "CidrIp": "10.0.0.0/24"}),
        json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourcePrefixListId": "pl-1"}),
        json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}),
    ] {
        assert_eq!(
            same(written.clone(), other.clone()),
            Likeness::No,
            "{other}"
        );
    }
}

#[test]
fn all_ports_are_written_in_many_ways() {
    let all = |protocol: &str, from: Value, to: Value| json!({"IpProtocol": protocol, "FromPort": from, "ToPort": to, "CidrIpv6": "::/0"});
    let null = Value::Null;
    for (one, other) in [
        (
            all("-1", json!(-1), json!(-1)),
            all("all", null.clone(), null.clone()),
        ),
        (
            all("-1", json!(0), json!(65535)),
            all("-1", null.clone(), null.clone()),
        ),
        (
            all("tcp", json!(0), json!(65535)),
            all("6", json!(-1), json!(-1)),
        ),
        (
            all("udp", null.clone(), null.clone()),
            all("17", json!(0), json!("65535")),
        ),
        (
            all("icmp", json!(-1), json!(-1)),
            all("1", null.clone(), null.clone()),
        ),
        (
            all("icmp", json!(-1), json!(3)),
            all("icmp", json!(-1), json!(-1)),
        ),
        (
            all("icmpv6", json!(-1), json!(-1)),
            all("58", null.clone(), null.clone()),
        ),
        (
            all("50", json!(0), json!(0)),
            all("50", null.clone(), null.clone()),
        ),
    ] {
        assert_eq!(
            same(one.clone(), other.clone()),
            Likeness::Same,
            "{one} {other}"
        );
    }
    let echo = all("icmp", json!(8), json!(-1));
    assert_eq!(
        same(echo.clone(), all("icmp", json!(8), null.clone())),
        Likeness::Same
    );
    assert_eq!(
        same(echo.clone(), all("icmp", json!(8), json!(0))),
        Likeness::No
    );
    assert_eq!(same(echo, all("icmp", json!(-1), json!(-1))), Likeness::No);
    assert_eq!(
        same(
            all("tcp", json!(0), json!(0)),
            all("tcp", json!(0), json!(65535))
        ),
        Likeness::No
    );
}

#[test]
fn a_range_is_told_by_its_bits() {
    for (one, other) in [
        ("10.0.0.1/24", "10.0.0.0/24"),
        ("1.2.3.4/0", "0.0.0.0/0"),
        ("1.2.3.4", "1.2.3.4/32"),
        ("2001:db8:0:0::/32", "2001:0DB8::/32"),
        ("2001:db8::1/64", "2001:db8::/64"),
        ("::1/0", "::/0"),
        ("::1", "0:0:0:0:0:0:0:1/128"),
    ] {
        assert_eq!(range(one), range(other), "{one} {other}");
        assert!(range(one).is_some());
    }
    for none in [
        "",
        "x",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/-1",
        "10.0.0/8",
        "/",
        "10.0.0.0/",
    ] {
        assert_eq!(range(none), None, "{none}");
    }
    assert_ne!(range("0.0.0.0/0"), range("::/0"));
}

#[test]
fn a_protocol_has_a_number_or_a_name() {
    assert_eq!(Protocol::of("6").name(), "tcp");
    assert_eq!(Protocol::of("ICMPv6").name(), "icmpv6");
    assert_eq!(Protocol::of("50").name(), "50");
    assert_eq!(Protocol::of(" ALL ").name(), "-1");
    assert_eq!(Protocol::of("esp").name(), "esp");
    assert!(!Protocol::of("50").has_ports());
}

#[test]
fn a_rule_of_its_own_id_is_that_rule_whatever_became_of_it() {
    // Its stack's look at the rule itself tells what was changed.
    let port = world(&[rule("sgr-1", "sg-1", 23, "0.0.0.0/0")]);
    let fields = json!({"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"});
    assert!(found(&port, &[group(json!({})), ingress("sgr-1", fields)]).is_empty());
    let unread = unsaid("AWS::EC2::SecurityGroupIngress", "sgr-1");
    assert!(found(&port, &[group(json!({})), unread]).is_empty());
}

#[test]
fn a_rule_that_cannot_be_read_and_has_no_id_makes_others_potential() {
    let line =
        r#"sg-1 /SecurityGroupIngress[IpProtocol=tcp,FromPort=22,ToPort=22,CidrIp="0.0.0.0/0"]"#;
    let port = world(&[rule("sgr-1", "sg-1", 22, "0.0.0.0/0")]);
    let legacy = unsaid("AWS::EC2::SecurityGroupIngress", "stack-Rule-1ABC");
    assert_eq!(
        found(&port, &[group(json!({})), legacy]),
        [format!("{line} ?")]
    );
    // One that has an id is another rule.
    let other = unsaid("AWS::EC2::SecurityGroupIngress", "sgr-2");
    assert_eq!(found(&port, &[group(json!({})), other]), [line]);
    let egress = unsaid("AWS::EC2::SecurityGroupEgress", "stack-Rule-1ABC");
    assert_eq!(found(&port, &[group(json!({})), egress]), [line]);
    let unread = unsaid("AWS::EC2::SecurityGroup", "sg-1");
    assert_eq!(found(&port, &[unread]), [format!("{line} ?")]);
    for unresolved in [json!({"Ref": "Rules"}), json!([{"Fn::If": []}]), json!("x")] {
        let group = group(json!({"SecurityGroupIngress": unresolved}));
        assert_eq!(
            found(&port, &[group]),
            [format!("{line} ?")],
            "{unresolved}"
        );
    }
}

#[test]
fn the_group_on_the_other_side_may_be_a_name_or_belong_to_another_account() {
    let from = |id: &str, peer: &str| GroupRule {
        cidr_ipv4: None,
        referenced_group: Some(peer.to_owned()),
        ..rule(id, "sg-1", 443, "")
    };
    let one = world(&[from("sgr-1", "sg-9")]);
    let two = world(&[from("sgr-1", "sg-9"), from("sgr-2", "sg-8")]);
    let entry = |name: &str, value: &str| {
        let entry = json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, name: value});
        group(json!({"SecurityGroupIngress": [entry]}))
    };
    for (name, value) in [
        ("SourceSecurityGroupId", "sg-9"),
        ("SourceSecurityGroupId", "444455556666/sg-9"),
        ("SourceSecurityGroupName", "web"),
        ("SourceSecurityGroupId", "web"),
        ("SourceSecurityGroupId", "{{resolve:ssm:/web}}"),
    ] {
        assert!(
            found(&one, &[entry(name, value)]).is_empty(),
            "{name} {value}"
        );
    }
    let line = |peer: &str| {
        format!(
            "sg-1 /SecurityGroupIngress[IpProtocol=tcp,FromPort=443,ToPort=443,SourceSecurityGroupId={peer}]"
        )
    };
    assert_eq!(
        found(&two, &[entry("SourceSecurityGroupId", "sg-9")]),
        [line("sg-8")]
    );
    assert_eq!(
        found(&two, &[entry("SourceSecurityGroupId", "444455556666/sg-9")]),
        [line("sg-8")]
    );
    // Which of the two has the name, only EC2 knows.
    assert_eq!(
        found(&two, &[entry("SourceSecurityGroupName", "web")]),
        [format!("{} ?", line("sg-9")), format!("{} ?", line("sg-8"))]
    );
    // Where the stack has the group of that name, its id is known.
    let web = said(
        "AWS::EC2::SecurityGroup",
        "sg-9",
        json!({"GroupName": "web"}),
    );
    assert_eq!(
        found(&two, &[entry("SourceSecurityGroupName", "web"), web]),
        [line("sg-8")]
    );
}

#[test]
fn ec2_s_own_rule_is_all_traffic_out_of_a_group_without_egress_rules() {
    let six = GroupRule {
        id: "sgr-6".to_owned(),
        cidr_ipv4: None,
        cidr_ipv6: Some("::/0".to_owned()),
        ..all_out("sg-1")
    };
    let port = world(&[all_out("sg-1"), six]);
    for expected in [
        json!({}),
        json!({"SecurityGroupEgress": []}),
        json!({"SecurityGroupEgress": null}),
    ] {
        assert!(found(&port, &[group(expected)]).is_empty());
    }
    let narrow =
        json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}]);
    assert_eq!(
        found(&port, &[group(json!({"SecurityGroupEgress": narrow}))]),
        [
            r#"sg-1 /SecurityGroupEgress[IpProtocol=-1,CidrIp="0.0.0.0/0"]"#,
            r#"sg-1 /SecurityGroupEgress[IpProtocol=-1,CidrIpv6="::/0"]"#
        ]
    );
    let other = GroupRule {
        protocol: "tcp".to_owned(),
        from_port: Some(0),
        to_port: Some(65535),
        ..all_out("sg-1")
    };
    let ingress = GroupRule {
        is_egress: false,
        ..all_out("sg-1")
    };
    let half = GroupRule {
        cidr_ipv4: Some("0.0.0.0/1".to_owned()),
        ..all_out("sg-1")
    };
    for rule in [other, ingress, half] {
        assert_eq!(found(&world(&[rule]), &[group(json!({}))]).len(), 1);
    }
}

#[test]
fn an_entry_with_two_other_sides_stands_for_both_rules() {
    let six = GroupRule {
        id: "sgr-2".to_owned(),
        cidr_ipv4: None,
        cidr_ipv6: Some("::/0".to_owned()),
        ..rule("", "sg-1", 443, "")
    };
    let port = world(&[rule("sgr-1", "sg-1", 443, "0.0.0.0/0"), six]);
    let entry = json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0", "CidrIpv6": "::/0"});
    assert!(found(&port, &[group(json!({"SecurityGroupIngress": [entry]}))]).is_empty());
}

#[test]
fn a_group_that_is_known_by_its_name_only_is_unknown() {
    let classic = said("AWS::EC2::SecurityGroup", "stack-Group-1ABC", json!({}));
    let port = MemoryAttachments::new();
    assert_eq!(found(&port, &[classic]), ["stack-Group-1ABC invalid"]);
    assert_eq!(port.total(), 0);
}
