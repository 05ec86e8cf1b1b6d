//! The rules of a security group.
//!
//! Declared in the group itself (`SecurityGroupIngress`, `SecurityGroupEgress`)
//! or as `AWS::EC2::SecurityGroupIngress` and `AWS::EC2::SecurityGroupEgress`,
//! which name the group by `GroupId` or `GroupName`. A rule is told from others
//! by direction, protocol, ports and the other side; its description is not
//! part of it. EC2 refuses a second rule that is equal in these.

pub(in crate::catalogue) mod rule;

use std::collections::BTreeMap;

use domain::ports::{Attachments, GroupRule, PortError, PortErrorKind};
use domain::stack::Declared;
use serde_json::{Map, Value};

use super::Likeness;
use crate::item::{Claim, Item, Kind, Parent};
use crate::said::{Said, entries, is_unresolved, properties};

use rule::{Protocol, Rule};

/// Rules that let traffic in.
pub(crate) const INGRESS: &str = "SecurityGroupIngress";

/// Rules that let traffic out.
pub(crate) const EGRESS: &str = "SecurityGroupEgress";

/// The types that declare a rule outside its group.
pub(super) const ATTACHMENTS: [&str; 2] = [
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupEgress",
];

/// What tells a rule from others, as a path names it.
pub(super) const SELECTOR: [&str; 9] = [
    "IpProtocol",
    "FromPort",
    "ToPort",
    "CidrIp",
    "CidrIpv6",
    "SourcePrefixListId",
    "SourceSecurityGroupId",
    "DestinationPrefixListId",
    "DestinationSecurityGroupId",
];

/// The fields that each name an other side.
const PEERS: [&str; 7] = [
    "CidrIp",
    "CidrIpv6",
    "SourcePrefixListId",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "DestinationPrefixListId",
    "DestinationSecurityGroupId",
];

/// Which group has which name, as far as a stack says.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// The names of a stack's own groups.
    pub(crate) fn of(declared: &[Declared]) -> Self {
        let groups = declared
            .iter()
            .filter(|it| it.resource_type == "AWS::EC2::SecurityGroup")
            .filter(|it| is_id(&it.physical_id));
        Self(
            groups
                .filter_map(|it| Some((group_name(it)?, it.physical_id.clone())))
                .collect(),
        )
    }

    /// The id of a group, where what is given is an id or a name that is known.
    fn id(&self, group: &str) -> Option<String> {
        // The API also takes a group of another account as `account/sg-…`.
        let bare = group.rsplit('/').next().unwrap_or(group);
        if is_id(bare) {
            return Some(bare.to_owned());
        }
        self.0.get(group).cloned()
    }
}

/// Whether this is a group's id and not its name; names may not begin so.
pub(crate) fn is_id(group: &str) -> bool {
    group.starts_with("sg-")
}

/// The name that a template gives a group.
pub(crate) fn group_name(declared: &Declared) -> Option<String> {
    let name = Said::of(properties(declared)?.get("GroupName"));
    name.text().map(str::to_owned)
}

/// What a group says of itself.
pub(super) fn inline_claims(it: &Declared, names: &Names) -> Vec<Claim> {
    let Some(parent) = Parent::of(Kind::SecurityGroup, &it.physical_id) else {
        return Vec::new();
    };
    let said = properties(it);
    [INGRESS, EGRESS]
        .into_iter()
        .flat_map(|property| match said {
            None => vec![Item::new(property, Value::Null)],
            Some(said) => inline(property, said.get(property), names).unwrap_or_default(),
        })
        .map(|item| Claim::inline(&parent, item))
        .collect()
}

/// The rules that a group's own property says.
pub(super) fn inline(property: &str, value: Option<&Value>, names: &Names) -> Option<Vec<Item>> {
    if property != INGRESS && property != EGRESS {
        return None;
    }
    let items = entries(value).into_iter().flat_map(|entry| match entry {
        Value::Object(fields) if !is_unresolved(fields) => rules(property, fields, names),
        _ => vec![Item::new(property, Value::Null)],
    });
    Some(items.collect())
}

