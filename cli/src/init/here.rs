//! What this machine knows: clusters by their kubeconfig contexts, and the repository.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::Missing;

/// The largest kubeconfig that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// What was found on this machine.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Here {
    /// The contexts of the kubeconfig files, the current one first.
    pub(super) contexts: Vec<String>,
    /// `owner/name` of the GitHub repository that the file lies in.
    pub(super) repository: Option<String>,
    #[serde(skip)]
    pub(super) missing: Vec<Missing>,
}

/// The parts of a kubeconfig that hold no secret.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Kubeconfig {
    current_context: Option<String>,
    contexts: Vec<Context>,
}

#[derive(Debug, Deserialize)]
struct Context {
    name: String,
}

/// Reads the kubeconfig files and asks Git; nothing is called that they name.
pub(super) fn look(config: &Path) -> Here {
    let mut here = Here::default();
    here.contexts();
    here.repository(config);
    here
}

impl Here {
    /// What was looked for in vain.
    pub(super) fn missing(&self) -> Vec<Missing> {
        self.missing.clone()
    }

    fn contexts(&mut self) {
        let mut names = BTreeSet::new();
        let mut current = None;
        for path in kubeconfigs() {
            match read(&path) {
                Ok(Some(it)) => {
                    current = current.or(it.current_context);
                    names.extend(it.contexts.into_iter().map(|it| it.name));
                }
                Ok(None) => {}
                Err(why) => self.missing.push(Missing {
                    what: format!("contexts of {}", path.display()),
                    why,
                    fix: "kubectl config get-contexts shows what kubectl makes of it".to_owned(),
                }),
            }
        }
        let first = current.filter(|it| names.remove(it));
        self.contexts = first.into_iter().chain(names).collect();
    }

    fn repository(&mut self, config: &Path) {
        let directory = config
            .parent()
            .filter(|it| !it.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        match origin(directory) {
            Ok(url) => match repository_of(&url) {
                Some(name) => self.repository = Some(name),
                None => self.missing.push(Missing {
                    what: "GitHub repository".to_owned(),
                    why: "the remote origin is not at github.com".to_owned(),
                    fix: "name the GitOps repository in the section github, if it is there"
                        .to_owned(),
                }),
            },
            Err(why) => self.missing.push(Missing {
                what: "GitHub repository".to_owned(),
                why,
                fix:
                    "run it in a clone of the GitOps repository, or name that in the section github"
                        .to_owned(),
            }),
        }
    }
}

/// The files that kubectl would read.
fn kubeconfigs() -> Vec<PathBuf> {
    if let Some(named) = std::env::var_os("KUBECONFIG").filter(|it| !it.is_empty()) {
        return std::env::split_paths(&named)
            .filter(|it| !it.as_os_str().is_empty())
            .collect();
    }
    let home = std::env::var_os("HOME").filter(|it| !it.is_empty());
    home.map(|it| PathBuf::from(it).join(".kube/config"))
        .into_iter()
        .collect()
}

/// A file's contexts; `None` where it is not there.
fn read(path: &Path) -> Result<Option<Kubeconfig>, String> {
    let Ok(known) = std::fs::metadata(path) else {
        return Ok(None);
    };
    if !known.is_file() || known.len() > LARGEST {
        return Err("is no file of a kubeconfig's size".to_owned());
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    // The parser's own message could quote a token.
    serde_saphyr::from_str(&text)
        .map(Some)
        .map_err(|_| "is no kubeconfig".to_owned())
}

fn origin(directory: &Path) -> Result<String, String> {
    let asked = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(["config", "--get", "remote.origin.url"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|_| "git is not installed here".to_owned())?;
    let url = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    if url.is_empty() {
        return Err("there is no Git remote called origin here".to_owned());
    }
    Ok(url)
}

/// `owner/name` of an address at GitHub; whatever user or token it holds stays behind.
fn repository_of(url: &str) -> Option<String> {
    let after = |mark: &str| url.split_once(mark).map(|(_, path)| path);
    let path = match url.split_once("://") {
        Some((_, rest)) => {
            let (host, path) = rest.split_once('/')?;
            let host = host.rsplit('@').next()?;
            let name = host.split(':').next()?;
            (name == "github.com" || name == "ssh.github.com").then_some(path)?
        }
        None => after("@github.com:")?,
    };
    let path = path.trim_matches('/');
    let (owner, name) = path.strip_suffix(".git").unwrap_or(path).split_once('/')?;
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
    };
    (plain(owner) && plain(name)).then(|| format!("{owner}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_at_github_names_its_repository_and_no_token() {
        for url in [
            "git@github.com:shop/infra.git",
            "https://github.com/shop/infra",
            "https://user:ghp_secret@github.com/shop/infra.git/",
            "ssh://git@ssh.github.com:443/shop/infra.git",
        ] {
            assert_eq!(repository_of(url).as_deref(), Some("shop/infra"), "{url}");
        }
        for url in [
            "https://gitlab.com/shop/infra",
            "https://github.com.evil.example/shop/infra",
            "git@github.com:shop",
            "/srv/git/infra.git",
            "https://github.com/shop/infra/tree",
        ] {
            assert_eq!(repository_of(url), None, "{url}");
        }
    }

    #[test]
    fn a_kubeconfig_that_cannot_be_read_never_quotes_itself() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        std::fs::write(&path, "contexts: [token: hunter2").unwrap();
        let why = read(&path).unwrap_err();
        assert!(!why.contains("hunter2"), "{why}");
        assert!(read(&directory.path().join("none")).unwrap().is_none());
    }
}
