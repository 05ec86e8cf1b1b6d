//! What hangs on resources in an account now: what stacks declare, inline or
//! as resources of their own, and what was hung there by hand.

mod tables;

use serde_json::{Value, json};

pub(crate) use tables::{Hop, hops};

use crate::attach::{Attachment, ByHand, property};
use crate::mark::ec2_id;
use crate::state::{Place, Resource, Stack, State, Where};

/// An account, in all its regions or in one.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    state: &'a State,
    pub(crate) account: &'a str,
    region: Option<&'a str>,
}

/// One thing that hangs on a resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// The resource's physical id.
    pub(crate) parent: String,
    pub(crate) attachment: Attachment,
    /// Of a rule `sgr-…`, of a grant its id; else empty.
    pub(crate) id: String,
    /// Who made it by hand; empty for what a stack declares.
    pub(crate) issuer: String,
    /// When it was made by hand, in seconds since the epoch.
    pub(crate) made: f64,
}

impl<'a> View<'a> {
    /// One account and region.
    pub(crate) fn of(state: &'a State, place: &'a Where) -> Self {
        Self {
            state,
            account: &place.0,
            region: Some(&place.1),
        }
    }

    /// An account as services without regions see it.
    pub(crate) fn global(state: &'a State, account: &'a str) -> Self {
        Self {
            state,
            account,
            region: None,
        }
    }

    /// What a resource in a place can hang on: IAM's resources are in no region.
    pub(crate) fn around(state: &'a State, place: &'a Where, row: &Resource) -> Self {
        match row.resource_type.starts_with("AWS::IAM::") {
            true => Self::global(state, &place.0),
            false => Self::of(state, place),
        }
    }

    /// Every region with its content.
    pub(crate) fn places(self) -> impl Iterator<Item = (&'a str, &'a Place)> {
        let places = self.state.places.iter();
        places
            .filter(move |((account, region), _)| {
                account == self.account && self.region.is_none_or(|wanted| wanted == region)
            })
            .map(|((_, region), place)| (region.as_str(), place))
    }

    /// Every resource that is there, with its stack.
    fn resources(self) -> impl Iterator<Item = (&'a Stack, &'a Resource)> {
        let stacks = self.places().flat_map(|(_, place)| place.stacks.values());
        stacks
            .filter(|stack| stack.deleted.is_none())
            .flat_map(|stack| stack.resources.iter().map(move |row| (stack, row)))
    }

    /// The live properties of every resource of a type.
    pub(crate) fn all(self, resource_type: &str) -> impl Iterator<Item = (&'a Resource, Value)> {
        self.resources()
            .filter(move |(_, row)| row.resource_type == resource_type)
            .filter_map(|(_, row)| Some((row, row.actual()?.value())))
    }

    /// The resource of this type and id, where there is one, with its stack.
    pub(crate) fn row(self, resource_type: &str, id: &str) -> Option<(&'a Stack, &'a Resource)> {
        self.resources().find(|(_, row)| {
            row.resource_type == resource_type && row.physical_id == id && row.actual().is_some()
        })
    }

    /// The live properties of the resource of this type and id, where there is one.
    pub(crate) fn find(self, resource_type: &str, id: &str) -> Option<(&'a Resource, Value)> {
        let (_, row) = self.row(resource_type, id)?;
        Some((row, row.actual()?.value()))
    }

    /// Everything that hangs on resources of a type; `None` for `only`: on all of them.
    pub(crate) fn items(self, resource_type: &str, only: Option<&[&str]>) -> Vec<Item> {
        let is_meant = |id: &str| only.is_none_or(|only| only.contains(&id));
        let mut found = Vec::new();
        for (_, row) in self.resources() {
            if row.resource_type != resource_type || !is_meant(&row.physical_id) {
                continue;
            }
            if let Some(properties) = row.actual().map(|actual| actual.value()) {
                let own = property::own(resource_type, &properties).into_iter();
                found.extend(own.map(|item| declared(&row.physical_id, item, String::new())));
            }
        }
        for (_, row) in self.resources() {
            if !hangs_on(&row.resource_type, resource_type) {
                continue;
            }
            let Some(properties) = row.actual() else {
                continue;
            };
            let hung = property::hung(&row.resource_type, &row.physical_id, &properties.value());
            for (parent, id, item) in hung {
                if parent == resource_type && is_meant(&id) {
                    let own = row.physical_id.starts_with("sgr-");
                    let rule = if own {
                        row.physical_id.clone()
                    } else {
                        String::new()
                    };
                    found.push(declared(&id, item, rule));
                }
            }
        }
        let by_hand = self.places().flat_map(|(_, place)| &place.by_hand);
        let by_hand = by_hand.filter(|it| it.resource_type == resource_type);
        found.extend(by_hand.filter(|it| is_meant(&it.parent)).map(ByHand::item));
        found
    }

