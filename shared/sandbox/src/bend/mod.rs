//! Changes past CloudFormation's back, and who made them.

mod account;

use jiff::Timestamp;
use serde_json::Value;

use crate::compare::Difference;
use crate::state::{Live, Properties, Resource};

/// A change of a live resource. Paths are JSON pointers into its properties.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// The value at the path becomes this one; a key of a map may be new.
    Set {
        /// `/VisibilityTimeout`.
        path: String,
        /// The new value.
        value: Value,
    },
    /// The list at the path gets this element at its end.
    Add {
        /// `/Tags`.
        path: String,
        /// The element.
        value: Value,
    },
    /// The value at the path goes away, also from a list.
    Remove {
        /// `/Tags/0`.
        path: String,
    },
    /// The resource itself goes away.
    Delete,
}

/// Who makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The ARN of a user or of a role's session.
    pub principal: String,
    /// Whether they work in the console.
    pub console: bool,
    /// When; `None` is now.
    pub at: Option<Timestamp>,
}

impl Actor {
    /// Somebody who uses the API or the command line, now.
    #[must_use]
    pub fn new(principal: &str) -> Self {
        Self {
            principal: principal.to_owned(),
            console: false,
            at: None,
        }
    }

    /// The same in the console.
    #[must_use]
    pub fn in_console(mut self) -> Self {
        self.console = true;
        self
    }

    /// The same at another time.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }
}

/// What was done to a resource, and what a detection must now show.
#[derive(Clone, Debug, PartialEq)]
pub struct Bent {
    /// The stack's ARN.
    pub stack_id: String,
    /// The stack's name.
    pub stack: String,
    /// The resource's name in the template.
    pub logical_id: String,
    /// The resource's name in the account.
    pub physical_id: String,
    /// `AWS::SQS::Queue`.
    pub resource_type: String,
    /// What was done.
    pub edit: Edit,
    /// Whether the resource is gone.
    pub deleted: bool,
    /// Everything that now differs, earlier changes included; empty where it is gone.
    pub differences: Vec<Difference>,
    /// Who did it.
    pub actor: Actor,
    /// When, by the sandbox's clock unless the actor says otherwise.
    pub at: Timestamp,
    /// The call that CloudTrail shows, `SetQueueAttributes`.
    pub event_name: String,
}

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BendError {
    /// There is no such stack, or more than one of that name.
    #[error("no stack `{0}`, or more than one of that name: use its ARN")]
    NoStack(String),
    /// The stack has no such resource.
    #[error("stack `{0}` has no resource `{1}`")]
    NoResource(String, String),
    /// The resource has been deleted.
    #[error("resource `{0}` is gone: mend it first")]
    Gone(String),
    /// The properties have nothing to change at the path.
    #[error("resource `{0}` has nothing at `{1}` that this edit could change")]
    NoProperty(String, String),
}

/// Makes a change.
pub(crate) fn perform(resource: &mut Resource, edit: &Edit) -> Result<(), BendError> {
    let Some(actual) = resource.actual() else {
        return Err(BendError::Gone(resource.logical_id.clone()));
    };
    let Some(path) = edit.path() else {
        resource.live = Live::Gone;
        return Ok(());
    };
    let mut actual = actual.value();
    change(&mut actual, path, edit)
        .ok_or_else(|| BendError::NoProperty(resource.logical_id.clone(), path.to_owned()))?;
    // Bent back is straight.
    resource.live = if actual == resource.expected.value() {
        Live::Straight
    } else {
        Live::Bent(Properties::new(&actual))
    };
    Ok(())
}

impl Edit {
    /// Where it changes something; `None` for a deletion.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Set { path, .. } | Self::Add { path, .. } | Self::Remove { path } => Some(path),
            Self::Delete => None,
        }
    }
}

fn change(root: &mut Value, path: &str, edit: &Edit) -> Option<()> {
    if let Edit::Add { value, .. } = edit {
        root.pointer_mut(path)?.as_array_mut()?.push(value.clone());
        return Some(());
    }
    let (parent, key) = path.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    match (root.pointer_mut(parent)?, edit) {
        (Value::Object(map), Edit::Set { value, .. }) => {
            map.insert(key, value.clone());
        }
        (Value::Array(list), Edit::Set { value, .. }) => {
            *list.get_mut(key.parse::<usize>().ok()?)? = value.clone();
        }
        (Value::Object(map), _) => {
            map.remove(&key)?;
        }
        (Value::Array(list), _) => {
            let index = key
                .parse::<usize>()
                .ok()
                .filter(|index| *index < list.len())?;
            list.remove(index);
        }
        _ => return None,
    }
    Some(())
}
