//! Objects that are written twice.

use std::collections::BTreeMap;

use domain::ports::{Manifest, Manifests, Unreadable};
use serde_json::Value;

use crate::object::group;
use crate::text::shown;

/// Group, kind, namespace as written, name: what an object is, whatever its version.
type Identity = (String, String, String, String);

/// Keeps one of those that say the same, and none of those that do not: kubectl
/// would apply one after the other, and which is meant nobody can tell.
pub(crate) fn settle(manifests: &mut Manifests) {
    let mut places: BTreeMap<Identity, Vec<usize>> = BTreeMap::new();
    for (index, manifest) in manifests.objects.iter().enumerate() {
        places
            .entry(identity(&manifest.object))
            .or_default()
            .push(index);
    }
    let mut dropped = Vec::new();
    for indexes in places.into_values() {
        let [first, later @ ..] = indexes.as_slice() else {
            continue;
        };
        dropped.extend_from_slice(later);
        let first_manifest = &manifests.objects[*first];
        let differing: Vec<&Manifest> = later
            .iter()
            .map(|index| &manifests.objects[*index])
            .filter(|it| it.object != first_manifest.object)
            .collect();
        if differing.is_empty() {
            continue;
        }
        dropped.push(*first);
        manifests
            .unreadable
            .extend(differing.into_iter().map(|it| Unreadable {
                place: it.place.clone(),
                problem: format!(
                    "{} is written twice with different content, here and at {}; it is not compared until only one is left",
                    name(&it.object),
                    first_manifest.place
                ),
            }));
    }
    dropped.sort_unstable();
    let mut index = 0;
    manifests.objects.retain(|_| {
        let keep = dropped.binary_search(&index).is_err();
        index += 1;
        keep
    });
}

fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn identity(object: &Value) -> Identity {
    (
        group(text(object, "/apiVersion")).to_owned(),
        text(object, "/kind").to_owned(),
        text(object, "/metadata/namespace").to_owned(),
        text(object, "/metadata/name").to_owned(),
    )
}

fn name(object: &Value) -> String {
    let (_, kind, namespace, name) = identity(object);
    shown(&match namespace.as_str() {
        "" => format!("{kind} {name}"),
        _ => format!("{kind} {namespace}/{name}"),
    })
}
