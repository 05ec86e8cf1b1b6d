//! Kubeconfig files, read as kubectl reads them.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use domain::ports::PortError;
use kube::Config;
use kube::config::{ExecConfig, KubeConfigOptions, Kubeconfig, KubeconfigError};

use crate::connect::CONNECT;
use crate::failure::{causes, clean, invalid};
use crate::transport::is_this_machine;

/// Names of contexts that a message lists.
const LISTED: usize = 10;

/// What a context says.
pub(crate) struct Entry {
    /// The context's name.
    pub(crate) name: String,
    /// Server, authority and identity, the plugin's apart.
    pub(crate) config: Config,
    /// The cluster's own proxy.
    pub(crate) proxy: Option<String>,
    /// What gives the identity, where the kubeconfig holds none.
    pub(crate) plugin: Option<ExecConfig>,
}

/// Which files to read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// These, the first to say something wins.
    These(Vec<PathBuf>),
    /// None, since this is a pod.
    InCluster,
}

/// The files that kubectl would read here.
pub(crate) fn files(path: Option<&Path>, context: Option<&str>) -> Result<Files, PortError> {
    // A pod's service account has no contexts, so who names one means a file.
    let in_pod = context.is_none() && env::var_os("KUBERNETES_SERVICE_HOST").is_some();
    let home = env::home_dir();
    choose(path, (env::var_os("KUBECONFIG"), home, in_pod))
}

fn choose(
    path: Option<&Path>,
    (variable, home, in_pod): (Option<OsString>, Option<PathBuf>, bool),
) -> Result<Files, PortError> {
    if let Some(path) = path {
        return Ok(Files::These(vec![path.to_owned()]));
    }
    let listed: Vec<PathBuf> = env::split_paths(&variable.unwrap_or_default())
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    if !listed.is_empty() {
        // Files that are not there are passed over, as long as there is one.
        let there: Vec<PathBuf> = listed.iter().filter(|it| it.exists()).cloned().collect();
        if there.is_empty() {
            let names: Vec<String> = listed.iter().map(|it| it.display().to_string()).collect();
            let detail = format!("KUBECONFIG names no file that exists: {}", names.join(", "));
            return Err(invalid(CONNECT, detail));
        }
        return Ok(Files::These(there));
    }
    match home.map(|home| home.join(".kube").join("config")) {
        Some(file) if file.exists() => Ok(Files::These(vec![file])),
        _ if in_pod => Ok(Files::InCluster),
        _ => Err(invalid(
            CONNECT,
            "no kubeconfig: neither KUBECONFIG nor ~/.kube/config is there; set KUBECONFIG, or name the file as \
             `kubeconfig: {path: FILE}`",
        )),
    }
}

/// Reads a context of files, the current one where none is named.
pub(crate) async fn read(files: &[PathBuf], context: Option<&str>) -> Result<Entry, PortError> {
    let mut merged = Kubeconfig::default();
    for file in files {
        let mut read = Kubeconfig::read_from(file).map_err(|error| unusable(Some(file), &error))?;
        // To kubectl an empty name is none.
        read.current_context = read.current_context.filter(|it| !it.is_empty());
        merged = merged
            .merge(read)
            .map_err(|error| unusable(Some(file), &error))?;
    }
    let name = context
        .map(str::to_owned)
        .or_else(|| merged.current_context.clone())
        .ok_or_else(|| {
            let detail = format!(
                "{}: no current context is set; name one as `kubeconfig: {{context: NAME}}`{}",
                shown(files),
                known(&merged)
            );
            invalid(CONNECT, detail)
        })?;
    let there = merged.contexts.iter().find(|it| it.name == name);
    let cluster = there
        .and_then(|it| it.context.as_ref())
        .ok_or_else(|| {
            let detail = format!("{}: no context `{name}`{}", shown(files), known(&merged));
            invalid(CONNECT, clean(&detail))
        })?
        .cluster
        .clone();
    let proxy = merged
        .clusters
        .iter()
        .find(|it| it.name == cluster)
        .and_then(|it| it.cluster.as_ref()?.proxy_url.clone());
    let options = KubeConfigOptions {
        context: Some(name.clone()),
        ..KubeConfigOptions::default()
    };
    let mut config = Config::from_custom_kubeconfig(merged, &options)
        .await
        .map_err(|error| {
            let error = unusable(None, &error);
            invalid(
                CONNECT,
                format!("{}: context {name}: {}", shown(files), error.detail),
            )
        })?;
    let plugin = identity(&mut config).map_err(|what| {
        invalid(
            CONNECT,
            clean(&format!("{}: context {name}: {what}", shown(files))),
        )
    })?;
    Ok(Entry {
        name,
        config,
        proxy,
        plugin,
    })
}

