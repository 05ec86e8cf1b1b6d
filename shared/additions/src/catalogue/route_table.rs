//! The routes of a route table.
//!
//! Each is declared as `AWS::EC2::Route`. A table has one route for each
//! destination, so that tells it from others; where a declared one leads is
//! CloudFormation's to compare. What `AWS::EC2::VPCEndpoint` (`RouteTableIds`)
//! and `AWS::EC2::VPNGatewayRoutePropagation` put there AWS keeps itself, and
//! `AWS::EC2::GatewayRouteTableAssociation` adds no route to a table.

use std::collections::BTreeMap;

use domain::ports::{Attachments, PortError, PortErrorKind, Route};
use domain::stack::Declared;
use serde_json::{Map, Value};

use super::Likeness;
use super::security_group::rule::range;
use crate::item::{Claim, Item, Kind};
use crate::said::{Said, properties};

/// The table's routes; CloudFormation has no such property, the API has.
pub(crate) const ROUTES: &str = "Routes";

/// The type that declares a route.
pub(super) const ATTACHMENTS: [&str; 1] = ["AWS::EC2::Route"];

/// The ways to name a destination.
pub(super) const DESTINATIONS: [&str; 3] = [
    "DestinationCidrBlock",
    "DestinationIpv6CidrBlock",
    "DestinationPrefixListId",
];

/// What a route says.
pub(super) fn attached_claims(it: &Declared) -> Vec<Claim> {
    let said = properties(it);
    let table = Said::of(said.and_then(|said| said.get("RouteTableId")));
    let to = said.and_then(|said| {
        DESTINATIONS.iter().find_map(|name| {
            let field = Said::of(said.get(*name)).field()?;
            Some(destination(name, field))
        })
    });
    // The physical id is `rtb-…|destination`, of older stacks a text of their own.
    let (of_table, of_text) = match it.physical_id.split_once('|') {
        Some((table, text)) if table.starts_with("rtb-") => {
            let name = match range(text) {
                Some((first, _)) if first.is_ipv6() => DESTINATIONS[1],
                Some(_) => DESTINATIONS[0],
                None => DESTINATIONS[2],
            };
            (Some(table), Some(destination(name, text.into())))
        }
        _ => (None, None),
    };
    let fields = to.or(of_text).unwrap_or(Value::Null);
    vec![Claim::attached(
        Kind::RouteTable,
        table.text().or(of_table),
        Item::new(ROUTES, fields),
    )]
}

fn destination(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

/// What is there, of up to as many tables as one call takes, without what AWS itself puts there.
pub(crate) async fn live(
    port: &dyn Attachments,
    tables: &[String],
) -> Result<BTreeMap<String, Vec<Item>>, PortError> {
    let mut items: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for route in port.routes(tables).await? {
        if !is_own(&route) {
            items
                .entry(route.table.clone())
                .or_default()
                .push(item(route));
        }
    }
    Ok(items)
}

/// Why a table cannot be read that has no id.
pub(crate) fn nameless(table: &str) -> PortError {
    PortError::new(
        PortErrorKind::Invalid,
        "ec2:DescribeRouteTables",
        format!("{table} is no id of a route table: it should begin with rtb-"),
    )
}

fn item(route: Route) -> Item {
    let mut fields = Map::from_iter([(route.destination_kind, route.destination.into())]);
    if !route.target_kind.is_empty() {
        fields.insert(route.target_kind, route.target.into());
    }
    Item::new(ROUTES, Value::Object(fields))
}

/// Whether AWS put the route there: the local ones of the VPC's own ranges as
/// long as they stay local, what a virtual private gateway tells, and what a
/// gateway endpoint or a service network adds. Those two lead to prefix lists
/// of AWS; a route by hand to an endpoint of a firewall has a range of addresses.
fn is_own(route: &Route) -> bool {
    let is_local = route.origin == "CreateRouteTable" && route.target == "local";
    let is_propagated = route.origin == "EnableVgwRoutePropagation";
    let is_services = route.destination_kind == "DestinationPrefixListId"
        && (route.target.starts_with("vpce-") || route.target.eq_ignore_ascii_case("VpcLattice"));
    is_local || is_propagated || is_services
}

/// How much two routes of one table are alike.
pub(super) fn likeness(live: &Item, declared: &Item) -> Likeness {
    let to = |item: &Item| {
        DESTINATIONS
            .iter()
            .map(|name| Said::of(item.fields.get(*name)))
            .find(|said| *said != Said::Nothing)
    };
    match (to(live), to(declared)) {
        (Some(Said::Text(live)), Some(Said::Text(declared))) => {
            let is_one = match (range(&live), range(&declared)) {
                (Some(live), Some(declared)) => live == declared,
                _ => live == declared,
            };
            if is_one { Likeness::Same } else { Likeness::No }
        }
        (_, Some(Said::Unclear)) => Likeness::Likely,
        _ => Likeness::No,
    }
}

#[cfg(test)]
mod tests;
