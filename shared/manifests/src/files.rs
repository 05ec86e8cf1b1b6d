//! Files as manifests, wherever they come from.

use domain::ports::{Manifests, Place, Unreadable};
use serde_json::Value;

use crate::limits::{Budget, LARGEST_FILE, LARGEST_SOURCE, MOST_FILES};
use crate::text::{decode, shown};
use crate::{document, duplicate, object};

/// A file, or why its content is not at hand.
pub(crate) struct File {
    /// Its path in the source, parted by `/`.
    pub(crate) name: String,
    pub(crate) content: Result<Vec<u8>, String>,
}

/// Reads files as `kubectl apply --recursive --filename` reads a directory: those
/// that end in `.yaml`, `.yml` or `.json`, in the order of their paths. Names are
/// paths within the source, parted by `/`. Nothing that is wrong in one document
/// keeps another from being read.
///
/// `revision` is left `None`.
#[must_use]
pub fn read_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Manifests {
    let files = files
        .into_iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, content)| File {
            name,
            content: Ok(content),
        });
    read(files.collect())
}

/// Whether a name is that of a file to be read.
pub(crate) fn is_wanted(name: &str) -> bool {
    is_manifest(name) || renderer(name).is_some()
}

/// Whether a name ends as kubectl wants it, in lower case.
pub(crate) fn is_manifest(name: &str) -> bool {
    [".yaml", ".yml", ".json"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// What says that a file is too large.
pub(crate) fn too_large() -> String {
    format!(
        "is larger than {} MiB and not read; the API server takes no object above 3 MiB",
        LARGEST_FILE >> 20
    )
}

/// Reads files that all are to be read.
pub(crate) fn read(mut files: Vec<File>) -> Manifests {
    // The order of a walk through directories: `a/b` before `a.yaml`.
    files.sort_by(|one, other| one.name.split('/').cmp(other.name.split('/')));
    let mut out = Manifests::default();
    let rendered = rendered(&files, &mut out);
    let mut budget = Budget::default();
    let (mut count, mut bytes) = (0, 0);
    for file in files {
        let inside = |directory: &String| is_inside(&file.name, directory);
        if rendered.iter().any(inside) || !is_manifest_or_alone(&file.name) {
            continue;
        }
        count += 1;
        bytes += file.content.as_ref().map_or(0, Vec::len);
        if count > MOST_FILES || bytes > LARGEST_SOURCE {
            let problem = format!(
                "is not read, nor what comes after it: the source has more than {MOST_FILES} files or {} MiB; name a smaller one",
                LARGEST_SOURCE >> 20
            );
            out.unreadable.push(unreadable(&file.name, 1, problem));
            break;
        }
        read_one(file, &mut budget, &mut out);
    }
    finish(out)
}

/// The last step for every source.
pub(crate) fn finish(mut out: Manifests) -> Manifests {
    duplicate::settle(&mut out);
    out.unreadable
        .sort_by(|one, other| one.place.cmp(&other.place));
    out
}

/// Reads the documents of one file.
pub(crate) fn read_one(file: File, budget: &mut Budget, out: &mut Manifests) {
    let text = match file.content {
        Ok(content) if content.len() > LARGEST_FILE => Err((1, too_large())),
        Ok(content) => decode(&content),
        Err(problem) => Err((1, problem)),
    };
    let text = match text {
        Ok(text) => text,
        Err((line, problem)) => {
            return out.unreadable.push(unreadable(&file.name, line, problem));
        }
    };
    let name = shown(&file.name);
    document::each(&text, budget, |document, budget| {
        let place = Place {
            file: name.clone(),
            document: document.number,
            line: document.line,
        };
        match document.read {
            Ok(content) => object::add(content, &place, budget, out),
            Err(problem) => out.unreadable.push(Unreadable { place, problem }),
        }
    });
}

fn unreadable(name: &str, line: usize, problem: String) -> Unreadable {
    Unreadable {
        place: Place {
            file: shown(name),
            document: 1,
            line,
        },
        problem,
    }
}

/// What renders a directory, by the file that says so.
#[derive(Clone, Copy, PartialEq)]
enum Renderer {
    Kustomize,
    Helm,
}

fn renderer(name: &str) -> Option<Renderer> {
    match name.rsplit('/').next() {
        Some("kustomization.yaml" | "kustomization.yml" | "Kustomization") => {
            Some(Renderer::Kustomize)
        }
        Some("Chart.yaml") => Some(Renderer::Helm),
        _ => None,
    }
}

/// A file without one of the endings is wanted only if it was named itself.
fn is_manifest_or_alone(name: &str) -> bool {
    is_manifest(name) || renderer(name).is_none()
}

fn is_inside(name: &str, directory: &str) -> bool {
    directory.is_empty()
        || name
            .strip_prefix(directory)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// The directories that something renders. What lies in them is not what is
/// applied (patches, bases, templates): comparing it would find drift that is none.
fn rendered(files: &[File], out: &mut Manifests) -> Vec<String> {
    let mut directories: Vec<String> = Vec::new();
    let mut renderers: Vec<_> = files
        .iter()
        .filter_map(|file| Some((file, renderer(&file.name)?)))
        .collect();
    // The outermost first: what lies below one is its business.
    renderers.sort_by_key(|(file, _)| file.name.matches('/').count());
    for (file, renderer) in renderers {
        let directory = file.name.rsplit_once('/').map_or("", |(it, _)| it);
        if is_object_file(file) || directories.iter().any(|it| is_inside(&file.name, it)) {
            continue;
        }
        let problem = match renderer {
            Renderer::Kustomize => {
                "kustomize renders this directory, so its files are not what is applied and none of them is read; in the target write `kustomize:` with this directory instead of `directory:`"
            }
            Renderer::Helm => {
                "Helm renders this directory, so its files are not what is applied and none of them is read; in the target write `helm:` with this chart instead of `directory:`"
            }
        };
        out.unreadable
            .push(unreadable(&file.name, 1, problem.to_owned()));
        directories.push(directory.to_owned());
    }
    directories
}

/// Whether a file holds objects of a cluster in spite of its name, as Flux's Kustomizations do.
fn is_object_file(file: &File) -> bool {
    let Ok(content) = &file.content else {
        return false;
    };
    let Ok(text) = decode(content) else {
        return false;
    };
    let mut is_object = false;
    document::each(&text, &mut Budget::default(), |document, _| {
        if let Ok(content) = document.read {
            let value: &Value = &content.value;
            is_object |= object::is_object(value);
        }
    });
    is_object
}
