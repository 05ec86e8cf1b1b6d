//! Rules of security groups and routes of route tables.

use aws::{Access, Service};
use domain::ports::{GROUPS_AT_ONCE, GroupRule, PortError, Route};

use crate::ask::{About, query};
use crate::pages::Pages;
use crate::xml::{Damaged, Element};

const EC2: Service = Service {
    name: "ec2",
    id: "EC2",
};
const VERSION: &str = "2016-11-15";

const RULES: Listing = Listing {
    op: "ec2:DescribeSecurityGroupRules",
    kind: "security groups",
    filter: "group-id",
    // The most that the API allows.
    page: "1000",
    list: "securityGroupRuleSet",
};
const TABLES: Listing = Listing {
    op: "ec2:DescribeRouteTables",
    kind: "route tables",
    filter: "route-table-id",
    page: "100",
    list: "routeTableSet",
};

/// A list that is asked for by the ids it is about.
///
/// By filter and not by the ids' own parameter: one id that is gone would make
/// that call fail for all of them.
struct Listing {
    op: &'static str,
    kind: &'static str,
    filter: &'static str,
    page: &'static str,
    list: &'static str,
}

/// The rules of groups, in and out.
pub(crate) async fn rules(access: &Access, groups: &[String]) -> Result<Vec<GroupRule>, PortError> {
    RULES
        .read(access, groups, |entry, rules| {
            if is_asked_for(groups, entry.needs_text("groupId")?) {
                rules.push(rule(entry)?);
            }
            Ok(())
        })
        .await
}

/// The routes of tables.
pub(crate) async fn routes(access: &Access, tables: &[String]) -> Result<Vec<Route>, PortError> {
    TABLES
        .read(access, tables, |entry, routes| {
            let table = entry.needs_text("routeTableId")?;
            if is_asked_for(tables, table) {
                for entry in entry.list("routeSet", "item")? {
                    routes.push(route(table, entry)?);
                }
            }
            Ok(())
        })
        .await
}

impl Listing {
    async fn read<T>(
        &self,
        access: &Access,
        ids: &[String],
        mut take: impl FnMut(&Element, &mut Vec<T>) -> Result<(), Damaged>,
    ) -> Result<Vec<T>, PortError> {
        let mut found = Vec::new();
        // A filter without values is no filter: the answer would be the whole region's.
        if ids.is_empty() {
            return Ok(found);
        }
        let name = ids.join(", ");
        let about = About {
            op: self.op,
            kind: self.kind,
            name: &name,
        };
        if ids.len() > GROUPS_AT_ONCE {
            let detail = format!("{} ids in one call; at most {GROUPS_AT_ONCE}", ids.len());
            return Err(about.unreadable(&access.place, detail));
        }
        let mut parameters = vec![
            ("MaxResults".to_owned(), self.page),
            ("Filter.1.Name".to_owned(), self.filter),
        ];
        for (number, id) in ids.iter().enumerate() {
            parameters.push((format!("Filter.1.Value.{}", number + 1), id.as_str()));
        }
        let mut pages = Pages::new("NextToken");
        loop {
            let mut parameters = parameters.clone();
            if let Some(token) = &pages.token {
                parameters.push(("NextToken".to_owned(), token));
            }
            let page = query(access, (&EC2, VERSION), about, &parameters).await?;
            let mut read = || -> Result<(), Damaged> {
                for entry in page.list(self.list, "item")? {
                    take(entry, &mut found)?;
                }
                Ok(())
            };
            let more = read()
                .and_then(|()| page.text("nextToken"))
                .map_err(|damaged| about.unreadable(&access.place, damaged))
                .and_then(|token| {
                    pages
                        .turn(token)
                        .map_err(|what| about.unreadable(&access.place, what))
                })?;
            if !more {
                return Ok(found);
            }
        }
    }
}

/// Whether an entry is about one of these. An endpoint that does not know the
/// filter gives more; what nobody asked for is passed over, and nothing is lost.
fn is_asked_for(ids: &[String], id: &str) -> bool {
    ids.iter().any(|asked| asked == id)
}

fn rule(entry: &Element) -> Result<GroupRule, Damaged> {
    let text = |name: &str| Ok(entry.text(name)?.map(str::to_owned));
    let (referenced_group, referenced_account) = match entry.child("referencedGroupInfo")? {
        Some(info) => (
            info.text("groupId")?.map(str::to_owned),
            info.text("userId")?.map(str::to_owned),
        ),
        None => (None, None),
    };
    let rule = GroupRule {
        id: entry.needs_text("securityGroupRuleId")?.to_owned(),
        group: entry.needs_text("groupId")?.to_owned(),
        is_egress: entry
            .flag("isEgress")?
            .ok_or_else(|| Damaged("has a rule without isEgress".to_owned()))?,
        protocol: entry.needs_text("ipProtocol")?.to_owned(),
        from_port: number(entry, "fromPort")?,
        to_port: number(entry, "toPort")?,
        cidr_ipv4: text("cidrIpv4")?,
        cidr_ipv6: text("cidrIpv6")?,
        prefix_list: text("prefixListId")?,
        referenced_group,
        referenced_account,
        description: text("description")?,
    };
    let others = [
        &rule.cidr_ipv4,
        &rule.cidr_ipv6,
        &rule.prefix_list,
        &rule.referenced_group,
    ];
    // With a side of a kind that is not known here, it would match nothing that is declared.
    if others.iter().all(|other| other.is_none()) {
        return Err(Damaged("has a rule without another side".to_owned()));
    }
    Ok(rule)
}

fn number(entry: &Element, name: &str) -> Result<Option<i64>, Damaged> {
    entry
        .text(name)?
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| Damaged(format!("has a {name} that is no number")))
}

fn route(table: &str, entry: &Element) -> Result<Route, Damaged> {
    let mut destinations = entry
        .leaves()
        .filter(|(name, _)| name.starts_with("destination"));
    let (Some((kind, destination)), None) = (destinations.next(), destinations.next()) else {
        return Err(Damaged(
            "has a route without its one destination".to_owned(),
        ));
    };
    let target = target(entry);
    Ok(Route {
        table: table.to_owned(),
        destination_kind: capitalized(kind),
        destination: destination.to_owned(),
        target_kind: target
            .map(|(kind, _)| capitalized(kind))
            .unwrap_or_default(),
        target: target.map(|(_, id)| id.to_owned()).unwrap_or_default(),
        origin: entry.needs_text("origin")?.to_owned(),
    })
}

/// What a route leads to: an id or ARN that is not the destination's, so that a
/// kind of gateway that is new is told too. A route to an instance names its
/// network interface and the instance's owner beside it.
fn target(entry: &Element) -> Option<(&str, &str)> {
    let targets = || {
        entry.leaves().filter(|(name, _)| {
            let is_id = name.ends_with("Id") || name.ends_with("Arn");
            is_id && !name.starts_with("destination") && *name != "instanceOwnerId"
        })
    };
    targets()
        .find(|(name, _)| *name == "instanceId")
        .or_else(|| targets().next())
}

fn capitalized(name: &str) -> String {
    let mut rest = name.chars();
    rest.next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(rest)
        .collect()
}
