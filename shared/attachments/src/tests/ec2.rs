//! Security groups and route tables, roles, users and groups: what answers in XML lists.

use domain::ports::{GroupRule, Holder, PortErrorKind, Route};

use super::{always, assert_unreadable, ids, pages};
use crate::tests::server::Reply;

const RULES: &str = "ec2:DescribeSecurityGroupRules";

fn rules(items: &str, rest: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeSecurityGroupRulesResponse \
         xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\n<requestId>r</requestId>\n\
         <securityGroupRuleSet>{items}</securityGroupRuleSet>{rest}</DescribeSecurityGroupRulesResponse>"
    )
}

fn rule(id: &str, rest: &str) -> String {
    format!(
        "<item><securityGroupRuleId>{id}</securityGroupRuleId><groupId>sg-1</groupId>\
         <groupOwnerId>111122223333</groupOwnerId>{rest}</item>"
    )
}

const TCP: &str = "<isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort>\
                   <cidrIpv4>0.0.0.0/0</cidrIpv4><description>a &lt;b&gt;</description><tagSet/>";
const GROUP: &str = "<isEgress>true</isEgress><ipProtocol>-1</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort>\
                     <referencedGroupInfo><groupId>sg-2</groupId><userId>999900001111</userId></referencedGroupInfo>";

#[tokio::test]
async fn rules_of_groups_are_read_over_all_pages_with_every_kind_of_other_side() {
    let sides = "<isEgress>false</isEgress><ipProtocol>50</ipProtocol>";
    let (server, port) = pages(vec![
        rules(
            &format!("{}{}", rule("sgr-1", TCP), rule("sgr-2", GROUP)),
            "<nextToken>a b+/=</nextToken>",
        ),
        rules("", "<nextToken>c</nextToken>"),
        rules(
            &format!(
                "{}{}",
                rule(
                    "sgr-3",
                    &format!("{sides}<prefixListId>pl-1</prefixListId>")
                ),
                rule("sgr-4", &format!("{sides}<cidrIpv6>::/0</cidrIpv6>"))
            ),
            "<nextToken/>",
        ),
    ])
    .await;
    let read = port.security_group_rules(&ids(&["sg-1", "sg-3"])).await;
    let read = read.unwrap();
    assert_eq!(
        read[0],
        GroupRule {
            id: "sgr-1".to_owned(),
            group: "sg-1".to_owned(),
            is_egress: false,
            protocol: "tcp".to_owned(),
            from_port: Some(22),
            to_port: Some(22),
            cidr_ipv4: Some("0.0.0.0/0".to_owned()),
            description: Some("a <b>".to_owned()),
            ..GroupRule::default()
        }
    );
    assert_eq!(read[1].referenced_group.as_deref(), Some("sg-2"));
    assert_eq!(read[1].referenced_account.as_deref(), Some("999900001111"));
    assert_eq!((read[1].from_port, read[1].is_egress), (Some(-1), true));
    assert_eq!(read[2].prefix_list.as_deref(), Some("pl-1"));
    assert_eq!(
        (read[3].cidr_ipv6.as_deref(), read.len()),
        (Some("::/0"), 4)
    );
    let seen = server.seen();
    assert_eq!(
        seen[0].body,
        "Action=DescribeSecurityGroupRules&Version=2016-11-15&MaxResults=1000&Filter.1.Name=group-id\
         &Filter.1.Value.1=sg-1&Filter.1.Value.2=sg-3"
    );
    assert!(seen[1].body.ends_with("&NextToken=a%20b%2B%2F%3D"));
    assert!(seen[0].head.starts_with("POST / "), "{}", seen[0].head);
    assert!(seen[0].head.contains("/eu-west-1/ec2/aws4_request"));
}

#[tokio::test]
async fn no_ids_are_no_call_and_too_many_are_refused() {
    let (server, port) = pages(Vec::new()).await;
    assert_eq!(port.security_group_rules(&[]).await.unwrap(), []);
    assert_eq!(port.routes(&[]).await.unwrap(), []);
    let many: Vec<String> = (0..201).map(|number| format!("sg-{number}")).collect();
    let error = port.security_group_rules(&many).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Invalid);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_not_whole_is_an_error_and_no_short_list() {
    let good = rule("sgr-1", TCP);
    let cut = rules(&good, "");
    for body in [
        cut[..cut.len() - 10].to_owned(),
        String::new(),
        "<DescribeSecurityGroupRulesResponse/>".to_owned(),
        rules(&good, "").replace("securityGroupRuleSet", "otherSet"),
        rules(&good, "").replace("Response", "Result"),
        rules(&format!("{good}<member/>"), ""),
        rules(&rule("", TCP), ""),
        rules(&rule("sgr-1", &TCP.replace(">22<", ">hunter2<")), ""),
        rules(&rule("sgr-1", &TCP.replace("false", "hunter2")), ""),
        rules(
            &rule("sgr-1", &TCP.replace("<isEgress>false</isEgress>", "")),
            "",
        ),
        rules(&rule("sgr-1", &TCP.replace("cidrIpv4", "cidrIpv9")), ""),
        rules(&good, "").replace("<groupId>sg-1</groupId>", ""),
    ] {
        let (_server, port) = always(Reply::new(200, body)).await;
        let result = port.security_group_rules(&ids(&["sg-1"])).await;
        assert_unreadable(result, RULES, "security groups sg-1");
    }
}

