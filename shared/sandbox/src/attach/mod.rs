//! Things hung on resources by hand, and taken off again.

mod attachment;
pub(crate) mod calls;
pub(crate) mod property;
mod spot;

use jiff::Timestamp;

pub use attachment::Attachment;

use crate::bend::{self, Actor, BendError};
use crate::events;
use crate::live::{Item, View};
use crate::lock;
use crate::mark::{ec2_id, mark};
use crate::sandbox::Sandbox;
use crate::state::{Resource, State};
use crate::time::epoch_seconds;
use crate::trail::{By, keep};
use calls::Subject;
use spot::{Found, Spot, absent, find, is_it, row, row_mut, spot_for, spot_of};

/// Something that somebody hung on a resource and that no list of the resource's own holds.
#[derive(Clone, Debug)]
pub(crate) struct ByHand {
    pub(crate) resource_type: String,
    /// The resource's physical id.
    pub(crate) parent: String,
    pub(crate) attachment: Attachment,
    pub(crate) id: String,
    pub(crate) issuer: String,
    pub(crate) at: Timestamp,
}

impl ByHand {
    pub(crate) fn item(&self) -> Item {
        Item {
            parent: self.parent.clone(),
            attachment: self.attachment.clone(),
            id: self.id.clone(),
            issuer: self.issuer.clone(),
            made: epoch_seconds(self.at),
        }
    }
}

/// What was hung on a resource or taken off it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attached {
    /// The ARN of the stack that has the resource.
    pub stack_id: String,
    /// That stack's name.
    pub stack: String,
    /// The resource's name in the template.
    pub logical_id: String,
    /// The resource's name in the account.
    pub physical_id: String,
    /// `AWS::EC2::SecurityGroup`.
    pub resource_type: String,
    /// What hangs there now, or no longer does.
    pub attachment: Attachment,
    /// Of a rule `sgr-…`, of a grant its id; else empty.
    pub id: String,
    /// Whether CloudFormation's own detection tells it: where it went into a
    /// list or a resource that a template declares.
    pub is_seen: bool,
    /// Who did it.
    pub actor: Actor,
    /// When, by the sandbox's clock unless the actor says otherwise.
    pub at: Timestamp,
    /// The call that CloudTrail shows, `AuthorizeSecurityGroupIngress`.
    pub event_name: String,
}

/// Why nothing can be hung on a resource or taken off it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// There is no such resource, or it is gone.
    #[error(transparent)]
    Resource(#[from] BendError),
    /// Such a thing hangs on resources of other types.
    #[error("resource `{0}` is of type {1}, on which this cannot hang")]
    Misfit(String, String),
    /// It hangs there already, by hand or because a stack declares it.
    #[error("resource `{0}` has this already")]
    Exists(String),
    /// It does not hang there by hand.
    #[error("nobody hung this on resource `{0}` by hand")]
    Absent(String),
}

impl Sandbox {
    /// Hangs something on a live resource of a stack (by ARN, or by a name that
    /// only one has) past CloudFormation, and leaves the call in CloudTrail.
    ///
    /// Where the template declares the list that it belongs to, or a stack the
    /// bucket's policy, CloudFormation's detection sees it; else it does not.
    ///
    /// # Errors
    /// Where there is nothing that it could hang on, or it hangs there already.
    pub fn attach(
        &self,
        stack: &str,
        logical_id: &str,
        attachment: Attachment,
        actor: Actor,
    ) -> Result<Attached, AttachError> {
        self.hang((stack, logical_id), attachment, (actor, true))
    }

    /// Takes off what was hung on a resource by hand, and leaves the call in
    /// CloudTrail. What a stack declares is [bent](Sandbox::bend) instead.
    ///
    /// # Errors
    /// Where there is no such resource, or nothing of the kind was hung on it by hand.
    pub fn detach(
        &self,
        stack: &str,
        logical_id: &str,
        attachment: &Attachment,
        actor: Actor,
    ) -> Result<Attached, AttachError> {
        self.hang((stack, logical_id), attachment.clone(), (actor, false))
    }

