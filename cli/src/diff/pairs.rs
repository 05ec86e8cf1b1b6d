//! From what a look saw and how it was judged to the two sides that are shown.

use std::collections::BTreeMap;

use domain::attribution::Attribution;
use domain::conceal::HashKey;
use domain::difference::{Change, Difference, RawDifference};
use domain::judge::Sighting;
use domain::look::{Modified, Observed, Verdict};
use domain::ports::Manifest;
use domain::report::seconds;
use domain::resource::Resource;
use domain::sensitive::is_sensitive;
use domain::severity::Cause;
use kubernetes::Path;
use serde_json::Value;

use super::hide::Hiding;
use super::place::{locate, merged, shown};
use super::text::{Note, Pair};
use super::yaml::Yaml;

/// Everything that both sides are made of.
pub(super) struct Material<'a> {
    /// What Git says.
    pub(super) manifests: &'a [Manifest],
    /// The namespace of manifests that name none.
    pub(super) namespace: &'a str,
    /// What was seen, before it was judged.
    pub(super) seen: &'a [Observed],
    /// The objects that only the cluster has.
    pub(super) unmanaged: &'a [(Resource, Value)],
    /// The key of the hashes that stand for what is hidden.
    pub(super) key: &'a HashKey,
}

impl Material<'_> {
    /// Both sides of every object that drifted, in the order of kubectl's names.
    pub(super) fn pairs(&self, sightings: &[Sighting]) -> Vec<Pair> {
        // The content of a ConfigMap and its labels are two sightings of one object.
        let mut by_object: BTreeMap<String, Vec<&Sighting>> = BTreeMap::new();
        for sighting in sightings {
            let file = file(&sighting.resource);
            by_object.entry(file).or_default().push(sighting);
        }
        let pairs = by_object.into_iter();
        pairs.map(|(file, of)| self.pair(file, &of)).collect()
    }

    fn pair(&self, file: String, sightings: &[&Sighting]) -> Pair {
        let whole = sightings.iter().find(|it| it.change != Change::Modified);
        match whole {
            Some(it) if it.change == Change::Deleted => self.deleted(file, it),
            Some(it) => self.added(file, it),
            None => self.modified(file, sightings),
        }
    }

    fn deleted(&self, file: String, sighting: &Sighting) -> Pair {
        let resource = &sighting.resource;
        // Of one object that is written twice the later counts, as it is applied later.
        let mut manifests = self.manifests.iter().rev();
        let manifest = manifests.find(|it| self.is_of(&it.object, resource));
        let merged = manifest.map(|it| {
            let mut object = shown(&it.object);
            if let (Some(namespace), Some(metadata)) = (
                &resource.namespace,
                object.get_mut("metadata").and_then(Value::as_object_mut),
            ) {
                metadata.insert("namespace".to_owned(), Value::from(namespace.as_str()));
            }
            self.yaml(resource, &object, (&[], &[]))
        });
        Pair {
            file,
            live: None,
            merged,
            notes: vec![about("the cluster does not have it".to_owned())],
        }
    }

    fn is_of(&self, manifest: &Value, resource: &Resource) -> bool {
        let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str);
        let kind = || Some(format!("{}/{}", text("/apiVersion")?, text("/kind")?));
        let namespace = text("/metadata/namespace").filter(|it| !it.is_empty());
        let in_it = |it: &String| namespace.unwrap_or(self.namespace) == it;
        text("/metadata/name") == Some(&resource.name)
            && resource.namespace.as_ref().is_none_or(in_it)
            && kind().is_some_and(|it| it == resource.kind)
    }

    fn added(&self, file: String, sighting: &Sighting) -> Pair {
        let resource = &sighting.resource;
        let mut known = self.unmanaged.iter();
        let object = known.find(|(it, _)| it == resource);
        let live = object.map(|(_, it)| self.yaml(resource, &shown(it), (&[], &[])));
        let who = author(sighting.attribution.as_ref());
        Pair {
            file,
            live,
            merged: None,
            notes: vec![about(format!("the manifests do not have it: {who}"))],
        }
    }

    fn modified(&self, file: String, sightings: &[&Sighting]) -> Pair {
        let mut counting: Vec<(&Difference, &RawDifference)> = Vec::new();
        let (mut hidden, mut allowed) = (Vec::new(), Vec::new());
        let mut sides: Option<&Modified> = None;
        for sighting in sightings {
            let Some(modified) = self.observed(sighting) else {
                continue;
            };
            sides = Some(modified);
            for difference in &sighting.differences {
                let mut raw = modified.differences.iter();
                let Some(raw) = raw.find(|it| it.path == difference.path) else {
                    continue;
                };
                counting.push((difference, raw));
                let Some(path) = Path::parse(&raw.path) else {
                    continue;
                };
                let by_default = || {
                    let (expected, actual) = (&modified.expected, &modified.actual);
                    is_sensitive(&sighting.resource.kind, raw, expected, actual)
                };
                if difference.sensitive {
                    hidden.push(path);
                } else if by_default() {
                    allowed.push(path);
                }
            }
        }
        let (Some(sides), Some(first)) = (sides, sightings.first()) else {
            let notes = vec![about("what differs could not be kept".to_owned())];
            return Pair {
                file,
                live: None,
                merged: None,
                notes,
            };
        };
        let raw: Vec<&RawDifference> = counting.iter().map(|(_, raw)| *raw).collect();
        let live = shown(&sides.actual);
        let merged = shown(&merged(&sides.actual, &sides.expected, &raw));
        let paths = (hidden.as_slice(), allowed.as_slice());
        let resource = &first.resource;
        let (old, new) = (
            self.yaml(resource, &live, paths),
            self.yaml(resource, &merged, paths),
        );
        let notes = counting.iter().map(|(difference, _)| {
            let path = Path::parse(&difference.path);
            let lines = |tree: &Value, yaml: &Yaml| {
                let place = locate(tree, path.as_ref()?)?;
                yaml.at(&place).cloned()
            };
            Note {
                live: lines(&live, &old),
                merged: lines(&merged, &new),
                text: told(difference),
            }
        });
        let notes = notes.collect();
        Pair {
            file,
            live: Some(old),
            merged: Some(new),
            notes,
        }
    }

    fn observed(&self, sighting: &Sighting) -> Option<&Modified> {
        let mut seen = self.seen.iter();
        let of = seen.find(|it| it.identity == sighting.identity)?;
        match &of.verdict {
            Verdict::Modified(modified) => Some(modified),
            _ => None,
        }
    }

    fn yaml(
        &self,
        resource: &Resource,
        object: &Value,
        (hidden, shown): (&[Path], &[Path]),
    ) -> Yaml {
        let hiding = Hiding {
            kind: &resource.kind,
            key: self.key,
            hidden,
            shown,
        };
        Yaml::of(&hiding.apply(object))
    }
}

