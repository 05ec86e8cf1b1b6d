//! The node groups of an EKS cluster.
//!
//! Each is declared as `AWS::EKS::Nodegroup`, whose physical id is
//! `cluster/nodegroup`; its name need not stand in the template.

use domain::ports::{Attachments, PortError};
use domain::stack::Declared;
use serde_json::{Value, json};

use super::Likeness;
use crate::item::{Claim, Item, Kind, Parent};
use crate::said::{Said, properties};

/// The cluster's node groups; CloudFormation has no such property, the API has.
pub(crate) const NODE_GROUPS: &str = "Nodegroups";

/// The type that declares a node group.
pub(super) const ATTACHMENTS: [&str; 1] = ["AWS::EKS::Nodegroup"];

/// What a node group says.
pub(super) fn attached_claims(it: &Declared) -> Vec<Claim> {
    let said = properties(it);
    let text = |name: &str| Said::of(said.and_then(|said| said.get(name)));
    let (cluster, name) = (text("ClusterName"), text("NodegroupName"));
    let (cluster, name) = match it.physical_id.split_once('/') {
        Some((cluster, name)) if !name.is_empty() => (Some(cluster), Some(name)),
        _ => (cluster.text(), name.text()),
    };
    let fields = name.map_or(Value::Null, |name| json!({ "NodegroupName": name }));
    vec![Claim::attached(
        Kind::Cluster,
        cluster,
        Item::new(NODE_GROUPS, fields),
    )]
}

/// What is there on one cluster.
pub(crate) async fn live(port: &dyn Attachments, parent: &Parent) -> Result<Vec<Item>, PortError> {
    let names = port.node_groups(&parent.id).await?;
    Ok(names
        .into_iter()
        .map(|name| Item::new(NODE_GROUPS, json!({ "NodegroupName": name })))
        .collect())
}

/// How much two node groups of one cluster are alike.
pub(super) fn likeness(live: &Item, declared: &Item) -> Likeness {
    if live.fields.get("NodegroupName") == declared.fields.get("NodegroupName") {
        Likeness::Same
    } else {
        Likeness::No
    }
}

#[cfg(test)]
mod tests;
