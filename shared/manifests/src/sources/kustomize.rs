//! What kustomize renders.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use domain::ports::{Manifests, PortError, PortErrorKind, Source};
use jiff::Timestamp;

use super::export::Tree;
use super::git::Repository;
use super::run::{Done, Run};
use super::{Tools, beside, name, walk};
use crate::rendered;

/// A kustomization, rendered by the user's own `kustomize build` or, without
/// that, `kubectl kustomize`.
#[derive(Clone, Debug)]
pub struct Kustomize {
    /// What `directory` is relative to.
    pub root: PathBuf,
    /// The kustomization's directory.
    pub directory: PathBuf,
    /// How `kustomize`, `kubectl` and `git` are run.
    pub tools: Tools,
}

#[async_trait]
impl Source for Kustomize {
    async fn read(&self, revision: Option<&str>) -> Result<Manifests, PortError> {
        let this = self.clone();
        let revision = revision.map(str::to_owned);
        beside(move || {
            let tree = Tree::at(&this.root, revision.as_deref(), &this.tools)?;
            let mut manifests = this.render(&tree.root)?;
            manifests.revision = tree.revision;
            Ok(manifests)
        })
        .await
    }

    async fn ahead_since(&self, revision: &str) -> Result<Option<Timestamp>, PortError> {
        let this = self.clone();
        let revision = revision.to_owned();
        beside(move || ahead_since(&this.root, &[&this.directory], &revision, &this.tools)).await
    }
}

impl Kustomize {
    fn render(&self, root: &Path) -> Result<Manifests, PortError> {
        let directory = walk::real(root, &root.join(&self.directory))?;
        let shown = name(root, &root.join(&self.directory));
        let directory = directory.into_os_string();
        for (op, program, verb) in [
            ("kustomize build", "kustomize", "build"),
            ("kubectl kustomize", "kubectl", "kustomize"),
        ] {
            let args = [OsString::from(verb), directory.clone()];
            let run = Run::new(op, program, root, &self.tools).args(args);
            if let Some(done) = run.run()? {
                let output = succeeded(op, done, root)?;
                return Ok(rendered::keep(&format!("{op} {shown}"), output, |_| true));
            }
        }
        Err(PortError::new(
            PortErrorKind::Unavailable,
            "kustomize build",
            "neither kustomize nor kubectl is on the PATH; install one of them",
        ))
    }
}

/// The output of a program that ended well.
pub(super) fn succeeded(op: &'static str, done: Done, root: &Path) -> Result<Vec<u8>, PortError> {
    if done.status.success() {
        return Ok(done.output);
    }
    // The copy of a revision is gone when this is read.
    let root = root.to_string_lossy();
    let root = format!("{}/", root.trim_end_matches('/'));
    let mut detail = done.complaint.replace(&root, "");
    if detail.is_empty() {
        detail = format!("failed ({}) and said nothing", done.status);
    }
    Err(PortError::new(PortErrorKind::Invalid, op, detail))
}

/// Since when paths differ from a revision. What is rendered may come from
/// anywhere in the repository, so where the paths are the same the rest counts.
pub(super) fn ahead_since(
    root: &Path,
    paths: &[&Path],
    revision: &str,
    tools: &Tools,
) -> Result<Option<Timestamp>, PortError> {
    let repository = Repository::required(root, tools)?;
    let commit = repository.commit(revision)?;
    let paths: Vec<String> = paths
        .iter()
        .map(|it| repository.path(it))
        .collect::<Result<_, _>>()?;
    match repository.changed_since(&commit, &paths)? {
        Some(since) => Ok(Some(since)),
        None => repository.changed_since(&commit, &[String::new()]),
    }
}
