//! A cluster in memory, for tests.
//!
//! It lists in pages, keeps managed fields, and answers dry runs as a server
//! does for what its schemas say: merging by their keys, filling in defaults.
//! What it should refuse, a test tells it.

mod schemas;
mod server;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use domain::ports::{
    Cluster, Kind, ObjectName, Page, PageOf, PortError, PortErrorKind, Refused, Served,
};
use serde_json::{Value, json};

use crate::normal::desired;
use crate::schema::{Document, Node};

use server::{merge, with_defaults};
use written::Fields;

type Key = (String, Option<String>, String);

type Answer = Box<dyn Fn(&ObjectName) -> Option<Refused> + Send + Sync>;

#[derive(Clone, Default)]
struct Stored {
    object: Value,
    /// Manager, operation and subresource, each with what it owns and when it wrote.
    writers: BTreeMap<(String, String, String), (Fields, Option<String>)>,
}

/// A cluster in memory.
pub struct Memory {
    kinds: Vec<Kind>,
    documents: BTreeMap<String, (Value, Document)>,
    objects: Mutex<BTreeMap<Key, Stored>>,
    requests: AtomicU64,
    dry_runs: AtomicU64,
    /// How many objects are on a page.
    pub page: usize,
    /// What is refused: lists as `TYPE` for all namespaces and `TYPE NAMESPACE` for one, reads
    /// as `get TYPE`, and documents that come too late as `late VERSION`.
    pub denied: BTreeSet<String>,
    /// How many more pages after a first fail, as their token has expired.
    pub expiring: AtomicU64,
    apply: Option<Answer>,
    create: Option<Answer>,
}

impl Default for Memory {
    fn default() -> Self {
        let kinds = schemas::kinds();
        let versions: BTreeSet<String> = kinds.iter().map(Kind::api_version).collect();
        let documents = versions.into_iter().filter_map(|version| {
            let value = schemas::document(&version)?;
            Some((version, (value.clone(), Document::new(value))))
        });
        Self {
            documents: documents.collect(),
            kinds,
            objects: Mutex::default(),
            requests: AtomicU64::new(0),
            dry_runs: AtomicU64::new(0),
            page: 2,
            denied: BTreeSet::new(),
            expiring: AtomicU64::new(0),
            apply: None,
            create: None,
        }
    }
}

impl Memory {
    /// How many dry runs were asked for.
    #[must_use]
    pub fn dry_runs(&self) -> u64 {
        self.dry_runs.load(Ordering::Relaxed)
    }

    /// Takes a kind away.
    pub fn unserve(&mut self, kind: &str) {
        self.kinds.retain(|it| it.type_name() != kind);
    }

    /// Answers applies with a refusal, where `answer` gives one.
    pub fn refuse_applies(
        &mut self,
        answer: impl Fn(&ObjectName) -> Option<Refused> + Send + Sync + 'static,
    ) {
        self.apply = Some(Box::new(answer));
    }

    /// Answers creations with a refusal, where `answer` gives one.
    pub fn refuse_creations(
        &mut self,
        answer: impl Fn(&ObjectName) -> Option<Refused> + Send + Sync + 'static,
    ) {
        self.create = Some(Box::new(answer));
    }

