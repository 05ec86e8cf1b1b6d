//! Rules of security groups and routes of route tables.

use domain::ports::{GROUPS_AT_ONCE, GroupRule, Route};
use serde_json::{Value, json};

use super::account::{ACCOUNT, Account, Side};
use super::hanging::{Hand, resource, somebody};

/// A group that nobody has.
const GONE: &str = "sg-0fffffffffffffff0";

fn group(properties: Value) -> Value {
    let mut properties = properties;
    properties["GroupDescription"] = "contract".into();
    resource("AWS::EC2::SecurityGroup", properties)
}

fn tcp(port: u16, range: &str) -> Value {
    json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": range})
}

/// A rule without its ids: way, protocol, ports and the other side.
fn said(rule: &GroupRule) -> String {
    let other = [&rule.cidr_ipv4, &rule.cidr_ipv6, &rule.prefix_list];
    let other = other.into_iter().flatten().next().cloned();
    let other = other.unwrap_or_else(|| {
        format!(
            "{}/{}",
            rule.referenced_account.as_deref().unwrap_or_default(),
            rule.referenced_group.as_deref().unwrap_or_default()
        )
    });
    let way = if rule.is_egress { "out" } else { "in" };
    let port = |port: Option<i64>| port.map_or_else(|| "none".to_owned(), |it| it.to_string());
    let (from, to) = (port(rule.from_port), port(rule.to_port));
    format!("{way} {} {from}..{to} {other}", rule.protocol)
}

async fn rules(account: &Account, groups: &[String]) -> Vec<GroupRule> {
    let port = account.hanging().await;
    port.security_group_rules(groups).await.unwrap()
}

async fn said_of(account: &Account, group: &str) -> Vec<String> {
    let mut said: Vec<_> = rules(account, &[group.to_owned()])
        .await
        .iter()
        .map(said)
        .collect();
    said.sort();
    said
}

pub(super) async fn a_rule_is_told_with_its_ports_and_its_other_side(account: &Account) {
    let inline = json!([
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8", "Description": "web"},
        {"IpProtocol": "-1", "CidrIpv6": "::/0"},
        {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "CidrIp": "0.0.0.0/0"},
    ]);
    let behind = json!([{"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8444,
                         "SourceSecurityGroupId": {"Fn::GetAtt": ["Front", "GroupId"]}}]);
    account.create(
        "net",
        &[
            ("Front", group(json!({"SecurityGroupIngress": inline}))),
            ("Behind", group(json!({"SecurityGroupIngress": behind}))),
        ],
    );
    let (front, behind) = (
        account.id("net", "Front").await,
        account.id("net", "Behind").await,
    );
    assert_eq!(
        said_of(account, &front).await,
        [
            "in -1 -1..-1 ::/0",
            "in icmp 8..-1 0.0.0.0/0",
            "in tcp 443..443 10.0.0.0/8",
            "out -1 -1..-1 0.0.0.0/0"
        ]
    );
    let referenced = format!("in tcp 8443..8444 {ACCOUNT}/{front}");
    assert_eq!(
        said_of(account, &behind).await,
        [referenced.as_str(), "out -1 -1..-1 0.0.0.0/0"]
    );
    let all = rules(account, &[front.clone(), behind]).await;
    let mut ids: Vec<_> = all.iter().map(|rule| rule.id.as_str()).collect();
    assert!(ids.iter().all(|id| id.starts_with("sgr-")), "{ids:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all.len(), "each rule has an id of its own");
    let web = all.iter().find(|rule| rule.from_port == Some(443)).unwrap();
    assert_eq!(
        (web.group.as_str(), web.description.as_deref()),
        (front.as_str(), Some("web"))
    );
}

pub(super) async fn a_group_lets_everything_out_until_its_template_says_otherwise(
    account: &Account,
) {
    account.create(
        "net",
        &[
            ("Open", group(json!({}))),
            (
                "Narrow",
                group(json!({"SecurityGroupEgress": [tcp(443, "10.0.0.0/8")]})),
            ),
        ],
    );
    let open = account.id("net", "Open").await;
    assert_eq!(
        said_of(account, &open).await,
        ["out -1 -1..-1 0.0.0.0/0"],
        "the rule that EC2 makes with the group"
    );
    let narrow = account.id("net", "Narrow").await;
    assert_eq!(
        said_of(account, &narrow).await,
        ["out tcp 443..443 10.0.0.0/8"],
        "CloudFormation takes it away where the template has rules of its own"
    );
}

pub(super) async fn a_rule_made_by_hand_is_told_beside_the_declared_ones(account: &Account) {
    let declared = json!({"SecurityGroupIngress": [tcp(443, "10.0.0.0/8")]});
    account.create("net", &[("Group", group(declared))]);
    account
        .hang("net", "Group", Hand::Port(22, "0.0.0.0/0"))
        .await;
    let id = account.id("net", "Group").await;
    assert_eq!(
        said_of(account, &id).await,
        [
            "in tcp 22..22 0.0.0.0/0",
            "in tcp 443..443 10.0.0.0/8",
            "out -1 -1..-1 0.0.0.0/0"
        ]
    );
}

pub(super) async fn a_prefix_list_is_a_rules_other_side(account: &Account) {
    account.create("net", &[("Group", group(json!({})))]);
    let id = account.id("net", "Group").await;
    let list = "pl-0123456789abcdef0";
    match &account.side {
        Side::Sandbox { sandbox, .. } => {
            let attachment = sandbox::Attachment::ingress("tcp", (443, 443), list);
            sandbox
                .attach("net", "Group", attachment, somebody())
                .unwrap();
            let told = rules(account, &[id]).await;
            let told = told.iter().find(|rule| !rule.is_egress).unwrap();
            assert_eq!(told.prefix_list.as_deref(), Some(list));
        }
        // AWS documents `prefixListId`. The emulator's answer leaves it out, and a rule without another side is no
        // rule that lets everybody in, nor one that may be passed over.
        Side::Emulator(_) => {
            let parameters = [
                ("GroupId", id.as_str()),
                ("IpPermissions.1.IpProtocol", "tcp"),
                ("IpPermissions.1.FromPort", "443"),
                ("IpPermissions.1.ToPort", "443"),
                ("IpPermissions.1.PrefixListIds.1.PrefixListId", list),
            ];
            account
                .aws
                .query("ec2", "AuthorizeSecurityGroupIngress", &parameters)
                .good();
            let port = account.hanging().await;
            let error = port.security_group_rules(&[id]).await.unwrap_err();
            assert_eq!(
                error.kind,
                domain::ports::PortErrorKind::Invalid,
                "the emulator tells prefix lists now: assert what the sandbox does. {error}"
            );
        }
    }
}

/// AWS gives at most a thousand rules at once; the emulator gives all of them, whatever is asked for.
pub(super) async fn the_rules_of_as_many_groups_as_fit_a_filter_are_whole(account: &Account) {
    let inline: Vec<_> = (1..=5).map(|port| tcp(port, "10.0.0.0/8")).collect();
    let mut groups = Vec::new();
    for stack in ["one", "two", "three", "four"] {
        let names: Vec<_> = (0..GROUPS_AT_ONCE / 4).map(|it| format!("G{it}")).collect();
        let resources: Vec<_> = names
            .iter()
            .map(|name| {
                let declared = json!({"SecurityGroupIngress": inline});
                (name.as_str(), group(declared))
            })
            .collect();
        account.create(stack, &resources);
        let rows = account.stacks.resources(stack).await.unwrap();
        groups.extend(rows.into_iter().map(|row| row.physical_id));
    }
    let all = rules(account, &groups).await;
    assert_eq!(all.len(), GROUPS_AT_ONCE * 6, "five in and one out of each");
    let mut told: Vec<_> = all.iter().map(|rule| rule.group.clone()).collect();
    told.sort();
    told.dedup();
    groups.sort();
    assert_eq!(told, groups);
    if let Side::Sandbox { sandbox, .. } = &account.side {
        assert_eq!(sandbox.count("ec2:DescribeSecurityGroupRules"), 2, "pages");
    }
}

pub(super) async fn a_group_that_is_gone_costs_the_others_nothing(account: &Account) {
    account.create("net", &[("Group", group(json!({})))]);
    let id = account.id("net", "Group").await;
    let told = rules(account, &[GONE.to_owned(), id.clone()]).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].group, id);
    assert_eq!(rules(account, &[GONE.to_owned()]).await, []);
}

