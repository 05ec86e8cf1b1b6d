//! A set of paths.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::path::{Path, Step};
use crate::schema::Node;

/// A set of paths, as a tree: a step is a member itself, leads to members, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Set {
    members: BTreeSet<Step>,
    children: BTreeMap<Step, Set>,
}

impl Set {
    pub(crate) fn of(paths: &[&[&str]]) -> Self {
        let mut set = Self::default();
        for path in paths {
            let path: Path = path.iter().map(|name| Step::field(name)).collect();
            set.insert(&path);
        }
        set
    }

    pub(crate) fn insert(&mut self, path: &[Step]) {
        match path {
            [] => {}
            [last] => {
                self.members.insert(last.clone());
            }
            [first, rest @ ..] => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    pub(crate) fn has(&self, path: &[Step]) -> bool {
        match path {
            [] => false,
            [last] => self.members.contains(last),
            [first, rest @ ..] => self.children.get(first).is_some_and(|set| set.has(rest)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.values().all(Self::is_empty)
    }

    /// What is inside of this step.
    pub(crate) fn under(&self, step: &Step) -> Option<&Self> {
        self.children.get(step).filter(|set| !set.is_empty())
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.members.extend(other.members.iter().cloned());
        for (step, set) in &other.children {
            let child = all.children.entry(step.clone()).or_default();
            *child = child.union(set);
        }
        all
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let children = self.children.iter().filter_map(|(step, set)| {
            let both = set.intersection(other.children.get(step)?);
            (!both.is_empty()).then(|| (step.clone(), both))
        });
        Self {
            members: self.members.intersection(&other.members).cloned().collect(),
            children: children.collect(),
        }
    }

    /// Without the other's members, path by path: what is inside of them stays.
    pub(crate) fn difference(&self, other: &Self) -> Self {
        let children = self.children.iter().filter_map(|(step, set)| {
            let rest = match other.children.get(step) {
                Some(other) => set.difference(other),
                None => set.clone(),
            };
            (!rest.is_empty()).then(|| (step.clone(), rest))
        });
        Self {
            members: self.members.difference(&other.members).cloned().collect(),
            children: children.collect(),
        }
    }

    /// Without the other's members and all that is inside of them.
    pub(crate) fn difference_below(&self, other: &Self) -> Self {
        let children = self.children.iter().filter_map(|(step, set)| {
            if other.members.contains(step) {
                return None;
            }
            let rest = match other.children.get(step) {
                Some(other) => set.difference_below(other),
                None => set.clone(),
            };
            (!rest.is_empty()).then(|| (step.clone(), rest))
        });
        Self {
            members: self.members.difference(&other.members).cloned().collect(),
            children: children.collect(),
        }
    }

    /// The same, with the declared fields on the way to a member as members.
    pub(crate) fn with_named_fields(&self, node: &Node) -> Self {
        let mut all = Self {
            members: self.members.clone(),
            children: BTreeMap::new(),
        };
        for (step, set) in &self.children {
            if set.is_empty() {
                continue;
            }
            let inner = match step {
                Step::Field(name) => {
                    if node.declares(name) {
                        all.members.insert(step.clone());
                    }
                    node.child(name).unwrap_or(&Node::Any)
                }
                Step::Key(_) | Step::Value(_) => node.item(),
            };
            all.children
                .insert(step.clone(), set.with_named_fields(inner));
        }
        all
    }

    /// All paths, in order.
    pub(crate) fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
    }

    fn collect(&self, before: &mut Path, paths: &mut Vec<Path>) {
        for step in &self.members {
            let mut path = before.clone();
            path.push(step.clone());
            paths.push(path);
        }
        for (step, set) in &self.children {
            before.push(step.clone());
            set.collect(before, paths);
            before.pop();
        }
    }

    /// As `fieldsV1` writes it.
    pub(crate) fn write(&self) -> Value {
        let mut fields = Map::new();
        for step in &self.members {
            fields.insert(step.write(), json!({}));
        }
        for (step, set) in &self.children {
            if set.is_empty() {
                continue;
            }
            let mut inner = set.write();
            if self.members.contains(step) {
                inner["."] = json!({});
            }
            fields.insert(step.write(), inner);
        }
        fields.into()
    }

    /// The reverse of `write`; what is no step is left out.
    pub(crate) fn read(fields: &Value) -> Self {
        let mut set = Self::default();
        for (name, inner) in fields.as_object().into_iter().flatten() {
            let Some(step) = Step::read(name) else {
                continue;
            };
            let empty = inner.as_object().is_none_or(Map::is_empty);
            if empty || inner.get(".").is_some() {
                set.members.insert(step.clone());
            }
            let inner = Self::read(inner);
            if !inner.is_empty() {
                set.children.insert(step, inner);
            }
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(fields: &Value) -> Set {
        Set::read(fields)
    }

    #[test]
    fn what_is_read_is_written_the_same() {
        let fields = json!({"f:spec": {"f:ports": {".": {}, "k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}},
            "f:finalizers": {"v:\"a\"": {}}}});
        assert_eq!(set(&fields).write(), fields);
    }

    #[test]
    fn a_difference_keeps_what_is_inside_of_a_member_and_one_below_does_not() {
        let all = set(&json!({"f:a": {".": {}, "f:b": {}}, "f:c": {}}));
        let taken = set(&json!({"f:a": {}}));
        assert_eq!(
            all.difference(&taken),
            set(&json!({"f:a": {"f:b": {}}, "f:c": {}}))
        );
        assert_eq!(all.difference_below(&taken), set(&json!({"f:c": {}})));
    }

    #[test]
    fn an_intersection_goes_path_by_path() {
        let one = set(&json!({"f:a": {"f:b": {}, "f:c": {}}, "f:d": {}}));
        let other = set(&json!({"f:a": {"f:c": {}}, "f:d": {"f:e": {}}}));
        assert_eq!(one.intersection(&other), set(&json!({"f:a": {"f:c": {}}})));
    }
}
