//! What each watched stack declares on parents, in the ledger.
//!
//! One item a stack: partition `DECLARES#account`, place `region#stack`. A
//! complete look writes it; a look at another stack reads it when something is
//! there that its own stack does not declare.

use std::collections::BTreeSet;

use domain::ports::{self, Guard, Items, Key, PortError, Range, Write};
use domain::stack::{Admission, Declared, StackId, StackSummary, admission};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalogue;
use crate::item::{Claim, Kind};

/// What one stack declares on parents in resources of their own: on its own
/// parents, for a later look at one of them alone, and on those of others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Declares {
    /// When the look began that saw it.
    pub looked_at: Timestamp,
    /// What it declares.
    pub claims: Vec<Claim>,
}

/// What one stack declares, and which stack that is.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The region of the stack.
    pub region: String,
    /// Its name.
    pub stack: String,
    /// What it declares.
    pub declares: Declares,
}

fn partition(account: &str) -> String {
    format!("DECLARES#{account}")
}

fn key(stack: &StackId) -> Key {
    Key::new(
        partition(stack.account()),
        format!("{}#{}", stack.region(), stack.name()),
    )
}

/// The write that remembers what a stack declares, to be written with the
/// complete look that saw it.
///
/// # Errors
///
/// [`ports::PortErrorKind::Invalid`] where it cannot be JSON.
pub fn put(
    stack: &StackId,
    looked_at: Timestamp,
    declared: &[Declared],
) -> Result<Write, PortError> {
    let mut claims = catalogue::declared(declared);
    claims.retain(|claim| !claim.inline);
    let declares = Declares { looked_at, claims };
    // A write that comes late brings its older time with it, so nothing is taken for newer than it is.
    Ok(Write::Put(
        ports::Item::first(key(stack), &declares)?,
        Guard::None,
    ))
}

/// The write that forgets a stack that is no longer there.
#[must_use]
pub fn remove(stack: &StackId) -> Write {
    Write::Delete(key(stack), Guard::None)
}

/// What the stacks of an account declare, as far as they were looked at.
///
/// # Errors
///
/// Whatever the items answer. One that cannot be read is left out, as if its
/// stack had never been looked at.
pub async fn read(items: &dyn Items, account: &str) -> Result<Vec<Record>, PortError> {
    let stored = items
        .query(&partition(account), &Range::All, usize::MAX)
        .await?;
    Ok(stored
        .iter()
        .filter_map(|item| {
            let (region, stack) = item.key.sk.split_once('#')?;
            Some(Record {
                region: region.to_owned(),
                stack: stack.to_owned(),
                declares: item.read().ok()?,
            })
        })
        .collect())
}

/// What other watched stacks of an account declare, and which of them have not said yet.
#[derive(Clone, Debug, Default)]
pub struct Others {
    claims: Vec<(String, Claim)>,
    undecided: BTreeSet<String>,
}

impl Others {
    /// By what the ledger knows of an account, and the stacks of it that are
    /// watched, in all of their regions. `own` is the stack of the look, if the
    /// look knows all that it declares: a look at one resource alone does not.
    ///
    /// A stack is undecided that was never looked at, is in motion, or was
    /// changed since. What a stack declares that is not watched does not count.
    #[must_use]
    pub fn of(records: &[Record], own: Option<&StackId>, watched: &[StackSummary]) -> Self {
        let mut others = Self::default();
        for stack in watched {
            let id = &stack.id;
            if own.is_some_and(|own| (own.region(), own.name()) == (id.region(), id.name())) {
                continue;
            }
            match up_to_date(records, stack) {
                Some(record) => others.declare(id.region(), record.declares.claims.clone()),
                None if is_empty(stack) => {}
                None => others.undecide(id.region()),
            }
        }
        others
    }

    /// Adds what a stack of a region declares.
    pub fn declare(&mut self, region: &str, claims: Vec<Claim>) {
        let claims = claims.into_iter().filter(|claim| !claim.inline);
        self.claims
            .extend(claims.map(|claim| (region.to_owned(), claim)));
    }

    /// Notes that a stack of a region has not said what it declares, or that
    /// the stacks of a region could not be listed.
    pub fn undecide(&mut self, region: &str) {
        self.undecided.insert(region.to_owned());
    }

    /// What they declare that may concern a parent of a region.
    pub(crate) fn claims<'a>(
        &'a self,
        kind: Kind,
        region: &'a str,
    ) -> impl Iterator<Item = &'a Claim> {
        self.claims
            .iter()
            .filter(move |(of, claim)| claim.kind == kind && (kind.is_global() || of == region))
            .map(|(_, claim)| claim)
    }

    /// Whether a stack that may declare something on a parent of a region has not said so yet.
    pub(crate) fn is_undecided(&self, kind: Kind, region: &str) -> bool {
        if kind.is_global() {
            !self.undecided.is_empty()
        } else {
            self.undecided.contains(region)
        }
    }
}

/// Whether a watched stack has not said yet what it declares now.
#[must_use]
pub fn is_undecided(records: &[Record], stack: &StackSummary) -> bool {
    up_to_date(records, stack).is_none() && !is_empty(stack)
}

/// What a stack said that still holds.
fn up_to_date<'a>(records: &'a [Record], stack: &StackSummary) -> Option<&'a Record> {
    let of = (stack.id.region(), stack.id.name());
    records
        .iter()
        .find(|it| (it.region.as_str(), it.stack.as_str()) == of)
        .filter(|it| !is_stale(stack, it.declares.looked_at))
}

/// Whether a stack may declare something else than it did at a look. One that
/// was changed in the second of the look may.
fn is_stale(stack: &StackSummary, looked_at: Timestamp) -> bool {
    admission(&stack.status) == Admission::InMotion
        || stack.changed_at.is_some_and(|at| at >= looked_at)
}

/// Whether a stack in this state has no resources: it was never made, or its making was undone.
fn is_empty(stack: &StackSummary) -> bool {
    matches!(
        stack.status.as_str(),
        "REVIEW_IN_PROGRESS" | "ROLLBACK_COMPLETE"
    )
}

#[cfg(test)]
mod tests;
