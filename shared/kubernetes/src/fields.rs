//! Managed fields: who wrote which field, and when.

use domain::attribution::Attribution;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::appliers::{Role, Trust};
use crate::meaning::{Meaning, compare};
use crate::path::{Path, Segment};
use crate::schema::Node;

/// One entry of an object's managed fields.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    /// The field manager.
    pub(crate) manager: String,
    /// `Apply` or `Update`.
    pub(crate) operation: String,
    /// The subresource that was written through; empty for the object itself.
    pub(crate) subresource: String,
    /// When it last wrote; the server keeps none for a scale.
    pub(crate) time: Option<Timestamp>,
    /// What it is to the object.
    pub(crate) role: Role,
    fields: Value,
}

impl Writer {
    /// The writer as reports name it.
    #[must_use]
    pub(crate) fn attribution(&self) -> Attribution {
        let how = match self.subresource.as_str() {
            "" => self.operation.clone(),
            subresource => format!("{} {subresource}", self.operation),
        };
        Attribution {
            who: self.manager.clone(),
            at: self.time,
            how,
            console: false,
        }
    }
}

/// Reads the managed fields of an object, its status left out.
#[must_use]
pub(crate) fn writers(managed_fields: &Value, trust: &Trust, is_secret: bool) -> Vec<Writer> {
    let entries = managed_fields.as_array().map_or(&[][..], Vec::as_slice);
    let mut writers: Vec<Writer> = entries
        .iter()
        .filter_map(|entry| {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            let subresource = text("subresource");
            (subresource != "status").then(|| Writer {
                manager: text("manager").to_owned(),
                operation: text("operation").to_owned(),
                subresource: subresource.to_owned(),
                time: text("time").parse().ok(),
                role: trust.role(text("manager"), text("operation"), subresource),
                fields: entry.get("fieldsV1").cloned().unwrap_or_default(),
            })
        })
        .collect();
    if is_secret {
        fold_string_data(&mut writers);
    }
    writers
}

/// Who applied `stringData` owns the `data` that the server made of it, until
/// somebody else writes that: the server takes only `data` away then.
fn fold_string_data(writers: &mut [Writer]) {
    for at in 0..writers.len() {
        let Some(fields) = writers[at].fields.as_object_mut() else {
            continue;
        };
        let Some(Value::Object(texts)) = fields.remove("f:stringData") else {
            continue;
        };
        let kept: Vec<(String, Value)> = texts
            .into_iter()
            .filter(|(key, _)| !is_taken(writers, at, key))
            .collect();
        let fields = writers[at].fields.as_object_mut();
        let data = fields.map(|it| {
            it.entry("f:data")
                .or_insert_with(|| Value::Object(Map::new()))
        });
        if let Some(data) = data.and_then(Value::as_object_mut) {
            data.extend(kept);
        }
    }
}

/// Whether somebody wrote a key of `data` after the one at `at` applied it. Who only
/// created an object and left it to an applier within one second did so before.
fn is_taken(writers: &[Writer], at: usize, key: &str) -> bool {
    let applied = writers[at].time;
    writers.iter().any(|it| {
        let owns = it
            .fields
            .get("f:data")
            .is_some_and(|it| it.get(key).is_some());
        let is_later = it.time > applied || it.time == applied && it.manager != "kubectl-create";
        it.role == Role::Foreign && owns && is_later
    })
}

/// Who owns something at or below one place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owners<'a>(Vec<(&'a Writer, &'a Value)>);

impl<'a> Owners<'a> {
    /// Those who own something of the object.
    #[must_use]
    pub(crate) fn of(writers: &'a [Writer]) -> Self {
        Self(writers.iter().map(|it| (it, &it.fields)).collect())
    }

    /// Those who own something one step further down.
    #[must_use]
    pub(crate) fn below(&self, segment: &Segment) -> Self {
        let below = |(writer, tree): &(&'a Writer, &'a Value)| {
            child(tree, segment).map(|tree| (*writer, tree))
        };
        Self(self.0.iter().filter_map(below).collect())
    }

    /// Whether nobody does.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether somebody of that role does.
    #[must_use]
    pub(crate) fn has(&self, role: Role) -> bool {
        self.0.iter().any(|(writer, _)| writer.role == role)
    }

    /// Those who own the place as one value.
    #[must_use]
    pub(crate) fn whole(&self) -> Self {
        let is_leaf = |(_, tree): &&(&Writer, &Value)| tree.as_object().is_some_and(Map::is_empty);
        Self(self.0.iter().filter(is_leaf).copied().collect())
    }

    /// Who wrote last of those that `is` holds for. One without a time wrote
    /// through a subresource, which took the field from whoever had it.
    #[must_use]
    pub(crate) fn newest(&self, is: impl Fn(Role) -> bool) -> Option<&'a Writer> {
        self.0
            .iter()
            .map(|(writer, _)| *writer)
            .filter(|it| is(it.role))
            .max_by_key(|it| (it.time.is_none(), it.time))
    }

    /// Those who own the place at a path, which may be within something that is owned as one.
    #[must_use]
    pub(crate) fn at(&self, path: &Path) -> Self {
        let mut here = self.clone();
        let mut whole = Self::default();
        for segment in &path.0 {
            whole = here.whole();
            let below = here.below(segment);
            if below.is_empty() {
                return whole;
            }
            here = below;
        }
        if here.is_empty() { whole } else { here }
    }
}

/// The part of a tree that is about one step.
fn child<'a>(tree: &'a Value, segment: &Segment) -> Option<&'a Value> {
    let tree = tree.as_object()?;
    match segment {
        Segment::Key(key) => tree.get(&format!("f:{key}")),
        Segment::Index(index) => tree.get(&format!("i:{index}")),
        Segment::Member(value) => tree.get(&format!("v:{value}")),
        Segment::Item(keys) => {
            let sorted: Map<String, Value> = keys.iter().cloned().collect();
            let direct = domain::conceal::canonical(&Value::Object(sorted));
            tree.get(&format!("k:{direct}"))
                .or_else(|| item(tree, keys))
        }
    }
}

/// The part about a list's item whose key is spelled in another way.
fn item<'a>(tree: &'a Map<String, Value>, keys: &[(String, Value)]) -> Option<&'a Value> {
    tree.iter().find_map(|(name, below)| {
        let key: Value = serde_json::from_str(name.strip_prefix("k:")?).ok()?;
        let is_it = keys.iter().all(|(name, value)| {
            key.get(name)
                .is_some_and(|it| compare(it, value, &Node::UNKNOWN) != Meaning::Different)
        });
        is_it.then_some(below)
    })
}
