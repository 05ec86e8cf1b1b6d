//! The server's answer as manifests.

use domain::ports::{Manifests, Place, Unreadable};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Answer {
    manifests: Option<Vec<String>>,
    #[serde(default)]
    revision: String,
}

/// Reads an answer; `None` where it is none. Each manifest is a document under its number.
pub(crate) fn read(name: &str, body: &[u8]) -> Option<Manifests> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let mut broken = Vec::new();
    let mut numbers = Vec::new();
    let mut text = String::new();
    for (index, manifest) in answer.manifests?.iter().enumerate() {
        let number = index + 1;
        if serde_json::from_str::<Value>(manifest).is_err() {
            let what = "is not JSON; see what Argo CD renders with `argocd app manifests`";
            broken.push(Unreadable {
                place: place(name, number),
                problem: what.to_owned(),
            });
            continue;
        }
        // Outside of JSON's texts a line break is only space, and inside there is none.
        let line = manifest.replace(['\n', '\r'], " ");
        text.push_str(&format!("---\n{line}\n"));
        numbers.push(number);
    }
    let mut manifests = manifests::read_rendered(name, text.into_bytes());
    let numbered = |it: &mut Place| {
        let number = numbers.get(it.document.saturating_sub(1));
        *it = place(name, number.copied().unwrap_or(it.document));
    };
    manifests
        .objects
        .iter_mut()
        .for_each(|it| numbered(&mut it.place));
    manifests
        .unreadable
        .iter_mut()
        .for_each(|it| numbered(&mut it.place));
    manifests.unreadable.extend(broken);
    let (objects, hidden): (Vec<_>, Vec<_>) = manifests
        .objects
        .into_iter()
        .partition(|it| !is_hidden(&it.object));
    manifests.objects = objects;
    for manifest in hidden {
        manifests.unreadable.push(Unreadable {
            problem: format!(
                "the content of Secret {} is hidden by Argo CD, so it cannot be compared; name the directory that it is written in as the target's manifests",
                full_name(&manifest.object)
            ),
            place: manifest.place,
        });
    }
    manifests
        .unreadable
        .sort_by(|one, other| one.place.cmp(&other.place));
    manifests.revision = Some(answer.revision).filter(|it| !it.is_empty());
    Some(manifests)
}

/// A manifest's place: its number alone, for an answer has no lines.
fn place(name: &str, document: usize) -> Place {
    Place {
        file: name.to_owned(),
        document,
        line: 1,
    }
}

/// Whether an object is a Secret in whose place of values the server has put plus signs.
fn is_hidden(object: &Value) -> bool {
    let is_secret = object["apiVersion"] == "v1" && object["kind"] == "Secret";
    let values = ["data", "stringData"].into_iter();
    is_secret
        && values
            .filter_map(|it| object[it].as_object())
            .flat_map(serde_json::Map::values)
            .filter_map(Value::as_str)
            .any(|it| !it.is_empty() && it.bytes().all(|it| it == b'+'))
}

fn full_name(object: &Value) -> String {
    let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
    match text("namespace") {
        "" => text("name").to_owned(),
        namespace => format!("{namespace}/{}", text("name")),
    }
}