#[tokio::test]
async fn what_was_not_asked_for_is_passed_over() {
    let other = rule("sgr-2", TCP).replace("<groupId>sg-1<", "<groupId>sg-9<");
    let body = rules(&format!("{other}{}", rule("sgr-1", TCP)), "");
    let (_server, port) = always(Reply::new(200, body)).await;
    let read = port.security_group_rules(&ids(&["sg-1"])).await.unwrap();
    assert_eq!((read.len(), read[0].id.as_str()), (1, "sgr-1"));
    let (_server, port) = always(Reply::new(200, tables("<item>damaged</item>"))).await;
    assert_eq!(port.routes(&ids(&["rtb-9"])).await.unwrap(), []);
}

#[tokio::test]
async fn a_token_that_comes_again_is_an_error_and_no_endless_list() {
    let body = rules("", "<nextToken>again</nextToken>");
    let (server, port) = always(Reply::new(200, body)).await;
    let result = port.security_group_rules(&ids(&["sg-1"])).await;
    assert_unreadable(result, RULES, "repeats a NextToken");
    assert_eq!(server.seen().len(), 2);
}

fn tables(routes: &str) -> String {
    format!(
        "<DescribeRouteTablesResponse><routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId>\
         <routeSet>{routes}</routeSet><associationSet/><propagatingVgwSet/><tagSet/></item></routeTableSet>\
         </DescribeRouteTablesResponse>"
    )
}

#[tokio::test]
async fn every_kind_of_destination_and_target_of_a_route_is_told() {
    let route = |destination: &str, target: &str| {
        format!(
            "<item>{destination}{target}<state>active</state><origin>CreateRoute</origin></item>"
        )
    };
    let any = "<destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>";
    let cases = [
        (
            any,
            "<gatewayId>igw-1</gatewayId>",
            "DestinationCidrBlock",
            "GatewayId",
        ),
        (
            "<destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock>",
            "<egressOnlyInternetGatewayId>eigw-1</egressOnlyInternetGatewayId>",
            "DestinationIpv6CidrBlock",
            "EgressOnlyInternetGatewayId",
        ),
        (
            "<destinationPrefixListId>pl-1</destinationPrefixListId>",
            "<gatewayId>vpce-1</gatewayId>",
            "DestinationPrefixListId",
            "GatewayId",
        ),
        (
            any,
            "<natGatewayId>nat-1</natGatewayId>",
            "DestinationCidrBlock",
            "NatGatewayId",
        ),
        (
            any,
            "<transitGatewayId>tgw-1</transitGatewayId>",
            "DestinationCidrBlock",
            "TransitGatewayId",
        ),
        (
            any,
            "<localGatewayId>lgw-1</localGatewayId>",
            "DestinationCidrBlock",
            "LocalGatewayId",
        ),
        (
            any,
            "<carrierGatewayId>cagw-1</carrierGatewayId>",
            "DestinationCidrBlock",
            "CarrierGatewayId",
        ),
        (
            any,
            "<networkInterfaceId>eni-1</networkInterfaceId>",
            "DestinationCidrBlock",
            "NetworkInterfaceId",
        ),
        (
            any,
            "<instanceOwnerId>amazon-aws</instanceOwnerId><networkInterfaceId>eni-1</networkInterfaceId>",
            "DestinationCidrBlock",
            "NetworkInterfaceId",
        ),
        (
            any,
            "<networkInterfaceId>eni-1</networkInterfaceId><instanceOwnerId>111122223333</instanceOwnerId>\
             <instanceId>i-1</instanceId>",
            "DestinationCidrBlock",
            "InstanceId",
        ),
        (
            any,
            "<vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>",
            "DestinationCidrBlock",
            "VpcPeeringConnectionId",
        ),
        (
            any,
            "<coreNetworkArn>arn:x</coreNetworkArn>",
            "DestinationCidrBlock",
            "CoreNetworkArn",
        ),
        (any, "", "DestinationCidrBlock", ""),
    ];
    for (destination, target, destination_kind, target_kind) in cases {
        let (server, port) = pages(vec![tables(&route(destination, target))]).await;
        let read = port.routes(&ids(&["rtb-1"])).await.unwrap();
        assert_eq!(read[0].destination_kind, destination_kind);
        assert_eq!(read[0].target_kind, target_kind);
        assert_eq!(read[0].target.is_empty(), target.is_empty());
        let body = &server.seen()[0].body;
        assert!(
            body.contains("MaxResults=100&Filter.1.Name=route-table-id&Filter.1.Value.1=rtb-1")
        );
    }
    let (_server, port) = pages(vec![tables(&route(any, "<gatewayId>local</gatewayId>"))]).await;
    assert_eq!(
        port.routes(&ids(&["rtb-1"])).await.unwrap(),
        [Route {
            table: "rtb-1".to_owned(),
            destination_kind: "DestinationCidrBlock".to_owned(),
            destination: "0.0.0.0/0".to_owned(),
            target_kind: "GatewayId".to_owned(),
            target: "local".to_owned(),
            origin: "CreateRoute".to_owned(),
        }]
    );
}

