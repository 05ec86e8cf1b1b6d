//! What a document has to be for kubectl to apply it.

use domain::ports::{Manifest, Manifests, Place, Unreadable};
use serde_json::{Map, Value};

use crate::document::Content;
use crate::limits::Budget;

/// The API group of kustomize's own files. They are no objects of a cluster.
pub(crate) const KUSTOMIZE: &str = "kustomize.config.k8s.io";

/// Adds what a document says: its object, or the objects of the list that it is.
pub(crate) fn add(content: Content, place: &Place, budget: &mut Budget, out: &mut Manifests) {
    match content.value {
        Value::Null => {}
        Value::Object(map) if map.contains_key("items") => {
            list(map, &content.items, place, (budget, out));
        }
        Value::Object(map) if is_ours(&map) => {}
        Value::Object(map) => match check(&map) {
            Ok(()) => out.objects.push(Manifest {
                object: Value::Object(map),
                place: place.clone(),
            }),
            Err(problem) => out.unreadable.push(Unreadable {
                place: place.clone(),
                problem,
            }),
        },
        other => {
            let what = if other.is_array() {
                "a list"
            } else {
                "a single value"
            };
            out.unreadable.push(Unreadable {
                place: place.clone(),
                problem: format!(
                    "is {what} and no manifest; a manifest is a mapping with apiVersion, kind and metadata"
                ),
            });
        }
    }
}

/// Whatever has `items` is a list to kubectl, whatever its kind. An entry
/// without a type of its own has that of the list: a `ConfigMapList` holds ConfigMaps.
fn list(
    mut map: Map<String, Value>,
    lines: &[usize],
    place: &Place,
    (budget, out): (&mut Budget, &mut Manifests),
) {
    let refuse = |problem: String| Unreadable {
        place: place.clone(),
        problem,
    };
    let items = match map.remove("items") {
        Some(Value::Array(items)) => items,
        Some(Value::Null) | None => Vec::new(),
        Some(_) => {
            let problem =
                "items is no list, and kubectl takes whatever has items for a list of objects";
            return out.unreadable.push(refuse(problem.to_owned()));
        }
    };
    if let Err(problem) = text(&map, "kind").and_then(|_| text(&map, "apiVersion")) {
        return out.unreadable.push(refuse(problem));
    }
    if let Err(problem) = budget.count(items.len()) {
        return out.unreadable.push(refuse(problem));
    }
    for (index, mut item) in items.into_iter().enumerate() {
        let place = Place {
            line: lines.get(index).copied().unwrap_or(place.line),
            ..place.clone()
        };
        if let Value::Object(item) = &mut item {
            inherit(item, &map);
        } else {
            out.unreadable.push(Unreadable {
                place,
                problem: format!("entry {} of the list is no object", index + 1),
            });
            continue;
        }
        let content = Content {
            value: item,
            items: Vec::new(),
        };
        add(content, &place, budget, out);
    }
}

fn inherit(item: &mut Map<String, Value>, list: &Map<String, Value>) {
    let empty = |key: &str| {
        item.get(key)
            .is_none_or(|it| it.as_str().is_none_or(str::is_empty))
    };
    if !empty("kind") || !empty("apiVersion") {
        return;
    }
    if let Some(kind) = list.get("kind").and_then(Value::as_str)
        && let Some(kind) = kind.strip_suffix("List")
        && !kind.is_empty()
    {
        item.insert("kind".to_owned(), kind.into());
        if let Some(version) = list.get("apiVersion") {
            item.insert("apiVersion".to_owned(), version.clone());
        }
    }
}

/// Plumbline's own configuration, which may lie beside the manifests.
fn is_ours(map: &Map<String, Value>) -> bool {
    map.get("apiVersion").and_then(Value::as_str) == Some("plumbline/v1")
        && !map.contains_key("kind")
}

/// Whether a mapping is an object of a cluster, by its type alone.
pub(crate) fn is_object(value: &Value) -> bool {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    text("kind").is_some() && text("apiVersion").is_some_and(|it| group(it) != KUSTOMIZE)
}

/// The API group of an `apiVersion`; empty for the core.
pub(crate) fn group(api_version: &str) -> &str {
    api_version
        .split_once('/')
        .map_or("", |(group, _version)| group)
}

fn check(map: &Map<String, Value>) -> Result<(), String> {
    if !map.contains_key("apiVersion") && !map.contains_key("kind") {
        return Err("has neither apiVersion nor kind, so it is no manifest, and kubectl apply fails at it; move it elsewhere, or name the source that renders it (kustomize, helm)".to_owned());
    }
    let api_version = text(map, "apiVersion")?;
    let kind = text(map, "kind")?;
    if group(api_version) == KUSTOMIZE {
        return Err(format!(
            "is a {} of kustomize and no object of a cluster; name the directory as `kustomize:` instead of `directory:`",
            crate::text::shown(kind)
        ));
    }
    let Some(metadata) = map.get("metadata").and_then(Value::as_object) else {
        return Err(
            "has no metadata, or none that is a mapping; it needs metadata.name".to_owned(),
        );
    };
    match metadata.get("name") {
        Some(Value::String(name)) if !name.is_empty() => {}
        Some(Value::String(_) | Value::Null) | None => {
            return Err(if metadata.contains_key("generateName") {
                "has metadata.generateName and no name: each create makes another object of it, so there is none to compare, and kubectl apply refuses it; give it a metadata.name".to_owned()
            } else {
                "has no metadata.name".to_owned()
            });
        }
        Some(_) => return Err(not_text("metadata.name")),
    }
    match metadata.get("namespace") {
        None | Some(Value::Null | Value::String(_)) => Ok(()),
        Some(_) => Err(not_text("metadata.namespace")),
    }
}

fn text<'m>(map: &'m Map<String, Value>, key: &str) -> Result<&'m str, String> {
    match map.get(key) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        None | Some(Value::Null | Value::String(_)) => Err(format!(
            "has no {key}; kubectl apply fails at what has no apiVersion or no kind"
        )),
        Some(_) => Err(not_text(key)),
    }
}

fn not_text(key: &str) -> String {
    format!(
        "{key} is no text: without quotes YAML reads numbers and words such as y, no and on as something else; put it in quotes"
    )
}
