//! The local repository that a source lies in, read by the user's own `git`.

use std::path::{Path, PathBuf};

use domain::ports::{PortError, PortErrorKind};
use jiff::Timestamp;

use super::run::{Done, Run};
use super::{Tools, inside};
use crate::files;
use crate::limits::LARGEST_SOURCE;

/// Variables that name another repository than the directory does; a hook has them set.
const ELSEWHERE: [&str; 5] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
];

/// A repository with a working tree.
pub(super) struct Repository<'a> {
    /// The top of the working tree.
    pub(super) top: PathBuf,
    /// Where the source's root is in it.
    prefix: PathBuf,
    pub(super) tools: &'a Tools,
}

/// A file of a revision.
pub(super) struct Entry {
    /// Its path from the top, parted by `/`.
    pub(super) path: String,
    /// Its object id.
    pub(super) id: String,
    /// Whether it is a symbolic link.
    pub(super) link: bool,
    /// Its size in bytes.
    pub(super) size: usize,
}

impl<'a> Repository<'a> {
    /// The repository that a directory is in; `None` where it is in none.
    pub(super) fn of(root: &Path, tools: &'a Tools) -> Result<Option<Self>, PortError> {
        const OP: &str = "git rev-parse";
        let Some(done) = git(OP, root, tools)
            .args(["rev-parse", "--show-toplevel", "--show-prefix"])
            .run()?
        else {
            return Err(missing(OP));
        };
        if !done.status.success() {
            if done.complaint.contains("not a git repository") {
                return Ok(None);
            }
            return Err(PortError::new(PortErrorKind::Invalid, OP, done.complaint));
        }
        let text = String::from_utf8_lossy(&done.output);
        let mut lines = text.lines();
        let top = PathBuf::from(lines.next().unwrap_or_default());
        let prefix = PathBuf::from(lines.next().unwrap_or_default());
        Ok(Some(Self { top, prefix, tools }))
    }

    /// The same, for what cannot do without one.
    pub(super) fn required(root: &Path, tools: &'a Tools) -> Result<Self, PortError> {
        Self::of(root, tools)?.ok_or_else(|| {
            PortError::new(
                PortErrorKind::Invalid,
                "git rev-parse",
                format!(
                    "{} is in no Git repository, so no revision of it can be read; clone the repository that the manifests come from",
                    root.display()
                ),
            )
        })
    }

    /// A path from the source's root as a path from the top.
    pub(super) fn path(&self, path: &Path) -> Result<String, PortError> {
        let path = path
            .strip_prefix(&self.top)
            .map_or_else(|_| inside(&self.prefix.join(path)), inside);
        path.and_then(|it| it.to_str().map(str::to_owned))
            .ok_or_else(|| {
                PortError::new(
                    PortErrorKind::Invalid,
                    "git rev-parse",
                    "the path leaves the repository, so no revision of it can be read",
                )
            })
    }

    /// The commit that a revision names.
    pub(super) fn commit(&self, revision: &str) -> Result<String, PortError> {
        const OP: &str = "git rev-parse";
        let unknown = |why: &str| {
            PortError::new(
                PortErrorKind::NotFound,
                OP,
                format!("the local repository has no revision {revision:?}{why}"),
            )
        };
        // git would take it for an option; what is given to git from here on is the id of a commit.
        if revision.is_empty() || revision.starts_with('-') {
            return Err(unknown(""));
        }
        let done = self.run(
            OP,
            &[
                "rev-parse",
                "--verify",
                "--quiet",
                &format!("{revision}^{{commit}}"),
            ],
        )?;
        let commit = String::from_utf8_lossy(&done.output).trim().to_owned();
        let is_id = commit.len() >= 40 && commit.bytes().all(|it| it.is_ascii_hexdigit());
        if !done.status.success() || !is_id {
            return Err(unknown(
                "; fetch it (git fetch, and git fetch --unshallow in a shallow clone)",
            ));
        }
        Ok(commit)
    }

    /// The commit that the working tree is at, if what is read from `path` is what that commit says.
    pub(super) fn clean_head(&self, path: &str) -> Result<Option<String>, PortError> {
        // A repository without a commit has no HEAD yet.
        let Ok(head) = self.commit("HEAD") else {
            return Ok(None);
        };
        let path = if path.is_empty() { "." } else { path };
        let done = self.run(
            "git status",
            &[
                "status",
                "--porcelain",
                "-z",
                "--untracked-files=all",
                "--ignored=traditional",
                "--no-renames",
                "--",
                path,
            ],
        )?;
        if !done.status.success() {
            return Ok(None);
        }
        let dirty = done
            .output
            .split(|it| *it == 0)
            .filter(|it| !it.is_empty())
            .any(|entry| match entry.strip_prefix(b"!! ") {
                // Git ignores it, and it is read all the same if it is called like a manifest.
                Some(ignored) => files::is_wanted(&String::from_utf8_lossy(ignored)),
                None => true,
            });
        Ok((!dirty).then_some(head))
    }

