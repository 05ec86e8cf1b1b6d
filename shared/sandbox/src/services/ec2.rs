//! EC2: rules of security groups, routes of route tables.

use std::collections::BTreeSet;

use super::{Ask, page, size};
use crate::answer::{Answer, Failure};
use crate::attach::Attachment;
use crate::form::Form;
use crate::live::{Hop, Item, View, hops};
use crate::xml::Xml;

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// Values of one filter at most.
const FILTER_VALUES: usize = 200;

pub(super) fn named(form: &Form) -> Vec<String> {
    let filters = form.filters().into_iter().flat_map(|(_, values)| values);
    let ids = ["RouteTableId", "SecurityGroupRuleId"];
    let ids = ids.into_iter().flat_map(|name| form.numbered(name));
    filters.chain(ids).map(str::to_owned).collect()
}

pub(super) fn answer(ask: &Ask<'_>) -> Result<Answer, Failure> {
    let content = match ask.operation {
        "DescribeSecurityGroupRules" => group_rules(ask)?,
        "DescribeRouteTables" => route_tables(ask)?,
        other => {
            let message = format!("The action {other} is not valid for this web service.");
            return Err(Failure::new(400, "InvalidAction", message));
        }
    };
    let (operation, id) = (ask.operation, ask.request_id);
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{operation}Response xmlns=\"{NAMESPACE}\">\
         <requestId>{id}</requestId>{content}</{operation}Response>"
    );
    Ok(Answer::new(200, "text/xml;charset=UTF-8", body))
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(400, "InvalidParameterValue", message)
}

/// The values of the only filter that the sandbox knows of a call.
fn wanted<'a>(ask: &Ask<'a>, filter: &str) -> Result<Option<Vec<&'a str>>, Failure> {
    let mut wanted = None;
    for (name, values) in ask.form.filters() {
        if name != filter {
            return Err(invalid(format!("The filter '{name}' is invalid")));
        }
        if values.len() > FILTER_VALUES {
            let message = "The maximum number of filter values specified on a single call is 200";
            return Err(Failure::new(400, "FilterLimitExceeded", message));
        }
        wanted = Some(values);
    }
    Ok(wanted)
}

/// The page of a list that is asked for.
fn paged<T>(ask: &Ask<'_>, rows: Vec<T>, most: usize) -> Result<(Vec<T>, Option<String>), Failure> {
    let given = ask.form.get("MaxResults");
    let size = size(given, (5, most), most).ok_or_else(|| {
        let given = given.unwrap_or_default();
        invalid(format!(
            "Value ( {given} ) for parameter maxResults is invalid. Expecting a value between 5 and {most}."
        ))
    })?;
    let token = ask.form.get("NextToken");
    page(rows, token, size).map_err(|_| {
        let message = "The token is invalid or expired";
        Failure::new(400, "InvalidPaginationToken", message)
    })
}

fn group_rules(ask: &Ask<'_>) -> Result<String, Failure> {
    let groups = wanted(ask, "group-id")?;
    let view = View::of(ask.state, ask.place);
    let known = view.all("AWS::EC2::SecurityGroup");
    let known: BTreeSet<_> = known.map(|(row, _)| row.physical_id.as_str()).collect();
    let mut rules = view.items("AWS::EC2::SecurityGroup", groups.as_deref());
    rules.retain(|item| known.contains(item.parent.as_str()));
    let ids = ask.form.numbered("SecurityGroupRuleId");
    if let Some(unknown) = ids
        .iter()
        .find(|id| !rules.iter().any(|rule| rule.id == **id))
    {
        let message = format!("The security group rule ID '{unknown}' does not exist");
        return Err(Failure::new(
            400,
            "InvalidSecurityGroupRuleId.NotFound",
            message,
        ));
    }
    rules.retain(|rule| ids.is_empty() || ids.contains(&rule.id.as_str()));
    let (rules, next) = paged(ask, rules, 1000)?;
    let mut xml = Xml::new();
    xml.element("securityGroupRuleSet", |xml| {
        for item in &rules {
            xml.element("item", |xml| rule(xml, item, view));
        }
    })
    .maybe("nextToken", next.as_deref());
    Ok(xml.into_string())
}

