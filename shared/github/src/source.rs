//! A repository as a source of manifests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Manifests, Place, PortError, PortErrorKind, Source, Unreadable};
use jiff::Timestamp;
use manifests::{Helm, Kustomize, Tools};

use crate::archive::Archive;
use crate::names::{check_reference, clean_path};
use crate::repository::Repository;

const OP: &str = "github:Read";

/// What of a repository is read, by paths within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The manifests at or below a path, in memory; empty for all.
    Directory(String),
    /// A kustomization's directory, rendered by `kustomize` or `kubectl`.
    Kustomize(String),
    /// A chart, rendered by `helm`.
    Helm {
        /// The chart's directory or archive.
        chart: String,
        /// The files of values, the last one winning.
        values: Vec<String>,
        /// The release's name.
        release: String,
        /// The release's namespace.
        namespace: String,
    },
}

/// Manifests of a repository.
#[derive(Debug)]
pub struct GithubSource {
    repository: Arc<Repository>,
    reference: Option<String>,
    what: What,
    tools: Tools,
}

impl GithubSource {
    /// Manifests at a branch, a tag or a commit (`None`: the default branch).
    /// `tools` says how programs are run that render. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] for paths that leave the repository, and for
    /// what is no name of a revision.
    pub fn new(
        repository: Arc<Repository>,
        reference: Option<String>,
        what: What,
        tools: Tools,
    ) -> Result<Self, PortError> {
        reference.as_deref().map(check_reference).transpose()?;
        let what = match what {
            What::Directory(path) => What::Directory(clean_path(&path)?),
            What::Kustomize(path) => What::Kustomize(clean_path(&path)?),
            What::Helm {
                chart,
                values,
                release,
                namespace,
            } => What::Helm {
                chart: clean_path(&chart)?,
                values: values
                    .iter()
                    .map(|it| clean_path(it))
                    .collect::<Result<_, _>>()?,
                release,
                namespace,
            },
        };
        Ok(Self {
            repository,
            reference,
            what,
            tools,
        })
    }

    /// Renders in a copy of a commit, which is gone afterwards.
    async fn render(
        &self,
        archive: Archive,
        renderer: impl FnOnce(PathBuf, Tools) -> Box<dyn Source>,
    ) -> Result<Manifests, PortError> {
        let copy = tempfile::tempdir().map_err(|error| {
            let what = format!("cannot make a temporary directory: {}", error.kind());
            PortError::new(PortErrorKind::Unavailable, OP, what)
        })?;
        let (packed, to) = (archive.clone(), copy.path().to_path_buf());
        beside(move || packed.unpack(&to)).await?;
        let source = renderer(copy.path().to_path_buf(), self.tools.clone());
        // Where it was unpacked tells nobody anything.
        source.read(None).await.map_err(|error| PortError {
            detail: without(&error.detail, copy.path(), &archive.name),
            ..error
        })
    }
}

#[async_trait]
impl Source for GithubSource {
    async fn read(&self, revision: Option<&str>) -> Result<Manifests, PortError> {
        let reference = revision.or(self.reference.as_deref());
        let commit = self.repository.commit(reference).await?;
        let archive = self.repository.archive(&commit).await?;
        let mut manifests = match &self.what {
            What::Directory(path) => {
                let path = path.clone();
                beside(move || directory(&archive, &path)).await?
            }
            What::Kustomize(path) => {
                let directory = PathBuf::from(path);
                let renderer = |root, tools| -> Box<dyn Source> {
                    Box::new(Kustomize {
                        root,
                        directory,
                        tools,
                    })
                };
                self.render(archive, renderer).await?
            }
            What::Helm {
                chart,
                values,
                release,
                namespace,
            } => {
                let renderer = |root, tools| -> Box<dyn Source> {
                    Box::new(Helm {
                        root,
                        chart: PathBuf::from(chart),
                        values: values.iter().map(PathBuf::from).collect(),
                        release: release.clone(),
                        namespace: namespace.clone(),
                        tools,
                    })
                };
                self.render(archive, renderer).await?
            }
        };
        manifests.revision = Some(commit);
        Ok(manifests)
    }

    async fn ahead_since(&self, revision: &str) -> Result<Option<Timestamp>, PortError> {
        let head = self.reference.as_deref();
        let paths: Vec<&str> = match &self.what {
            What::Directory(path) => vec![path],
            What::Kustomize(path) => vec![path],
            What::Helm { chart, values, .. } => [chart]
                .into_iter()
                .chain(values)
                .map(String::as_str)
                .collect(),
        };
        let since = self.repository.changed_since(revision, head, &paths);
        match since.await? {
            // What is rendered may come from anywhere in the repository.
            None if !matches!(self.what, What::Directory(_)) => {
                self.repository.changed_since(revision, head, &[""]).await
            }
            since => Ok(since),
        }
    }
}

/// The manifests at or below a path.
fn directory(archive: &Archive, path: &str) -> Result<Manifests, PortError> {
    let found = archive.files(path, is_wanted)?;
    if !found.is_there {
        let what = format!("has no `{path}`; check the path and the revision");
        return Err(archive.error(PortErrorKind::NotFound, &what));
    }
    let mut files = found.files;
    // A file that was named itself is read whatever its name.
    let mut manifests = match files.remove(path) {
        Some(content) => manifests::read_rendered(path, content),
        None => manifests::read_files(files),
    };
    manifests
        .unreadable
        .extend(found.dangling.into_keys().map(|file| Unreadable {
            place: Place {
                file,
                document: 1,
                line: 1,
            },
            problem:
                "is a symbolic link to no file of the repository, which is not followed".to_owned(),
        }));
    manifests
        .unreadable
        .sort_by(|one, other| one.place.cmp(&other.place));
    Ok(manifests)
}

/// Whether a file may be one that `manifests::read_files` looks at; the rest need not be held.
fn is_wanted(name: &str) -> bool {
    [".yaml", ".yml", ".json", "Kustomization"]
        .iter()
        .any(|end| name.ends_with(end))
}

fn without(text: &str, root: &Path, name: &str) -> String {
    let real = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    let mut text = text.to_owned();
    for root in [&*real, root] {
        let root = root.display().to_string();
        text = text.replace(&format!("{root}/"), "").replace(&root, name);
    }
    text
}

/// Runs what waits for the processor or the disk beside the runtime's own thread.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PortError> + Send + 'static,
) -> Result<T, PortError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| {
            Err(PortError::new(
                PortErrorKind::Unavailable,
                OP,
                error.to_string(),
            ))
        })
}
