//! Routes as EC2 tells them.

use super::View;
use crate::attach::Attachment;

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) destination: String,
    pub(crate) target: String,
    /// `CreateRouteTable`, `CreateRoute` or `EnableVgwRoutePropagation`.
    pub(crate) origin: &'static str,
}

impl Hop {
    /// The name of the destination in the API's answer.
    pub(crate) fn destination_kind(&self) -> &'static str {
        match self.destination.as_str() {
            list if list.starts_with("pl-") => "destinationPrefixListId",
            range if range.contains(':') => "destinationIpv6CidrBlock",
            _ => "destinationCidrBlock",
        }
    }

    /// The name of the target in the API's answer.
    pub(crate) fn target_kind(&self) -> &'static str {
        let prefix = self.target.split('-').next().unwrap_or_default();
        match prefix {
            "nat" => "natGatewayId",
            "tgw" => "transitGatewayId",
            "eni" => "networkInterfaceId",
            "i" => "instanceId",
            "pcx" => "vpcPeeringConnectionId",
            "eigw" => "egressOnlyInternetGatewayId",
            "lgw" => "localGatewayId",
            "cagw" => "carrierGatewayId",
            _ => "gatewayId",
        }
    }
}

/// The routes of a table in the VPC of this id: its local one first.
pub(crate) fn hops(view: View<'_>, table: &str, vpc: &str) -> Vec<Hop> {
    let vpc = view.find("AWS::EC2::VPC", vpc);
    let block = vpc.and_then(|(_, properties)| properties["CidrBlock"].as_str().map(str::to_owned));
    let local = Hop {
        destination: block.unwrap_or_else(|| "10.0.0.0/16".to_owned()),
        target: "local".to_owned(),
        origin: "CreateRouteTable",
    };
    let items = view.items("AWS::EC2::RouteTable", Some(&[table]));
    let made = items.into_iter().filter_map(|item| match item.attachment {
        Attachment::Route {
            destination,
            target,
            propagated,
        } => Some(Hop {
            destination,
            target,
            origin: match propagated {
                true => "EnableVgwRoutePropagation",
                false => "CreateRoute",
            },
        }),
        _ => None,
    });
    std::iter::once(local).chain(made).collect()
}
