//! EC2: rules of security groups and routes of route tables.

use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::{operator, start};
use crate::{Attachment, Edit, NewResource, NewStack, Sandbox};

fn rules(client: &Client, parameters: &[(&str, &str)]) -> Answer {
    client
        .query("ec2", "DescribeSecurityGroupRules", parameters)
        .unwrap()
}

fn of_group(client: &Client, group: &str) -> Vec<String> {
    let filter = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", group)];
    let answer = rules(client, &filter).good();
    let rows = answer
        .texts("item")
        .into_iter()
        .filter(|row| !row.is_empty());
    rows.map(|row| {
        let row = part(&row);
        let text = |tag: &str| row.text(tag).unwrap_or_default();
        let peer = ["cidrIpv4", "cidrIpv6", "prefixListId"];
        let peer = peer.into_iter().find_map(|tag| row.text(tag));
        let peer = peer.unwrap_or_else(|| {
            let group = part(&text("referencedGroupInfo"));
            format!(
                "{}/{}",
                group.text("userId").unwrap(),
                group.text("groupId").unwrap()
            )
        });
        let way = if text("isEgress") == "true" {
            "out"
        } else {
            "in"
        };
        format!(
            "{way} {} {}-{} {peer}",
            text("ipProtocol"),
            text("fromPort"),
            text("toPort")
        )
    })
    .collect()
}

fn part(text: &str) -> Answer {
    Answer {
        status: 200,
        date: String::new(),
        retry_after: None,
        error: String::new(),
        body: text.to_owned(),
    }
}

fn group(name: &str, properties: Value) -> NewStack {
    let mut properties = properties;
    properties["GroupName"] = format!("{name}-group").into();
    let row = NewResource::new("Group", "AWS::EC2::SecurityGroup", properties);
    NewStack::new(name, vec![row])
}

fn standalone(group: &str, port: u16) -> Value {
    json!({"GroupId": group, "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"})
}

