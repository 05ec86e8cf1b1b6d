//! Putting additions into a look.

use std::collections::BTreeMap;

use domain::difference::{DifferenceKind, RawDifference};
use domain::look::{Gap, Modified, Observed, Reason, Verdict};
use domain::pointer;
use domain::ports::PortError;
use domain::resource::Resource;
use domain::stack::Declared;
use serde_json::Value;

use crate::catalogue::{self, Likeness, likeness, security_group::Names};
use crate::index::Others;
use crate::item::{Claim, Item, Parent};
use crate::undeclared::{Around, additions, on_parent, undeclared};

/// What a look knows beside CloudFormation's verdicts.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// What the stack says of its resources of the catalogue's types.
    pub declared: &'a [Declared],
    /// What hangs on each of its parents.
    pub live: &'a BTreeMap<Parent, Result<Vec<Item>, PortError>>,
    /// What other watched stacks say.
    pub others: &'a Others,
}

/// Whether what other stacks declare can matter: something is there that this
/// stack does not declare. Where not, [`complete()`] needs no [`Seen::others`].
#[must_use]
pub fn needs_others(resources: &[Observed], seen: &Seen<'_>) -> bool {
    let look = Look::of(seen);
    resources.iter().any(|observed| {
        let (Some((parent, own)), Some(differences)) =
            (look.parent(&observed.resource), differences(observed))
        else {
            return false;
        };
        let says_added = differences
            .iter()
            .any(|it| look.said(&parent, it).is_some());
        let claims: Vec<&Claim> = look.claims.iter().collect();
        let around = look.around(own, (&observed.resource, &claims));
        let is_left = matches!(seen.live.get(&parent), Some(Ok(live))
            if !additions(&parent, live, &around).is_empty());
        says_added || is_left
    })
}

/// Puts what nobody declares into a look: a parent that was in sync becomes
/// modified, one that was modified gets more differences. What CloudFormation
/// itself reports as added stays as it says, and is taken out where a watched
/// stack declares it as a resource of its own.
///
/// A parent of which could not be read what hangs on it was not in sync after
/// all: it becomes unknown. One that was modified stays so, with its gap beside
/// ([`Modified::unread`]). What is deleted, unknown or uncovered is left as it is.
pub fn complete(resources: &mut [Observed], seen: &Seen<'_>) {
    let look = Look::of(seen);
    for observed in resources {
        let Some((parent, own)) = look.parent(&observed.resource) else {
            continue;
        };
        let Some(mut said) = differences(observed).map(<[RawDifference]>::to_vec) else {
            continue;
        };
        let foreign = look.foreign(&parent, &observed.resource);
        let claims: Vec<&Claim> = look.claims.iter().chain(foreign).collect();
        said.retain(|it| !look.is_attached(&parent, own, (it, &claims)));
        let gap = match seen.live.get(&parent) {
            Some(Ok(live)) => {
                let around = look.around(own, (&observed.resource, &claims));
                let left = look.unsaid(&parent, live, &said);
                said.extend(undeclared(&parent, &left, &around));
                None
            }
            Some(Err(error)) => Some(error.gap()),
            None => Some(Gap::new(
                Reason::Failed,
                "what hangs on it was not read in this look",
            )),
        };
        put(observed, said, own);
        match (gap, &mut observed.verdict) {
            (Some(gap), Verdict::Modified(modified)) => modified.unread = Some(gap),
            (Some(gap), verdict) => *verdict = Verdict::Unknown(gap),
            (None, _) => {}
        }
    }
}

/// The differences of a resource that was compared; `None` where it was not.
fn differences(observed: &Observed) -> Option<&[RawDifference]> {
    match &observed.verdict {
        Verdict::InSync => Some(&[]),
        Verdict::Modified(modified) => Some(&modified.differences),
        Verdict::Deleted | Verdict::Added(_) | Verdict::Unknown(_) | Verdict::Uncovered(_) => None,
    }
}

/// Makes these the differences of a resource.
fn put(observed: &mut Observed, differences: Vec<RawDifference>, own: Option<&Declared>) {
    if differences.is_empty() {
        observed.verdict = Verdict::InSync;
    } else if let Verdict::Modified(modified) = &mut observed.verdict {
        modified.differences = differences;
    } else {
        observed.verdict = Verdict::Modified(Modified {
            differences,
            expected: own
                .and_then(|own| own.expected.clone())
                .unwrap_or(Value::Null),
            actual: Value::Null,
            unread: None,
        });
    }
}

/// What a look knows, read once.
struct Look<'a> {
    seen: &'a Seen<'a>,
    claims: Vec<Claim>,
    names: Names,
}

impl<'a> Look<'a> {
    fn of(seen: &'a Seen<'a>) -> Self {
        Self {
            seen,
            claims: catalogue::declared(seen.declared),
            names: Names::of(seen.declared),
        }
    }

    /// What a resource is as a parent, and what its stack says of it.
    fn parent(&self, resource: &Resource) -> Option<(Parent, Option<&'a Declared>)> {
        let parent = Parent::of(catalogue::kind(&resource.kind)?, &resource.id)?;
        let own = self
            .seen
            .declared
            .iter()
            .find(|it| it.logical_id == resource.name);
        Some((parent, own))
    }

    /// What other stacks declare that may concern a parent.
    fn foreign<'b>(
        &'b self,
        parent: &'b Parent,
        resource: &'b Resource,
    ) -> impl Iterator<Item = &'b Claim> {
        let region = resource.region.as_deref().unwrap_or_default();
        self.seen.others.claims(parent.kind, region)
    }

    fn around<'b>(
        &'b self,
        own: Option<&'b Declared>,
        (resource, claims): (&'b Resource, &'b [&'b Claim]),
    ) -> Around<'b> {
        let region = resource.region.as_deref().unwrap_or_default();
        let kind = catalogue::kind(&resource.kind);
        Around {
            own,
            account: resource.account.as_deref().unwrap_or_default(),
            claims,
            undecided: kind.is_some_and(|kind| self.seen.others.is_undecided(kind, region)),
        }
    }

    /// The items that CloudFormation itself reports as added to a list of the
    /// catalogue, by the difference that says so.
    fn said(&self, parent: &Parent, difference: &RawDifference) -> Option<Vec<Item>> {
        if difference.kind != DifferenceKind::Added {
            return None;
        }
        let segments: Vec<String> = pointer::segments(&difference.path).collect();
        let is_place = |it: &String| it.parse::<usize>().is_ok();
        let property = match segments.as_slice() {
            [property] => property,
            [property, place] if is_place(place) => property,
            _ => return None,
        };
        let actual = difference.actual.as_ref()?;
        catalogue::inline(parent.kind, property, actual, &self.names)
    }

    /// Whether a stack declares as a resource of its own what CloudFormation reports as added.
    fn is_attached(
        &self,
        parent: &Parent,
        own: Option<&Declared>,
        (difference, claims): (&RawDifference, &[&Claim]),
    ) -> bool {
        let items = self.said(parent, difference).unwrap_or_default();
        items.iter().any(|item| {
            claims
                .iter()
                .any(|claim| !claim.inline && on_parent(parent, item, claim, own) == Likeness::Same)
        })
    }

    /// What is there and CloudFormation does not report as added itself.
    fn unsaid(&self, parent: &Parent, live: &[Item], said: &[RawDifference]) -> Vec<Item> {
        let said: Vec<Item> = said
            .iter()
            .filter_map(|it| self.said(parent, it))
            .flatten()
            .collect();
        live.iter()
            .filter(|item| {
                !said
                    .iter()
                    .any(|said| likeness(item, said) == Likeness::Same)
            })
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests;