/// Checks the server and whether it may be told who asks, and takes out the plugin.
fn identity(config: &mut Config) -> Result<Option<ExecConfig>, String> {
    match config.cluster_url.scheme_str() {
        Some("https") => {}
        // Like kubectl: who asks is not told over a network that anybody can listen on.
        Some("http") if !is_this_machine(&config.cluster_url) => {
            config.auth_info = Default::default();
        }
        Some("http") => {}
        _ => {
            return Err(
                "the cluster's server must begin with https:// (or http://, which sends no credentials)".to_owned(),
            );
        }
    }
    let identity = &mut config.auth_info;
    if let Some(provider) = &identity.auth_provider
        && provider.name != "oidc"
    {
        return Err(format!(
            "auth-provider `{}` is no longer supported by Kubernetes' clients; use its exec plugin",
            provider.name
        ));
    }
    let plugin = identity.exec.take();
    let has_own = identity.token.is_some()
        || identity.token_file.is_some()
        || identity.username.is_some()
        || identity.auth_provider.is_some();
    Ok(plugin.filter(|_| !has_own))
}

fn shown(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|it| it.display().to_string()).collect();
    names.join(", ")
}

fn known(config: &Kubeconfig) -> String {
    let names: Vec<&str> = config
        .contexts
        .iter()
        .map(|it| it.name.as_str())
        .take(LISTED)
        .collect();
    match (names.is_empty(), config.contexts.len() > LISTED) {
        (true, _) => "; there is none at all".to_owned(),
        (false, more) => format!(
            "; there are {}{}",
            names.join(", "),
            if more { " and more" } else { "" }
        ),
    }
}

/// The parser's message quotes the file, which may hold tokens; its place is enough.
fn unusable(file: Option<&Path>, error: &KubeconfigError) -> PortError {
    let what = match error {
        KubeconfigError::Parse(error) => match error.location() {
            Some(at) => format!(
                "not a kubeconfig (line {}, column {})",
                at.line(),
                at.column()
            ),
            None => "not a kubeconfig".to_owned(),
        },
        other => causes(other),
    };
    let what = match file {
        Some(file) => format!("kubeconfig {}: {what}", file.display()),
        None => what,
    };
    invalid(CONNECT, clean(&what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_those_that_kubectl_would_read() {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join("home");
        std::fs::create_dir_all(home.join(".kube")).unwrap();
        let (one, two) = (directory.path().join("one"), directory.path().join("two"));
        let gone = directory.path().join("gone");
        for file in [&one, &two, &home.join(".kube/config")] {
            std::fs::write(file, "").unwrap();
        }
        let joined = |paths: &[&PathBuf]| Some(env::join_paths(paths).unwrap());
        let chosen = |path: Option<&Path>, variable, home: Option<&PathBuf>, in_pod| {
            choose(path, (variable, home.cloned(), in_pod))
        };
        let these = |paths: &[&PathBuf]| Files::These(paths.iter().copied().cloned().collect());
        let all = joined(&[&gone, &one, &two]);
        assert_eq!(
            chosen(None, all.clone(), Some(&home), true).unwrap(),
            these(&[&one, &two])
        );
        assert_eq!(
            chosen(Some(&two), all, Some(&home), true).unwrap(),
            these(&[&two])
        );
        let default = home.join(".kube/config");
        assert_eq!(
            chosen(None, None, Some(&home), true).unwrap(),
            these(&[&default])
        );
        assert_eq!(
            chosen(None, Some("".into()), Some(&home), false).unwrap(),
            these(&[&default])
        );
        assert_eq!(
            chosen(None, None, Some(&gone), true).unwrap(),
            Files::InCluster
        );
        let error = chosen(None, joined(&[&gone]), Some(&home), true).unwrap_err();
        assert!(error.detail.contains("gone"), "{error}");
        let error = chosen(None, None, None, false).unwrap_err();
        assert!(error.detail.contains("set KUBECONFIG"), "{error}");
    }
}
