use serde_json::json;

use super::*;
use crate::harness::{found, route, said, unsaid};
use crate::testing::MemoryAttachments;

fn table() -> Declared {
    said("AWS::EC2::RouteTable", "rtb-1", json!({"VpcId": "vpc-1"}))
}

fn with(routes: &[Route]) -> MemoryAttachments {
    let port = MemoryAttachments::new();
    for route in routes {
        port.add_route(route.clone());
    }
    port
}

const LINE: &str = r#"rtb-1 /Routes[DestinationCidrBlock="0.0.0.0/0"]"#;

#[test]
fn a_route_that_no_stack_declares_is_an_addition() {
    let port = with(&[route("rtb-1", "0.0.0.0/0", "igw-1")]);
    assert_eq!(found(&port, &[table()]), [LINE]);
    let declared = |expected: Value| said("AWS::EC2::Route", "stack-Route-1", expected);
    let other_target = json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"});
    assert!(found(&port, &[table(), declared(other_target)]).is_empty());
    for other in [
        json!({"RouteTableId": "rtb-2", "DestinationCidrBlock": "0.0.0.0/0"}),
        json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "10.0.0.0/8"}),
        json!({"RouteTableId": "rtb-1", "DestinationIpv6CidrBlock": "::/0"}),
    ] {
        assert_eq!(found(&port, &[table(), declared(other)]), [LINE]);
    }
}

#[test]
fn a_destination_is_told_by_its_bits() {
    let six = Route {
        destination_kind: "DestinationIpv6CidrBlock".to_owned(),
        ..route("rtb-1", "2001:db8::/32", "igw-1")
    };
    let port = with(&[route("rtb-1", "10.0.0.0/8", "pcx-1"), six]);
    let stack = [
        table(),
        said(
            "AWS::EC2::Route",
            "a",
            json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "10.1.2.3/8"}),
        ),
        said(
            "AWS::EC2::Route",
            "b",
            json!({"RouteTableId": "rtb-1", "DestinationIpv6CidrBlock": "2001:0DB8:0::/32"}),
        ),
    ];
    assert!(found(&port, &stack).is_empty());
}

#[test]
fn a_route_that_cannot_be_read_is_told_by_its_physical_id_or_makes_others_potential() {
    let list = Route {
        destination_kind: "DestinationPrefixListId".to_owned(),
        ..route("rtb-1", "pl-1", "tgw-1")
    };
    let port = with(&[route("rtb-1", "0.0.0.0/0", "igw-1"), list]);
    let unread = |id: &str| unsaid("AWS::EC2::Route", id);
    let stack = [table(), unread("rtb-1|0.0.0.0/0"), unread("rtb-1|pl-1")];
    assert!(found(&port, &stack).is_empty());
    let listed = "rtb-1 /Routes[DestinationPrefixListId=pl-1]";
    assert_eq!(
        found(&port, &[table(), unread("stack-Route-1")]),
        [format!("{LINE} ?"), format!("{listed} ?")]
    );
    assert_eq!(
        found(&port, &[table(), unread("rtb-2|0.0.0.0/0")]),
        [LINE, listed]
    );
    let nowhere = said(
        "AWS::EC2::Route",
        "x",
        json!({"RouteTableId": {"Ref": "T"}, "DestinationCidrBlock": "0.0.0.0/0"}),
    );
    assert_eq!(
        found(&port, &[table(), nowhere]),
        [format!("{LINE} ?"), listed.to_owned()]
    );
}

#[test]
fn aws_s_own_routes_are_local_propagated_or_lead_to_its_services() {
    let local = route("rtb-1", "10.0.0.0/16", "local");
    let propagated = Route {
        origin: "EnableVgwRoutePropagation".to_owned(),
        ..route("rtb-1", "192.168.0.0/16", "vgw-1")
    };
    let endpoint = Route {
        destination_kind: "DestinationPrefixListId".to_owned(),
        ..route("rtb-1", "pl-1", "vpce-1")
    };
    let lattice = Route {
        target: "VpcLattice".to_owned(),
        ..endpoint.clone()
    };
    assert!(
        found(
            &with(&[local.clone(), propagated, endpoint, lattice]),
            &[table()]
        )
        .is_empty()
    );
    let bent = Route {
        target: "eni-1".to_owned(),
        ..local.clone()
    };
    let made = Route {
        origin: "CreateRoute".to_owned(),
        ..local
    };
    let firewall = route("rtb-1", "0.0.0.0/0", "vpce-1");
    let gateway = route("rtb-1", "192.168.0.0/16", "vgw-1");
    for route in [bent, made, firewall, gateway] {
        assert_eq!(
            found(&with(std::slice::from_ref(&route)), &[table()]).len(),
            1,
            "{route:?}"
        );
    }
}