    fn hang(
        &self,
        resource: (&str, &str),
        attachment: Attachment,
        (actor, adds): (Actor, bool),
    ) -> Result<Attached, AttachError> {
        // A detection that has ended by now must not see what happens now.
        self.settle();
        let at = actor.at.unwrap_or_else(|| self.shared.now());
        let attachment = attachment.canonical();
        let mut guard = lock(&self.shared.state);
        let state = &mut *guard;
        let found = find(state, resource)?;
        let (logical_id, kind, parent) = {
            let row = row(state, &found).ok_or_else(|| absent(resource))?;
            let id = row.logical_id.clone();
            if row.actual().is_none() {
                return Err(BendError::Gone(id).into());
            }
            if !attachment.fits(&row.resource_type) {
                return Err(AttachError::Misfit(id, row.resource_type.clone()));
            }
            (id, row.resource_type.clone(), row.physical_id.clone())
        };
        let spot = match adds {
            true => spot_for(state, &found, &attachment)?,
            false => spot_of(state, &found, &attachment)?,
        };
        let id = match adds {
            true => new_id(&attachment, &parent, at),
            false => taken(state, &found, &attachment),
        };
        let is_seen = matches!(spot, Spot::Row(..));
        let before = row(state, &found).and_then(Resource::actual);
        match spot {
            Spot::Row(row, edit) => {
                if let Some(row) = row_mut(state, &row) {
                    bend::perform(row, &edit)?;
                }
            }
            Spot::Beside => {
                let by_hand = &mut state.place(&found.place).by_hand;
                match adds {
                    true => by_hand.push(ByHand {
                        resource_type: kind.clone(),
                        parent: parent.clone(),
                        attachment: attachment.clone(),
                        id: id.clone(),
                        issuer: format!("arn:aws:iam::{}:root", found.place.0),
                        at,
                    }),
                    false => by_hand.retain(|it| !is_it(it, (&kind, &parent), &attachment)),
                }
            }
        }
        let subject = Subject {
            place: &found.place,
            resource_type: &kind,
            id: &parent,
        };
        let made = calls::of(&subject, (&attachment, &id), adds);
        let event_name = made.name.clone();
        let by = By::from(&actor);
        let event = made.event(state.uuid(), at, by);
        keep(&self.shared, state, &found.place, event);
        if self.shared.options.config_events {
            let item = events::Item {
                at,
                before: before.map(|before| before.value()),
                hung: Some((&attachment, adds)),
            };
            events::tell(
                &self.shared,
                state,
                (&found.place, found.number, found.row),
                &item,
            );
        }
        let stack = state.places.get(&found.place);
        let stack = stack.and_then(|place| place.stacks.get(&found.number));
        Ok(Attached {
            stack_id: stack.map(|stack| stack.id.to_string()).unwrap_or_default(),
            stack: stack.map(|stack| stack.name.clone()).unwrap_or_default(),
            logical_id,
            physical_id: parent,
            resource_type: kind,
            attachment,
            id,
            is_seen,
            actor,
            at,
            event_name,
        })
    }
}

fn new_id(attachment: &Attachment, parent: &str, at: Timestamp) -> String {
    let itself = format!("{parent} {attachment:?}");
    match attachment {
        Attachment::GroupRule { .. } => ec2_id("sgr-", &itself),
        Attachment::Grant { .. } => {
            let quarters = (0..4).map(|salt| mark(&format!("{salt} {itself} {at}")));
            quarters.map(|number| format!("{number:016x}")).collect()
        }
        _ => String::new(),
    }
}

/// The id of what is about to be taken off.
fn taken(state: &State, found: &Found, attachment: &Attachment) -> String {
    let Some(row) = row(state, found) else {
        return String::new();
    };
    let items = View::of(state, &found.place);
    let items = items.items(&row.resource_type, Some(&[&row.physical_id]));
    let item = items.into_iter().find(|it| it.attachment.is(attachment));
    item.map(|item| item.id).unwrap_or_default()
}