#[tokio::test]
async fn a_route_without_its_one_destination_or_origin_is_an_error() {
    let any = "<destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>";
    let origin = "<origin>CreateRoute</origin>";
    let six = "<destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock>";
    for item in [
        origin.to_owned(),
        any.to_owned(),
        format!("{any}{six}{origin}"),
    ] {
        let (_server, port) = pages(vec![tables(&format!("<item>{item}</item>"))]).await;
        let result = port.routes(&ids(&["rtb-1"])).await;
        assert_unreadable(result, "ec2:DescribeRouteTables", "route tables rtb-1");
    }
    let (_server, port) = pages(vec![tables("").replace("routeSet", "otherSet")]).await;
    let result = port.routes(&ids(&["rtb-1"])).await;
    assert_unreadable(result, "ec2:DescribeRouteTables", "has no routeSet");
}

fn policies(action: &str, list: &str, rest: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{action}Result>{list}{rest}\
         </{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    )
}

#[tokio::test]
async fn policies_of_each_kind_of_holder_are_read_over_all_pages_where_iam_is() {
    let holders = [
        (Holder::Role("a/b".to_owned()), "Role"),
        (Holder::User("a/b".to_owned()), "User"),
        (Holder::Group("a/b".to_owned()), "Group"),
    ];
    for (holder, kind) in holders {
        let action = format!("List{kind}Policies");
        let names = |name: &str| format!("<PolicyNames><member>{name}</member></PolicyNames>");
        let more = "<IsTruncated>true</IsTruncated><Marker>m&amp;1</Marker>";
        let end = "<IsTruncated>false</IsTruncated>";
        let (server, port) = pages(vec![
            policies(&action, &names("one"), more),
            policies(&action, &names("two"), end),
        ])
        .await;
        assert_eq!(port.inline_policies(&holder).await.unwrap(), ["one", "two"]);
        let seen = server.seen();
        assert_eq!(
            seen[0].body,
            format!("Action={action}&Version=2010-05-08&{kind}Name=a%2Fb&MaxItems=1000")
        );
        assert!(seen[1].body.ends_with("&Marker=m%261"), "{}", seen[1].body);
        assert!(seen[0].head.contains("/us-east-1/iam/aws4_request"));

        let action = format!("ListAttached{kind}Policies");
        let entry = "<AttachedPolicies><member><PolicyName>p</PolicyName><PolicyArn>arn:p</PolicyArn></member>\
                     </AttachedPolicies>";
        let (server, port) = pages(vec![policies(&action, entry, end)]).await;
        assert_eq!(port.attached_policies(&holder).await.unwrap(), ["arn:p"]);
        assert!(
            server.seen()[0]
                .body
                .starts_with(&format!("Action={action}&"))
        );
    }
}

#[tokio::test]
async fn policies_that_are_said_to_go_on_without_a_marker_are_an_error() {
    let role = Holder::Role("r".to_owned());
    let names = "<PolicyNames/>";
    for (list, rest, what) in [
        (names, "<IsTruncated>true</IsTruncated>", "no Marker"),
        (
            names,
            "<IsTruncated>perhaps</IsTruncated>",
            "not true or false",
        ),
        (
            names,
            "<IsTruncated>true</IsTruncated><Marker>again</Marker>",
            "repeats a Marker",
        ),
        ("", "<IsTruncated>false</IsTruncated>", "has no PolicyNames"),
    ] {
        let body = policies("ListRolePolicies", list, rest);
        let (_server, port) = always(Reply::new(200, body)).await;
        let result = port.inline_policies(&role).await;
        assert_unreadable(result, "iam:ListRolePolicies", what);
    }
    let body = policies(
        "ListAttachedRolePolicies",
        "<AttachedPolicies><member/></AttachedPolicies>",
        "",
    );
    let (_server, port) = always(Reply::new(200, body)).await;
    let result = port.attached_policies(&role).await;
    assert_unreadable(result, "iam:ListAttachedRolePolicies", "without PolicyArn");
}