    fn node(&self, kind: &Kind) -> Node<'_> {
        self.documents
            .get(&kind.api_version())
            .map_or(Node::UNKNOWN_OBJECT, |(_, document)| {
                document.kind(&kind.group, &kind.version, &kind.name)
            })
    }

    /// The object that a manifest is about; objects of kinds that are not served have none.
    #[must_use]
    pub fn name_of(&self, manifest: &Value) -> Option<ObjectName> {
        let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str);
        let kind = format!("{}/{}", text("/apiVersion")?, text("/kind")?);
        let kind = self.kinds.iter().find(|it| it.type_name() == kind)?;
        let namespace = text("/metadata/namespace").unwrap_or("default");
        Some(ObjectName {
            kind: kind.clone(),
            namespace: kind.namespaced.then(|| namespace.to_owned()),
            name: text("/metadata/name")?.to_owned(),
        })
    }

    /// Applies a manifest in a manager's name: `Apply` or, as client-side tools do, `Update`.
    pub fn put(&self, manifest: &Value, (manager, operation): (&str, &str), time: &str) {
        let Some(name) = self.name_of(manifest) else {
            return;
        };
        let node = self.node(&name.kind);
        let wanted = desired(manifest, &name.kind, name.namespace.as_deref());
        let stored = self.stored(&name).unwrap_or_default();
        let before = stored.object.clone();
        let merged = merge(&before, &wanted, &node);
        let mut after = with_defaults(merged, &node);
        after["metadata"]["creationTimestamp"] = json!(time);
        // An apply owns what is written; everybody else the defaults besides.
        let owned = if operation == "Apply" {
            manifest
        } else {
            &after
        };
        let owned = content(written::leaves(&content_of(owned), &node));
        self.write(
            &name,
            (stored, after),
            (manager, operation, ""),
            (owned, Some(time)),
        );
    }

    /// Changes an object in a manager's name, through a subresource if one is named.
    pub fn edit(
        &self,
        manifest: &Value,
        (manager, subresource): (&str, &str),
        change: impl FnOnce(&mut Value),
    ) {
        let Some(name) = self.name_of(manifest) else {
            return;
        };
        let Some(stored) = self.stored(&name) else {
            return;
        };
        let node = self.node(&name.kind);
        let mut after = stored.object.clone();
        change(&mut after);
        let after = with_defaults(after, &node);
        let mut owned = written::changed(&content_of(&stored.object), &content_of(&after), &node);
        let there = written::leaves(&content_of(&after), &node);
        owned.retain(|it| there.contains(it));
        let time = subresource.is_empty().then_some("2026-11-24T05:12:09Z");
        self.write(
            &name,
            (stored, after),
            (manager, "Update", subresource),
            (owned, time),
        );
    }

    /// Takes an object away.
    pub fn delete(&self, manifest: &Value) {
        if let (Some(name), Ok(mut objects)) = (self.name_of(manifest), self.objects.lock()) {
            objects.remove(&key(&name));
        }
    }

    fn stored(&self, name: &ObjectName) -> Option<Stored> {
        self.objects.lock().ok()?.get(&key(name)).cloned()
    }

    fn write(
        &self,
        name: &ObjectName,
        (stored, after): (Stored, Value),
        (manager, operation, subresource): (&str, &str, &str),
        (owned, time): (Fields, Option<&str>),
    ) {
        let node = self.node(&name.kind);
        let changed = written::changed(&content_of(&stored.object), &content_of(&after), &node);
        let mut writers = stored.writers;
        // Whoever had what was changed has it no more.
        for (fields, _) in writers.values_mut() {
            fields.retain(|it| !changed.contains(it));
        }
        let id = (
            manager.to_owned(),
            operation.to_owned(),
            subresource.to_owned(),
        );
        let entry = writers.entry(id).or_default();
        if operation == "Apply" {
            entry.0 = owned;
        } else {
            entry.0.extend(owned);
        }
        entry.1 = time.map(str::to_owned);
        writers.retain(|_, (fields, _)| !fields.is_empty());
        let stored = Stored {
            object: after,
            writers,
        };
        if let Ok(mut objects) = self.objects.lock() {
            objects.insert(key(name), stored);
        }
    }
}

fn key(name: &ObjectName) -> Key {
    (
        name.kind.type_name(),
        name.namespace.clone(),
        name.name.clone(),
    )
}

/// What managers own of an object: neither its name nor what the server keeps.
fn content_of(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        for key in ["apiVersion", "kind", "status"] {
            fields.remove(key);
        }
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| matches!(key.as_str(), "labels" | "annotations" | "finalizers"));
    }
    object
}

fn content(mut fields: Fields) -> Fields {
    fields.remove(&vec!["f:metadata".to_owned()]);
    fields.remove(&Vec::new());
    fields
}

