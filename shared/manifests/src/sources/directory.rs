//! A directory of manifests.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use domain::ports::{Manifests, PortError, PortErrorKind, Source};
use jiff::Timestamp;

use super::git::{Entry, Repository};
use super::{Tools, beside, name, walk};
use crate::files::{self, File};
use crate::limits::{LARGEST_FILE, LARGEST_SOURCE, MOST_FILES};

/// A directory of manifests, or one file of them, read as `kubectl apply -R -f`
/// reads it.
#[derive(Clone, Debug)]
pub struct Directory {
    /// What `path` is relative to; files are named from here.
    pub root: PathBuf,
    /// The directory, or the file.
    pub path: PathBuf,
    /// How `git` is run.
    pub tools: Tools,
}

#[async_trait]
impl Source for Directory {
    async fn read(&self, revision: Option<&str>) -> Result<Manifests, PortError> {
        let this = self.clone();
        let revision = revision.map(str::to_owned);
        beside(move || match revision {
            None => this.now(),
            Some(revision) => this.then(&revision),
        })
        .await
    }

    async fn ahead_since(&self, revision: &str) -> Result<Option<Timestamp>, PortError> {
        let this = self.clone();
        let revision = revision.to_owned();
        beside(move || {
            let repository = Repository::required(&this.root, &this.tools)?;
            let commit = repository.commit(&revision)?;
            let path = repository.path(&this.path)?;
            repository.changed_since(&commit, &[path])
        })
        .await
    }
}

impl Directory {
    /// What lies there now.
    fn now(&self) -> Result<Manifests, PortError> {
        let root = walk::real(&self.root, &self.root)?;
        let path = root.join(&self.path);
        let real = walk::real(&root, &path)?;
        // Without git, or in a repository that git refuses, the files are there all the same.
        let repository = Repository::of(&root, &self.tools).ok().flatten();
        let top = repository.as_ref().map_or(root.as_path(), |it| &it.top);
        let bounds = if real.starts_with(top) { top } else { &real };
        let files = walk::files(&root, &path, bounds)?;
        let mut manifests = files::read(files);
        if let Some(repository) = &repository
            && let Ok(path) = repository.path(&self.path)
        {
            manifests.revision = repository.clean_head(&path)?;
        }
        Ok(manifests)
    }

    /// What a revision holds.
    fn then(&self, revision: &str) -> Result<Manifests, PortError> {
        let repository = Repository::required(&self.root, &self.tools)?;
        let commit = repository.commit(revision)?;
        let path = repository.path(&self.path)?;
        let entries = repository.list(&commit, &path)?;
        if entries.is_empty() {
            let detail = format!("{:?} is not in revision {commit}", self.path);
            return Err(PortError::new(
                PortErrorKind::NotFound,
                "git ls-tree",
                detail,
            ));
        }
        let prefix = repository.path(Path::new(""))?;
        let wanted = entries
            .into_iter()
            .filter(|it| it.path == path || files::is_wanted(&it.path));
        let mut manifests = files::read(contents(&repository, &commit, wanted, &prefix)?);
        manifests.revision = Some(commit);
        Ok(manifests)
    }
}

/// The entries with their contents, within the limits of a source.
fn contents(
    repository: &Repository<'_>,
    commit: &str,
    entries: impl Iterator<Item = Entry>,
    prefix: &str,
) -> Result<Vec<File>, PortError> {
    let (mut files, mut asked, mut bytes) = (Vec::new(), Vec::new(), 0_usize);
    for entry in entries {
        let content = if entry.size > LARGEST_FILE {
            Err(files::too_large())
        } else if entry.path.contains('\n') {
            Err("has a line break in its name; rename it".to_owned())
        } else if files.len() > MOST_FILES || bytes > LARGEST_SOURCE {
            Err("is not read: the source is too large".to_owned())
        } else {
            bytes += entry.size;
            asked.push((
                files.len(),
                // Only a path can lead through a link; an id is faster.
                match entry.link {
                    true => format!("{commit}:{}", entry.path),
                    false => entry.id,
                },
            ));
            Ok(Vec::new())
        };
        files.push(File {
            name: name(Path::new(prefix), Path::new(&entry.path)),
            content,
        });
    }
    let names: Vec<String> = asked.iter().map(|(_, name)| name.clone()).collect();
    for ((index, _), content) in asked.into_iter().zip(repository.contents(&names)?) {
        files[index].content = content;
    }
    Ok(files)
}
