//! Since when a branch says something else than at a commit.
//!
//! GitHub has no one question for it. Compare tells which files differ between
//! two commits and which commits lie between them, but not which commit touched
//! which file; the list of commits of a path tells that, but not where to end.
//! So compare comes first (where no file below the paths differs, nothing
//! changed, however many commits there are), and its commits are matched with
//! those of the paths. A merge counts when it came in, not when its commits were
//! made: the time is that of the first commit on the branch's own line, by first
//! parents, that brought one of them.

use std::collections::{BTreeMap, BTreeSet};

use domain::ports::{PortError, PortErrorKind};
use jiff::Timestamp;
use serde_json::Value;

use crate::archive::is_within;
use crate::github::{Get, JSON};
use crate::names::{check_reference, clean_path};
use crate::repository::Repository;
use crate::web::encoded;

const COMPARE: &str = "github:CompareCommits";
const LIST: &str = "github:ListCommits";

/// Pages that are read of either list.
const MOST_PAGES: usize = 10;

const PAGE: usize = 100;

/// Files of a comparison, of which GitHub names no more than this.
const MOST_FILES: usize = 300;

/// Bytes of one page; the first of a comparison holds patches.
const LARGEST_PAGE: usize = 32 << 20;

/// The commits that lie between two.
struct Between {
    commits: BTreeMap<String, Commit>,
    /// The ids, the oldest first.
    order: Vec<String>,
    /// The paths of the files that differ; `None` where there are more than GitHub names.
    files: Option<BTreeSet<String>>,
}

struct Commit {
    parents: Vec<String>,
    at: Option<Timestamp>,
}

impl Repository {
    /// When the first change below any of the paths came after a commit, up to
    /// `head` (a branch, a tag or a commit; `None` is the default branch);
    /// `None` where there was none. Right: `contents: read`.
    ///
    /// Looks at the thousand commits that came first. Where the files differ
    /// and no commit among those admits to it, it is the last one's time.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::NotFound`] where either is not there or may not be
    /// seen; as [`crate::Github`] else.
    pub async fn changed_since(
        &self,
        commit: &str,
        head: Option<&str>,
        paths: &[&str],
    ) -> Result<Option<Timestamp>, PortError> {
        check_reference(commit)?;
        head.map(check_reference).transpose()?;
        let head = head.unwrap_or("HEAD");
        let paths: Vec<String> = paths
            .iter()
            .map(|it| clean_path(it))
            .collect::<Result<_, _>>()?;
        let between = self.between(commit, head).await?;
        let Some(newest) = between.order.last() else {
            return Ok(None);
        };
        let is_ours = |file: &String| paths.iter().any(|path| is_within(file, path));
        if let Some(files) = &between.files
            && !files.iter().any(is_ours)
        {
            return Ok(None);
        }
        let mut touching = BTreeSet::new();
        for path in &paths {
            self.touching(newest, path, &between, &mut touching).await?;
        }
        Ok(between.came_in(&touching))
    }

    async fn between(&self, commit: &str, head: &str) -> Result<Between, PortError> {
        let mut between = Between {
            commits: BTreeMap::new(),
            order: Vec::new(),
            files: None,
        };
        for page in 1..=MOST_PAGES {
            let body = self
                .page(
                    COMPARE,
                    format!(
                        "/compare/{}...{}?per_page={PAGE}&page={page}",
                        encoded(commit),
                        encoded(head)
                    ),
                    &format!("{}...{}", commit, head),
                )
                .await?;
            if page == 1 {
                between.files = files(&body["files"]);
            }
            let commits = list(&body["commits"]);
            for entry in commits {
                if let Some(id) = entry["sha"].as_str() {
                    between.order.push(id.to_owned());
                    between.commits.insert(id.to_owned(), Commit::read(entry));
                }
            }
            if commits.len() < PAGE {
                break;
            }
        }
        Ok(between)
    }

    /// Adds the commits that touch a path, as far as they lie between.
    async fn touching(
        &self,
        head: &str,
        path: &str,
        between: &Between,
        touching: &mut BTreeSet<String>,
    ) -> Result<(), PortError> {
        if path.is_empty() {
            touching.extend(between.order.iter().cloned());
            return Ok(());
        }
        for page in 1..=MOST_PAGES {
            let query = format!(
                "/commits?sha={}&path={}&per_page={PAGE}&page={page}",
                encoded(head),
                encoded(path)
            );
            let body = self.page(LIST, query, path).await?;
            let commits = list(&body);
            let before = touching.len();
            let ids = commits.iter().filter_map(|it| it["sha"].as_str());
            let inside = ids.filter(|it| between.commits.contains_key(*it));
            touching.extend(inside.map(str::to_owned));
            // The newest come first: a whole page from before the commit ends it.
            if commits.len() < PAGE || touching.len() == before {
                break;
            }
        }
        Ok(())
    }

    async fn page(&self, op: &'static str, path: String, about: &str) -> Result<Value, PortError> {
        let about = format!("{} {about}", self.name);
        let get = Get {
            op,
            about: &about,
            path: format!("/repos/{}{path}", self.name),
            accept: JSON,
            known: None,
            most: LARGEST_PAGE,
            time: None,
        };
        let answer = self.github.get(get).await?;
        // The parser's message would quote from the answer.
        serde_json::from_slice(&answer.body).map_err(|_| {
            let what = format!("{about}: the answer is not JSON; check the server's address");
            PortError::new(PortErrorKind::Invalid, op, what)
        })
    }
}

impl Commit {
    fn read(entry: &Value) -> Self {
        let parents = list(&entry["parents"]).iter();
        let parents = parents.filter_map(|it| it["sha"].as_str());
        let at = entry.pointer("/commit/committer/date");
        Self {
            parents: parents.map(str::to_owned).collect(),
            at: at.and_then(Value::as_str).and_then(|it| it.parse().ok()),
        }
    }
}

impl Between {
    /// When the first of some commits came into the branch's own line.
    fn came_in(&self, touching: &BTreeSet<String>) -> Option<Timestamp> {
        let newest = self.order.last()?;
        let mut line = Vec::new();
        let mut next = Some(newest);
        while let Some(id) = next
            && let Some(commit) = self.commits.get(id)
        {
            line.push(id);
            next = commit.parents.first();
        }
        let mut seen = BTreeSet::new();
        for id in line.into_iter().rev() {
            let mut open = vec![id];
            while let Some(id) = open.pop() {
                let Some(commit) = self.commits.get(id) else {
                    continue;
                };
                if !seen.insert(id) {
                    continue;
                }
                open.extend(&commit.parents);
            }
            if seen.iter().any(|it| touching.contains(*it)) {
                return self.commits.get(id)?.at;
            }
        }
        self.commits.get(newest)?.at
    }
}

/// The paths of a comparison's files, those that were renamed by both names.
fn files(value: &Value) -> Option<BTreeSet<String>> {
    let files = list(value);
    if files.len() >= MOST_FILES {
        return None;
    }
    let names = files.iter().flat_map(|it| {
        let names = [&it["filename"], &it["previous_filename"]];
        names
            .into_iter()
            .filter_map(|it| it.as_str())
            .map(str::to_owned)
    });
    Some(names.collect())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