/// Without values a filter is none, and the answer would be the whole region's: nothing is asked at all.
pub(super) async fn of_no_groups_and_no_tables_nothing_is_told(account: &Account) {
    account.create("net", &[("Group", group(json!({})))]);
    let port = account.hanging().await;
    assert_eq!(port.security_group_rules(&[]).await.unwrap(), []);
    assert_eq!(port.routes(&[]).await.unwrap(), []);
    if let Side::Sandbox { sandbox, .. } = &account.side {
        let asked = ["ec2:DescribeSecurityGroupRules", "ec2:DescribeRouteTables"];
        assert_eq!(asked.map(|call| sandbox.count(call)), [0, 0]);
    }
}

/// The emulator does not know the filter and gives every table of the region, its default network's too.
pub(super) async fn a_tables_routes_are_told_with_destination_target_and_origin(account: &Account) {
    let to = |range: &str| {
        let properties = json!({"RouteTableId": {"Ref": "Table"}, "DestinationCidrBlock": range,
                                "GatewayId": account.gateway()});
        let mut route = resource("AWS::EC2::Route", properties);
        route["DependsOn"] = "Gate".into();
        route
    };
    let table = || resource("AWS::EC2::RouteTable", json!({"VpcId": {"Ref": "Vpc"}}));
    account.network(
        "net",
        &[
            ("Table", table()),
            ("Other", table()),
            ("Route", to("192.0.2.0/24")),
        ],
    );
    let gateway = account.gateway_id("net").await;
    let hand = Hand::Route("0.0.0.0/0", &gateway);
    account.hang("net", "Table", hand).await;
    let (id, other) = (
        account.id("net", "Table").await,
        account.id("net", "Other").await,
    );
    let port = account.hanging().await;
    let gone = "rtb-0fffffffffffffff0".to_owned();
    let mut routes = port.routes(&[id.clone(), gone.clone()]).await.unwrap();
    routes.sort_by(|one, other| one.destination.cmp(&other.destination));
    let route = |destination: &str, (target, origin): (&str, &str)| Route {
        table: id.clone(),
        destination_kind: "DestinationCidrBlock".to_owned(),
        destination: destination.to_owned(),
        target_kind: "GatewayId".to_owned(),
        target: target.to_owned(),
        origin: origin.to_owned(),
    };
    assert_eq!(
        routes,
        [
            route("0.0.0.0/0", (&gateway, "CreateRoute")),
            route("10.0.0.0/16", ("local", "CreateRouteTable")),
            route("192.0.2.0/24", (&gateway, "CreateRoute")),
        ]
    );
    let local = port.routes(&[other]).await.unwrap();
    assert_eq!(local.len(), 1, "a new table has its network's own route");
    assert_eq!(port.routes(&[gone]).await.unwrap(), []);
}
