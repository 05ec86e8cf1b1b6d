//! What is on the cluster.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::kinds::{Kind, Kinds, built_in, custom};
use crate::object::meta;

/// Lists that are still being paged through.
const PAGED_LISTS: usize = 64;

type Name = (String, String);

/// The objects, and the kinds they are of.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) kinds: Kinds,
    objects: BTreeMap<(String, String), BTreeMap<Name, Arc<Value>>>,
    /// The number of the last change.
    pub(crate) version: u64,
    /// How many ids were made.
    made: u64,
    seed: u64,
    pub(crate) pages: VecDeque<Paged>,
}

/// The rest of a list, as it was when it began.
#[derive(Clone, Debug)]
pub(crate) struct Paged {
    pub(crate) token: String,
    pub(crate) version: u64,
    pub(crate) left: VecDeque<Arc<Value>>,
}

impl State {
    pub(crate) fn new(seed: u64) -> Self {
        let mut state = Self {
            seed,
            version: 1000,
            ..Self::default()
        };
        state.kinds.add(built_in());
        state
    }

    pub(crate) fn get(&self, kind: &Kind, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let objects = self.objects.get(&kind.key())?;
        objects
            .get(&(namespace.to_owned(), name.to_owned()))
            .cloned()
    }

    /// The objects of a kind, of one namespace where it is not empty, by namespace and name.
    pub(crate) fn list(&self, kind: &Kind, namespace: &str) -> Vec<Arc<Value>> {
        let objects = self.objects.get(&kind.key()).into_iter().flatten();
        let objects = objects.filter(|((of, _), _)| namespace.is_empty() || of == namespace);
        objects.map(|(_, object)| Arc::clone(object)).collect()
    }

    /// Keeps an object, with the number of this change.
    pub(crate) fn put(&mut self, kind: &Kind, object: &mut Value) {
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        let name = name_of(object);
        let stored = Arc::new(object.clone());
        self.objects
            .entry(kind.key())
            .or_default()
            .insert(name, stored);
        if kind.name == "CustomResourceDefinition" {
            self.define(object);
        }
    }

    /// Takes an object away, and what belongs to it: all that is in a namespace,
    /// what it owns, the objects of a definition.
    pub(crate) fn delete(&mut self, kind: &Kind, object: &Value) {
        self.version += 1;
        if let Some(objects) = self.objects.get_mut(&kind.key()) {
            objects.remove(&name_of(object));
        }
        if kind.name == "CustomResourceDefinition" {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let key = (
                text(&object["spec"]["group"]),
                text(&object["spec"]["names"]["plural"]),
            );
            self.kinds.remove(&key.0, &key.1);
            self.objects.remove(&key);
        }
        let (namespace, uid) = (
            meta(object, "name").to_owned(),
            meta(object, "uid").to_owned(),
        );
        let is_namespace = kind.is("", "Namespace");
        let owned = self.take(|(of, _), it| {
            let owners = it["metadata"]["ownerReferences"]
                .as_array()
                .into_iter()
                .flatten();
            let mut owners = owners.filter(|owner| owner["uid"] == uid.as_str());
            (is_namespace && *of == namespace) || owners.next().is_some()
        });
        for (key, object) in owned {
            let kind = self.kinds.all().find(|kind| kind.key() == key).cloned();
            if let Some(kind) = kind {
                self.delete(&kind, &object);
            }
        }
    }

    fn take(
        &mut self,
        wanted: impl Fn(&Name, &Value) -> bool,
    ) -> Vec<((String, String), Arc<Value>)> {
        let mut taken = Vec::new();
        for (key, objects) in &mut self.objects {
            objects.retain(|name, object| {
                let take = wanted(name, object);
                if take {
                    taken.push((key.clone(), Arc::clone(object)));
                }
                !take
            });
        }
        taken
    }

    /// Serves the kinds of a CustomResourceDefinition.
    fn define(&mut self, definition: &Value) {
        let kinds = custom(definition);
        if let Some(kind) = kinds.first() {
            self.kinds.remove(&kind.group, &kind.plural);
        }
        self.kinds.add(kinds);
    }

    /// A number that was not given before.
    pub(crate) fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// An id in the form of a random one, which follows from the seed.
    pub(crate) fn uid(&self, number: u64) -> String {
        let hash = Sha256::digest(format!("uid {} {number}", self.seed));
        let hex = hex(&hash);
        format!(
            "{}-{}-4{}-a{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..32]
        )
    }

    /// Remembers the rest of a list, and forgets the oldest of too many.
    pub(crate) fn page(&mut self, version: u64, left: VecDeque<Arc<Value>>) -> String {
        let number = self.number();
        let token = hex(&Sha256::digest(format!("page {} {number}", self.seed)))[..32].to_owned();
        self.pages.push_back(Paged {
            token: token.clone(),
            version,
            left,
        });
        while self.pages.len() > PAGED_LISTS {
            self.pages.pop_front();
        }
        token
    }
}

fn name_of(object: &Value) -> Name {
    (
        meta(object, "namespace").to_owned(),
        meta(object, "name").to_owned(),
    )
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
