mod directory;
mod links;
mod programs;
mod revisions;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use domain::ports::Manifests;
use tempfile::TempDir;

use super::*;

/// A repository in a temporary directory, or only the directory, and programs of its own.
struct World {
    home: TempDir,
    tools: Tools,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("repo")).unwrap();
        fs::create_dir(home.path().join("bin")).unwrap();
        let world = Self {
            tools: Tools {
                path: Some(home.path().join("bin").into_os_string()),
                time: Duration::from_secs(30),
                output: 1 << 20,
            },
            home,
        };
        for program in ["git", "cat", "sh", "sleep"] {
            symlink(found(program), world.home.path().join("bin").join(program)).unwrap();
        }
        world
    }

    fn repository() -> Self {
        let world = Self::new();
        world.git(&["init", "--quiet", "--initial-branch=main"], 0);
        world
    }

    fn root(&self) -> PathBuf {
        self.home.path().join("repo")
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.root().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Writes a file of one ConfigMap.
    fn config_map(&self, file: &str, name: &str) {
        self.write(
            file,
            &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"),
        );
    }

    /// Runs git, which says what it printed, at a second since 1970.
    fn git(&self, args: &[&str], at: i64) -> String {
        let out = Command::new("git")
            .current_dir(self.root())
            .args(args)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([
                ("GIT_AUTHOR_NAME", "a"),
                ("GIT_AUTHOR_EMAIL", "a@example.com"),
                ("GIT_COMMITTER_NAME", "a"),
                ("GIT_COMMITTER_EMAIL", "a@example.com"),
            ])
            .env("GIT_AUTHOR_DATE", format!("@{at} +0000"))
            .env("GIT_COMMITTER_DATE", format!("@{at} +0000"))
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }

    /// Commits everything and gives the commit.
    fn commit(&self, at: i64) -> String {
        self.git(&["add", "--all", "--force"], at);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=x"], at);
        self.git(&["rev-parse", "HEAD"], at)
    }

    /// A program of that name.
    fn program(&self, name: &str, script: &str) {
        let file = self.home.path().join("bin").join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn directory(&self, path: &str) -> Directory {
        Directory {
            root: self.root(),
            path: path.into(),
            tools: self.tools.clone(),
        }
    }

    fn kustomize(&self, directory: &str) -> Kustomize {
        Kustomize {
            root: self.root(),
            directory: directory.into(),
            tools: self.tools.clone(),
        }
    }

    fn helm(&self) -> Helm {
        Helm {
            root: self.root(),
            chart: "chart".into(),
            values: vec!["a.yaml".into(), "b,c.yaml".into()],
            release: "shop".to_owned(),
            namespace: "backend".to_owned(),
            tools: self.tools.clone(),
        }
    }
}

fn found(program: &str) -> PathBuf {
    env::split_paths(&env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin:/bin")))
        .map(|it| it.join(program))
        .find(|it| it.is_file())
        .unwrap()
}

fn names(manifests: &Manifests) -> Vec<&str> {
    manifests
        .objects
        .iter()
        .map(|it| it.object["metadata"]["name"].as_str().unwrap())
        .collect()
}

/// The files of what could not be read, and why.
fn problems(manifests: &Manifests) -> Vec<(&str, &str)> {
    manifests
        .unreadable
        .iter()
        .map(|it| (it.place.file.as_str(), it.problem.as_str()))
        .collect()
}

#[test]
fn a_path_stays_inside_what_it_is_relative_to() {
    for (path, clean) in [
        ("a/./b", Some("a/b")),
        ("a/../b", Some("b")),
        ("", Some("")),
        (".", Some("")),
        ("../a", None),
        ("a/../../b", None),
        ("/a", None),
    ] {
        assert_eq!(inside(Path::new(path)), clean.map(PathBuf::from), "{path}");
    }
}