    /// Every file at or below a path in a commit. Submodules are left out, as `git archive` does.
    pub(super) fn list(&self, commit: &str, path: &str) -> Result<Vec<Entry>, PortError> {
        const OP: &str = "git ls-tree";
        let mut args = vec!["ls-tree", "-r", "-z", "--long", "--full-tree", commit];
        if !path.is_empty() {
            args.extend(["--", path]);
        }
        let done = self.succeed(OP, &args)?;
        let mut entries = Vec::new();
        for line in done.output.split(|it| *it == 0) {
            let text = String::from_utf8_lossy(line);
            let Some((meta, path)) = text.split_once('\t') else {
                continue;
            };
            let meta: Vec<&str> = meta.split_ascii_whitespace().collect();
            if let [mode, "blob", id, size] = meta.as_slice() {
                entries.push(Entry {
                    path: path.to_owned(),
                    id: (*id).to_owned(),
                    link: *mode == "120000",
                    size: size.parse().unwrap_or(usize::MAX),
                });
            }
        }
        Ok(entries)
    }

    /// What lies behind names of objects, one after the other: the content, or
    /// why there is none. A name may lead through symbolic links inside the commit.
    pub(super) fn contents(
        &self,
        names: &[String],
    ) -> Result<Vec<Result<Vec<u8>, String>>, PortError> {
        const OP: &str = "git cat-file";
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let done = self.answer(
            OP,
            git(OP, &self.top, self.tools)
                .args(["cat-file", "--batch", "--follow-symlinks"])
                .input(format!("{}\n", names.join("\n")).into_bytes())
                // All files of a source, the one at which its limit was passed, and what git says of each.
                .output(2 * LARGEST_SOURCE)
                .run()?,
        )?;
        let mut rest = done.output.as_slice();
        let mut contents = Vec::with_capacity(names.len());
        for _ in names {
            let Some(end) = rest.iter().position(|it| *it == b'\n') else {
                let detail = format!("ended before its last answer: {}", done.complaint);
                return Err(PortError::new(PortErrorKind::Invalid, OP, detail));
            };
            let header = String::from_utf8_lossy(&rest[..end]).into_owned();
            rest = &rest[end + 1..];
            let words: Vec<&str> = header.rsplitn(3, ' ').collect();
            let (size, what) = match words.as_slice() {
                ["missing" | "ambiguous", ..] => {
                    contents.push(Err("is missing from the local repository".to_owned()));
                    continue;
                }
                [size, what, ..] => (size.parse().unwrap_or(0), *what),
                _ => (0, ""),
            };
            let body = rest.get(..size).unwrap_or(rest);
            contents.push(match what {
                "blob" => Ok(body.to_vec()),
                "tree" => {
                    Err("is a symbolic link to a directory, which is not followed".to_owned())
                }
                "symlink" => Err(
                    "is a symbolic link that leaves the repository, which is not followed"
                        .to_owned(),
                ),
                _ => Err("is a symbolic link that leads nowhere".to_owned()),
            });
            rest = rest.get(size + 1..).unwrap_or_default();
        }
        Ok(contents)
    }

    /// When the first change of any of the paths came after a commit, on the
    /// line of commits that the working tree is at the end of.
    pub(super) fn changed_since(
        &self,
        commit: &str,
        paths: &[String],
    ) -> Result<Option<Timestamp>, PortError> {
        let paths: Vec<&str> = paths
            .iter()
            .map(|it| if it.is_empty() { "." } else { it.as_str() })
            .collect();
        let mut same = vec!["diff", "--quiet", "--no-ext-diff", commit, "HEAD", "--"];
        same.extend(&paths);
        if self.run("git diff", &same)?.status.success() {
            return Ok(None);
        }
        let range = format!("{commit}..HEAD");
        // By the first parent a merge counts when it came in, not when its commits were made.
        let mut log = vec![
            "log",
            "--first-parent",
            "--reverse",
            "--format=%ct",
            &range,
            "--",
        ];
        log.extend(&paths);
        let done = self.succeed("git log", &log)?;
        let text = String::from_utf8_lossy(&done.output);
        let seconds = text.lines().next().and_then(|it| it.trim().parse().ok());
        Ok(seconds.and_then(|it| Timestamp::from_second(it).ok()))
    }

    fn run(&self, op: &'static str, args: &[&str]) -> Result<Done, PortError> {
        let run = git(op, &self.top, self.tools).args(args);
        run.run()?.ok_or_else(|| missing(op))
    }

    fn succeed(&self, op: &'static str, args: &[&str]) -> Result<Done, PortError> {
        let run = git(op, &self.top, self.tools).args(args);
        self.answer(op, run.run()?)
    }

    pub(super) fn answer(&self, op: &'static str, done: Option<Done>) -> Result<Done, PortError> {
        let done = done.ok_or_else(|| missing(op))?;
        if done.status.success() {
            return Ok(done);
        }
        Err(PortError::new(PortErrorKind::Invalid, op, done.complaint))
    }
}

/// `git` in a directory: it asks nobody, locks nothing and takes paths as they are.
pub(super) fn git<'a>(op: &'static str, directory: &Path, tools: &'a Tools) -> Run<'a> {
    Run::new(op, "git", directory, tools)
        .without_env(&ELSEWHERE)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_LITERAL_PATHSPECS", "1")
        .env("LC_ALL", "C")
}

pub(super) fn missing(op: &'static str) -> PortError {
    PortError::new(
        PortErrorKind::Unavailable,
        op,
        "git is not on the PATH; install it to read revisions of a local repository",
    )
}