    /// The live properties of a resource with what other stacks than its own
    /// hang on it in the lists that its template declares; `None` where there is
    /// nothing of the kind.
    pub(crate) fn with_others(self, own: &Stack, row: &Resource) -> Option<Value> {
        let expected = row.expected.value();
        let mut actual = row.actual()?.value();
        let mut changed = false;
        let others = self.resources().filter(|(stack, other)| {
            stack.id != own.id && hangs_on(&other.resource_type, &row.resource_type)
        });
        for (_, other) in others {
            let Some(properties) = other.actual() else {
                continue;
            };
            let hung = property::hung(
                &other.resource_type,
                &other.physical_id,
                &properties.value(),
            );
            let here = hung.into_iter().filter(|(_, id, _)| *id == row.physical_id);
            for (_, _, attachment) in here {
                let list = property::list(&row.resource_type, &attachment);
                let list = list.filter(|list| expected.get(*list).is_some());
                let list = list.and_then(|list| actual.get_mut(list)?.as_array_mut());
                if let Some(list) = list {
                    list.push(property::element(&attachment));
                    changed = true;
                }
            }
        }
        changed.then_some(actual)
    }

    /// What hangs on one resource; `None` where there is no such resource.
    pub(crate) fn on(self, resource_type: &str, id: &str) -> Option<Vec<Item>> {
        self.find(resource_type, id)?;
        Some(self.items(resource_type, Some(&[id])))
    }
}

/// Whether resources of a type may hang something on those of another.
fn hangs_on(resource_type: &str, parent: &str) -> bool {
    match parent {
        "AWS::EC2::SecurityGroup" => {
            resource_type.starts_with("AWS::EC2::SecurityGroup") && resource_type != parent
        }
        "AWS::EC2::RouteTable" => resource_type == "AWS::EC2::Route",
        "AWS::EKS::Cluster" => resource_type == "AWS::EKS::Nodegroup",
        "AWS::S3::Bucket" => resource_type == "AWS::S3::BucketPolicy",
        "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => {
            resource_type.starts_with("AWS::IAM::") && resource_type.ends_with("Policy")
        }
        _ => false,
    }
}

/// What a stack declares. A rule in a group's own list has an id too, which
/// follows from what it is.
fn declared(parent: &str, attachment: Attachment, id: String) -> Item {
    let id = match &attachment {
        Attachment::GroupRule { .. } if id.is_empty() => {
            ec2_id("sgr-", &format!("{parent} {attachment:?}"))
        }
        _ => id,
    };
    Item {
        parent: parent.to_owned(),
        attachment,
        id,
        issuer: String::new(),
        made: 0.0,
    }
}

/// The block of public access of a bucket, in the order of the API's answer;
/// `None` where it has none. Without a word in its template a bucket has all of it.
pub(crate) fn public_access_block(view: View<'_>, bucket: &str) -> Option<[bool; 4]> {
    let (row, properties) = view.find("AWS::S3::Bucket", bucket)?;
    let items = view.items("AWS::S3::Bucket", Some(&[bucket]));
    let none = |item: &Item| item.attachment == Attachment::NoPublicAccessBlock;
    if items.iter().any(none) {
        return None;
    }
    let key = "PublicAccessBlockConfiguration";
    match properties.get(key) {
        Some(block) => Some(BLOCKS.map(|name| block[name] == json!(true) || block[name] == "true")),
        // The template has one and the account has not: somebody took it away.
        None if row.expected.value().get(key).is_some() => None,
        None => Some([true; 4]),
    }
}

/// What a block of public access consists of.
pub(crate) const BLOCKS: [&str; 4] = [
    "BlockPublicAcls",
    "IgnorePublicAcls",
    "BlockPublicPolicy",
    "RestrictPublicBuckets",
];

/// The policy document of a key: its template's, else the one that KMS gives it.
pub(crate) fn key_policy(account: &str, properties: &Value) -> Value {
    match &properties["KeyPolicy"] {
        Value::Null => json!({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [
            {"Sid": "Enable IAM User Permissions", "Effect": "Allow",
             "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": "kms:*", "Resource": "*"}]}),
        policy => policy.clone(),
    }
}
