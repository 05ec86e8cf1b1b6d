//! The policies of an IAM role, user or group.
//!
//! Inline ones stand in the holder (`Policies`), in `AWS::IAM::Policy`, which
//! gives one policy to many holders, or in `AWS::IAM::RolePolicy`,
//! `UserPolicy`, `GroupPolicy`. Attached ones stand in the holder
//! (`ManagedPolicyArns`) or in `AWS::IAM::ManagedPolicy`, whose physical id is
//! the ARN. An inline policy is told from others by its name: what its document
//! says is compared by CloudFormation wherever the policy is declared.

use domain::ports::{Attachments, Holder, PortError};
use domain::stack::Declared;
use serde_json::{Map, Value, json};

use super::{Likeness, kind};
use crate::item::{Claim, Item, Kind, Parent};
use crate::said::{Said, entries, properties};

/// Policies that belong to the holder.
pub(crate) const POLICIES: &str = "Policies";

/// Policies that are attached to the holder.
pub(crate) const MANAGED: &str = "ManagedPolicyArns";

/// The types that give a policy to a holder outside of it.
pub(super) const ATTACHMENTS: [&str; 5] = [
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
];

/// The lists of holders that a policy may have.
const HOLDERS: [(&str, Kind); 3] = [
    ("Roles", Kind::Role),
    ("Users", Kind::User),
    ("Groups", Kind::Group),
];

/// What a holder says of itself.
pub(super) fn inline_claims(it: &Declared) -> Vec<Claim> {
    let parent = kind(&it.resource_type).and_then(|kind| Parent::of(kind, &it.physical_id));
    let Some(parent) = parent else {
        return Vec::new();
    };
    let said = properties(it);
    [POLICIES, MANAGED]
        .into_iter()
        .flat_map(|property| match said {
            None => vec![Item::new(property, Value::Null)],
            Some(said) => inline(property, said.get(property)).unwrap_or_default(),
        })
        .map(|item| Claim::inline(&parent, item))
        .collect()
}

/// The policies that a holder's own property says.
pub(super) fn inline(property: &str, value: Option<&Value>) -> Option<Vec<Item>> {
    let read: fn(&Value) -> Value = match property {
        POLICIES => |entry| named(entry.get("PolicyName")),
        MANAGED => |entry| Said::of(Some(entry)).field().unwrap_or(Value::Null),
        _ => return None,
    };
    let items = entries(value)
        .into_iter()
        .map(|entry| Item::new(property, read(entry)));
    Some(items.collect())
}

/// An inline policy by its name; `null` where that cannot be read.
fn named(name: Option<&Value>) -> Value {
    match Said::of(name) {
        Said::Text(name) => json!({ "PolicyName": name }),
        Said::Nothing | Said::Unclear => Value::Null,
    }
}

/// What a policy that stands alone says.
pub(super) fn attached_claims(it: &Declared) -> Vec<Claim> {
    let said = properties(it);
    match it.resource_type.as_str() {
        "AWS::IAM::Policy" => {
            // Its physical id is not the policy's name.
            let name = named(said.and_then(|said| said.get("PolicyName")));
            to_holders(said, &Item::new(POLICIES, name))
        }
        "AWS::IAM::ManagedPolicy" => {
            to_holders(said, &Item::new(MANAGED, it.physical_id.as_str().into()))
        }
        other => {
            let (holder, kind) = match other {
                "AWS::IAM::RolePolicy" => ("RoleName", Kind::Role),
                "AWS::IAM::UserPolicy" => ("UserName", Kind::User),
                _ => ("GroupName", Kind::Group),
            };
            vec![to_one(it, said, (holder, kind))]
        }
    }
}

/// One policy given to all holders that its resource lists.
fn to_holders(said: Option<&Map<String, Value>>, item: &Item) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (list, kind) in HOLDERS {
        let claim = |holder: Option<&str>| Claim::attached(kind, holder, item.clone());
        match said {
            None => claims.push(claim(None)),
            Some(said) => claims.extend(
                entries(said.get(list))
                    .into_iter()
                    .map(|holder| claim(Said::of(Some(holder)).text())),
            ),
        }
    }
    claims
}

/// One policy given to one holder. Its physical id is `policy|holder`.
fn to_one(it: &Declared, said: Option<&Map<String, Value>>, (holder, kind): (&str, Kind)) -> Claim {
    let text = |name: &str| Said::of(said.and_then(|said| said.get(name)));
    let (policy, name) = (text("PolicyName"), text(holder));
    match (policy.text(), name.text(), it.physical_id.split_once('|')) {
        (Some(policy), Some(name), _) | (_, _, Some((policy, name))) => Claim::attached(
            kind,
            Some(name),
            Item::new(POLICIES, json!({ "PolicyName": policy })),
        ),
        (policy, name, None) => Claim::attached(
            kind,
            name,
            Item::new(POLICIES, named(policy.map(Value::from).as_ref())),
        ),
    }
}

/// What is there on one holder.
pub(crate) async fn live(port: &dyn Attachments, parent: &Parent) -> Result<Vec<Item>, PortError> {
    let name = parent.id.clone();
    let holder = match parent.kind {
        Kind::User => Holder::User(name),
        Kind::Group => Holder::Group(name),
        _ => Holder::Role(name),
    };
    let inline = port.inline_policies(&holder).await?;
    let attached = port.attached_policies(&holder).await?;
    let inline = inline
        .into_iter()
        .map(|name| Item::new(POLICIES, json!({ "PolicyName": name })));
    let attached = attached
        .into_iter()
        .map(|arn| Item::new(MANAGED, arn.into()));
    Ok(inline.chain(attached).collect())
}

/// How much two policies of one kind are alike.
pub(super) fn likeness(live: &Item, declared: &Item) -> Likeness {
    let name = |item: &Item| match item.property.as_str() {
        MANAGED => Said::of(Some(&item.fields)),
        _ => Said::of(item.fields.get("PolicyName")),
    };
    match (name(live), name(declared)) {
        (Said::Text(live), Said::Text(declared)) if live == declared => Likeness::Same,
        (_, Said::Unclear) => Likeness::Likely,
        _ => Likeness::No,
    }
}

/// Whether AWS put the policy there: those of its own path go to the roles of
/// its services only, and only AWS can attach them.
pub(crate) fn is_own(item: &Item) -> bool {
    item.property == MANAGED
        && item.fields.as_str().is_some_and(|arn| {
            arn.split_once("::aws:policy/")
                .is_some_and(|(start, name)| {
                    start.starts_with("arn:aws") && name.starts_with("aws-service-role/")
                })
        })
}

#[cfg(test)]
mod tests;
