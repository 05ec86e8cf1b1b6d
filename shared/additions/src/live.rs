//! Reading what is there: in batches where the API takes many parents at once,
//! else parent by parent, a few at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;

use domain::ports::{Attachments, GROUPS_AT_ONCE, PortError};
use futures_util::stream::{self, StreamExt};

use crate::catalogue::{bucket, cluster, iam, key, route_table, security_group};
use crate::item::{Claim, Item, Kind, Parent};

/// How many parents or batches are read at a time. The APIs of IAM and KMS
/// answer a few calls a second for the whole account.
pub const AT_ONCE: usize = 4;

/// What hangs on each parent, or why that could not be read.
pub(crate) type Live = BTreeMap<Parent, Result<Vec<Item>, PortError>>;

type Reading<'a> = Pin<Box<dyn Future<Output = Live> + Send + 'a>>;

/// Reads what hangs on parents, by the claims of their own stack: a policy or a
/// block that a parent can have only one of, and that is declared, is not asked
/// for, since CloudFormation compares it.
///
/// Calls: security groups and route tables one for each [`GROUPS_AT_ONCE`];
/// roles, users and groups two each; buckets up to two; keys one or two;
/// clusters one.
pub async fn live(
    port: &dyn Attachments,
    parents: &[Parent],
    claims: &[Claim],
) -> BTreeMap<Parent, Result<Vec<Item>, PortError>> {
    let parents: BTreeSet<&Parent> = parents.iter().collect();
    let mut readings: Vec<Reading<'_>> = Vec::new();
    for kind in [Kind::SecurityGroup, Kind::RouteTable] {
        let ids: Vec<String> = parents
            .iter()
            .filter(|parent| parent.kind == kind)
            .map(|parent| parent.id.clone())
            .collect();
        let (ids, nameless) = ids
            .into_iter()
            .partition::<Vec<_>, _>(|id| refused(kind, id).is_none());
        readings.push(Box::pin(async move { without_ids(kind, nameless) }));
        readings.extend(
            ids.chunks(GROUPS_AT_ONCE)
                .map(|batch| Box::pin(many(port, kind, batch.to_vec())) as Reading<'_>),
        );
    }
    for parent in parents {
        if !matches!(parent.kind, Kind::SecurityGroup | Kind::RouteTable) {
            let skip = compared(parent, claims);
            readings.push(Box::pin(one(port, parent.clone(), skip)));
        }
    }
    stream::iter(readings)
        .buffer_unordered(AT_ONCE)
        .fold(Live::new(), |mut all, mut read| async move {
            all.append(&mut read);
            all
        })
        .await
}

/// Why the API cannot be asked for a parent, if it cannot.
fn refused(kind: Kind, id: &str) -> Option<PortError> {
    match kind {
        Kind::SecurityGroup if !security_group::is_id(id) => Some(security_group::nameless(id)),
        Kind::RouteTable if !id.starts_with("rtb-") => Some(route_table::nameless(id)),
        _ => None,
    }
}

fn without_ids(kind: Kind, ids: Vec<String>) -> Live {
    ids.into_iter()
        .filter_map(|id| Some((refused(kind, &id)?, Parent { kind, id })))
        .map(|(error, parent)| (parent, Err(error)))
        .collect()
}

async fn many(port: &dyn Attachments, kind: Kind, ids: Vec<String>) -> Live {
    let read = match kind {
        Kind::RouteTable => route_table::live(port, &ids).await,
        _ => security_group::live(port, &ids).await,
    };
    ids.into_iter()
        .map(|id| {
            let items = match &read {
                // Nothing hangs on a parent that the answer does not name.
                Ok(items) => Ok(items.get(&id).cloned().unwrap_or_default()),
                Err(error) => Err(error.clone()),
            };
            (Parent { kind, id }, items)
        })
        .collect()
}

async fn one(port: &dyn Attachments, parent: Parent, skip: Vec<&'static str>) -> Live {
    let items = match parent.kind {
        Kind::Role | Kind::User | Kind::Group => iam::live(port, &parent).await,
        Kind::Bucket => bucket::live(port, &parent, &skip).await,
        Kind::Key => key::live(port, &parent, &skip).await,
        Kind::Cluster => cluster::live(port, &parent).await,
        Kind::SecurityGroup | Kind::RouteTable => Ok(Vec::new()),
    };
    Live::from([(parent, items)])
}

/// The properties of a parent that CloudFormation compares: those it can have
/// only one of, and of which its stack is known to declare one.
fn compared(parent: &Parent, claims: &[Claim]) -> Vec<&'static str> {
    let is_declared = |property: &str| {
        claims.iter().any(|claim| {
            claim.item.property == property
                && !claim.item.fields.is_null()
                && claim
                    .parent
                    .as_deref()
                    .is_some_and(|id| parent.is(claim.kind, id))
        })
    };
    let mut compared: Vec<&'static str> = vec![bucket::POLICY, bucket::BLOCK, key::POLICY];
    compared.retain(|property| is_declared(property));
    compared
}

#[cfg(test)]
mod tests;
