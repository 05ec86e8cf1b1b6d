//! The closed list of types, one file each.
//!
//! Each file knows which resource types declare something on its parents, how
//! they spell it, when a live item and a declared one are the same, what AWS
//! itself puts there, and which fields tell one item from another.

pub(crate) mod bucket;
pub(crate) mod cluster;
pub(crate) mod iam;
pub(crate) mod key;
pub(crate) mod route_table;
pub(crate) mod security_group;

use std::collections::BTreeSet;

use domain::stack::Declared;
use serde_json::Value;

use crate::item::{Claim, Item, Kind, Parent};
use crate::path::path;

/// How much a live item is like a declared one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Likeness {
    /// It is another one.
    No,
    /// What is declared cannot be read, and this may be it.
    Unreadable,
    /// All that can be compared agrees, and some of it cannot be.
    Likely,
    /// It is the one.
    Same,
}

/// The types that things hang on.
const PARENTS: [(&str, Kind); 9] = [
    ("AWS::EC2::SecurityGroup", Kind::SecurityGroup),
    ("AWS::IAM::Role", Kind::Role),
    ("AWS::IAM::User", Kind::User),
    ("AWS::IAM::Group", Kind::Group),
    ("AWS::S3::Bucket", Kind::Bucket),
    ("AWS::KMS::Key", Kind::Key),
    ("AWS::KMS::ReplicaKey", Kind::Key),
    ("AWS::EC2::RouteTable", Kind::RouteTable),
    ("AWS::EKS::Cluster", Kind::Cluster),
];

/// The types that declare something on a parent of which they are no part.
const ATTACHMENTS: [&[&str]; 5] = [
    &security_group::ATTACHMENTS,
    &iam::ATTACHMENTS,
    &bucket::ATTACHMENTS,
    &route_table::ATTACHMENTS,
    &cluster::ATTACHMENTS,
];

/// What a type is as a parent.
pub(crate) fn kind(resource_type: &str) -> Option<Kind> {
    PARENTS
        .iter()
        .find(|(name, _)| *name == resource_type)
        .map(|(_, kind)| *kind)
}

/// Whether a look needs to know what the stack says of resources of this type.
#[must_use]
pub fn concerns(resource_type: &str) -> bool {
    kind(resource_type).is_some()
        || ATTACHMENTS
            .iter()
            .any(|types| types.contains(&resource_type))
}

/// The resources of a stack that things hang on, each once. What has no
/// physical id is not there yet.
#[must_use]
pub fn parents(declared: &[Declared]) -> Vec<Parent> {
    let parents: BTreeSet<Parent> = declared.iter().filter_map(parent).collect();
    parents.into_iter().collect()
}

/// What a resource is as a parent.
pub(crate) fn parent(declared: &Declared) -> Option<Parent> {
    Parent::of(kind(&declared.resource_type)?, &declared.physical_id)
}

/// All that a stack says to hang on parents, its own and those of others.
#[must_use]
pub fn declared(declared: &[Declared]) -> Vec<Claim> {
    let names = security_group::Names::of(declared);
    let mut claims = Vec::new();
    for it in declared {
        claims.extend(match kind(&it.resource_type) {
            Some(Kind::SecurityGroup) => security_group::inline_claims(it, &names),
            Some(Kind::Role | Kind::User | Kind::Group) => iam::inline_claims(it),
            Some(Kind::Bucket) => bucket::inline_claims(it),
            Some(Kind::Key) => key::inline_claims(it),
            // Routes and node groups are resources of their own.
            Some(Kind::RouteTable | Kind::Cluster) => Vec::new(),
            None => attached_claims(it, &names),
        });
    }
    claims
}

fn attached_claims(it: &Declared, names: &security_group::Names) -> Vec<Claim> {
    match it.resource_type.as_str() {
        kind if security_group::ATTACHMENTS.contains(&kind) => {
            security_group::attached_claims(it, names)
        }
        kind if iam::ATTACHMENTS.contains(&kind) => iam::attached_claims(it),
        kind if bucket::ATTACHMENTS.contains(&kind) => bucket::attached_claims(it),
        kind if route_table::ATTACHMENTS.contains(&kind) => route_table::attached_claims(it),
        kind if cluster::ATTACHMENTS.contains(&kind) => cluster::attached_claims(it),
        _ => Vec::new(),
    }
}

/// The items that a property of a parent says, as CloudFormation writes it. `None`
/// where the property is none of the catalogue's.
pub(crate) fn inline(
    kind: Kind,
    property: &str,
    value: &Value,
    names: &security_group::Names,
) -> Option<Vec<Item>> {
    match kind {
        Kind::SecurityGroup => security_group::inline(property, Some(value), names),
        Kind::Role | Kind::User | Kind::Group => iam::inline(property, Some(value)),
        Kind::Bucket | Kind::Key | Kind::RouteTable | Kind::Cluster => None,
    }
}

/// How much a live item is like a declared one by what both say, whatever they hang on.
pub(crate) fn likeness(live: &Item, declared: &Item) -> Likeness {
    if live.property != declared.property {
        return Likeness::No;
    }
    if declared.fields.is_null() {
        return match declared.physical_id {
            // It says which one it is, and this is another.
            Some(_) if live.physical_id.is_some() => Likeness::No,
            _ => Likeness::Unreadable,
        };
    }
    match live.property.as_str() {
        security_group::INGRESS | security_group::EGRESS => {
            security_group::likeness(live, declared)
        }
        iam::POLICIES | iam::MANAGED => iam::likeness(live, declared),
        route_table::ROUTES => route_table::likeness(live, declared),
        cluster::NODE_GROUPS => cluster::likeness(live, declared),
        // A parent has one of them at most, so whoever declares one declares this one.
        bucket::POLICY | bucket::BLOCK | key::POLICY => Likeness::Same,
        _ => Likeness::No,
    }
}

/// The path of an addition.
pub(crate) fn path_of(item: &Item) -> String {
    let names: &[&str] = match item.property.as_str() {
        security_group::INGRESS | security_group::EGRESS => &security_group::SELECTOR,
        iam::POLICIES => &["PolicyName"],
        key::GRANTS => &["GrantId"],
        route_table::ROUTES => &route_table::DESTINATIONS,
        cluster::NODE_GROUPS => &["NodegroupName"],
        iam::MANAGED => return path(&item.property, &[("", &item.fields)]),
        _ => &[],
    };
    let fields: Vec<(&str, &Value)> = names
        .iter()
        .filter_map(|name| item.fields.get(name).map(|value| (*name, value)))
        .collect();
    path(&item.property, &fields)
}

#[cfg(test)]
mod tests;
