//! Sources of manifests on this machine.

mod directory;
mod export;
mod git;
mod helm;
mod kustomize;
mod run;
mod walk;

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use domain::ports::{PortError, PortErrorKind};

use crate::limits::LARGEST_FILE;

pub use directory::Directory;
pub use helm::Helm;
pub use kustomize::Kustomize;

/// How the programs are run that a source needs: `git`, `kustomize` or `kubectl`, `helm`.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Where they are looked for, in place of this process's `PATH`.
    pub path: Option<OsString>,
    /// How long one may take; it is ended then, with everything that it started.
    pub time: Duration,
    /// The most that one may print, in bytes.
    pub output: usize,
}

impl Default for Tools {
    /// The user's own `PATH`, two minutes and 32 MiB.
    fn default() -> Self {
        Self {
            path: None,
            time: Duration::from_secs(120),
            output: LARGEST_FILE,
        }
    }
}

/// Runs what waits for files and programs beside the runtime's own thread.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PortError> + Send + 'static,
) -> Result<T, PortError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| {
            Err(PortError::new(
                PortErrorKind::Unavailable,
                "manifests:Read",
                error.to_string(),
            ))
        })
}

/// A path without `.` and `..`; `None` where it leaves what it is relative to.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => clean.push(part),
            Component::ParentDir if clean.pop() => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(clean)
}

/// A path as it is shown, relative to the root where it is in it.
fn name(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path
        .components()
        .filter(|it| *it != Component::CurDir)
        .map(|it| it.as_os_str().to_string_lossy())
        .collect();
    match parts.as_slice() {
        [] => ".".to_owned(),
        parts => parts.join("/"),
    }
}

#[cfg(test)]
mod tests;
