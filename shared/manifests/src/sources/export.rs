//! A whole revision as files, for the programs that render it.

use std::path::{Path, PathBuf};

use domain::ports::{PortError, PortErrorKind};
use tempfile::TempDir;

use super::Tools;
use super::git::{Repository, git};

/// The most that a revision may hold, in files and in bytes: all of it is written
/// down, because a kustomization or a chart may name any of it.
const MOST: (usize, usize) = (100_000, 1 << 30);

/// Where a source's root is: in the working tree, or in a copy of a revision.
pub(super) struct Tree {
    pub(super) root: PathBuf,
    pub(super) revision: Option<String>,
    /// Removed with the tree.
    _copy: Option<TempDir>,
}

impl Tree {
    /// The root as it is now, or at a revision.
    pub(super) fn at(
        root: &Path,
        revision: Option<&str>,
        tools: &Tools,
    ) -> Result<Self, PortError> {
        match revision {
            None => Self::working(root, tools),
            Some(revision) => Self::exported(root, revision, tools),
        }
    }

    /// Whatever lies in the repository may be part of what is rendered, so all of it has to be clean.
    fn working(root: &Path, tools: &Tools) -> Result<Self, PortError> {
        let root = super::walk::real(root, root)?;
        let revision = match Repository::of(&root, tools) {
            Ok(Some(repository)) => repository.clean_head("")?,
            // Without git, or in a repository that git refuses, the files are there all the same.
            Ok(None) | Err(_) => None,
        };
        Ok(Self {
            root,
            revision,
            _copy: None,
        })
    }

    fn exported(root: &Path, revision: &str, tools: &Tools) -> Result<Self, PortError> {
        const OP: &str = "git checkout-index";
        let repository = Repository::required(root, tools)?;
        let commit = repository.commit(revision)?;
        let entries = repository.list(&commit, "")?;
        let bytes = entries
            .iter()
            .filter(|it| !it.link)
            .fold(0_usize, |sum, it| sum.saturating_add(it.size));
        if entries.len() > MOST.0 || bytes > MOST.1 {
            return Err(PortError::new(
                PortErrorKind::TooLarge,
                OP,
                format!(
                    "the revision has more than {} files or {} MiB; render it beforehand and name the result as `directory:`",
                    MOST.0,
                    MOST.1 >> 20
                ),
            ));
        }
        let copy = tempfile::tempdir().map_err(|error| {
            let detail = format!("cannot make a temporary directory: {error}");
            PortError::new(PortErrorKind::Unavailable, OP, detail)
        })?;
        let index = copy.path().join("index");
        let tree = copy.path().join("tree");
        let mut prefix = tree.clone().into_os_string();
        prefix.push("/");
        let mut to = std::ffi::OsString::from("--prefix=");
        to.push(&prefix);
        // An index of its own: the user's is not touched.
        let read = git("git read-tree", &repository.top, tools)
            .args(["read-tree", commit.as_str()])
            .env("GIT_INDEX_FILE", &index);
        repository.answer("git read-tree", read.run()?)?;
        let write = git(OP, &repository.top, tools)
            .args(["checkout-index", "--all", "--force", "--quiet"])
            .args([to])
            .env("GIT_INDEX_FILE", &index);
        repository.answer(OP, write.run()?)?;
        let root = tree.join(repository.path(Path::new(""))?);
        Ok(Self {
            root,
            revision: Some(commit),
            _copy: Some(copy),
        })
    }
}
