//! The configuration, as it is in its repository.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::conceal::sha256;
use domain::ports::{Fetched, Objects, PortError, PortErrorKind};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderValue;

use crate::github::Github;
use crate::names::Location;
use crate::repository::{Content, Repository};

/// Bytes of a file. The configurations of a thousand targets are smaller.
const MOST: usize = 4 << 20;

/// How long an answer holds without credentials: GitHub then gives sixty an
/// hour, to all that share an address.
const ANONYMOUS: SignedDuration = SignedDuration::from_mins(5);

/// Files at `github://OWNER/NAME/PATH@REF`. Their tag is the hash of their
/// content. Nothing is asked yet.
#[must_use]
pub fn objects(github: Arc<Github>) -> Arc<dyn Objects> {
    Arc::new(GithubObjects {
        github,
        seen: Mutex::default(),
    })
}

struct GithubObjects {
    github: Arc<Github>,
    seen: Mutex<HashMap<String, Seen>>,
}

/// The last answer for a location.
#[derive(Clone)]
struct Seen {
    text: String,
    tag: String,
    /// GitHub's own tag, which differs from one token to the next and so is no
    /// tag for others; a question with it that has no news counts for no limit.
    entity: Option<HeaderValue>,
    at: Timestamp,
}

#[async_trait]
impl Objects for GithubObjects {
    async fn fetch(&self, location: &str, known: Option<&str>) -> Result<Fetched, PortError> {
        let seen = self.look(location).await?;
        Ok(if known == Some(seen.tag.as_str()) {
            Fetched::Unchanged
        } else {
            Fetched::New {
                text: seen.text,
                tag: seen.tag,
            }
        })
    }
}

impl GithubObjects {
    /// What is there now.
    async fn look(&self, location: &str) -> Result<Seen, PortError> {
        const OP: &str = "github:GetContent";
        let at = Location::parse(location)?;
        let now = self.github.now();
        let seen = self.lock().get(location).cloned();
        let is_fresh = |it: &&Seen| it.at.duration_until(now) < ANONYMOUS;
        if self.github.is_anonymous()
            && let Some(seen) = seen.as_ref().filter(is_fresh)
        {
            return Ok(seen.clone());
        }
        let repository = Repository::new(Arc::clone(&self.github), &at.repository)?;
        let file = (at.path.as_str(), at.reference.as_deref());
        let entity = seen.as_ref().and_then(|it| it.entity.clone());
        let seen = match (repository.content(file, MOST, entity).await?, seen) {
            (Content::Unchanged, Some(seen)) => Seen { at: now, ..seen },
            (Content::Unchanged, None) => {
                let what = format!("{location}: no content, and none was there before");
                return Err(PortError::new(PortErrorKind::Invalid, OP, what));
            }
            (Content::New(bytes, entity), _) => Seen {
                tag: sha256(&bytes),
                text: String::from_utf8(bytes.into()).map_err(|_| {
                    let what = format!("{location}: is not UTF-8");
                    PortError::new(PortErrorKind::Invalid, OP, what)
                })?,
                entity,
                at: now,
            },
        };
        self.lock().insert(location.to_owned(), seen.clone());
        Ok(seen)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
