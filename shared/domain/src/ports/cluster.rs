//! A Kubernetes API server, and where Git says what should be on it.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::PortError;

/// One cluster's API server. Each method is one request, retries aside, and
/// changes nothing: writes are dry runs, always.
#[async_trait]
pub trait Cluster: Send + Sync {
    /// Every kind that the server serves, and the groups that could not be asked.
    async fn kinds(&self) -> Result<Served, PortError>;

    /// The OpenAPI v3 document of a group and version, named as manifests name
    /// it: `v1`, `apps/v1`. [`super::PortErrorKind::NotFound`] where there is none.
    async fn schema(&self, api_version: &str) -> Result<Value, PortError>;

    /// One page of the objects of a kind. [`super::PortErrorKind::Conflict`]
    /// where the page's token has expired: the list has to begin again.
    async fn list(&self, page: &PageOf) -> Result<Page, PortError>;

    /// One object; `None` where it is not there.
    async fn get(&self, name: &ObjectName) -> Result<Option<Value>, PortError>;

    /// What the object would be if the manifest were applied server-side, by
    /// force, in Plumbline's name (a dry run).
    async fn apply(&self, name: &ObjectName, manifest: &Value) -> Result<Value, Refused>;

    /// What the object would be if it were made anew (a dry run).
    async fn create(&self, name: &ObjectName, manifest: &Value) -> Result<Value, Refused>;

    /// How many HTTP requests were made so far, retries included.
    fn requests(&self) -> u64;
}

/// A kind of objects in one version, as the server serves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// The API group; empty for the core.
    pub group: String,
    /// The version: `v1`.
    pub version: String,
    /// The kind: `Deployment`.
    pub name: String,
    /// What it is called in addresses: `deployments`.
    pub plural: String,
    /// Whether its objects are in a namespace.
    pub namespaced: bool,
    /// What may be asked of it: `list`, `patch`, `create`.
    pub verbs: Vec<String>,
    /// Whether the server prefers this version of the kind's group.
    pub preferred: bool,
}

impl Kind {
    /// Group and version as manifests write them: `v1`, `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The type as reports name it: `v1/ConfigMap`, `apps/v1/Deployment`.
    #[must_use]
    pub fn type_name(&self) -> String {
        format!("{}/{}", self.api_version(), self.name)
    }
}

/// What a server serves.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// Its kinds, each version apart.
    pub kinds: Vec<Kind>,
    /// Groups and versions (`metrics.k8s.io/v1beta1`) that could not be asked, and why.
    pub unavailable: Vec<(String, PortError)>,
}

/// One object's address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; `None` where the kind has none.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Which page of which list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOf {
    /// The kind.
    pub kind: Kind,
    /// One namespace; `None` for all.
    pub namespace: Option<String>,
    /// The token that the page before gave; `None` for the first.
    pub token: Option<String>,
}

/// A page of a list.
#[derive(Clone, Default)]
pub struct Page {
    /// The objects, each with its `apiVersion` and `kind`.
    pub objects: Vec<Value>,
    /// The token of the next page; `None` on the last.
    pub next: Option<String>,
}

/// Objects may hold secrets, so not even a debug print shows them.
impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("objects", &self.objects.len())
            .field("next", &self.next)
            .finish()
    }
}

/// Why a dry run gave no object.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    /// The server decided against it.
    #[error("{status} {reason}: {message}")]
    ByServer {
        /// The HTTP status: 403, 404, 409, 422, 500.
        status: u16,
        /// The Status object's reason: `Invalid`; empty where the answer is none.
        reason: String,
        /// What it said. May quote values of the manifest.
        message: String,
    },
    /// No decision came: throttled or failing after retries, out of time, unreachable.
    #[error(transparent)]
    Failed(#[from] PortError),
}

/// Where Git says what should be there.
#[async_trait]
pub trait Source: Send + Sync {
    /// The manifests at a revision; `None` for the newest, or what lies in the directory.
    async fn read(&self, revision: Option<&str>) -> Result<Manifests, PortError>;

    /// Since when Git says something else than at `revision`: the time of the
    /// first change after it. `None` where nothing changed or nothing tells.
    async fn ahead_since(&self, revision: &str) -> Result<Option<Timestamp>, PortError>;
}

/// What a source says.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// The objects that could be read, in the order of the source.
    pub objects: Vec<Manifest>,
    /// What could not be read, and where.
    pub unreadable: Vec<Unreadable>,
    /// The revision that was read; `None` where the source has none.
    pub revision: Option<String>,
}

/// One object as Git says it should be.
#[derive(Clone)]
pub struct Manifest {
    /// The object, a JSON object with `apiVersion`, `kind` and `metadata.name`.
    pub object: Value,
    /// Where it is written.
    pub place: Place,
}

/// Manifests may hold secrets, so not even a debug print shows them.
impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// A place in a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, relative to the source; what rendered it where there is no file.
    pub file: String,
    /// Which document of the file, from 1.
    pub document: usize,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{} (document {})",
            self.file, self.line, self.document
        )
    }
}

/// A document that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where.
    pub place: Place,
    /// What is wrong and how to mend it. Never quotes values.
    pub problem: String,
}