/// What kubectl calls the file of an object: `apps.v1.Deployment.shop.web`.
pub(super) fn file(resource: &Resource) -> String {
    let namespace = resource.namespace.as_deref().unwrap_or_default();
    let name = format!(
        "{}.{namespace}.{}",
        resource.kind.replace('/', "."),
        resource.name
    );
    // Names come from outside, and this becomes a file's name.
    name.replace(['/', '\\', '\0'], "_")
}

fn about(text: String) -> Note {
    Note {
        live: None,
        merged: None,
        text,
    }
}

/// Why there is a difference that nobody made on the cluster.
const NOT_APPLIED: &str = "the manifest is not the one that was applied last";

/// Path, who, how and when of one difference.
fn told(difference: &Difference) -> String {
    let by = difference.attribution.as_ref();
    let is_late = difference.cause == Cause::NotApplied;
    let mut text = match by {
        None if is_late => format!("{}: {NOT_APPLIED}", difference.path),
        _ if is_late => format!("{}: {}; {NOT_APPLIED}", difference.path, author(by)),
        _ => format!("{}: {}", difference.path, author(by)),
    };
    if difference.potential {
        text.push_str("; not confirmed: the server refused to say what it would make of it");
    }
    text
}

/// `kubectl-edit (Update) 2026-11-24T05:12:09Z`.
pub(super) fn author(attribution: Option<&Attribution>) -> String {
    let Some(it) = attribution else {
        return "nothing recorded who".to_owned();
    };
    let at = it.at.map_or_else(
        || "at a time that was not recorded".to_owned(),
        seconds::text,
    );
    format!("{} ({}) {at}", it.who, it.how)
}