fn seen(stored: &Stored) -> Value {
    let mut object = stored.object.clone();
    let entries =
        stored
            .writers
            .iter()
            .map(|((manager, operation, subresource), (fields, time))| {
                let mut entry = json!({"manager": manager, "operation": operation,
                               "fieldsType": "FieldsV1", "fieldsV1": written::tree(fields)});
                if let Some(time) = time {
                    entry["time"] = json!(time);
                }
                if !subresource.is_empty() {
                    entry["subresource"] = json!(subresource);
                }
                entry
            });
    object["metadata"]["managedFields"] = entries.collect();
    object
}

fn denied(what: &str) -> PortError {
    PortError::new(
        PortErrorKind::Denied,
        "kubernetes:list",
        format!("{what} is forbidden"),
    )
}

#[async_trait]
impl Cluster for Memory {
    async fn kinds(&self) -> Result<Served, PortError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(Served {
            kinds: self.kinds.clone(),
            unavailable: Vec::new(),
        })
    }

    async fn schema(&self, api_version: &str) -> Result<Value, PortError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if self.denied.contains(&format!("late {api_version}")) {
            let kind = PortErrorKind::Timeout;
            return Err(PortError::new(kind, "kubernetes:schema", api_version));
        }
        let found = self
            .documents
            .get(api_version)
            .map(|(value, _)| value.clone());
        found.ok_or_else(|| {
            PortError::new(PortErrorKind::NotFound, "kubernetes:schema", api_version)
        })
    }

    async fn list(&self, page: &PageOf) -> Result<Page, PortError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let kind = page.kind.type_name();
        let what = match &page.namespace {
            Some(namespace) => format!("{kind} {namespace}"),
            None => kind.clone(),
        };
        if self.denied.contains(&what) {
            return Err(denied(&what));
        }
        let left = self.expiring.load(Ordering::Relaxed);
        if page.token.is_some() && left > 0 {
            self.expiring.store(left - 1, Ordering::Relaxed);
            return Err(PortError::new(
                PortErrorKind::Conflict,
                "kubernetes:list",
                "expired",
            ));
        }
        let start: usize = page
            .token
            .as_deref()
            .and_then(|it| it.parse().ok())
            .unwrap_or(0);
        let Ok(objects) = self.objects.lock() else {
            return Err(denied(&what));
        };
        let is_it = |(of, namespace, _): &&Key| {
            *of == kind && (page.namespace.is_none() || page.namespace == *namespace)
        };
        let all: Vec<&Key> = objects.keys().filter(is_it).collect();
        let here = all.iter().skip(start).take(self.page);
        Ok(Page {
            objects: here.filter_map(|it| objects.get(*it)).map(seen).collect(),
            next: (start + self.page < all.len()).then(|| (start + self.page).to_string()),
        })
    }

    async fn get(&self, name: &ObjectName) -> Result<Option<Value>, PortError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let what = format!("get {}", name.kind.type_name());
        if self.denied.contains(&what) {
            return Err(denied(&what));
        }
        Ok(self.stored(name).as_ref().map(seen))
    }

    async fn apply(&self, name: &ObjectName, manifest: &Value) -> Result<Value, Refused> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.dry_runs.fetch_add(1, Ordering::Relaxed);
        if let Some(refused) = self.apply.as_ref().and_then(|answer| answer(name)) {
            return Err(refused);
        }
        let node = self.node(&name.kind);
        let live = self.stored(name).map(|it| it.object).unwrap_or_default();
        Ok(with_defaults(merge(&live, manifest, &node), &node))
    }

    async fn create(&self, name: &ObjectName, manifest: &Value) -> Result<Value, Refused> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.dry_runs.fetch_add(1, Ordering::Relaxed);
        if let Some(refused) = self.create.as_ref().and_then(|answer| answer(name)) {
            return Err(refused);
        }
        Ok(with_defaults(manifest.clone(), &self.node(&name.kind)))
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}
