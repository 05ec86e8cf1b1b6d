//! Where a thing goes that is hung by hand: into a list or a resource that a
//! template declares, or past them all.

use super::{AttachError, Attachment, ByHand, property};
use crate::bend::{BendError, Edit};
use crate::live::{View, public_access_block};
use crate::state::{Resource, State, Where};

/// The place, the number and the row of a stack's resource.
pub(super) struct Found {
    pub(super) place: Where,
    pub(super) number: u64,
    pub(super) row: usize,
}

/// Where a thing goes, or comes from.
pub(super) enum Spot {
    /// Into no template's sight.
    Beside,
    /// Into a row of a stack, by an edit.
    Row(Found, Edit),
}

pub(super) fn absent((stack, logical_id): (&str, &str)) -> BendError {
    BendError::NoResource(stack.to_owned(), logical_id.to_owned())
}

pub(super) fn find(state: &State, (stack, logical_id): (&str, &str)) -> Result<Found, BendError> {
    let located = state.locate(stack);
    let (place, number) = located.ok_or_else(|| BendError::NoStack(stack.to_owned()))?;
    let rows = state.places.get(&place);
    let rows = rows.and_then(|place| place.stacks.get(&number));
    let mut rows = rows.into_iter().flat_map(|stack| &stack.resources);
    let row = rows.position(|row| row.logical_id == logical_id);
    let row = row.ok_or_else(|| absent((stack, logical_id)))?;
    Ok(Found { place, number, row })
}

pub(super) fn row<'a>(state: &'a State, found: &Found) -> Option<&'a Resource> {
    let stack = state.places.get(&found.place)?.stacks.get(&found.number)?;
    stack.resources.get(found.row)
}

pub(super) fn row_mut<'a>(state: &'a mut State, found: &Found) -> Option<&'a mut Resource> {
    let place = state.places.get_mut(&found.place)?;
    place
        .stacks
        .get_mut(&found.number)?
        .resources
        .get_mut(found.row)
}

pub(super) fn is_it(known: &ByHand, (kind, parent): (&str, &str), attachment: &Attachment) -> bool {
    known.resource_type == kind && known.parent == parent && known.attachment.is(attachment)
}

/// Where something new goes.
pub(super) fn spot_for(
    state: &State,
    found: &Found,
    attachment: &Attachment,
) -> Result<Spot, AttachError> {
    let Some(row) = row(state, found) else {
        return Ok(Spot::Beside);
    };
    let view = View::around(state, &found.place, row);
    let exists = || AttachError::Exists(row.logical_id.clone());
    let items = view.items(&row.resource_type, Some(&[&row.physical_id]));
    let twin = items.iter().find(|item| item.attachment.is(attachment));
    let expected = row.expected.value();
    let here = || Found {
        place: found.place.clone(),
        ..*found
    };
    match attachment {
        Attachment::BucketPolicy { document } => {
            if twin.is_some_and(|twin| twin.attachment == *attachment) {
                return Err(exists());
            }
            let edit = Edit::Set {
                path: "/PolicyDocument".to_owned(),
                value: document.clone(),
            };
            let declared = policy_row(state, &found.place, &row.physical_id);
            if twin.is_some() && declared.is_none() {
                // A second policy by hand takes the place of the first: detach that.
                return Err(exists());
            }
            Ok(declared.map_or(Spot::Beside, |row| Spot::Row(row, edit)))
        }
        Attachment::NoPublicAccessBlock => {
            let key = "PublicAccessBlockConfiguration";
            if public_access_block(view, &row.physical_id).is_none() {
                return Err(exists());
            }
            let path = format!("/{key}");
            Ok(match expected.get(key) {
                Some(_) => Spot::Row(here(), Edit::Remove { path }),
                None => Spot::Beside,
            })
        }
        _ if twin.is_some() => Err(exists()),
        _ => {
            let list = property::list(&row.resource_type, attachment);
            let list = list.filter(|list| expected.get(*list).is_some());
            let edit = |list: &str| Edit::Add {
                path: format!("/{list}"),
                value: property::element(attachment),
            };
            Ok(list.map_or(Spot::Beside, |list| Spot::Row(here(), edit(list))))
        }
    }
}

/// Where something is that was hung by hand.
pub(super) fn spot_of(
    state: &State,
    found: &Found,
    attachment: &Attachment,
) -> Result<Spot, AttachError> {
    let Some(row) = row(state, found) else {
        return Ok(Spot::Beside);
    };
    let place = state.places.get(&found.place);
    let subject = (row.resource_type.as_str(), row.physical_id.as_str());
    let mut by_hand = place.into_iter().flat_map(|place| &place.by_hand);
    if by_hand.any(|it| is_it(it, subject, attachment)) {
        return Ok(Spot::Beside);
    }
    let absent = || AttachError::Absent(row.logical_id.clone());
    let (expected, actual) = (
        row.expected.value(),
        row.actual().ok_or_else(absent)?.value(),
    );
    let here = Found {
        place: found.place.clone(),
        ..*found
    };
    match attachment {
        Attachment::BucketPolicy { .. } => {
            let declared = policy_row(state, &found.place, &row.physical_id).ok_or_else(absent)?;
            let value = self::row(state, &declared)
                .ok_or_else(absent)?
                .expected
                .value();
            let path = "/PolicyDocument".to_owned();
            let value = value["PolicyDocument"].clone();
            Ok(Spot::Row(declared, Edit::Set { path, value }))
        }
        Attachment::NoPublicAccessBlock => {
            let key = "PublicAccessBlockConfiguration";
            let value = expected.get(key).filter(|_| actual.get(key).is_none());
            let value = value.cloned().ok_or_else(absent)?;
            let path = format!("/{key}");
            Ok(Spot::Row(here, Edit::Set { path, value }))
        }
        _ => {
            let list = property::list(&row.resource_type, attachment).ok_or_else(absent)?;
            let element = property::element(attachment);
            let of = |side: &serde_json::Value| {
                let mut elements = side[list].as_array().into_iter().flatten();
                elements.position(|it| *it == element)
            };
            let index = of(&actual).filter(|_| of(&expected).is_none());
            let path = format!("/{list}/{}", index.ok_or_else(absent)?);
            Ok(Spot::Row(here, Edit::Remove { path }))
        }
    }
}

/// The resource that declares a bucket's policy and is there.
fn policy_row(state: &State, place: &Where, bucket: &str) -> Option<Found> {
    let stacks = &state.places.get(place)?.stacks;
    stacks.iter().find_map(|(number, stack)| {
        let is_it = |row: &Resource| {
            row.resource_type == "AWS::S3::BucketPolicy"
                && row
                    .actual()
                    .is_some_and(|actual| actual.value()["Bucket"] == bucket)
        };
        let row = stack.resources.iter().position(is_it)?;
        Some(Found {
            place: place.clone(),
            number: *number,
            row,
        })
    })
}
