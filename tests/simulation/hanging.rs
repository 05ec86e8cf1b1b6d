//! What hangs on security groups and roles: declared in them, by resources of
//! other stacks, or by hand.

use serde_json::{Value, json};

use crate::cloud::{Check, Cloud, Stack};
use crate::resource::{Bend, GROUP, INGRESS, ROLE, Resource};
use crate::sim::State;

/// A rule that lets traffic in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) port: u16,
    pub(crate) cidr: String,
}

/// Something that was added by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Rule(Rule),
    /// An inline policy, by its name.
    Policy(String),
    /// An attached policy, by its ARN.
    Attached(String),
}

/// What was added by hand, and to what.
#[derive(Clone, Debug)]
pub(crate) struct Hand {
    /// The physical id of the group, the name of the role.
    pub(crate) on: String,
    /// `sgr-…` of a rule.
    pub(crate) id: String,
    pub(crate) item: Item,
}

impl Item {
    /// How a finding names it: path and value.
    pub(crate) fn place(&self) -> (String, Value) {
        match self {
            Item::Rule(Rule { port, cidr }) => (
                format!(
                    "/SecurityGroupIngress[IpProtocol=tcp,FromPort={port},ToPort={port},CidrIp=\"{cidr}\"]"
                ),
                json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr}),
            ),
            Item::Policy(name) => (
                format!("/Policies[PolicyName={name}]"),
                json!({ "PolicyName": name }),
            ),
            Item::Attached(arn) => (format!("/ManagedPolicyArns[=\"{arn}\"]"), json!(arn)),
        }
    }
}

impl Cloud {
    /// The groups and roles that are there: stack, logical and physical id, type.
    pub(crate) fn parents(&self) -> Vec<(String, String, String, &'static str)> {
        let there = self.stacks.iter().filter(|(_, it)| it.is_there());
        there
            .flat_map(|(arn, stack)| stack.resources.iter().map(move |it| (arn, it)))
            .filter(|(_, it)| [GROUP, ROLE].contains(&it.kind) && it.is_there())
            .map(|(arn, it)| {
                let (logical, physical) = (it.logical_id.clone(), it.physical_id.clone());
                (arn.clone(), logical, physical, it.kind)
            })
            .collect()
    }

    /// The rules of a group as resources of their own, with the stack of each.
    fn attached<'a>(&'a self, group: &'a str) -> impl Iterator<Item = (&'a Stack, &'a Resource)> {
        let there = self.stacks.values().filter(|it| it.is_there());
        there
            .flat_map(|stack| stack.resources.iter().map(move |it| (stack, it)))
            .filter(move |(_, it)| it.kind == INGRESS && it.is_there())
            .filter(move |(_, it)| it.rule.as_ref().is_some_and(|(of, _)| of == group))
    }

    fn group(&self, group: &str) -> Option<&Resource> {
        let mut there = self.stacks.values().filter(|it| it.is_there());
        there.find_map(|stack| {
            let mut resources = stack.resources.iter();
            resources.find(|it| it.kind == GROUP && it.physical_id == group && it.is_there())
        })
    }

    /// Whether the group of a rule that is a resource of its own is gone.
    pub(crate) fn is_groupless(&self, resource: &Resource) -> bool {
        let of = resource.rule.as_ref();
        of.is_some_and(|(group, _)| self.group(group).is_none())
    }

    /// What a group's rules are: their ids, the group, and what they allow.
    pub(crate) fn rules(&self, group: &str) -> Vec<(String, String, Rule)> {
        let Some(resource) = self.group(group) else {
            return Vec::new();
        };
        let mut rules = Vec::new();
        if !matches!(resource.bend, Some(Bend::Secret(_))) {
            let cidr = "10.0.0.0/8".to_owned();
            rules.push((format!("{group}-inline"), Rule { port: 443, cidr }));
        }
        rules.extend(self.attached(group).map(|(_, it)| {
            let rule = it.live_rule();
            (it.physical_id.clone(), rule)
        }));
        let by_hand = self.by_hand.iter().filter(|it| it.on == group);
        rules.extend(by_hand.filter_map(|it| match &it.item {
            Item::Rule(rule) => Some((it.id.clone(), rule.clone())),
            _ => None,
        }));
        let of_group = |(id, rule)| (id, group.to_owned(), rule);
        rules.into_iter().map(of_group).collect()
    }

    /// What hangs on a resource that no watched stack declares.
    pub(crate) fn undeclared(
        &self,
        resource: &Resource,
        is_watched: &dyn Fn(&Stack) -> bool,
    ) -> Vec<(String, Value)> {
        let on = &resource.physical_id;
        let by_hand = self.by_hand.iter().filter(|it| it.on == *on);
        let mut places: Vec<(String, Value)> = by_hand.map(|it| it.item.place()).collect();
        if resource.kind == GROUP {
            let unwatched = self.attached(on).filter(|(stack, _)| !is_watched(stack));
            places.extend(unwatched.map(|(_, it)| Item::Rule(it.live_rule()).place()));
        }
        places
    }
}

/// Under which name the reads of what hangs on a resource are kept, beside its checks.
pub(crate) fn live_key((stack, logical_id): &(String, String)) -> (String, String) {
    (stack.clone(), format!("{logical_id}, what hangs on it"))
}

impl State {
    /// What hangs on a resource is read now.
    pub(crate) fn read_live(&mut self, physical_id: &str) {
        let parents = self.cloud.parents();
        let found = parents.iter().find(|it| it.2 == physical_id);
        let Some((arn, logical_id, ..)) = found else {
            return;
        };
        let stack = self.cloud.stacks.get(arn).map(|it| it.id.name().to_owned());
        let key = (stack.unwrap_or_default(), logical_id.clone());
        let drifts = self.cloud.by_hand.iter().any(|it| it.on == physical_id);
        let check = Check {
            at: self.now,
            drifts,
        };
        let checks = self.cloud.checks.entry(live_key(&key)).or_default();
        checks.push(check);
    }
}
