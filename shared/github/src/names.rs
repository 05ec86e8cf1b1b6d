//! Names of repositories, revisions and paths, checked before they become part of an address.

use domain::ports::{PortError, PortErrorKind};

/// Bytes of a name of a revision, or of a path.
const LONGEST: usize = 1024;

/// A file of a repository: `github://OWNER/NAME/PATH@REF`, without `@REF` at the
/// head of the default branch.
///
/// The last `@` parts the path from the revision; where one belongs to either of
/// them it is written `%40`. The revision may hold slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The repository, `owner/name`.
    pub repository: String,
    /// The file's path in it.
    pub path: String,
    /// A branch, a tag or a commit; `None` for the default branch.
    pub reference: Option<String>,
}

impl Location {
    /// How a location begins.
    pub const SCHEME: &'static str = "github://";

    /// Reads a location.
    ///
    /// # Errors
    ///
    /// [`PortErrorKind::Invalid`] for a text that is none, with what is wrong.
    pub fn parse(text: &str) -> Result<Self, PortError> {
        let wrong = |what: &str| {
            invalid(format!(
                "`{}` is not github://OWNER/NAME/PATH@REF: {what}",
                text.escape_debug()
            ))
        };
        let rest = text
            .strip_prefix(Self::SCHEME)
            .ok_or_else(|| wrong("it begins otherwise"))?;
        let (rest, reference) = match rest.rsplit_once('@') {
            Some((rest, reference)) => (rest, Some(reference.replace("%40", "@"))),
            None => (rest, None),
        };
        let mut parts = rest.splitn(3, '/');
        let (Some(owner), Some(name), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong("it names no file"));
        };
        let repository = format!("{owner}/{name}");
        check_repository(&repository)?;
        let path = clean_path(&path.replace("%40", "@"))?;
        if path.is_empty() {
            return Err(wrong("it names no file"));
        }
        reference.as_deref().map(check_reference).transpose()?;
        Ok(Self {
            repository,
            path,
            reference,
        })
    }
}

/// Checks a repository's name.
pub(crate) fn check_repository(text: &str) -> Result<(), PortError> {
    let is_plain = |part: &str, more: &[u8]| {
        (1..=100).contains(&part.len())
            && part
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || more.contains(&it))
            && !matches!(part, "." | "..")
    };
    match text.split_once('/') {
        // Accounts of a company that manages its users have an underscore.
        Some((owner, name)) if is_plain(owner, b"-_") && is_plain(name, b"-._") => Ok(()),
        _ => Err(invalid(format!(
            "`{}` is no repository; write owner/name",
            text.escape_debug()
        ))),
    }
}

/// Checks the name of a branch, a tag or a commit by Git's own rules.
pub(crate) fn check_reference(text: &str) -> Result<(), PortError> {
    let is_bad = text.is_empty()
        || text.len() > LONGEST
        || text.starts_with('-')
        || text == "@"
        || text.contains("..")
        || text.contains("@{")
        || text
            .chars()
            .any(|it| it.is_control() || " ~^:?*[\\".contains(it))
        || text
            .split('/')
            .any(|it| it.is_empty() || it.starts_with('.') || it.ends_with(".lock"))
        || text.ends_with('.');
    if is_bad {
        return Err(invalid(format!(
            "`{}` is no branch, tag or commit",
            text.escape_debug()
        )));
    }
    Ok(())
}

/// A path within a repository, without `.` and slashes at its ends; empty for the root.
pub(crate) fn clean_path(text: &str) -> Result<String, PortError> {
    let wrong = |what: &str| invalid(format!("the path `{}` {what}", text.escape_debug()));
    if text.len() > LONGEST || text.chars().any(char::is_control) {
        return Err(wrong("is too long or holds control characters"));
    }
    if text.starts_with('/') {
        return Err(wrong(
            "begins with a slash; write it relative to the repository",
        ));
    }
    let mut parts = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                return Err(wrong(
                    "goes up; write it relative to the repository, without `..`",
                ));
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// Whether a text is the whole id of a commit.
pub(crate) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|it| it.is_ascii_hexdigit())
}

fn invalid(detail: String) -> PortError {
    PortError::new(PortErrorKind::Invalid, "github:location", detail)
}
