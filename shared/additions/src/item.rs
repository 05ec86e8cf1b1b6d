//! What things hang on, what hangs there, and what stacks say of it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What kind of resource things hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A security group, by its id.
    SecurityGroup,
    /// An IAM role, by its name.
    Role,
    /// An IAM user, by its name.
    User,
    /// An IAM group, by its name.
    Group,
    /// An S3 bucket, by its name.
    Bucket,
    /// A KMS key, by its id.
    Key,
    /// A route table, by its id.
    RouteTable,
    /// An EKS cluster, by its name.
    Cluster,
}

impl Kind {
    /// Whether it belongs to the account as a whole and to no region, so that a
    /// stack of any region may declare something on it.
    #[must_use]
    pub const fn is_global(self) -> bool {
        matches!(self, Kind::Role | Kind::User | Kind::Group)
    }
}

/// A resource that things hang on, by the id that the live API wants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parent {
    /// What it is.
    pub kind: Kind,
    /// `sg-…`, `rtb-…`, a key id, or the name of a role, user, group, bucket or cluster.
    pub id: String,
}

impl Parent {
    /// A parent by its physical id or by what a template calls it; `None` where that is empty.
    /// What the live API does not want of an ARN or a path is cut off.
    #[must_use]
    pub fn of(kind: Kind, id: &str) -> Option<Self> {
        let id = id.trim();
        let id = match kind {
            Kind::Role | Kind::User | Kind::Group | Kind::Key => last(id, '/'),
            Kind::Bucket => id.strip_prefix("arn:aws:s3:::").unwrap_or(id),
            Kind::Cluster if id.starts_with("arn:") => last(id, '/'),
            Kind::SecurityGroup | Kind::RouteTable | Kind::Cluster => id,
        };
        (!id.is_empty()).then(|| Self {
            kind,
            id: id.to_owned(),
        })
    }

    /// Whether both are one resource. IAM tells no names apart that differ in case only.
    #[must_use]
    pub fn is(&self, kind: Kind, id: &str) -> bool {
        self.kind == kind
            && if kind.is_global() {
                self.id.eq_ignore_ascii_case(id)
            } else {
                self.id == id
            }
    }
}

fn last(text: &str, separator: char) -> &str {
    text.rsplit(separator).next().unwrap_or_default()
}

/// One thing that hangs on a parent, in CloudFormation's property names.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// The property of the parent that it would be: `SecurityGroupIngress`, `ManagedPolicyArns`, `Routes`.
    pub property: String,
    /// What it is. Of something declared only what tells it from others, and
    /// `null` where that cannot be read.
    pub fields: Value,
    /// Its own id, where it has one: `sgr-…`.
    pub physical_id: Option<String>,
}

impl Item {
    /// An item without an id of its own.
    #[must_use]
    pub fn new(property: &str, fields: Value) -> Self {
        Self {
            property: property.to_owned(),
            fields,
            physical_id: None,
        }
    }
}

/// Policies and rules are values, so not even a debug print shows them.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item")
            .field("property", &self.property)
            .field("physical_id", &self.physical_id)
            .finish_non_exhaustive()
    }
}

/// A stack's word that something hangs on a parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// What kind of parent.
    pub kind: Kind,
    /// Its id or what the template calls it; `None` where that cannot be read.
    pub parent: Option<String>,
    /// What hangs there.
    pub item: Item,
    /// Whether it stands in the parent itself; else in a resource of its own.
    #[serde(skip)]
    pub inline: bool,
}

impl Claim {
    /// A word that stands in the parent itself.
    pub(crate) fn inline(parent: &Parent, item: Item) -> Self {
        Self {
            kind: parent.kind,
            parent: Some(parent.id.clone()),
            item,
            inline: true,
        }
    }

    /// A word that stands in a resource of its own.
    pub(crate) fn attached(kind: Kind, parent: Option<&str>, item: Item) -> Self {
        Self {
            kind,
            parent: parent
                .and_then(|it| Parent::of(kind, it))
                .map(|parent| parent.id),
            item,
            inline: false,
        }
    }
}