fn rule(xml: &mut Xml, item: &Item, view: View<'_>) {
    let Attachment::GroupRule {
        egress,
        protocol,
        from_port,
        to_port,
        peer,
        description,
    } = &item.attachment
    else {
        return;
    };
    let owner = view.account;
    xml.text("securityGroupRuleId", &item.id)
        .text("groupId", &item.parent)
        .text("groupOwnerId", owner)
        .text("isEgress", &egress.to_string())
        .text("ipProtocol", protocol)
        .text("fromPort", &from_port.unwrap_or(-1).to_string())
        .text("toPort", &to_port.unwrap_or(-1).to_string());
    match peer.as_str() {
        list if list.starts_with("pl-") => xml.text("prefixListId", list),
        range if range.contains(':') => xml.text("cidrIpv6", range),
        range if range.contains('.') => xml.text("cidrIpv4", range),
        group => {
            let (account, id) = group.split_once('/').unwrap_or((owner, group));
            let id = group_id(id, view);
            xml.element("referencedGroupInfo", |xml| {
                xml.text("groupId", &id).text("userId", account);
            })
        }
    };
    xml.maybe("description", description.as_deref())
        .element("tagSet", |_| {});
}

/// The id of a group that may be named by its name.
fn group_id(name: &str, view: View<'_>) -> String {
    if name.starts_with("sg-") {
        return name.to_owned();
    }
    let mut groups = view.all("AWS::EC2::SecurityGroup");
    let group = groups.find(|(_, properties)| properties["GroupName"] == name);
    group.map_or_else(|| name.to_owned(), |(row, _)| row.physical_id.clone())
}

fn route_tables(ask: &Ask<'_>) -> Result<String, Failure> {
    let filter = wanted(ask, "route-table-id")?;
    let view = View::of(ask.state, ask.place);
    let tables: Vec<_> = view.all("AWS::EC2::RouteTable").collect();
    let ids = ask.form.numbered("RouteTableId");
    let has = |id: &str| tables.iter().any(|(row, _)| row.physical_id == id);
    if let Some(unknown) = ids.iter().find(|id| !has(id)) {
        let message = format!("The routeTable ID '{unknown}' does not exist");
        return Err(Failure::new(400, "InvalidRouteTableID.NotFound", message));
    }
    let tables = tables.into_iter().filter(|(row, _)| {
        let id = row.physical_id.as_str();
        filter.as_ref().is_none_or(|filter| filter.contains(&id))
            && (ids.is_empty() || ids.contains(&id))
    });
    let (tables, next) = paged(ask, tables.collect(), 100)?;
    let mut xml = Xml::new();
    xml.element("routeTableSet", |xml| {
        for (row, properties) in &tables {
            let vpc = properties["VpcId"]
                .as_str()
                .unwrap_or("vpc-00000000000000000");
            xml.element("item", |xml| {
                xml.text("routeTableId", &row.physical_id)
                    .text("vpcId", vpc)
                    .text("ownerId", &ask.place.0)
                    .element("routeSet", |xml| {
                        for hop in hops(view, &row.physical_id, vpc) {
                            xml.element("item", |xml| route(xml, &hop));
                        }
                    })
                    .element("associationSet", |_| {})
                    .element("propagatingVgwSet", |_| {})
                    .element("tagSet", |_| {});
            });
        }
    })
    .maybe("nextToken", next.as_deref());
    Ok(xml.into_string())
}

fn route(xml: &mut Xml, hop: &Hop) {
    xml.text(hop.destination_kind(), &hop.destination)
        .text(hop.target_kind(), &hop.target)
        .text("state", "active")
        .text("origin", hop.origin);
}
