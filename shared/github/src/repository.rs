//! One repository.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::ports::{PortError, PortErrorKind};
use reqwest::header::HeaderValue;

use crate::archive::Archive;
use crate::github::{Get, Github};
use crate::names::{check_reference, check_repository, clean_path, is_commit};
use crate::web::encoded;

const COMMIT: &str = "github:GetCommit";
const ARCHIVE: &str = "github:GetArchive";
const FILE: &str = "github:GetContent";

/// How long the download of an archive may take.
const DOWNLOAD: Duration = Duration::from_secs(120);

/// A repository, read. Targets that share one should share its `Repository`:
/// it remembers the last archive, so that what several of them read of one
/// commit is downloaded once.
pub struct Repository {
    pub(crate) github: Arc<Github>,
    pub(crate) name: String,
    last: Mutex<Option<(String, Bytes)>>,
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A file's content, or that it is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Unchanged,
    /// With the entity tag that GitHub gave it.
    New(Bytes, Option<HeaderValue>),
}

impl Repository {
    /// The repository `owner/name`. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] where that is no name.
    pub fn new(github: Arc<Github>, name: &str) -> Result<Self, PortError> {
        check_repository(name)?;
        Ok(Self {
            github,
            name: name.to_owned(),
            last: Mutex::default(),
        })
    }

    /// `owner/name`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the commit that a branch, a tag or (the beginning of) an id
    /// names; `None` is the head of the default branch. Right: `contents: read`.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::NotFound`] where there is no such thing, or none that may
    /// be seen; as [`Github`] else.
    pub async fn commit(&self, reference: Option<&str>) -> Result<String, PortError> {
        reference.map(check_reference).transpose()?;
        if let Some(id) = reference.filter(|it| is_commit(it)) {
            return Ok(id.to_ascii_lowercase());
        }
        let reference = reference.unwrap_or("HEAD");
        let about = format!("{} at {reference}", self.name);
        let answer = self
            .github
            .get(Get {
                op: COMMIT,
                about: &about,
                path: format!("/repos/{}/commits/{}", self.name, encoded(reference)),
                accept: "application/vnd.github.sha",
                known: None,
                most: 4096,
                time: None,
            })
            .await?;
        let id = String::from_utf8_lossy(&answer.body).trim().to_owned();
        if !is_commit(&id) {
            let what = format!("{about}: the answer is no commit; check the server's address");
            return Err(PortError::new(PortErrorKind::Invalid, COMMIT, what));
        }
        Ok(id)
    }

    /// The files of a commit, by its whole id. Right: `contents: read`.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::TooLarge`] above the size of the options;
    /// [`PortErrorKind::NotFound`] where there is no such commit, or none that
    /// may be seen; as [`Github`] else.
    pub async fn archive(&self, commit: &str) -> Result<Archive, PortError> {
        let name = format!("{} at {commit}", self.name);
        if !is_commit(commit) {
            let what = format!("{name}: not the whole id of a commit");
            return Err(PortError::new(PortErrorKind::Invalid, ARCHIVE, what));
        }
        let limits = self.github.limits;
        let packed = self.kept(commit);
        let packed = match packed {
            Some(packed) => packed,
            None => {
                let answer = self
                    .github
                    .get(Get {
                        op: ARCHIVE,
                        about: &name,
                        path: format!("/repos/{}/tarball/{commit}", self.name),
                        accept: crate::github::JSON,
                        known: None,
                        most: limits.packed,
                        time: Some(DOWNLOAD),
                    })
                    .await?;
                *self.last() = Some((commit.to_owned(), answer.body.clone()));
                answer.body
            }
        };
        Ok(Archive {
            name,
            packed,
            limits,
        })
    }

    /// One file at a branch, a tag or a commit, `None` being the head of the
    /// default branch; at most `most` bytes. Right: `contents: read`.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::NotFound`] where it is not there or may not be seen,
    /// [`PortErrorKind::Invalid`] for a directory; as [`Github`] else.
    pub async fn file(
        &self,
        path: &str,
        reference: Option<&str>,
        most: usize,
    ) -> Result<Bytes, PortError> {
        match self.content((path, reference), most, None).await? {
            Content::New(bytes, _) => Ok(bytes),
            // Asked without a tag, GitHub does not answer so.
            Content::Unchanged => Ok(Bytes::new()),
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<(String, Bytes)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last archive, if it is of that commit.
    fn kept(&self, commit: &str) -> Option<Bytes> {
        let last = self.last();
        let (of, packed) = last.as_ref()?;
        (of == commit).then(|| packed.clone())
    }

    pub(crate) async fn content(
        &self,
        (path, reference): (&str, Option<&str>),
        most: usize,
        known: Option<HeaderValue>,
    ) -> Result<Content, PortError> {
        reference.map(check_reference).transpose()?;
        let path = clean_path(path)?;
        let at = reference.map_or_else(String::new, |it| format!("@{it}"));
        let about = format!("{}/{path}{at}", self.name);
        let parts: Vec<String> = path.split('/').map(encoded).collect();
        let query = reference.map_or_else(String::new, |it| format!("?ref={}", encoded(it)));
        let answer = self
            .github
            .get(Get {
                op: FILE,
                about: &about,
                path: format!("/repos/{}/contents/{}{query}", self.name, parts.join("/")),
                accept: "application/vnd.github.raw+json",
                known,
                most,
                time: None,
            })
            .await?;
        if answer.status == 304 {
            return Ok(Content::Unchanged);
        }
        // A file comes as it is; of a directory GitHub gives a list, as JSON.
        if answer
            .header("content-type")
            .starts_with("application/json")
        {
            let what = format!("{about}: is no file; name a file");
            return Err(PortError::new(PortErrorKind::Invalid, FILE, what));
        }
        let tag = answer.headers.get(reqwest::header::ETAG).cloned();
        Ok(Content::New(answer.body, tag))
    }
}