fn ingress(sandbox: &Sandbox, stack: &str, properties: Value) {
    let row = NewResource::new("Rule", "AWS::EC2::SecurityGroupIngress", properties);
    sandbox
        .create_stack(NewStack::new(stack, vec![row]))
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_groups_rules_are_its_own_those_of_every_stack_and_those_made_by_hand() {
    let (sandbox, client, _) = start().await;
    let inline = json!([{"IpProtocol": 6, "FromPort": "443", "ToPort": 443, "CidrIp": "10.1.2.3/16", "Description": "web"},
                        {"IpProtocol": "-1", "SourceSecurityGroupId": "sg-1", "SourceSecurityGroupOwnerId": "222222222222"}]);
    sandbox
        .create_stack(group("net", json!({"SecurityGroupIngress": inline})))
        .unwrap();
    let id = sandbox.physical_id("net", "Group").unwrap();
    ingress(&sandbox, "other", standalone(&id, 5432));
    let hand = Attachment::ingress("tcp", (22, 22), "0:0:0:0:0:0:0:0/0");
    let attached = sandbox.attach("net", "Group", hand, operator()).unwrap();
    let ping = Attachment::ingress("icmp", (8, -1), "pl-12");
    sandbox.attach("net", "Group", ping, operator()).unwrap();
    assert_eq!(
        of_group(&client, &id),
        [
            "in tcp 443-443 10.1.0.0/16",
            "in -1 -1--1 222222222222/sg-1",
            "in tcp 22-22 ::/0",
            "in icmp 8--1 pl-12",
            "out -1 -1--1 0.0.0.0/0",
            "in tcp 5432-5432 10.0.0.0/8",
        ]
    );
    let filter = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", &id)];
    let answer = rules(&client, &filter).good();
    assert!(
        answer
            .body
            .contains("xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"")
    );
    let ids = answer.texts("securityGroupRuleId");
    assert!(
        ids.contains(&attached.id),
        "the id that attaching told: {attached:?}"
    );
    assert!(ids.contains(&sandbox.physical_id("other", "Rule").unwrap()));
    assert!(
        ids.iter()
            .all(|id| id.len() == 21 && id.starts_with("sgr-")),
        "{ids:?}"
    );
    assert_eq!(answer.texts("groupOwnerId")[0], super::PLACE);
    assert_eq!(answer.text("description").unwrap(), "web");
    let only = rules(&client, &[("SecurityGroupRuleId.1", &attached.id)]).good();
    assert_eq!(only.texts("securityGroupRuleId"), [attached.id]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_goes_with_its_resource_its_stack_or_by_hand() {
    let (sandbox, client, _) = start().await;
    sandbox
        .create_stack(group("net", json!({"SecurityGroupEgress": []})))
        .unwrap();
    let id = sandbox.physical_id("net", "Group").unwrap();
    ingress(&sandbox, "a", standalone(&id, 1));
    ingress(&sandbox, "b", standalone(&id, 2));
    sandbox.bend("a", "Rule", Edit::Delete, operator()).unwrap();
    assert_eq!(of_group(&client, &id), ["in tcp 2-2 10.0.0.0/8"]);
    sandbox.mend("a", "Rule", operator()).unwrap();
    client.call("DeleteStack", &[("StackName", "b")]).good();
    assert_eq!(of_group(&client, &id), ["in tcp 1-1 10.0.0.0/8"]);
    let out = Attachment::egress("udp", (53, 53), "8.8.8.8/32");
    sandbox
        .attach("net", "Group", out.clone(), operator())
        .unwrap();
    assert_eq!(of_group(&client, &id).len(), 2);
    sandbox.detach("net", "Group", &out, operator()).unwrap();
    assert_eq!(of_group(&client, &id), ["in tcp 1-1 10.0.0.0/8"]);
    sandbox
        .bend("net", "Group", Edit::Delete, operator())
        .unwrap();
    assert_eq!(of_group(&client, &id), [""; 0], "no group, no rules");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_paged_and_what_makes_no_sense_is_refused() {
    let (sandbox, client, _) = start().await;
    let one = |port: u16| json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"});
    let list: Vec<_> = (0..11).map(one).collect();
    sandbox
        .create_stack(group(
            "net",
            json!({"SecurityGroupIngress": list, "SecurityGroupEgress": []}),
        ))
        .unwrap();
    let id = sandbox.physical_id("net", "Group").unwrap();
    let (mut token, mut seen) = (String::new(), Vec::new());
    for size in [5, 5, 1] {
        let parameters = [
            ("Filter.1.Name", "group-id"),
            ("Filter.1.Value.1", &id),
            ("MaxResults", "5"),
            ("NextToken", &token),
        ];
        let page = rules(&client, &parameters).good();
        let ids = page.texts("securityGroupRuleId");
        assert_eq!(ids.len(), size);
        seen.extend(ids);
        token = page.text("nextToken").unwrap_or_default();
    }
    assert_eq!(token, "");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 11);
    assert_eq!(
        of_group(&client, "sg-nothing"),
        [""; 0],
        "a filter that nothing passes"
    );
    let elsewhere = client.with(super::PLACE, "eu-north-1");
    assert_eq!(of_group(&elsewhere, &id), [""; 0]);
    for (parameters, code) in [
        (
            vec![("Filter.1.Name", "colour"), ("Filter.1.Value.1", "x")],
            "InvalidParameterValue",
        ),
        (vec![("MaxResults", "4")], "InvalidParameterValue"),
        (vec![("NextToken", "x")], "InvalidPaginationToken"),
        (
            vec![("SecurityGroupRuleId.1", "sgr-0")],
            "InvalidSecurityGroupRuleId.NotFound",
        ),
    ] {
        let (status, got, _) = rules(&client, &parameters).refusal();
        assert_eq!((status, got.as_str()), (400, code), "{parameters:?}");
    }
    let names: Vec<_> = (1..=201)
        .map(|index| format!("Filter.1.Value.{index}"))
        .collect();
    let mut many: Vec<_> = names.iter().map(|name| (name.as_str(), "sg-1")).collect();
    many.push(("Filter.1.Name", "group-id"));
    assert_eq!(rules(&client, &many).refusal().1, "FilterLimitExceeded");
    let other = client.query("ec2", "DescribeVolumes", &[]).unwrap();
    assert_eq!(other.refusal().1, "InvalidAction");
    assert!(other.body.starts_with("<?xml"), "{}", other.body);
    assert!(
        other.text("RequestID").is_some(),
        "EC2's own form of a refusal"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tables_routes_are_the_local_one_those_of_stacks_and_those_by_hand() {
    let (sandbox, client, _) = start().await;
    let reference = |id: &str| json!({"Ref": id});
    let route = json!({"RouteTableId": reference("Table"), "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"});
    let stack = NewStack::new(
        "net",
        vec![
            NewResource::new("Vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.9.0.0/16"})),
            NewResource::new(
                "Table",
                "AWS::EC2::RouteTable",
                json!({"VpcId": reference("Vpc")}),
            ),
            NewResource::new("Way", "AWS::EC2::Route", route),
        ],
    );
    sandbox.create_stack(stack).unwrap();
    let id = sandbox.physical_id("net", "Table").unwrap();
    assert!(id.starts_with("rtb-0") && id.len() == 21, "{id}");
    assert_eq!(
        sandbox.physical_id("net", "Way").unwrap(),
        format!("{id}|0.0.0.0/0")
    );
    for (destination, target) in [("::/0", "eigw-1"), ("pl-77", "vpce-1")] {
        let route = Attachment::route(destination, target);
        sandbox.attach("net", "Table", route, operator()).unwrap();
    }
    let propagated = Attachment::Route {
        destination: "192.168.0.0/16".to_owned(),
        target: "vgw-1".to_owned(),
        propagated: true,
    };
    sandbox
        .attach("net", "Table", propagated, operator())
        .unwrap();
    let ask = |parameters: &[(&str, &str)]| {
        client
            .query("ec2", "DescribeRouteTables", parameters)
            .unwrap()
    };
    let filter = [
        ("Filter.1.Name", "route-table-id"),
        ("Filter.1.Value.1", &id),
    ];
    let table = ask(&filter).good();
    assert_eq!(
        table.texts("destinationCidrBlock"),
        ["10.9.0.0/16", "0.0.0.0/0", "192.168.0.0/16"]
    );
    assert_eq!(table.texts("gatewayId"), ["local", "vpce-1", "vgw-1"]);
    assert_eq!(table.texts("natGatewayId"), ["nat-1"]);
    assert_eq!(table.texts("destinationIpv6CidrBlock"), ["::/0"]);
    assert_eq!(table.texts("egressOnlyInternetGatewayId"), ["eigw-1"]);
    assert_eq!(table.texts("destinationPrefixListId"), ["pl-77"]);
    assert_eq!(
        table.texts("origin"),
        [
            "CreateRouteTable",
            "CreateRoute",
            "CreateRoute",
            "CreateRoute",
            "EnableVgwRoutePropagation"
        ]
    );
    let again = Attachment::route("0.0.0.0/0", "igw-1");
    assert!(
        sandbox.attach("net", "Table", again, operator()).is_err(),
        "the destination is taken"
    );
    assert_eq!(
        ask(&[("RouteTableId.1", &id)]).good().texts("vpcId").len(),
        1
    );
    let unknown = ask(&[("RouteTableId.1", "rtb-1")]).refusal();
    assert_eq!(
        (unknown.0, unknown.1.as_str()),
        (400, "InvalidRouteTableID.NotFound")
    );
    for index in 0..6 {
        let table = NewResource::new("T", "AWS::EC2::RouteTable", json!({}));
        let stack = NewStack::new(&format!("t{index}"), vec![table]);
        sandbox.create_stack(stack).unwrap();
    }
    let page = ask(&[("MaxResults", "5")]).good();
    assert_eq!(page.texts("routeTableId").len(), 5);
    let token = page.text("nextToken").unwrap();
    let rest = ask(&[("MaxResults", "5"), ("NextToken", &token)]).good();
    assert_eq!(rest.texts("routeTableId").len(), 2);
    assert_eq!(rest.text("nextToken"), None);
}
