use serde_json::{Value, json};

use crate::harness::{BOTH, Lists, drift, rule, rules};

const GROUP: &str = "AWS::EC2::SecurityGroup";

fn ingress(ports: &[u16]) -> Value {
    let rules: Vec<Value> = ports
        .iter()
        .map(|port| json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"}))
        .collect();
    json!({ "SecurityGroupIngress": rules })
}

#[test]
fn the_same_items_in_another_order_are_no_difference() {
    let (expected, actual) = (ingress(&[22, 80, 443]), ingress(&[443, 22, 80]));
    for lists in BOTH {
        assert_eq!(
            drift(GROUP, &expected, &actual, lists),
            [""; 0],
            "{lists:?}"
        );
    }
    assert_eq!(
        rules(GROUP, &expected, &actual, Lists::ByIndex),
        ["set-order"; 6]
    );
    assert_eq!(
        rule(GROUP, "/SecurityGroupIngress", &expected, &actual),
        Some("set-order")
    );
}

#[test]
fn lists_of_texts_and_lists_in_lists_are_known() {
    let expected =
        json!({"VpcConfig": {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}});
    let actual =
        json!({"VpcConfig": {"SubnetIds": ["subnet-2", "subnet-1"], "SecurityGroupIds": ["sg-1"]}});
    assert_eq!(
        rules("AWS::Lambda::Function", &expected, &actual, Lists::ByIndex),
        ["set-order"; 2]
    );
    let containers = |environment: Value| json!({"ContainerDefinitions": [{"Name": "a", "Environment": environment}]});
    let (one, other) = (
        json!({"Name": "A", "Value": "1"}),
        json!({"Name": "B", "Value": "2"}),
    );
    assert_eq!(
        rules(
            "AWS::ECS::TaskDefinition",
            &containers(json!([one, other])),
            &containers(json!([other, one])),
            Lists::ByIndex
        ),
        ["set-order"; 4]
    );
}

#[test]
fn items_may_be_spelled_differently_as_well() {
    let expected = json!({"SecurityGroupIngress": [{"FromPort": "22"}, {"FromPort": "80"}]});
    let actual = json!({"SecurityGroupIngress": [{"FromPort": 80}, {"FromPort": 22}]});
    assert_eq!(drift(GROUP, &expected, &actual, Lists::ByIndex), [""; 0]);
}

#[test]
fn a_real_drift_in_a_reordered_list_stays() {
    let expected = ingress(&[22, 80]);
    let opened = ingress(&[80, 22, 3389]);
    for lists in BOTH {
        assert_eq!(
            drift(GROUP, &expected, &opened, lists),
            ["/SecurityGroupIngress/2"],
            "{lists:?}"
        );
    }
    for actual in [ingress(&[80, 23]), ingress(&[80]), ingress(&[3389, 22, 80])] {
        for lists in BOTH {
            assert!(
                !drift(GROUP, &expected, &actual, lists).is_empty(),
                "{lists:?}"
            );
        }
        assert_eq!(
            rule(GROUP, "/SecurityGroupIngress", &expected, &actual),
            None
        );
    }
    let mut world = ingress(&[80, 22]);
    world["SecurityGroupIngress"][1]["CidrIp"] = json!("0.0.0.0/0");
    for lists in BOTH {
        assert!(
            !drift(GROUP, &expected, &world, lists).is_empty(),
            "{lists:?}"
        );
    }
}

#[test]
fn an_item_more_often_on_one_side_leaves_the_whole_list_alone() {
    // By index the second 80 itself shows no difference, so its neighbours have to.
    let (expected, actual) = (ingress(&[22, 80]), ingress(&[80, 80, 22]));
    for lists in BOTH {
        assert!(
            !drift(GROUP, &expected, &actual, lists).is_empty(),
            "{lists:?}"
        );
    }
    let (expected, actual) = (ingress(&[22, 22, 80]), ingress(&[80, 22, 22]));
    for lists in BOTH {
        assert_eq!(
            drift(GROUP, &expected, &actual, lists),
            [""; 0],
            "{lists:?}"
        );
    }
}

#[test]
fn lists_whose_order_means_something_are_not_sets() {
    for (resource_type, property) in [
        ("AWS::Lambda::Function", "Layers"),
        ("AWS::DynamoDB::Table", "KeySchema"),
        ("AWS::ECS::TaskDefinition", "ContainerDefinitions"),
        ("AWS::ElasticLoadBalancingV2::Listener", "DefaultActions"),
        ("AWS::AutoScaling::AutoScalingGroup", "TerminationPolicies"),
        ("AWS::EC2::DHCPOptions", "DomainNameServers"),
        // The right property of another type.
        ("AWS::EC2::Subnet", "SecurityGroupIngress"),
    ] {
        let (expected, actual) = (
            json!({ property: ["a", "b"] }),
            json!({ property: ["b", "a"] }),
        );
        assert_eq!(
            rule(resource_type, &format!("/{property}"), &expected, &actual),
            None
        );
        assert_eq!(
            rule(resource_type, &format!("/{property}/0"), &expected, &actual),
            None
        );
    }
}

#[test]
fn attribute_definitions_are_a_set_and_key_schemas_are_not() {
    let item = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let tree = |property: &str, names: [&str; 2]| json!({ property: names.map(item) });
    let table = "AWS::DynamoDB::Table";
    for (property, wanted) in [
        ("AttributeDefinitions", Some("set-order")),
        ("KeySchema", None),
    ] {
        let path = format!("/{property}/0/AttributeName");
        let (expected, actual) = (tree(property, ["a", "b"]), tree(property, ["b", "a"]));
        assert_eq!(rule(table, &path, &expected, &actual), wanted, "{property}");
    }
}
