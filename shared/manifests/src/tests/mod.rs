mod duplicates;
mod files;
mod objects;

use domain::ports::Manifests;

use crate::read_files;

/// What one file says.
fn one(text: &str) -> Manifests {
    read_files([("a.yaml".to_owned(), text.as_bytes().to_vec())])
}

/// What files say, by name and text.
fn several(files: &[(&str, &str)]) -> Manifests {
    read_files(
        files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())),
    )
}

/// The names of the objects, in order.
fn names(manifests: &Manifests) -> Vec<&str> {
    manifests
        .objects
        .iter()
        .map(|it| it.object["metadata"]["name"].as_str().unwrap())
        .collect()
}

/// Place and problem of what could not be read.
fn problems(manifests: &Manifests) -> Vec<String> {
    manifests
        .unreadable
        .iter()
        .map(|it| format!("{}: {}", it.place, it.problem))
        .collect()
}

/// A ConfigMap.
fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n")
}
