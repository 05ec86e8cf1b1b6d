//! What is there minus what is declared.

use std::collections::BTreeSet;

use domain::difference::{DifferenceKind, RawDifference};
use domain::stack::Declared;

use crate::catalogue::{self, Likeness, bucket, iam, key, likeness, security_group};
use crate::item::{Claim, Item, Kind, Parent};
use crate::said::properties;

/// What is known around a parent.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// What its own stack says of the parent itself; `None` where that is not known at all.
    pub own: Option<&'a Declared>,
    /// The account it belongs to.
    pub account: &'a str,
    /// What watched stacks say to hang on parents, its own stack among them.
    pub claims: &'a [&'a Claim],
    /// Whether a watched stack that may declare something on it has not said so yet.
    pub undecided: bool,
}

/// What hangs on a parent, and nobody declares, and AWS itself did not put
/// there; in the order of what is there.
///
/// An addition is `potential` where a declaration may stand behind it that
/// could not be read, or where the undeclared state may be an old default.
#[must_use]
pub fn undeclared(parent: &Parent, live: &[Item], around: &Around<'_>) -> Vec<RawDifference> {
    additions(parent, live, around)
        .into_iter()
        .map(|(item, potential)| RawDifference {
            entry: item.physical_id.clone(),
            path: catalogue::path_of(item),
            kind: DifferenceKind::Added,
            expected: None,
            actual: Some(item.fields.clone()),
            potential,
            attribution: None,
            cause: None,
        })
        .collect()
}

/// A live item that nothing declares for sure.
struct Candidate<'a> {
    item: &'a Item,
    /// The declarations that it is likely to stand for.
    likely: Vec<&'a Claim>,
    /// Whether one that cannot be read may stand for it.
    unreadable: bool,
}

/// The additions, and whether each is potential.
pub(crate) fn additions<'a>(
    parent: &Parent,
    live: &'a [Item],
    around: &Around<'a>,
) -> Vec<(&'a Item, bool)> {
    let there: BTreeSet<&str> = live
        .iter()
        .filter_map(|item| item.physical_id.as_deref())
        .collect();
    let candidates: Vec<Candidate<'a>> = live
        .iter()
        .filter(|item| !is_own(parent.kind, item, around))
        .filter_map(|item| candidate(parent, item, around, &there))
        .collect();
    candidates
        .iter()
        .filter_map(|it| {
            if !it.likely.is_empty() && !is_crowded(it, &candidates) {
                return None;
            }
            let potential =
                around.undecided || around.own.is_none() || it.unreadable || !it.likely.is_empty();
            Some((it.item, potential))
        })
        .collect()
}

/// Whether AWS itself put an item there.
fn is_own(kind: Kind, item: &Item, around: &Around<'_>) -> bool {
    match kind {
        Kind::SecurityGroup => security_group::is_own(item, around.own),
        Kind::Role | Kind::User | Kind::Group => iam::is_own(item),
        Kind::Bucket => bucket::is_own(item),
        Kind::Key => key::is_own(item, around.account),
        // A table's own routes are left out when it is read.
        Kind::RouteTable | Kind::Cluster => false,
    }
}

/// `None` where the item is declared.
fn candidate<'a>(
    parent: &Parent,
    item: &'a Item,
    around: &Around<'a>,
    there: &BTreeSet<&str>,
) -> Option<Candidate<'a>> {
    let mut candidate = Candidate {
        item,
        likely: Vec::new(),
        unreadable: false,
    };
    for &claim in around.claims {
        match on_parent(parent, item, claim, around.own) {
            Likeness::Same => return None,
            Likeness::Likely => {
                let stands_for_another = claim
                    .item
                    .physical_id
                    .as_deref()
                    .is_some_and(|id| there.contains(id));
                let is_known = candidate.likely.iter().any(|it| it.item == claim.item);
                if !stands_for_another && !is_known {
                    candidate.likely.push(claim);
                }
            }
            Likeness::Unreadable => candidate.unreadable = true,
            Likeness::No => {}
        }
    }
    Some(candidate)
}

/// How much an item of a parent is like a declared one.
pub(crate) fn on_parent(
    parent: &Parent,
    item: &Item,
    claim: &Claim,
    own: Option<&Declared>,
) -> Likeness {
    if claim.kind != parent.kind {
        return Likeness::No;
    }
    let is_it = claim.item.physical_id.is_some() && claim.item.physical_id == item.physical_id;
    if is_it {
        return Likeness::Same;
    }
    concerns(parent, claim, own).min(likeness(item, &claim.item))
}

/// Whether a declaration is about a parent.
fn concerns(parent: &Parent, claim: &Claim, own: Option<&Declared>) -> Likeness {
    let Some(id) = &claim.parent else {
        return Likeness::Unreadable;
    };
    if parent.is(claim.kind, id) {
        return Likeness::Same;
    }
    if parent.kind != Kind::SecurityGroup || security_group::is_id(id) {
        return Likeness::No;
    }
    // The declaration has the group's name, and the group an id.
    match own.map(|own| (properties(own), security_group::group_name(own))) {
        Some((Some(_), Some(name))) if name == *id => Likeness::Same,
        Some((Some(_), Some(_))) => Likeness::No,
        _ => Likeness::Unreadable,
    }
}

/// Whether more items than declarations are likely to be one another, so that
/// some of the items are additions and it cannot be told which.
fn is_crowded(it: &Candidate<'_>, candidates: &[Candidate<'_>]) -> bool {
    let rivals = candidates.iter().filter(|other| {
        other
            .likely
            .iter()
            .any(|claim| it.likely.iter().any(|mine| std::ptr::eq(*mine, *claim)))
    });
    rivals.count() > it.likely.len()
}

#[cfg(test)]
mod tests;
