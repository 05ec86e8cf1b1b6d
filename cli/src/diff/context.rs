//! The namespace that a kubeconfig's context names.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where a pod is told its own namespace.
const OF_POD: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

#[derive(Deserialize)]
struct Kubeconfig {
    #[serde(default, rename = "current-context")]
    current: Option<String>,
    #[serde(default)]
    contexts: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    #[serde(default)]
    context: Option<Context>,
}

#[derive(Deserialize)]
struct Context {
    #[serde(default)]
    namespace: Option<String>,
}

/// The namespace of objects that name none, where the context says one. What is
/// wrong with a kubeconfig is told when the cluster is reached by it.
pub(super) fn namespace(path: Option<&Path>, context: Option<&str>) -> Option<String> {
    let files = match path {
        Some(path) => vec![path.to_path_buf()],
        None => files(env::var_os("KUBECONFIG"), env::home_dir()),
    };
    let read: Vec<Kubeconfig> = files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .filter_map(|text| serde_saphyr::from_str(&text).ok())
        .collect();
    if read.is_empty() && context.is_none() {
        let own = fs::read_to_string(OF_POD).ok();
        return own
            .map(|it| it.trim().to_owned())
            .filter(|it| !it.is_empty());
    }
    of(&read, context)
}

fn files(variable: Option<std::ffi::OsString>, home: Option<PathBuf>) -> Vec<PathBuf> {
    let listed: Vec<PathBuf> = env::split_paths(&variable.unwrap_or_default())
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    if listed.is_empty() {
        let own = home.map(|home| home.join(".kube").join("config"));
        return own.into_iter().collect();
    }
    listed
}

/// The first file to say something wins.
fn of(read: &[Kubeconfig], context: Option<&str>) -> Option<String> {
    let current = || {
        let all = read.iter().filter_map(|it| it.current.as_deref());
        all.into_iter().find(|it| !it.is_empty())
    };
    let name = context.or_else(current)?;
    let mut entries = read.iter().flat_map(|it| it.contexts.iter().flatten());
    let entry = entries.find(|it| it.name == name)?;
    let namespace = entry.context.as_ref()?.namespace.clone()?;
    Some(namespace).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_to_say_something_wins() {
        let read = |text: &str| -> Kubeconfig { serde_saphyr::from_str(text).unwrap() };
        let one = "current-context: ''\ncontexts:\n- {name: a, context: {cluster: c, user: u}}\n";
        let other = "current-context: b\ncontexts:\n- {name: a, context: {namespace: never}}\n- {name: b, context: {namespace: shop}}\n";
        let both = [read(one), read(other)];
        assert_eq!(of(&both, None).as_deref(), Some("shop"));
        assert_eq!(of(&both, Some("a")), None);
        assert_eq!(of(&both, Some("no")), None);
        assert_eq!(of(&[read("apiVersion: v1\n")], None), None);
    }

    #[test]
    fn the_variable_names_several_files_and_without_it_there_is_one() {
        let home = Some(PathBuf::from("/home/ann"));
        let listed = files(Some("/a::/b".into()), home.clone());
        assert_eq!(listed, [PathBuf::from("/a"), PathBuf::from("/b")]);
        assert_eq!(files(None, home), [PathBuf::from("/home/ann/.kube/config")]);
    }
}
