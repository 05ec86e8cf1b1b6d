//! The manifests that were named, read as kubectl reads them.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use domain::ports::{Manifests, Place, Source as _, Unreadable};
use manifests::{
    Kustomize, LARGEST_FILE, LARGEST_SOURCE, MOST_FILES, Tools, read_files, read_rendered,
};

use super::options::Diff;
use crate::failure::Failure;

/// What kubectl takes for manifests in a directory.
const ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];

/// Reads everything that was named.
///
/// # Errors
/// Where a name leads nowhere. What is wrong within a file is in the result.
pub(super) async fn read(asked: &Diff) -> Result<Manifests, Failure> {
    if let Some(directory) = &asked.kustomize {
        return kustomization(directory).await;
    }
    let mut all = Manifests::default();
    let mut is_stdin_read = false;
    for name in &asked.filename {
        let read = if name == "-" {
            if std::mem::replace(&mut is_stdin_read, true) {
                return Err(Failure::unusable("-f -: standard input can be read once"));
            }
            standard_input()?
        } else if is_address(name) {
            return Err(Failure::unusable(format!(
                "-f {name}: addresses are not read; fetch it, and give it as a file or with -f -"
            )));
        } else {
            named(Path::new(name), asked.recursive)?
        };
        all.objects.extend(read.objects);
        all.unreadable.extend(read.unreadable);
    }
    Ok(all)
}

fn is_address(name: &str) -> bool {
    name.starts_with("http://") || name.starts_with("https://")
}

async fn kustomization(directory: &Path) -> Result<Manifests, Failure> {
    let shown = directory.display();
    if is_address(&directory.to_string_lossy()) {
        return Err(Failure::unusable(format!(
            "-k {shown}: addresses are not read; clone the repository, and give its directory"
        )));
    }
    let root = std::env::current_dir().map_err(Failure::unusable)?;
    let source = Kustomize {
        root,
        directory: directory.to_path_buf(),
        tools: Tools::default(),
    };
    source.read(None).await.map_err(Failure::unusable)
}

fn standard_input() -> Result<Manifests, Failure> {
    let bytes = whole(io::stdin().lock())
        .map_err(|error| Failure::unusable(format!("standard input: {error}")))?;
    Ok(read_rendered("standard input", bytes))
}

/// All bytes, but no more than one over what is read of a file: that one tells that it is too large.
fn whole(from: impl io::Read) -> io::Result<Vec<u8>> {
    let most = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX) + 1;
    let mut bytes = Vec::new();
    from.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn named(path: &Path, recursive: bool) -> Result<Manifests, Failure> {
    let cannot = |error: io::Error| {
        Failure::unusable(match error.kind() {
            io::ErrorKind::NotFound => format!("-f {}: there is no such file", path.display()),
            _ => format!("-f {}: {error}", path.display()),
        })
    };
    let meta = fs::metadata(path).map_err(cannot)?;
    if !meta.is_dir() {
        // Whatever it is called, and also a pipe: it was named itself.
        let bytes = fs::File::open(path).and_then(whole).map_err(cannot)?;
        return Ok(read_rendered(&path.to_string_lossy(), bytes));
    }
    let mut names = Vec::new();
    list(path, recursive, &mut names).map_err(cannot)?;
    if names.is_empty() {
        return Err(Failure::unusable(format!(
            "-f {}: there is no file that ends in {}{}",
            path.display(),
            ENDINGS.join(", "),
            if recursive {
                ""
            } else {
                "; with -R directories below it are read, too"
            }
        )));
    }
    Ok(directory(&names))
}

/// The files of a directory that kubectl would read.
fn list(directory: &Path, recursive: bool, names: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            // Git's own files are nobody's manifests.
            if recursive && name != ".git" {
                list(&entry.path(), recursive, names)?;
            }
        } else if ENDINGS.iter().any(|it| name.ends_with(it)) {
            names.push(entry.path());
        }
    }
    Ok(())
}

fn directory(names: &[PathBuf]) -> Manifests {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for path in names {
        let shown = path.to_string_lossy().into_owned();
        let mut problem = |problem: String| problems.push(unreadable(&shown, problem));
        if files.len() >= MOST_FILES || bytes > LARGEST_SOURCE {
            problem("is not read: the directory holds too much; name a smaller one".to_owned());
            break;
        }
        // A link may lead to anything; opening a pipe would wait for who writes to it.
        match fs::metadata(path) {
            Ok(meta) if meta.is_file() => {}
            Ok(_) => {
                problem("is no regular file".to_owned());
                continue;
            }
            Err(error) => {
                problem(format!("cannot be read: {error}"));
                continue;
            }
        }
        match fs::File::open(path).and_then(whole) {
            Ok(content) => {
                bytes += content.len();
                files.push((shown, content));
            }
            Err(error) => problem(format!("cannot be read: {error}")),
        }
    }
    let mut read = read_files(files);
    for it in &mut read.unreadable {
        speak_of_options(it);
    }
    read.unreadable.extend(problems);
    read
}

/// A directory that something renders: the fix is an option here, not a key of a configuration.
fn speak_of_options(unreadable: &mut Unreadable) {
    if !unreadable.problem.contains("renders this directory") {
        return;
    }
    let fix = if unreadable.place.file.ends_with("Chart.yaml") {
        "Helm renders this directory, so its files are not what is applied and none of them is read; give what it renders with `helm template … | plumbline diff -f -`"
    } else {
        "kustomize renders this directory, so its files are not what is applied and none of them is read; give it with -k"
    };
    unreadable.problem = fix.to_owned();
}

fn unreadable(file: &str, problem: String) -> Unreadable {
    Unreadable {
        place: Place {
            file: file.to_owned(),
            document: 1,
            line: 1,
        },
        problem,
    }
}