/// What a rule that stands alone says.
pub(super) fn attached_claims(it: &Declared, names: &Names) -> Vec<Claim> {
    let property = if it.resource_type == ATTACHMENTS[0] {
        INGRESS
    } else {
        EGRESS
    };
    // Older stacks know a rule by a text of their own.
    let physical_id = it
        .physical_id
        .starts_with("sgr-")
        .then(|| it.physical_id.clone());
    let Some(said) = properties(it) else {
        let item = Item {
            physical_id,
            ..Item::new(property, Value::Null)
        };
        return vec![Claim::attached(Kind::SecurityGroup, None, item)];
    };
    let group = match Said::of(said.get("GroupId")) {
        Said::Nothing => Said::of(said.get("GroupName")),
        id => id,
    };
    let group = group
        .text()
        .map(|group| names.id(group).unwrap_or_else(|| group.to_owned()));
    let mut items = rules(property, said, names);
    if items.is_empty() && physical_id.is_some() {
        items.push(Item::new(property, Value::Null));
    }
    items
        .into_iter()
        .map(|item| Item {
            physical_id: physical_id.clone(),
            ..item
        })
        .map(|item| Claim::attached(Kind::SecurityGroup, group.as_deref(), item))
        .collect()
}

/// A rule for each other side that an entry names; one that names none makes no rule.
fn rules(property: &str, said: &Map<String, Value>, names: &Names) -> Vec<Item> {
    PEERS
        .iter()
        .filter_map(|name| {
            let (name, peer) = match (*name, Said::of(said.get(*name))) {
                (_, Said::Nothing) => return None,
                ("SourceSecurityGroupName", Said::Text(text)) => match names.id(&text) {
                    Some(id) => ("SourceSecurityGroupId", Said::Text(id)),
                    None => (*name, Said::Text(text)),
                },
                (name, Said::Text(text)) if name.ends_with("SecurityGroupId") => {
                    (name, Said::Text(names.id(&text).unwrap_or(text)))
                }
                (name, peer) => (name, peer),
            };
            let mut fields = Map::new();
            for shared in ["IpProtocol", "FromPort", "ToPort"] {
                if let Some(field) = Said::of(said.get(shared)).field() {
                    fields.insert(shared.to_owned(), field);
                }
            }
            fields.insert(name.to_owned(), peer.field()?);
            Some(Item::new(property, Value::Object(fields)))
        })
        .collect()
}

/// What is there, of up to as many groups as one call takes.
pub(crate) async fn live(
    port: &dyn Attachments,
    groups: &[String],
) -> Result<BTreeMap<String, Vec<Item>>, PortError> {
    let mut items: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for rule in port.security_group_rules(groups).await? {
        items
            .entry(rule.group.clone())
            .or_default()
            .push(item(rule));
    }
    Ok(items)
}

/// Why a group cannot be read that CloudFormation knows by its name only.
pub(crate) fn nameless(group: &str) -> PortError {
    PortError::new(
        PortErrorKind::Invalid,
        "ec2:DescribeSecurityGroupRules",
        format!(
            "CloudFormation knows {group} by its name, as of a group made without VpcId, \
             and rules are read by the group's id: set VpcId in the template"
        ),
    )
}

fn item(rule: GroupRule) -> Item {
    let side = if rule.is_egress {
        "Destination"
    } else {
        "Source"
    };
    let protocol = Protocol::of(&rule.protocol);
    let mut fields = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    put("IpProtocol", Some(protocol.name().into()));
    if protocol.has_ports() {
        put("FromPort", Some(rule.from_port.unwrap_or(-1).into()));
        put("ToPort", Some(rule.to_port.unwrap_or(-1).into()));
    }
    put("CidrIp", rule.cidr_ipv4.map(Value::from));
    put("CidrIpv6", rule.cidr_ipv6.map(Value::from));
    let prefix_list = format!("{side}PrefixListId");
    put(&prefix_list, rule.prefix_list.map(Value::from));
    let group = format!("{side}SecurityGroupId");
    put(&group, rule.referenced_group.map(Value::from));
    if !rule.is_egress {
        let owner = rule.referenced_account.map(Value::from);
        put("SourceSecurityGroupOwnerId", owner);
    }
    put("Description", rule.description.map(Value::from));
    Item {
        property: if rule.is_egress { EGRESS } else { INGRESS }.to_owned(),
        fields: Value::Object(fields),
        physical_id: (!rule.id.is_empty()).then_some(rule.id),
    }
}

/// How much two rules of one direction are alike.
pub(super) fn likeness(live: &Item, declared: &Item) -> Likeness {
    Rule::of(&live.fields).likeness(&Rule::of(&declared.fields))
}

/// Whether EC2 put the rule there: a group that is made without egress rules
/// gets one that allows all traffic out, over IPv4 and over IPv6
/// (CloudFormation Template Reference, AWS::EC2::SecurityGroup). No other rule.
pub(crate) fn is_own(item: &Item, own: Option<&Declared>) -> bool {
    let declares_egress = own
        .and_then(properties)
        .is_some_and(|said| !entries(said.get(EGRESS)).is_empty());
    item.property == EGRESS && !declares_egress && Rule::of(&item.fields).allows_all()
}

#[cfg(test)]
mod tests;
